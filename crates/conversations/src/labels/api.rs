//! HTTP for labels.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::LabelId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Color, Label, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_labels, create_label))
        .routes(routes!(update_label, delete_label))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LabelList {
    items: Vec<Label>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewLabel {
    /// 1 to 50 characters.
    name: String,
    color: Color,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct LabelPatch {
    name: Option<String>,
    color: Option<Color>,
}

fn check_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if (1..=50).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(invalid("bad_name", "A label's name has 1 to 50 characters."))
}

/// List labels.
#[utoipa::path(get, path = "/labels", operation_id = "list_labels", tag = "inbox", responses((status = 200, body = LabelList)))]
async fn list_labels(State(ctx): State<Context>, member: Member) -> Result<Json<LabelList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx).await?;
    Ok(Json(LabelList { items }))
}

/// Create a label.
#[utoipa::path(post, path = "/labels", operation_id = "create_label", tag = "inbox", request_body = NewLabel,
    responses((status = 201, body = Label), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_label(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewLabel>,
) -> Result<(StatusCode, Json<Label>)> {
    member.require(Permission::ManageWorkspace)?;
    let label = Label {
        id: LabelId::new(),
        name: check_name(&input.name)?.to_owned(),
        color: input.color,
    };
    let mut tx = ctx.db.tenant(&member).await?;
    store::insert(&mut tx, &label).await?;
    note(&mut tx, &member, Action::LabelCreated, label.id, &label.name).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(label)))
}

/// Rename or recolour a label.
#[utoipa::path(patch, path = "/labels/{id}", operation_id = "update_label", tag = "inbox",
    params(("id" = LabelId, Path)), request_body = LabelPatch,
    responses((status = 200, body = Label), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update_label(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<LabelId>,
    Json(patch): Json<LabelPatch>,
) -> Result<Json<Label>> {
    member.require(Permission::ManageWorkspace)?;
    let name = patch.name.as_deref().map(check_name).transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let label = store::update(&mut tx, id, name, patch.color).await?;
    let label = label.ok_or_else(|| not_found("label"))?;
    note(&mut tx, &member, Action::LabelChanged, id, &label.name).await?;
    tx.commit().await?;
    Ok(Json(label))
}

/// Delete a label. It disappears from all conversations.
#[utoipa::path(delete, path = "/labels/{id}", operation_id = "delete_label", tag = "inbox",
    params(("id" = LabelId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_label(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<LabelId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let name = store::delete(&mut tx, id).await?;
    let name = name.ok_or_else(|| not_found("label"))?;
    note(&mut tx, &member, Action::LabelDeleted, id, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn note(tx: &mut TenantTx, member: &Member, action: Action, id: LabelId, name: &str) -> Result<()> {
    audit::record_by(tx, member, action, &format!("label:{id}"), json!({"name": name})).await
}
