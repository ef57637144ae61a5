//! Numbers and topics: what happened, counted from what other domains have stored. Nothing here changes their tables.

pub mod analytics;
pub mod topics;

use kernel::Database;
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    /// The tenant's models: what turns messages into vectors, and what names topics.
    pub answering: answering::Context,
    pub notifications: notifications::Context,
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(analytics::routes())
        .merge(topics::routes())
        .with_state(ctx)
}
