//! Who is told by e-mail, and the way it is sent: mail servers, what each member wants, notices and digests, and the
//! transcript of a conversation for its visitor.
//!
//! Every mail is a row of the [`outbox`] before it is sent, and [`smtp`] is the only way out. [`notices`] finds what there
//! is to tell, [`appointments`] tells of meetings and activities. No mail but an invitation goes to an address that a
//! visitor only typed.

pub mod appointments;
pub mod choices;
mod ics;
pub mod notices;
pub mod outbox;
pub mod plans;
pub mod reports;
pub mod settings;
pub mod smtp;
pub mod transcripts;
pub mod unsubscribe;
mod wording;

use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Database;
use kernel::ids::TenantId;
use kernel::limits::{Limiter, Shares};
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use utoipa_axum::router::OpenApiRouter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub master_key: MasterKey,
    pub outbound: Outbound,
    /// The operator's mail server, for every workspace that has none of its own.
    pub installation: Option<Arc<smtp::Server>>,
    /// Where browsers reach this server; without it no mail holds a link.
    pub public_url: Option<String>,
    /// Codes that were typed to confirm an address, a workspace: 10 in 15 minutes.
    pub code_limit: Arc<Limiter<TenantId>>,
    /// Mails that ask to confirm an address, a workspace: 5 in an hour.
    pub confirmation_limit: Arc<Limiter<TenantId>>,
    /// How many of the workers on mails one tenant may hold.
    pub shares: Shares<TenantId>,
}

impl Context {
    pub fn new(
        db: Database,
        master_key: MasterKey,
        outbound: Outbound,
        installation: Option<smtp::Server>,
        public_url: Option<&str>,
    ) -> Self {
        Self {
            db,
            master_key,
            outbound,
            installation: installation.map(Arc::new),
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            code_limit: Arc::new(Limiter::new(10, TimeDelta::minutes(15))),
            confirmation_limit: Arc::new(Limiter::new(5, TimeDelta::hours(1))),
            shares: Shares::new(2),
        }
    }
}

/// Routes for members, below `/api/v1`.
pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(settings::api::routes())
        .merge(choices::api::routes())
        .merge(outbox::api::routes())
        .merge(transcripts::api::routes())
        .with_state(ctx)
}

/// Pages that links in mails lead to, below `/mail`.
pub fn public_routes(ctx: Context) -> axum::Router {
    unsubscribe::routes(ctx)
}
