//! The business behind the contact: clients, what is planned with them, what they bought, and what was agreed.
//!
//! Start with [`Context`] and [`routes`].

pub mod leads;

use kernel::Database;
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new().merge(leads::api::routes()).with_state(ctx)
}
