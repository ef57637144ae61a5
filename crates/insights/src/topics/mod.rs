//! What visitors ask about, day by day: their messages clustered by meaning, each cluster a topic that keeps its id.
//!
//! A job looks at each day once it is over ([`jobs`]), and again when a message of it came late or has gone. Messages that
//! were sorted stay where they are; the others are compared with each other and with the topics there are
//! ([`clustering`]); topics that have grown together or apart are merged and split ([`upkeep`]); words give them their
//! names ([`words`], [`labels`]). What is shown is counted from `topic_messages` when it is asked for ([`figures`]).

pub mod clustering;
pub mod figures;
pub mod jobs;
mod labels;
mod looking;
mod store;
mod upkeep;
pub mod words;

use utoipa_axum::router::OpenApiRouter;

use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    figures::api::routes()
}
