//! The business behind the contact: clients, what is planned with them, what they bought, and what was agreed.
//!
//! Start with [`Context`] and [`routes`].

mod amounts;
mod deals;
mod listing;
mod orders;
mod pipelines;
mod products;
mod sheet;
mod summary;
mod words;

use kernel::Database;
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(pipelines::api::routes())
        .merge(deals::api::routes())
        .merge(products::api::routes())
        .merge(orders::api::routes())
        .merge(summary::api::routes())
        .with_state(ctx)
}
