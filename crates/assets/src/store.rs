//! All SQL for uploaded files.

use chrono::{DateTime, Utc};
use kernel::ids::{AssetId, ConversationId, TenantId};
use kernel::{Database, Result, TenantTx};
use uuid::Uuid;

use crate::{Asset, Purpose, address};

/// A row to be written.
pub struct NewAsset<'a> {
    pub asset: &'a Asset,
    pub purpose: Purpose,
    pub sha256: [u8; 32],
    pub public_id: &'a str,
    pub created_by: &'a str,
}

pub async fn insert(tx: &mut TenantTx, new: &NewAsset<'_>) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into assets (tenant_id, id, kind, file_name, mime_type, size, width, height, sha256, public_id, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant.0,
        new.asset.id.0,
        new.purpose.as_str(),
        new.asset.name,
        new.asset.mime_type,
        new.asset.size,
        new.asset.width,
        new.asset.height,
        &new.sha256,
        new.public_id,
        new.created_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The bytes of all the tenant's files. Takes the tenant's turn: two uploads at once do not slip past the limit.
pub async fn sum_sizes(tx: &mut TenantTx) -> Result<u64> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('assets/' || current_tenant_id()))")
        .execute(&mut **tx)
        .await?;
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(size), 0)::bigint as "sum!" from assets where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(u64::try_from(sum).unwrap_or_default())
}

/// What is needed to give a file out.
pub struct Served {
    pub purpose: Purpose,
    pub file_name: String,
    pub mime_type: String,
}

pub async fn find_served(tx: &mut TenantTx, id: AssetId) -> Result<Option<Served>> {
    let found = sqlx::query_as!(
        Served,
        r#"select kind as "purpose: Purpose", file_name, mime_type from assets
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Gives an attachment to a conversation, once and for all. None if there is no such file, if somebody else uploaded
/// it, or if it has been sent already.
pub async fn attach(
    tx: &mut TenantTx,
    id: AssetId,
    conversation: ConversationId,
    created_by: &str,
) -> Result<Option<Asset>> {
    let row = sqlx::query!(
        r#"update assets set conversation_id = $2
        where tenant_id = current_tenant_id() and id = $1 and kind = 'attachment' and conversation_id is null
            and created_by = $3
        returning file_name, mime_type, size, width, height, public_id"#,
        id.0,
        conversation.0,
        created_by,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Asset {
        id,
        url: address::url(&row.public_id, &row.file_name),
        name: row.file_name,
        mime_type: row.mime_type,
        size: row.size,
        width: row.width,
        height: row.height,
    }))
}

/// Forgets what was uploaded before this moment and is used by nothing: no message, no widget, no draft of one.
pub async fn delete_unused(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<Vec<AssetId>> {
    let ids = sqlx::query_scalar!(
        r#"delete from assets a
        where a.tenant_id = current_tenant_id() and a.created_at < $1 and a.conversation_id is null
            and not exists (select from messages m where m.tenant_id = a.tenant_id and m.attachment_id = a.id)
            and not exists (select from channels c where c.tenant_id = a.tenant_id
                and position(a.public_id in c.settings::text || coalesce(c.draft_settings::text, '')) > 0)
        returning a.id as "id: AssetId""#,
        before,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// Those of the given files that have a row.
pub async fn list_known(tx: &mut TenantTx, names: &[Uuid]) -> Result<Vec<Uuid>> {
    let known = sqlx::query_scalar!(
        "select id from assets where tenant_id = current_tenant_id() and id = any($1)",
        names
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(known)
}

/// Those of the given tenants that exist, suspended ones too.
pub async fn list_existing_tenants(db: &Database, tenants: &[TenantId]) -> Result<Vec<TenantId>> {
    let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.0).collect();
    let found = sqlx::query_scalar!(
        r#"select tenant_id as "id: TenantId" from platform.tenant_index where tenant_id = any($1)"#,
        &ids
    )
    .fetch_all(db.platform())
    .await?;
    Ok(found)
}
