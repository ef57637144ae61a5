//! HTTP for collections.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ChannelId, CollectionId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Collection, store};
use crate::Context;

const MOST_ITEMS: usize = 200;
const LONGEST_ITEM: usize = 2_000;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_collections, create_collection))
        .routes(routes!(update_collection, delete_collection))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct CollectionQuery {
    channel_id: Option<ChannelId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ContentCollectionList {
    items: Vec<Collection>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewContentCollection {
    channel_id: ChannelId,
    /// 1 to 50 small letters, digits, `-` and `_`. It does not change.
    collection_id: String,
    name: String,
    #[serde(default)]
    items: Vec<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ContentCollectionPatch {
    name: Option<String>,
    /// As a whole.
    items: Option<Vec<String>>,
}

/// List collections, by name.
#[utoipa::path(get, path = "/automation/collections", operation_id = "list_collections", tag = "automation",
    params(CollectionQuery), responses((status = 200, body = ContentCollectionList)))]
async fn list_collections(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<CollectionQuery>,
) -> Result<Json<ContentCollectionList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, query.channel_id).await?;
    Ok(Json(ContentCollectionList { items }))
}

/// Keep texts under a name.
#[utoipa::path(post, path = "/automation/collections", operation_id = "create_collection", tag = "automation",
    request_body = NewContentCollection,
    responses((status = 201, body = Collection), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn create_collection(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewContentCollection>,
) -> Result<(StatusCode, Json<Collection>)> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let collection = Collection {
        id: CollectionId::new(),
        channel_id: input.channel_id,
        collection_id: checked_slug(&input.collection_id)?,
        name: checked_name(&input.name)?,
        items: checked_items(input.items)?,
        created_at: tx.now(),
    };
    crate::store::require_channel(&mut tx, collection.channel_id).await?;
    store::insert(&mut tx, &collection).await?;
    let details = json!({"name": collection.name});
    note(
        &mut tx,
        &member,
        Action::CollectionCreated,
        collection.id,
        details,
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(collection)))
}

/// Rename a collection, or write its items anew.
#[utoipa::path(patch, path = "/automation/collections/{id}", operation_id = "update_collection", tag = "automation",
    params(("id" = CollectionId, Path)), request_body = ContentCollectionPatch,
    responses((status = 200, body = Collection), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_collection(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CollectionId>,
    Json(patch): Json<ContentCollectionPatch>,
) -> Result<Json<Collection>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx, id).await?;
    let mut after = before.clone();
    if let Some(name) = patch.name {
        after.name = checked_name(&name)?;
    }
    if let Some(items) = patch.items {
        after.items = checked_items(items)?;
    }
    if after != before {
        store::update(&mut tx, &after).await?;
        let details = json!({"name": after.name, "items": after.items.len()});
        note(&mut tx, &member, Action::CollectionChanged, id, details).await?;
    }
    tx.commit().await?;
    Ok(Json(after))
}

/// Delete a collection that no keyword action uses.
#[utoipa::path(delete, path = "/automation/collections/{id}", operation_id = "delete_collection", tag = "automation",
    params(("id" = CollectionId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_collection(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CollectionId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let collection = store::get(&mut tx, id).await?;
    let users = store::list_users(&mut tx, &collection).await?;
    if !users.is_empty() {
        return Err(conflict(
            "collection_in_use",
            format!(
                "The keywords {} answer from this collection. Change them first.",
                users.join(", ")
            ),
        ));
    }
    store::delete(&mut tx, id).await?;
    let details = json!({"name": collection.name});
    note(&mut tx, &member, Action::CollectionDeleted, id, details).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn note(
    tx: &mut TenantTx,
    member: &Member,
    action: Action,
    id: CollectionId,
    details: Value,
) -> Result<()> {
    audit::record_by(tx, member, action, &format!("collection:{id}"), details).await
}

fn checked_slug(text: &str) -> Result<String> {
    let text = text.trim();
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let begins_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if begins_well && text.len() <= 50 && text.chars().all(is_inner) {
        return Ok(text.to_owned());
    }
    Err(invalid(
        "bad_collection_id",
        "A collection's id has 1 to 50 small letters, digits, - and _, and begins with a letter or digit.",
    ))
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=100).contains(&name.chars().count()) {
        return Ok(name.to_owned());
    }
    Err(invalid(
        "bad_name",
        "A collection's name has 1 to 100 characters.",
    ))
}

fn checked_items(items: Vec<String>) -> Result<Vec<String>> {
    let items: Vec<String> = items
        .iter()
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect();
    if items.len() > MOST_ITEMS || items.iter().any(|item| item.chars().count() > LONGEST_ITEM) {
        return Err(invalid(
            "bad_items",
            "A collection has 200 items at most, each with 2,000 characters at most.",
        ));
    }
    Ok(items)
}
