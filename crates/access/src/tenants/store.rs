//! All SQL for tenants.

use kernel::error::{OnConstraint, conflict, not_found};
use kernel::ids::TenantId;
use kernel::{Database, Result, TenantTx};

use super::Tenant;
use super::api::WorkspaceSettings;

/// Writes the tenant that `tx` was opened for, with its empty knowledge.
pub async fn insert(
    tx: &mut TenantTx,
    name: &str,
    slug: &str,
    email: Option<&str>,
    language: &str,
) -> Result<Tenant> {
    let id = tx.tenant_id();
    sqlx::query!(
        "insert into tenants (tenant_id, name, slug, email, language) values ($1, $2, $3, $4, $5)",
        id.0,
        name,
        slug,
        email,
        language,
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
