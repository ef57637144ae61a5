//! All SQL for sessions, on the platform side: no tenant is known yet.

use chrono::{DateTime, Utc};
use kernel::ids::{SessionId, TenantId, UserId};
use kernel::{Database, Result};
use uuid::Uuid;

use super::{Browser, FoundSession, Workspace};
use crate::Role;
use crate::visits::Visit;

pub async fn insert(
    db: &Database,
    token_hash: &[u8],
    user: UserId,
    tenant: TenantId,
    user_agent: Option<&str>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into platform.sessions (token_hash, id, user_id, tenant_id, user_agent, expires_at) values ($1, $6, $2, $3, left($4, 200), $5)",
        token_hash,
        user.0,
        tenant.0,
        user_agent,
        expires_at,
        SessionId::new().0,
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// The session, if it has not expired and its user is still a member of its tenant.
pub async fn find(db: &Database, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<FoundSession>> {
    let row = sqlx::query!(
        r#"select s.user_id as "user_id: UserId", s.tenant_id as "tenant_id: TenantId", u.name, u.email, m.role as "role: Role", t.is_active,
            o.user_id is not null as "is_operator!", s.visit_tenant_id as "visit_tenant_id: TenantId", s.visit_id,
            u.totp_confirmed_at is not null as "has_second_factor!"
        from platform.sessions s
        join platform.users u on u.id = s.user_id
        join platform.membership_index m on m.user_id = s.user_id and m.tenant_id = s.tenant_id
        join platform.tenant_index t on t.tenant_id = s.tenant_id
        left join platform.operators o on o.user_id = s.user_id
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
        is_operator: row.is_operator,
        visit: visit_of(row.user_id, row.visit_tenant_id, row.visit_id)
            .filter(|_| row.is_operator && row.has_second_factor),
    }))
}

fn visit_of(operator: UserId, tenant: Option<TenantId>, id: Option<Uuid>) -> Option<Visit> {
    Some(Visit {
        id: id?,
        tenant_id: tenant?,
        operator,
    })
}

/// Where an operator's session is as a visitor.
pub async fn find_visit(db: &Database, token_hash: &[u8]) -> Result<Option<Visit>> {
    let row = sqlx::query!(
        r#"select user_id as "user_id: UserId", visit_tenant_id as "tenant_id: TenantId", visit_id
        from platform.sessions
        where token_hash = $1"#,
        token_hash,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(row.and_then(|row| visit_of(row.user_id, row.tenant_id, row.visit_id)))
}

/// Takes an operator's session into another workspace, or back to its own.
pub async fn visit(db: &Database, token_hash: &[u8], visit: Option<&Visit>) -> Result<()> {
    sqlx::query!(
        "update platform.sessions set visit_tenant_id = $2, visit_id = $3 where token_hash = $1",
        token_hash,
        visit.map(|visit| visit.tenant_id.0),
        visit.map(|visit| visit.id),
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

pub async fn delete(db: &Database, token_hash: &[u8]) -> Result<()> {
    sqlx::query!("delete from platform.sessions where token_hash = $1", token_hash)
        .execute(db.platform())
        .await?;
    Ok(())
}

pub async fn delete_of_tenant(db: &Database, tenant: TenantId) -> Result<()> {
    sqlx::query!("delete from platform.sessions where tenant_id = $1", tenant.0)
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

/// After a change of password: every browser but this one must sign in again.
pub async fn end_all_others(db: &Database, user: UserId, token_hash: &[u8]) -> Result<()> {
    sqlx::query!(
        "delete from platform.sessions where user_id = $1 and token_hash <> $2",
        user.0,
        token_hash
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// After the end of a membership.
pub async fn end_all_in_workspace(db: &Database, user: UserId, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "delete from platform.sessions where user_id = $1 and tenant_id = $2",
        user.0,
        tenant.0
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// Ends one session of this user. False if there is no such one.
pub async fn end_one(db: &Database, user: UserId, id: SessionId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from platform.sessions where user_id = $1 and id = $2",
        user.0,
        id.0
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The user's sessions, the one used last first.
pub async fn list_of_user(
    db: &Database,
    user: UserId,
    own_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<Browser>> {
    let browsers = sqlx::query_as!(
        Browser,
        r#"select id as "id: SessionId", user_agent, created_at, last_seen_at, token_hash = $2 as "is_current!"
        from platform.sessions
        where user_id = $1 and expires_at > $3
        order by (token_hash = $2) desc, last_seen_at desc, id"#,
        user.0,
        own_hash,
        now,
    )
    .fetch_all(db.platform())
    .await?;
    Ok(browsers)
}

pub async fn touch(db: &Database, token_hash: &[u8], now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update platform.sessions set last_seen_at = $2 where token_hash = $1",
        token_hash,
        now
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// Where the user is a member, by name.
pub async fn list_workspaces(db: &Database, user: UserId) -> Result<Vec<Workspace>> {
    let workspaces = sqlx::query_as!(
        Workspace,
        r#"select t.tenant_id as "id: TenantId", t.name, t.slug, m.role as "role: Role", t.is_active
        from platform.membership_index m
        join platform.tenant_index t on t.tenant_id = m.tenant_id
        where m.user_id = $1
        order by lower(t.name), t.tenant_id"#,
        user.0,
    )
    .fetch_all(db.platform())
    .await?;
    Ok(workspaces)
}

/// Moves the session to another workspace, and the next sign-in too.
pub async fn switch(db: &Database, token_hash: &[u8], user: UserId, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "with moved as (update platform.sessions set tenant_id = $3 where token_hash = $1 and user_id = $2 returning user_id)
        update platform.users set last_workspace = $3 where id in (select user_id from moved)",
        token_hash,
        user.0,
        tenant.0,
    )
    .execute(db.platform())
    .await?;
    Ok(())
}
