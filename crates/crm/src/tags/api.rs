//! HTTP for tags.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::TagId;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Tag, store};
use crate::{Context, text};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_crm_tags, create_crm_tag))
        .routes(routes!(update_crm_tag, delete_crm_tag))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CrmTagList {
    items: Vec<Tag>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCrmTag {
    /// 1 to 50 characters.
    name: String,
    /// `#3B82F6`
    color: Option<String>,
    category: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CrmTagPatch {
    name: Option<String>,
    color: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    category: Option<Option<String>>,
}

fn check_color(color: Option<String>) -> Result<Option<String>> {
    let is_color = |text: &String| {
        text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|b| b.is_ascii_hexdigit())
    };
    match color {
        Some(text) if !is_color(&text) => Err(invalid("bad_color", "A colour is written like #3B82F6.")),
        other => Ok(other),
    }
}

fn tell(tx: &mut TenantTx) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Sales,
    });
}

/// List tags of sales.
#[utoipa::path(get, path = "/crm/tags", operation_id = "list_crm_tags", tag = "crm-settings",
    responses((status = 200, body = CrmTagList)))]
async fn list_crm_tags(State(ctx): State<Context>, member: Member) -> Result<Json<CrmTagList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx).await?;
    Ok(Json(CrmTagList { items }))
}

/// Create a tag.
#[utoipa::path(post, path = "/crm/tags", operation_id = "create_crm_tag", tag = "crm-settings", request_body = NewCrmTag,
    responses((status = 201, body = Tag), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_crm_tag(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewCrmTag>,
) -> Result<(StatusCode, Json<Tag>)> {
    member.require(Permission::EditCrm)?;
    let name = text::required(text::tag(&input.name)?, "name", 50)?;
    let color = check_color(input.color)?;
    let category = text::optional(Some(input.category), "category", 50)?.flatten();
    let mut tx = ctx.db.tenant(&member).await?;
    let id = store::insert(&mut tx, &name, color.as_deref(), category.as_deref()).await?;
    let tag = store::find(&mut tx, id).await?.ok_or_else(|| not_found("tag"))?;
    tell(&mut tx);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(tag)))
}

/// Rename or recolour a tag, everywhere it stands.
#[utoipa::path(patch, path = "/crm/tags/{id}", operation_id = "update_crm_tag", tag = "crm-settings",
    params(("id" = TagId, Path)), request_body = CrmTagPatch,
    responses((status = 200, body = Tag), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update_crm_tag(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TagId>,
    Json(patch): Json<CrmTagPatch>,
) -> Result<Json<Tag>> {
    member.require(Permission::EditCrm)?;
    let color = check_color(patch.color)?;
    let category = text::optional(patch.category, "category", 50)?;
    let name = patch
        .name
        .as_deref()
        .map(|name| text::required(text::tag(name)?, "name", 50));
    let name = name.transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let mut tag = store::find(&mut tx, id).await?.ok_or_else(|| not_found("tag"))?;
    let before = tag.name.clone();
    tag.name = name.unwrap_or(tag.name);
    tag.color = color.unwrap_or(tag.color);
    tag.category = category.unwrap_or(tag.category);
    store::update(&mut tx, &tag).await?;
    if tag.name != before {
        store::rename_everywhere(&mut tx, &before, Some(&tag.name)).await?;
        tx.emit(Event::ClientChanged { client_id: None });
    }
    let tag = store::find(&mut tx, id).await?.ok_or_else(|| not_found("tag"))?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(Json(tag))
}

/// Delete a tag. It disappears from clients, deals and notes.
#[utoipa::path(delete, path = "/crm/tags/{id}", operation_id = "delete_crm_tag", tag = "crm-settings",
    params(("id" = TagId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_crm_tag(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TagId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let tag = store::find(&mut tx, id).await?.ok_or_else(|| not_found("tag"))?;
    store::delete(&mut tx, id).await?;
    store::rename_everywhere(&mut tx, &tag.name, None).await?;
    tx.emit(Event::ClientChanged { client_id: None });
    let details = json!({"name": tag.name});
    audit::record_by(
        &mut tx,
        &member,
        Action::TagDeleted,
        &format!("tag:{id}"),
        details,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
