//! Whether tenants are kept apart: by the schema, by every table, by every route, under load, in what the bot says.
//!
//! Tables come from the catalogue and routes from the OpenAPI document, so that a new one cannot be forgotten.

mod archive;
mod catalogue;
mod clients;
mod live;
mod pool;
mod privileged;
mod retrieval;
mod routes;
mod rows;
#[path = "../support/mod.rs"]
mod support;
mod world;
mod writing;
