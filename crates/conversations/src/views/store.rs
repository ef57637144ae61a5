//! All SQL for saved views.

use kernel::ids::{InboxViewId, UserId};
use kernel::{Result, TenantTx};

use super::InboxView;

/// Shared ones and those of this person; a program has those that programs made.
pub async fn list(tx: &mut TenantTx, user: Option<UserId>) -> Result<Vec<InboxView>> {
    let views = sqlx::query_as!(
        InboxView,
        r#"select id as "id: InboxViewId", name, query, is_shared, owner_user_id is not distinct from $1 as "is_mine!"
        from inbox_views
        where tenant_id = current_tenant_id() and (is_shared or owner_user_id is not distinct from $1)
        order by is_shared, lower(name), id"#,
        user.map(|user| user.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(views)
}

pub async fn insert(tx: &mut TenantTx, view: &InboxView, user: Option<UserId>) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into inbox_views (tenant_id, id, owner_user_id, name, query, is_shared) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        view.id.0,
        user.map(|user| user.0),
        view.name,
        view.query,
        view.is_shared,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn update(tx: &mut TenantTx, view: &InboxView) -> Result<()> {
    sqlx::query!(
        "update inbox_views set name = $2, query = $3, is_shared = $4 where tenant_id = current_tenant_id() and id = $1",
        view.id.0,
        view.name,
        view.query,
        view.is_shared,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: InboxViewId) -> Result<()> {
    sqlx::query!(
        "delete from inbox_views where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
