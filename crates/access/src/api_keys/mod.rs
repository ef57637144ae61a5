//! API keys: how programs prove who they are. Shown once, stored as SHA-256.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
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
    pub created_at: DateTime<Utc>,
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
    let secret = secrets::random_token("rk_");
    let last4 = &secret[secret.len() - 4..];
    let hash = secrets::sha256(secret.as_bytes());
    let key = store::insert(tx, name, &hash, last4, scopes, expires_at, created_by).await?;
    Ok((key, secret))
}

/// What a valid key stands for.
#[derive(Debug)]
pub struct FoundKey {
    pub tenant_id: TenantId,
    pub id: ApiKeyId,
    pub scopes: Vec<String>,
    /// False: suspended. Nothing may be done with the key.
    pub is_tenant_active: bool,
}

impl TenantProof for FoundKey {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

/// The key, if it is valid now.
pub async fn recognise(db: &Database, secret: &str) -> Result<Option<FoundKey>> {
    if !secret.starts_with("rk_") {
        return Ok(None);
    }
    store::find_by_hash(db, &secrets::sha256(secret.as_bytes()), db.clock.now()).await
}

/// Notes that the key was used just now.
pub async fn note_use(db: &Database, key: &FoundKey) -> Result<()> {
    let mut tx = db.tenant(key).await?;
    store::touch(&mut tx, key.id, db.clock.now()).await?;
    tx.commit().await
}
