//! The doors: channel accounts, and the public API behind the chat widget.
//!
//! Start with [`widget`]: what a visitor's browser may do. [`accounts`] is where members set channels up.

pub mod accounts;
pub mod endpoint;
pub mod settings;
pub mod widget;

use kernel::Database;
use kernel::secrets::MasterKey;
use utoipa_axum::router::OpenApiRouter;

use endpoint::Endpoints;
use widget::limits::WidgetLimits;

pub use settings::WidgetSettings;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub master_key: MasterKey,
    pub answering: answering::Context,
    pub assets: assets::Context,
    pub endpoints: Endpoints,
    pub limits: WidgetLimits,
}

/// Routes for members, below `/api/v1`.
pub fn routes(ctx: Context) -> OpenApiRouter {
    accounts::api::routes().with_state(ctx)
}

/// Public routes, below `/api/widget/{channel_key}`.
pub fn public_routes(ctx: Context) -> OpenApiRouter {
    widget::routes(ctx)
}
