//! Data that comes from other systems: each one's schema with rows in every column, brought in by the real command, and looked
//! for through the API.

mod counted;
mod exports;
mod found;
mod growing;
mod old;
mod s4;
mod specifications;
#[path = "../support/mod.rs"]
mod support;
mod whole;
