//! Who said what: contacts, conversations, messages, the bot's answers, escalations and the inbox.
//!
//! A message enters through [`inbound`] and a reply leaves through [`outbound`]; everything else reads. What the
//! bot should say is not decided here.

pub mod contacts;
pub mod escalations;
pub mod inbound;
pub mod inbox;
pub mod live;
pub mod messages;
pub mod outbound;
pub mod summary;

use kernel::Database;
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(inbox::api::routes())
        .merge(messages::api::routes())
        .merge(live::routes())
        .with_state(ctx)
}
