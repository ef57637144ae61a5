//! Analytics: figures and charts for a range of days, what is behind each of them, and the tables `analytics_…`.
//!
//! [`metrics`] says what each number is. Numbers about conversations come from one row a conversation, which
//! [`counting`] keeps up to date; all others from the rows themselves. [`pages`] puts them together, [`behind`] opens them.

mod answers;
mod behind;
mod conversations;
pub mod counting;
mod filter;
mod gaps;
mod knowledge;
pub mod mails;
mod metrics;
mod pages;
mod range;
mod report;
mod sales;
mod sheet;
mod tables;
mod team;
pub mod today;
mod usage;

use utoipa_axum::router::OpenApiRouter;

use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .merge(behind::api::routes())
        .merge(metrics::api::routes())
        .merge(pages::api::routes())
        .merge(tables::api::routes())
}
