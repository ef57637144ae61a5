//! All SQL for segments.

use kernel::ids::{SegmentId, UserId};
use kernel::{Result, TenantTx};

use super::Segment;

/// Those of the team, and the member's own.
pub async fn list(tx: &mut TenantTx, member: Option<UserId>) -> Result<Vec<Segment>> {
    let segments = sqlx::query_as!(
        Segment,
        r#"select id as "id: SegmentId", name, filter, columns, sort, owner_id as "owner_id: UserId",
            owner_id is null as "is_shared!", created_at, updated_at
        from crm_segments
        where tenant_id = current_tenant_id() and (owner_id is null or owner_id = $1)
        order by lower(name), id"#,
        member.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(segments)
}

pub async fn find(tx: &mut TenantTx, id: SegmentId, member: Option<UserId>) -> Result<Option<Segment>> {
    let segments = list(tx, member).await?;
    Ok(segments.into_iter().find(|segment| segment.id == id))
}

/// Writes it, whether it was there or not.
pub async fn put(tx: &mut TenantTx, segment: &Segment) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into crm_segments (tenant_id, id, name, filter, columns, sort, owner_id) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (tenant_id, id) do update
        set name = excluded.name, filter = excluded.filter, columns = excluded.columns, sort = excluded.sort,
            owner_id = excluded.owner_id",
        tenant.0,
        segment.id.0,
        segment.name,
        segment.filter,
        &segment.columns,
        segment.sort,
        segment.owner_id.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: SegmentId) -> Result<()> {
    sqlx::query!(
        "delete from crm_segments where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
