//! The doors: channel accounts, the public API behind the chat widget, and messaging vendors.
//!
//! Start with [`widget`]: what a visitor's browser may do. A vendor's message comes in through [`intake`] and a reply
//! goes out through [`delivery`]; [`connections`] holds the accounts. [`accounts`] is where members set channels up.

pub mod accounts;
pub mod connections;
pub mod delivery;
pub mod endpoint;
pub mod intake;
pub mod settings;
mod signals;
pub mod widget;

use std::sync::Arc;

use chrono::TimeDelta;
use connectors::Http;
use kernel::Database;
use kernel::ids::{ConversationId, TenantId};
use kernel::limits::{Limiter, Places, Shares};
use kernel::secrets::MasterKey;
use utoipa_axum::router::OpenApiRouter;

use connections::Connections;
use delivery::pace::Pace;
use endpoint::Endpoints;
use widget::limits::WidgetLimits;

pub use settings::WidgetSettings;

/// So many courtesies of one tenant are under way at a time.
pub const MOST_COURTESIES: usize = 8;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub master_key: MasterKey,
    pub answering: answering::Context,
    pub assets: assets::Context,
    pub endpoints: Endpoints,
    pub limits: WidgetLimits,
    pub connections: Connections,
    pub http: Http,
    pub pace: Pace,
    /// How many of the workers on what vendors send one tenant may hold.
    pub inbound_shares: Shares<TenantId>,
    /// How often a vendor is told that a person is typing, a conversation: see [`typing_limit`].
    pub typing_limit: Arc<Limiter<ConversationId>>,
    /// Calls to vendors that nothing waits for: "typing", or how somebody is called. Dropped where there are too many.
    pub courtesies: Places<TenantId>,
    /// Where the server is reached from outside, if it knows.
    pub public_url: Option<String>,
}

/// Vendors show it for at least five seconds.
pub fn typing_limit() -> Arc<Limiter<ConversationId>> {
    Arc::new(Limiter::new(1, TimeDelta::seconds(4)))
}

/// Routes for members, below `/api/v1`.
pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(accounts::api::routes())
        .merge(connections::api::routes())
        .merge(intake::api::routes())
        .merge(delivery::api::routes())
        .with_state(ctx)
}

/// Public routes, below `/api/widget/{channel_key}`.
pub fn public_routes(ctx: Context) -> OpenApiRouter {
    widget::routes(ctx)
}

/// Webhooks of vendors, below `/hooks`.
pub fn webhook_routes(ctx: Context) -> axum::Router {
    intake::webhook::routes(ctx)
}
