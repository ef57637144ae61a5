//! Who may do what: tenants, users and their memberships, invitations, sessions and second factors, API keys, model
//! credentials, the model budget and the audit log.
//!
//! Start with [`member`]: what a request may do, and how it proved it.

pub mod api_keys;
pub mod audit;
pub mod budget;
pub mod credentials;
pub mod demos;
pub mod instance;
pub mod invitations;
pub mod member;
pub mod members;
pub mod plans;
pub mod profile;
pub mod sessions;
pub mod tenants;
pub mod two_factor;
pub mod users;
pub mod visits;

use std::net::IpAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Database;
use kernel::ids::{ApiKeyId, UserId};
use kernel::limits::Limiter;
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use utoipa_axum::router::OpenApiRouter;

pub use member::{Member, Permission, Role};

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub master_key: MasterKey,
    pub outbound: Outbound,
    /// Sign-in attempts an account and an address: 10 in 15 minutes. Not the account alone, or a stranger could keep
    /// its owner out.
    pub sign_in_limit: Arc<Limiter<(String, IpAddr)>>,
    /// Sign-in attempts an account, from wherever: 100 in 15 minutes.
    pub account_limit: Arc<Limiter<String>>,
    /// Codes of a second factor an account, after the right password: 10 in 15 minutes.
    pub code_limit: Arc<Limiter<UserId>>,
    /// Passwords and codes that somebody who is signed in is asked for again: 10 in 15 minutes.
    pub own_check_limit: Arc<Limiter<UserId>>,
    /// Sign-in attempts an address, over all accounts: 100 in 15 minutes.
    pub address_limit: Arc<Limiter<IpAddr>>,
    /// Look-ups and acceptances of invitations an address: 100 in 15 minutes.
    pub invitation_limit: Arc<Limiter<IpAddr>>,
    /// The use of a key is noted once a minute.
    pub key_uses: Arc<Limiter<ApiKeyId>>,
    /// That of a session as well, by the SHA-256 of its token.
    pub session_uses: Arc<Limiter<[u8; 32]>>,
}

impl Context {
    pub fn new(db: Database, master_key: MasterKey, outbound: Outbound) -> Self {
        let quarter = TimeDelta::minutes(15);
        Self {
            db,
            master_key,
            outbound,
            sign_in_limit: Arc::new(Limiter::new(10, quarter)),
            account_limit: Arc::new(Limiter::new(100, quarter)),
            code_limit: Arc::new(Limiter::new(10, quarter)),
            own_check_limit: Arc::new(Limiter::new(10, quarter)),
            address_limit: Arc::new(Limiter::new(100, quarter)),
            invitation_limit: Arc::new(Limiter::new(100, quarter)),
            session_uses: Arc::new(Limiter::new(1, TimeDelta::minutes(1))),
            key_uses: Arc::new(Limiter::new(1, TimeDelta::minutes(1))),
        }
    }
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(sessions::api::routes())
        .merge(api_keys::api::routes())
        .merge(credentials::api::routes())
        .merge(members::api::routes())
        .merge(invitations::api::routes())
        .merge(profile::api::routes())
        .merge(two_factor::api::routes())
        .merge(tenants::api::routes())
        .merge(visits::api::routes())
        .merge(audit::api::routes())
        .merge(plans::api::routes())
        .with_state(ctx)
}
