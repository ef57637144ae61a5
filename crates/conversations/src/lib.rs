//! Who said what: contacts, conversations, messages, the bot's answers, escalations and the inbox.
//!
//! A message enters through [`inbound`] and a reply leaves through [`outbound`]; a member changes a conversation's state
//! through [`inbox::changes`], and [`timeline`] keeps what was done. What the bot should say is not decided here.

pub mod assignment;
pub mod contacts;
pub mod deleting;
pub mod deliveries;
pub mod escalations;
pub mod inbound;
pub mod inbox;
pub mod labels;
pub mod leads;
pub mod live;
pub mod meetings;
pub mod messages;
pub mod notes;
pub mod outbound;
pub mod past;
pub mod people;
pub mod presence;
pub mod retention;
pub mod saved_replies;
pub mod search;
pub mod settings;
pub mod summary;
pub mod team;
pub mod timeline;
pub mod views;
pub mod visitors;

use kernel::Database;
use kernel::secrets::MasterKey;
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub streams: live::Streams,
    pub master_key: MasterKey,
    /// Where the server is reached from outside, if it knows.
    pub public_url: Option<String>,
}

/// What vendors of bookings tell, below `/hooks`.
pub fn webhook_routes(ctx: Context) -> axum::Router {
    meetings::calcom::routes(ctx)
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(inbox::api::routes())
        .merge(inbox::bulk::routes())
        .merge(messages::api::routes())
        .merge(timeline::api::routes())
        .merge(notes::api::routes())
        .merge(presence::api::routes())
        .merge(escalations::api::routes())
        .merge(contacts::api::routes())
        .merge(deleting::api::routes())
        .merge(labels::api::routes())
        .merge(leads::api::routes())
        .merge(meetings::settings::routes())
        .merge(meetings::scheduler::api::routes())
        .merge(meetings::api::routes())
        .merge(retention::api::routes())
        .merge(saved_replies::api::routes())
        .merge(views::api::routes())
        .merge(team::api::routes())
        .merge(search::api::routes())
        .merge(settings::api::routes())
        .merge(live::routes())
        .with_state(ctx)
}

/// Something that a body names, and not an address.
fn other_contact() -> kernel::Error {
    kernel::error::invalid(
        "other_contact",
        "This conversation is another contact's. Leave `contact_id` out: it is known from the conversation.",
    )
}

fn no_such(code: &'static str, what: &str) -> kernel::Error {
    kernel::error::invalid(code, format!("There is no such {what}."))
}
