//! The business behind the contact: clients, what is planned with them, what they bought, and what was agreed.
//!
//! Start with [`Context`] and [`routes`].

pub mod activities;
mod amounts;
pub mod clients;
mod creation;
mod deals;
pub mod fields;
pub mod leads;
mod listing;
pub mod notes;
mod numbers;
pub mod orders;
mod pipelines;
mod products;
mod search;
pub mod segments;
pub mod settings;
mod sheet;
mod summary;
pub mod tags;
pub mod text;
mod words;

use kernel::Database;
use kernel::error::{Error, invalid};
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(activities::api::routes())
        .merge(clients::api::routes())
        .merge(clients::bulk::api::routes())
        .merge(clients::confirming::routes())
        .merge(clients::merging::api::routes())
        .merge(clients::timeline::api::routes())
        .merge(clients::transfer::api::routes())
        .merge(fields::api::routes())
        .merge(leads::api::routes())
        .merge(notes::api::routes())
        .merge(segments::api::routes())
        .merge(settings::api::routes())
        .merge(tags::api::routes())
        .merge(pipelines::api::routes())
        .merge(deals::api::routes())
        .merge(products::api::routes())
        .merge(orders::api::routes())
        .merge(summary::api::routes())
        .with_state(ctx)
}

/// An id in a body that names nothing, or something of another workspace.
fn explain_reference(error: sqlx::Error) -> Error {
    let constraint = match &error {
        sqlx::Error::Database(db) => db.constraint().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let known = [
        ("client_id_fkey", "no_such_client", "There is no such client."),
        ("deal_id_fkey", "no_such_deal", "There is no such deal."),
        (
            "conversation_id_fkey",
            "no_such_conversation",
            "There is no such conversation.",
        ),
        ("message_id_fkey", "no_such_message", "There is no such message."),
        (
            "assigned_to_fkey",
            "not_a_member",
            "This is not a member of the workspace.",
        ),
    ];
    let found = known.iter().find(|(ending, ..)| constraint.ends_with(ending));
    match found {
        Some((_, code, detail)) => invalid(code, *detail),
        None => error.into(),
    }
}
