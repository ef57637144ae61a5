//! All SQL for the access of operators and their visits.

use chrono::{DateTime, Utc};
use kernel::error::{OnConstraint, conflict};
use kernel::ids::UserId;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{OperatorAccess, Standing};

pub async fn insert(
    tx: &mut TenantTx,
    user: UserId,
    name: &str,
    may_change: bool,
    expires_at: DateTime<Utc>,
) -> Result<Uuid> {
    let (tenant, id) = (tx.tenant_id(), Uuid::now_v7());
    sqlx::query!(
        "insert into operator_access (tenant_id, id, granted_by, granted_by_name, may_change, expires_at)
        values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        id,
        user.0,
        name,
        may_change,
        expires_at,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("operator_access_one_open", || {
        conflict("granted_already", "Somebody else has let operators in just now.")
    })?;
    Ok(id)
}

/// Ends what was granted, with its visits.
pub async fn end(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "with ended as (
            update operator_access set ended_at = $1
            where tenant_id = current_tenant_id() and ended_at is null
            returning id
        )
        update operator_visits v set ended_at = $1
        from ended e
        where v.tenant_id = current_tenant_id() and v.access_id = e.id and v.ended_at is null",
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The one that stands.
pub async fn find(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<Option<OperatorAccess>> {
    let found = sqlx::query_as!(
        OperatorAccess,
        r#"select a.id, a.granted_by_name, a.may_change, a.expires_at, a.created_at,
            array(
                select distinct v.operator_name
                from operator_visits v
                where v.tenant_id = a.tenant_id and v.access_id = a.id and v.ended_at is null
                order by 1
            ) as "visitors!"
        from operator_access a
        where a.tenant_id = current_tenant_id() and a.ended_at is null and a.expires_at > $1"#,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn insert_visit(tx: &mut TenantTx, access: Uuid, operator: UserId, name: &str) -> Result<Uuid> {
    let (tenant, id) = (tx.tenant_id(), Uuid::now_v7());
    sqlx::query!(
        "insert into operator_visits (tenant_id, id, access_id, operator_id, operator_name) values ($1, $2, $3, $4, $5)",
        tenant.0,
        id,
        access,
        operator.0,
        name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn end_visit(tx: &mut TenantTx, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update operator_visits set ended_at = $2 where tenant_id = current_tenant_id() and id = $1 and ended_at is null",
        id,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn find_standing(tx: &mut TenantTx, id: Uuid, now: DateTime<Utc>) -> Result<Option<Standing>> {
    let found = sqlx::query_as!(
        Standing,
        "select v.operator_name, a.may_change, a.expires_at
        from operator_visits v
        join operator_access a on a.tenant_id = v.tenant_id and a.id = v.access_id
        where v.tenant_id = current_tenant_id() and v.id = $1 and v.ended_at is null
            and a.ended_at is null and a.expires_at > $2",
        id,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}
