//! All SQL for collections.

use kernel::error::{Error, OnConstraint, conflict, not_found};
use kernel::ids::{ChannelId, CollectionId};
use kernel::{Result, TenantTx};

use super::Collection;

/// By name.
pub async fn list(tx: &mut TenantTx, channel: Option<ChannelId>) -> Result<Vec<Collection>> {
    let all = sqlx::query_as!(
        Collection,
        r#"select id as "id: CollectionId", channel_id as "channel_id: ChannelId", collection_id, name, items, created_at
        from content_collections
        where tenant_id = current_tenant_id() and ($1::uuid is null or channel_id = $1)
        order by lower(name), id"#,
        channel.map(|channel| channel.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(all)
}

pub async fn get(tx: &mut TenantTx, id: CollectionId) -> Result<Collection> {
    let collection = sqlx::query_as!(
        Collection,
        r#"select id as "id: CollectionId", channel_id as "channel_id: ChannelId", collection_id, name, items, created_at
        from content_collections
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    collection.ok_or_else(|| not_found("collection"))
}

/// Of the channel's collection of that name; nothing if there is none.
pub async fn list_items(tx: &mut TenantTx, channel: ChannelId, collection: &str) -> Result<Vec<String>> {
    let items = sqlx::query_scalar!(
        "select items from content_collections
        where tenant_id = current_tenant_id() and channel_id = $1 and collection_id = $2",
        channel.0,
        collection,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(items.unwrap_or_default())
}

fn taken() -> Error {
    conflict(
        "collection_taken",
        "This channel has a collection of that id already. Choose another one.",
    )
}

pub async fn insert(tx: &mut TenantTx, collection: &Collection) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into content_collections (tenant_id, id, channel_id, collection_id, name, items, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.0,
        collection.id.0,
        collection.channel_id.0,
        collection.collection_id,
        collection.name,
        &collection.items,
        collection.created_at,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("content_collections_collection_key", taken)?;
    Ok(())
}

pub async fn update(tx: &mut TenantTx, collection: &Collection) -> Result<()> {
    sqlx::query!(
        "update content_collections set name = $2, items = $3 where tenant_id = current_tenant_id() and id = $1",
        collection.id.0,
        collection.name,
        &collection.items,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keywords whose replies come from it.
pub async fn list_users(tx: &mut TenantTx, collection: &Collection) -> Result<Vec<String>> {
    let keywords = sqlx::query_scalar!(
        "select keyword from keyword_actions
        where tenant_id = current_tenant_id() and channel_id = $1 and argument ->> 'collection_id' = $2
        order by keyword",
        collection.channel_id.0,
        collection.collection_id,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(keywords)
}

pub async fn delete(tx: &mut TenantTx, id: CollectionId) -> Result<()> {
    sqlx::query!(
        "delete from content_collections where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
