//! API keys: how programs prove who they are. Shown once, stored as SHA-256.
//!
//! A key is renewed by [`rotate`]: it keeps its id, name and scopes, gets a new secret, and the old secret goes on for as
//! long as was chosen.

pub mod api;
pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{self, Error, Kind};
use kernel::ids::{ApiKeyId, TenantId, UserId};
use kernel::{Database, Result, TenantProof, TenantTx, secrets};
use serde::Serialize;

/// An API key without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// The last four characters, to tell keys apart.
    pub key_last4: String,
    pub scopes: Vec<String>,
    pub is_active: bool,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    /// When its secret was last renewed.
    pub rotated_at: Option<DateTime<Utc>>,
    /// The last four characters of the secret before, while it still counts.
    pub previous_last4: Option<String>,
    /// Until when the secret before counts.
    pub previous_expires_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A secret that nobody has seen yet.
struct Secret {
    text: String,
    hash: [u8; 32],
}

impl Secret {
    fn new() -> Self {
        let text = secrets::random_token("rk_");
        let hash = secrets::sha256(text.as_bytes());
        Self { text, hash }
    }

    fn last4(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }
}

/// Makes a key in the transaction's tenant, which ends with the membership of `created_by`, or with the role that could
/// make it. The second value is the key itself; it cannot be read again.
pub async fn create(
    tx: &mut TenantTx,
    name: &str,
    scopes: &[String],
    expires_at: Option<DateTime<Utc>>,
    created_by: Option<UserId>,
) -> Result<(ApiKey, String)> {
    let secret = Secret::new();
    let last4 = secret.last4();
    let key = store::insert(tx, name, &secret.hash, last4, scopes, expires_at, created_by).await?;
    Ok((key, secret.text))
}

/// Gives the key a new secret, which is the second value, and makes it the key of `by`. The old secret counts for
/// `overlap` longer, but not beyond what it was given; one that was replaced before that ends now.
pub async fn rotate(
    tx: &mut TenantTx,
    old: &ApiKey,
    overlap: TimeDelta,
    expires_at: Option<DateTime<Utc>>,
    by: Option<UserId>,
) -> Result<(ApiKey, String)> {
    let secret = Secret::new();
    let now = tx.now();
    let old_until = old.expires_at.map_or(now + overlap, |end| end.min(now + overlap));
    let renewal = store::Renewal {
        hash: &secret.hash,
        last4: secret.last4(),
        expires_at,
        old_until: Some(old_until).filter(|until| *until > now),
        by,
    };
    let key = store::rotate(tx, old.id, renewal, now).await?;
    Ok((key, secret.text))
}

/// What a valid key stands for.
#[derive(Debug)]
pub struct FoundKey {
    pub tenant_id: TenantId,
    pub id: ApiKeyId,
    pub scopes: Vec<String>,
    pub expires_at: Option<DateTime<Utc>>,
    /// It is the secret before the one that counts.
    pub is_previous: bool,
    /// False: suspended. Nothing may be done with the key.
    pub is_tenant_active: bool,
}

impl TenantProof for FoundKey {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

/// What the key stands for, with the SHA-256 by which it was found.
///
/// # Errors
/// 401 if it is not valid now. Whoever holds a key that has ended is told how it ended.
pub async fn recognise(db: &Database, secret: &str) -> Result<(FoundKey, [u8; 32])> {
    let hash = secrets::sha256(secret.as_bytes());
    let found = match secret.starts_with("rk_") {
        true => store::find_by_hash(db, &hash).await?,
        false => None,
    };
    let Some(key) = found else {
        return Err(error::unauthenticated(
            "This API key is unknown or was switched off. Ask whoever gave it to you for another one.",
        ));
    };
    match key.expires_at {
        Some(ended) if ended <= db.clock.now() => Err(ended_key(ended, key.is_previous)),
        _ => Ok((key, hash)),
    }
}

fn ended_key(ended: DateTime<Utc>, is_previous: bool) -> Error {
    let ended = ended.format("%Y-%m-%d %H:%M UTC");
    if is_previous {
        let detail = format!("This API key was renewed, and the old one ended on {ended}. Use the new one.");
        return Error::new(Kind::Unauthenticated, "api_key_replaced", detail);
    }
    let detail = format!("This API key expired on {ended}. Make a new one, or renew it in the settings.");
    Error::new(Kind::Unauthenticated, "api_key_expired", detail)
}

/// Notes that the key was used just now.
pub async fn note_use(db: &Database, key: &FoundKey) -> Result<()> {
    let mut tx = db.tenant(key).await?;
    store::touch(&mut tx, key.id, db.clock.now()).await?;
    tx.commit().await
}
