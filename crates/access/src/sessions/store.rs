//! All SQL for sessions, on the platform side: no tenant is known yet.

use chrono::{DateTime, Utc};
use kernel::ids::{TenantId, UserId};
use kernel::{Database, Result};

use super::FoundSession;
use crate::Role;

pub async fn insert(
    db: &Database,
    token_hash: &[u8],
    user: UserId,
    tenant: TenantId,
    user_agent: Option<&str>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into platform.sessions (token_hash, user_id, tenant_id, user_agent, expires_at) values ($1, $2, $3, left($4, 200), $5)",
        token_hash,
        user.0,
        tenant.0,
        user_agent,
        expires_at,
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// The session, if it has not expired and its user is still a member of its tenant.
pub async fn find(db: &Database, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<FoundSession>> {
    let row = sqlx::query!(
        r#"select s.user_id as "user_id: UserId", s.tenant_id as "tenant_id: TenantId", u.name, u.email, m.role as "role: Role", t.is_active
        from platform.sessions s
        join platform.users u on u.id = s.user_id
        join platform.membership_index m on m.user_id = s.user_id and m.tenant_id = s.tenant_id
        join platform.tenant_index t on t.tenant_id = s.tenant_id
        where s.token_hash = $1 and s.expires_at > $2"#,
        token_hash,
        now,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(row.map(|row| FoundSession {
        user_id: row.user_id,
        tenant_id: row.tenant_id,
        name: row.name,
        email: row.email,
        role: row.role,
        is_tenant_active: row.is_active,
    }))
}

pub async fn delete(db: &Database, token_hash: &[u8]) -> Result<()> {
    sqlx::query!("delete from platform.sessions where token_hash = $1", token_hash)
        .execute(db.platform())
        .await?;
    Ok(())
}

pub async fn delete_expired(db: &Database, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from platform.sessions where expires_at <= $1", now)
        .execute(db.platform())
        .await?;
    Ok(())
}

/// After a change of password: every browser must sign in again.
pub async fn end_all_of_user(db: &Database, user: UserId) -> Result<()> {
    sqlx::query!("delete from platform.sessions where user_id = $1", user.0)
        .execute(db.platform())
        .await?;
    Ok(())
}
