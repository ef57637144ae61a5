//! Sessions: one a browser. The cookie is `__Host-rapport_session`; the database knows only the token's SHA-256.
//!
//! Signing in always makes a new token, so one that was planted before is worth nothing. Signing out and changing
//! the password end sessions at once, because every request looks its session up.

pub mod api;
mod store;

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::unauthenticated;
use kernel::ids::{SessionId, TenantId, UserId};
use kernel::{Database, Result, TenantProof, secrets};
use serde::Serialize;

use crate::Role;
use crate::visits::Visit;

pub use store::{
    end_all_in_workspace, end_all_of_user, end_all_others, find_visit, list_workspaces, touch, visit,
};

/// A session lives so long after it was made.
const LIFETIME: TimeDelta = TimeDelta::days(30);
const COOKIE: &str = "__Host-rapport_session";

/// What a valid cookie stands for.
#[derive(Debug)]
pub struct FoundSession {
    pub user_id: UserId,
    pub tenant_id: TenantId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// False: suspended. The session stands, and reads only.
    pub is_tenant_active: bool,
    /// Whether this person runs the installation.
    pub is_operator: bool,
    /// The workspace where they are as an operator; whether that still stands is not looked at here.
    pub visit: Option<Visit>,
}

impl TenantProof for FoundSession {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

/// A session as its owner sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Browser {
    pub id: SessionId,
    /// What the browser called itself when it signed in.
    pub user_agent: Option<String>,
    pub created_at: DateTime<Utc>,
    /// To the minute.
    pub last_seen_at: DateTime<Utc>,
    /// The one that asks.
    pub is_current: bool,
}

/// A workspace that a user is a member of: read from the membership, so it is a proof.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Workspace {
    id: TenantId,
    name: String,
    slug: String,
    role: Role,
    /// False: suspended; it cannot be opened now.
    is_active: bool,
}

impl TenantProof for Workspace {
    fn tenant_id(&self) -> TenantId {
        self.id
    }
}

/// A session that has just been started.
pub struct Started {
    pub cookie: HeaderValue,
    pub session: FoundSession,
}

/// The session token in the request's cookies.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Starts a session for a member of the tenant.
pub async fn start(
    db: &Database,
    user: UserId,
    tenant: TenantId,
    user_agent: Option<&str>,
) -> Result<Started> {
    let token = secrets::random_token("");
    store::insert(
        db,
        &secrets::sha256(token.as_bytes()),
        user,
        tenant,
        user_agent,
        db.clock.now() + LIFETIME,
    )
    .await?;
    let session = find(db, &token)
        .await?
        .ok_or_else(|| unauthenticated("Please sign in again."))?;
    Ok(Started {
        cookie: set_cookie(&token, LIFETIME.num_seconds()),
        session,
    })
}

pub async fn find(db: &Database, token: &str) -> Result<Option<FoundSession>> {
    find_by_hash(db, &secrets::sha256(token.as_bytes())).await
}

/// Moves the session to another workspace of its user, where the next sign-in leads as well.
pub async fn switch(db: &Database, token: &str, user: UserId, tenant: TenantId) -> Result<()> {
    store::switch(db, &secrets::sha256(token.as_bytes()), user, tenant).await
}

/// The session by its token's SHA-256.
pub async fn find_by_hash(db: &Database, token_hash: &[u8]) -> Result<Option<FoundSession>> {
    store::find(db, token_hash, db.clock.now()).await
}

/// Throws away the rows of sessions that have run out.
pub async fn forget_expired(db: &Database) -> Result<()> {
    store::delete_expired(db, db.clock.now()).await
}

/// Ends the sessions that are in a tenant, which is gone.
pub async fn forget_tenant(db: &Database, tenant: TenantId) -> Result<()> {
    store::delete_of_tenant(db, tenant).await
}

/// Ends the session and gives the cookie that clears it.
pub async fn end(db: &Database, token: &str) -> Result<HeaderValue> {
    store::delete(db, &secrets::sha256(token.as_bytes())).await?;
    Ok(set_cookie("", 0))
}

fn set_cookie(token: &str, max_age_seconds: i64) -> HeaderValue {
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={max_age_seconds}; HttpOnly; Secure; SameSite=Lax");
    #[expect(clippy::expect_used, reason = "the token is base64url")]
    HeaderValue::from_str(&text).expect("a cookie of letters and digits")
}
