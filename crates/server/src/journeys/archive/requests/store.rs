//! All SQL for exports that were asked for.

use chrono::{DateTime, Utc};
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{Status, WorkspaceExport};

/// A file that is whole.
pub struct Finished<'a> {
    pub size: i64,
    pub digest: &'a str,
    pub at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub async fn find(tx: &mut TenantTx) -> Result<Option<WorkspaceExport>> {
    let found = sqlx::query_as!(
        WorkspaceExport,
        r#"select id, status as "status: Status", requested_by, requested_at, tables_done, tables, size, digest, finished_at, expires_at
        from workspace_exports
        where tenant_id = current_tenant_id()"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// False if one is being written.
pub async fn request(tx: &mut TenantTx, id: Uuid, requested_by: &str, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "insert into workspace_exports as e (tenant_id, id, requested_by, requested_at)
        values (current_tenant_id(), $1, $2, $3)
        on conflict (tenant_id) do update
        set id = excluded.id, requested_by = excluded.requested_by, requested_at = excluded.requested_at, status = 'waiting',
            tables_done = 0, tables = 0, size = null, digest = null, finished_at = null, expires_at = null
        where e.status in ('done', 'failed')",
        id,
        requested_by,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// False if nobody waits for it any more.
pub async fn begin(tx: &mut TenantTx, id: Uuid) -> Result<bool> {
    let done = sqlx::query!(
        "update workspace_exports set status = 'running'
        where tenant_id = current_tenant_id() and id = $1 and status in ('waiting', 'running')",
        id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn note(tx: &mut TenantTx, id: Uuid, done: usize, all: usize) -> Result<()> {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    sqlx::query!(
        "update workspace_exports set tables_done = $2, tables = $3
        where tenant_id = current_tenant_id() and id = $1 and status = 'running'",
        id,
        count(done),
        count(all),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn finish(tx: &mut TenantTx, id: Uuid, finished: &Finished<'_>) -> Result<()> {
    sqlx::query!(
        "update workspace_exports
        set status = 'done', tables_done = tables, size = $2, digest = $3, finished_at = $4, expires_at = $5
        where tenant_id = current_tenant_id() and id = $1",
        id,
        finished.size,
        finished.digest,
        finished.at,
        finished.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn fail(tx: &mut TenantTx, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update workspace_exports set status = 'failed', finished_at = $2
        where tenant_id = current_tenant_id() and id = $1 and status <> 'done'",
        id,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn forget_expired(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<()> {
    sqlx::query("delete from workspace_exports where tenant_id = current_tenant_id() and expires_at < $1")
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
