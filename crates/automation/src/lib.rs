//! What happens by itself: the webhooks that tell other programs what has happened here.
//!
//! Start with [`webhooks`].

pub mod webhooks;

use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Database;
use kernel::ids::TenantId;
use kernel::limits::Limiter;
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub master_key: MasterKey,
    pub outbound: Outbound,
    /// Tests that are sent by hand, a tenant: 30 in a minute.
    pub test_limit: Arc<Limiter<TenantId>>,
}

impl Context {
    pub fn new(db: Database, master_key: MasterKey, outbound: Outbound) -> Self {
        Self {
            db,
            master_key,
            outbound,
            test_limit: Arc::new(Limiter::new(30, TimeDelta::minutes(1))),
        }
    }
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(webhooks::endpoints::api::routes())
        .merge(webhooks::deliveries::api::routes())
        .with_state(ctx)
}
