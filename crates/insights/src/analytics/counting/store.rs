//! All SQL for keeping what is counted in step.

use chrono::{NaiveDate, NaiveDateTime};
use kernel::{Result, TenantTx};

/// What a workspace counts by.
pub struct Workspace {
    pub time_zone: String,
    pub currency: String,
    pub today: NaiveDate,
    /// What the clocks show there.
    pub now: NaiveDateTime,
}

pub async fn workspace(tx: &mut TenantTx) -> Result<Workspace> {
    let now = tx.now();
    let workspace = sqlx::query_as!(
        Workspace,
        r#"select time_zone, currency, ($1::timestamptz at time zone time_zone)::date as "today!",
            $1::timestamptz at time zone time_zone as "now!"
        from tenants
        where tenant_id = current_tenant_id()"#,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(workspace)
}

/// Whether a conversation has changed since it was counted.
pub async fn has_changed(tx: &mut TenantTx) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
            select from analytics_touched where tenant_id = current_tenant_id() and subject = 'conversation'
        ) as "found!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// How many notes of changes were dealt with, of so many at most.
pub async fn count_conversations(tx: &mut TenantTx, most: i32) -> Result<i32> {
    let counted = sqlx::query_scalar!(r#"select analytics_count_conversations($1) as "counted!""#, most)
        .fetch_one(&mut **tx)
        .await?;
    Ok(counted)
}

pub async fn has_stale_periods(tx: &mut TenantTx) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from analytics_touched where tenant_id = current_tenant_id()) as "found!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// How many days of changes were dealt with, of so many at most.
pub async fn count_periods(tx: &mut TenantTx, most: i32) -> Result<i32> {
    let counted = sqlx::query_scalar!(r#"select analytics_count_periods($1) as "counted!""#, most)
        .fetch_one(&mut **tx)
        .await?;
    Ok(counted)
}
