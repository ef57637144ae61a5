//! All SQL for tenants.

use kernel::error::{OnConstraint, conflict, not_found};
use kernel::ids::TenantId;
use kernel::{Database, Result, TenantTx};

use super::Tenant;
use super::api::WorkspaceSettings;
use super::standing::Suspension;

/// Writes the tenant that `tx` was opened for, with its empty knowledge.
pub async fn insert(
    tx: &mut TenantTx,
    name: &str,
    slug: &str,
    email: Option<&str>,
    language: &str,
) -> Result<Tenant> {
    let (id, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into tenants (tenant_id, name, slug, email, language, trial_ends_at)
        values ($1, $2, $3, $4, $5, (select $6::timestamptz + make_interval(days => t.trial_days) from platform.plan_terms t))",
        id.0,
        name,
        slug,
        email,
        language,
        now,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("tenants_slug_key", || {
        conflict("slug_taken", format!("The short name `{slug}` is taken."))
    })?;
    sqlx::query!("insert into knowledge_state (tenant_id) values ($1)", id.0)
        .execute(&mut **tx)
        .await?;
    get(tx).await
}

/// The tenant of this transaction.
pub async fn get(tx: &mut TenantTx) -> Result<Tenant> {
    let id = tx.tenant_id();
    sqlx::query_as!(
        Tenant,
        r#"select tenant_id as "id: TenantId", name, slug, language, time_zone from tenants where tenant_id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| not_found("tenant"))
}

/// The same with all that its members can set.
pub async fn get_settings(tx: &mut TenantTx) -> Result<WorkspaceSettings> {
    let id = tx.tenant_id();
    let settings = sqlx::query_as!(
        WorkspaceSettings,
        r#"select tenant_id as "id: TenantId", name, slug, email, website_url, language, time_zone, privacy_url
        from tenants
        where tenant_id = $1"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(settings)
}

pub async fn update_settings(tx: &mut TenantTx, settings: &WorkspaceSettings) -> Result<()> {
    let id = tx.tenant_id();
    sqlx::query!(
        "update tenants
        set name = $2, email = $3, website_url = $4, language = $5, time_zone = $6, privacy_url = $7
        where tenant_id = $1",
        id.0,
        settings.name,
        settings.email,
        settings.website_url,
        settings.language,
        settings.time_zone,
        settings.privacy_url,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the database knows a time zone of this name.
pub async fn is_time_zone(tx: &mut TenantTx, name: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from pg_timezone_names where name = $1) as "yes!""#,
        name
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Holds the tenant's row until the end of the transaction, which may take as long as it needs.
pub async fn lock(tx: &mut TenantTx) -> Result<()> {
    let id = tx.tenant_id();
    sqlx::query("set local statement_timeout = 0")
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "select tenant_id from tenants where tenant_id = $1 for update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| not_found("tenant"))?;
    Ok(())
}

/// Removes the tenant of this transaction and, by cascade, all that belongs to it.
pub async fn delete(tx: &mut TenantTx) -> Result<()> {
    let id = tx.tenant_id();
    sqlx::query!("delete from tenants where tenant_id = $1", id.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn find_id_by_slug(db: &Database, slug: &str) -> Result<Option<TenantId>> {
    let id = sqlx::query_scalar!(
        r#"select tenant_id as "id: TenantId" from platform.tenant_index where slug = $1"#,
        slug
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(id)
}

pub async fn is_slug_free(db: &Database, slug: &str) -> Result<bool> {
    Ok(find_id_by_slug(db, slug).await?.is_none())
}

pub async fn list_slugs(db: &Database) -> Result<Vec<String>> {
    let slugs = sqlx::query_scalar!("select slug from platform.tenant_index order by slug")
        .fetch_all(db.platform())
        .await?;
    Ok(slugs)
}

pub async fn list_ids(db: &Database) -> Result<Vec<TenantId>> {
    let ids = sqlx::query_scalar!(
        r#"select tenant_id as "id: TenantId" from platform.tenant_index order by tenant_id"#
    )
    .fetch_all(db.platform())
    .await?;
    Ok(ids)
}

pub async fn list_active_ids(db: &Database) -> Result<Vec<TenantId>> {
    let ids = sqlx::query_scalar!(
        r#"select tenant_id as "id: TenantId" from platform.tenant_index where is_active order by tenant_id"#
    )
    .fetch_all(db.platform())
    .await?;
    Ok(ids)
}

pub async fn exists(db: &Database, id: TenantId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from platform.tenant_index where tenant_id = $1) as "yes!""#,
        id.0
    )
    .fetch_one(db.platform())
    .await?;
    Ok(found)
}

pub async fn is_active(db: &Database, id: TenantId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from platform.tenant_index where tenant_id = $1 and is_active) as "yes!""#,
        id.0
    )
    .fetch_one(db.platform())
    .await?;
    Ok(found)
}

/// False: it was suspended before; then only the note is new.
pub async fn suspend(tx: &mut TenantTx, note: Option<&str>) -> Result<bool> {
    let (id, now) = (tx.tenant_id(), tx.now());
    let was_active = sqlx::query_scalar!(
        r#"update tenants t
        set suspension_note = $2,
            suspended_at = case when before.may_act then $3 else t.suspended_at end,
            suspended_from = case when before.may_act then t.subscription_status else t.suspended_from end,
            subscription_status = case when before.may_act then 'suspended' else t.subscription_status end
        from (
            select tenant_id, is_active and subscription_status in ('trial', 'active') as may_act
            from tenants
            where tenant_id = $1
            for update
        ) before
        where t.tenant_id = before.tenant_id
        returning before.may_act as "may_act!""#,
        id.0,
        note,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    was_active.ok_or_else(|| not_found("workspace"))
}

/// False: it was not suspended.
pub async fn resume(tx: &mut TenantTx) -> Result<bool> {
    let id = tx.tenant_id();
    let done = sqlx::query!(
        "update tenants
        set is_active = true, subscription_status = coalesce(suspended_from, 'active'), suspended_from = null,
            suspended_at = null, suspension_note = null
        where tenant_id = $1 and not (is_active and subscription_status in ('trial', 'active'))",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// None: the tenant may act.
pub async fn find_suspension(tx: &mut TenantTx) -> Result<Option<Suspension>> {
    let id = tx.tenant_id();
    let found = sqlx::query_as!(
        Suspension,
        "select suspended_at, suspension_note as note
        from tenants
        where tenant_id = $1 and not (is_active and subscription_status in ('trial', 'active'))",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}
