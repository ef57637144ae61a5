//! All SQL for API keys.

use chrono::{DateTime, Utc};
use kernel::ids::{ApiKeyId, TenantId, UserId};
use kernel::{Database, Result, TenantTx};

use super::{ApiKey, FoundKey};

pub async fn insert(
    tx: &mut TenantTx,
    name: &str,
    hash: &[u8],
    last4: &str,
    scopes: &[String],
    expires_at: Option<DateTime<Utc>>,
    created_by: Option<UserId>,
) -> Result<ApiKey> {
    let (tenant, id) = (tx.tenant_id(), ApiKeyId::new());
    let key = sqlx::query_as!(
        ApiKey,
        r#"insert into api_keys (tenant_id, id, name, key_hash, key_last4, scopes, expires_at, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        returning id as "id: ApiKeyId", name, key_last4, scopes, is_active, expires_at, last_used_at, rotated_at,
            previous_last4, previous_expires_at, created_at"#,
        tenant.0,
        id.0,
        name,
        hash,
        last4,
        scopes,
        expires_at,
        created_by.map(|user| user.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(key)
}

/// Newest first. A secret before the last renewal is named while it counts.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<ApiKey>> {
    let now = tx.now();
    let keys = sqlx::query_as!(
        ApiKey,
        r#"select id as "id: ApiKeyId", name, key_last4, scopes, is_active, expires_at, last_used_at, rotated_at,
            case when previous_expires_at > $1 then previous_last4 end as previous_last4,
            case when previous_expires_at > $1 then previous_expires_at end as previous_expires_at, created_at
        from api_keys
        where is_active
        order by created_at desc, id"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(keys)
}

/// The active key, locked until the end of the transaction.
pub async fn lock(tx: &mut TenantTx, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let key = sqlx::query_as!(
        ApiKey,
        r#"select id as "id: ApiKeyId", name, key_last4, scopes, is_active, expires_at, last_used_at, rotated_at,
            previous_last4, previous_expires_at, created_at
        from api_keys
        where id = $1 and is_active
        for update"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(key)
}

/// What a renewed key gets.
pub struct Renewal<'a> {
    pub hash: &'a [u8],
    pub last4: &'a str,
    pub expires_at: Option<DateTime<Utc>>,
    /// How long the old secret still counts; none: it ends now.
    pub old_until: Option<DateTime<Utc>>,
    pub by: Option<UserId>,
}

pub async fn rotate(tx: &mut TenantTx, id: ApiKeyId, new: Renewal<'_>, now: DateTime<Utc>) -> Result<ApiKey> {
    let key = sqlx::query_as!(
        ApiKey,
        r#"update api_keys set
            previous_hash = case when $4::timestamptz is not null then key_hash end,
            previous_last4 = case when $4::timestamptz is not null then key_last4 end,
            previous_expires_at = $4,
            previous_by = case when $4::timestamptz is not null then created_by end,
            key_hash = $2, key_last4 = $3, expires_at = $5, created_by = $6, rotated_at = $7, updated_at = $7
        where id = $1
        returning id as "id: ApiKeyId", name, key_last4, scopes, is_active, expires_at, last_used_at, rotated_at,
            previous_last4, previous_expires_at, created_at"#,
        id.0,
        new.hash,
        new.last4,
        new.old_until,
        new.expires_at,
        new.by.map(|user| user.0),
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(key)
}

/// Switches the key off for good. False if there is no such active key.
pub async fn revoke(tx: &mut TenantTx, id: ApiKeyId) -> Result<bool> {
    let done = sqlx::query!(
        "update api_keys set is_active = false where id = $1 and is_active",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Switches off for good what this person made and may do more than these scopes, and says which keys these were. Of a
/// key that somebody else has renewed since, the old secret ends.
pub async fn revoke_beyond(
    tx: &mut TenantTx,
    user: UserId,
    scopes: &[String],
) -> Result<Vec<(ApiKeyId, String)>> {
    sqlx::query!(
        r#"update api_keys set previous_hash = null, previous_last4 = null, previous_expires_at = null, previous_by = null
        where previous_by = $1 and is_active and not scopes <@ $2"#,
        user.0,
        scopes,
    )
    .execute(&mut **tx)
    .await?;
    let revoked = sqlx::query!(
        r#"update api_keys set is_active = false where created_by = $1 and is_active and not scopes <@ $2
        returning id as "id: ApiKeyId", name"#,
        user.0,
        scopes,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(revoked.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The person behind a key; none if it was the operator.
pub async fn find_maker(tx: &mut TenantTx, id: ApiKeyId) -> Result<Option<UserId>> {
    let maker = sqlx::query_scalar!(
        r#"select created_by as "created_by: UserId" from api_keys where id = $1"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(maker.flatten())
}

/// What the key may do, if it is valid now.
pub async fn find_scopes(tx: &mut TenantTx, id: ApiKeyId, now: DateTime<Utc>) -> Result<Option<Vec<String>>> {
    let scopes = sqlx::query_scalar!(
        "select scopes from api_keys where id = $1 and is_active and (expires_at is null or expires_at > $2)",
        id.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(scopes)
}

/// Also one that has expired; one that was switched off is not found.
pub async fn find_by_hash(db: &Database, hash: &[u8]) -> Result<Option<FoundKey>> {
    let key = sqlx::query_as!(
        FoundKey,
        r#"select k.tenant_id as "tenant_id: TenantId", k.api_key_id as "id: ApiKeyId", k.scopes, k.expires_at, k.is_previous,
            t.is_active as is_tenant_active
        from platform.api_key_index k
        join platform.tenant_index t on t.tenant_id = k.tenant_id
        where k.key_hash = $1"#,
        hash,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(key)
}

pub async fn touch(tx: &mut TenantTx, id: ApiKeyId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update api_keys set last_used_at = $2 where id = $1", id.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether this secret of a key still counts, and its tenant is not suspended.
pub async fn is_valid(db: &Database, tenant: TenantId, hash: &[u8], now: DateTime<Utc>) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
            select from platform.api_key_index k
            join platform.tenant_index t on t.tenant_id = k.tenant_id and t.is_active
            where k.tenant_id = $1 and k.key_hash = $2 and (k.expires_at is null or k.expires_at > $3)
        ) as "yes!""#,
        tenant.0,
        hash,
        now,
    )
    .fetch_one(db.platform())
    .await?;
    Ok(found)
}
