//! Turns a question into a grounded reply, or hands over to a person.
//!
//! Start with [`pipeline`]: the steps from question to reply. [`turns`] decides when to take them: one reply for
//! a burst of messages, none when a person has taken over.

pub mod adapting;
pub mod agents;
pub mod api;
mod booking;
pub mod bots;
pub mod brain;
mod drafts;
pub mod evaluation;
pub mod followup;
mod gap_proposals;
pub mod intent;
mod keywords;
mod leads;
pub mod model;
pub mod model_versions;
pub mod pipeline;
mod playground;
pub mod promise;
pub mod prompts;
pub mod publishing;
mod quota;
mod scheduling;
mod searching;
pub mod settings;
mod store;
pub mod sweep;
pub mod tools;
pub mod training;
pub mod transcript_wording;
pub mod turns;
pub mod wording;

use kernel::Database;
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use utoipa_axum::router::OpenApiRouter;

pub use settings::BotSettings;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub knowledge: knowledge::Context,
    pub models: model::Models,
    /// By which a visitor is mailed a code.
    pub notifications: notifications::Context,
    pub turns: turns::Turns,
    pub outbound: Outbound,
    pub master_key: MasterKey,
    /// Where the server is reached from outside, if it knows.
    pub public_url: Option<String>,
}

/// Routes for members, below `/api/v1`.
pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(api::routes())
        .merge(brain::api::routes())
        .merge(playground::routes())
        .merge(searching::routes())
        .merge(prompts::api::routes())
        .merge(agents::api::routes())
        .merge(drafts::routes())
        .merge(gap_proposals::routes())
        .merge(publishing::api::routes())
        .merge(promise::api::routes())
        .merge(adapting::api::routes())
        .merge(evaluation::sets::api::routes())
        .merge(tools::api::routes())
        .merge(training::api::routes())
        .merge(model_versions::api::routes())
        .with_state(ctx)
}

/// Where workflows send answers, below `/hooks`.
pub fn webhook_routes(ctx: Context) -> axum::Router {
    brain::later::routes(ctx)
}
