//! What happens by itself: words of visitors that act at once, rules for what happens, and the webhooks that tell other
//! programs of it.
//!
//! [`keywords`] and [`collections`] act in the bot's turn, before anything is looked up. [`rules`], whose log are the
//! [`firings`], and [`webhooks`] act afterwards, on what triggers have written down.

pub mod collections;
pub mod firings;
pub mod keywords;
pub mod rules;
pub mod store;
mod text;
pub mod webhooks;

use std::sync::Arc;

use chrono::TimeDelta;
use kernel::ids::TenantId;
use kernel::limits::Limiter;
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use kernel::{Database, Event, WorkspaceList};
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
        .merge(keywords::api::routes())
        .merge(collections::api::routes())
        .merge(rules::api::routes())
        .merge(firings::api::routes())
        .merge(webhooks::endpoints::api::routes())
        .merge(webhooks::deliveries::api::routes())
        .with_state(ctx)
}

/// Open dashboards read what is set up here again.
fn changed() -> Event {
    Event::WorkspaceChanged {
        what: WorkspaceList::Automation,
    }
}
