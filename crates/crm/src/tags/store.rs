//! All SQL for tags.

use kernel::error::{Error, OnConstraint, conflict};
use kernel::ids::TagId;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::Tag;

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Tag>> {
    let tags = sqlx::query_as!(
        Tag,
        r#"select id as "id: TagId", name, color, category, created_at, updated_at from crm_tags
        where tenant_id = current_tenant_id()
        order by lower(name), id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(tags)
}

pub async fn find(tx: &mut TenantTx, id: TagId) -> Result<Option<Tag>> {
    let tag = sqlx::query_as!(
        Tag,
        r#"select id as "id: TagId", name, color, category, created_at, updated_at from crm_tags
        where tenant_id = current_tenant_id() and id = $1
        for update"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(tag)
}

/// Makes those that are new, in one order so that two who make the same ones do not wait for each other.
pub async fn ensure(tx: &mut TenantTx, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = names.iter().map(|_| Uuid::now_v7()).collect();
    sqlx::query!(
        "insert into crm_tags (tenant_id, id, name)
        select $1, id, name from unnest($2::uuid[], $3::text[]) as new (id, name)
        where not exists (select from crm_tags t where t.tenant_id = $1 and t.name = new.name)
        order by name
        on conflict do nothing",
        tenant.0,
        &ids,
        names,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn name_taken() -> Error {
    conflict(
        "tag_taken",
        "There is a tag of this name already. Choose another name.",
    )
}

pub async fn insert(
    tx: &mut TenantTx,
    name: &str,
    color: Option<&str>,
    category: Option<&str>,
) -> Result<TagId> {
    let (tenant, id) = (tx.tenant_id(), TagId::new());
    sqlx::query!(
        "insert into crm_tags (tenant_id, id, name, color, category) values ($1, $2, $3, coalesce($4, '#3B82F6'), $5)",
        tenant.0,
        id.0,
        name,
        color,
        category,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("crm_tags_name_key", name_taken)?;
    Ok(id)
}

pub async fn update(tx: &mut TenantTx, tag: &Tag) -> Result<()> {
    sqlx::query!(
        "update crm_tags set name = $2, color = $3, category = $4 where tenant_id = current_tenant_id() and id = $1",
        tag.id.0,
        tag.name,
        tag.color,
        tag.category,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("crm_tags_name_key", name_taken)?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: TagId) -> Result<()> {
    sqlx::query!(
        "delete from crm_tags where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Everything that has the tag gets the other name, or loses it: clients, deals, notes, each in the order of ids.
pub async fn rename_everywhere(tx: &mut TenantTx, from: &str, to: Option<&str>) -> Result<()> {
    sqlx::query!(
        "with found as (
            select c.id from crm_clients c
            where c.tenant_id = current_tenant_id() and $1 = any(c.tags)
            order by c.id
            for no key update
        )
        update crm_clients c
        set tags = case when $2::text is null or $2 = any(c.tags) then array_remove(c.tags, $1) else array_replace(c.tags, $1, $2) end
        from found
        where c.tenant_id = current_tenant_id() and c.id = found.id",
        from,
        to,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "with found as (
            select d.id from crm_deals d
            where d.tenant_id = current_tenant_id() and $1 = any(d.tags)
            order by d.id
            for no key update
        )
        update crm_deals d
        set tags = case when $2::text is null or $2 = any(d.tags) then array_remove(d.tags, $1) else array_replace(d.tags, $1, $2) end
        from found
        where d.tenant_id = current_tenant_id() and d.id = found.id",
        from,
        to,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "with found as (
            select n.id from crm_notes n
            where n.tenant_id = current_tenant_id() and $1 = any(n.tags)
            order by n.id
            for no key update
        )
        update crm_notes n
        set tags = case when $2::text is null or $2 = any(n.tags) then array_remove(n.tags, $1) else array_replace(n.tags, $1, $2) end
        from found
        where n.tenant_id = current_tenant_id() and n.id = found.id",
        from,
        to,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
