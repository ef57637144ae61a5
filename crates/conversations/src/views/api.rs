//! HTTP for saved views of the inbox.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, forbidden, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::InboxViewId;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{InboxView, store};
use crate::Context;

const CHANGED: Event = Event::WorkspaceChanged {
    what: WorkspaceList::Views,
};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_inbox_views, create_inbox_view))
        .routes(routes!(update_inbox_view, delete_inbox_view))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct InboxViewList {
    items: Vec<InboxView>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewInboxView {
    name: String,
    /// The filter as it stands in the dashboard's address, up to 2,000 characters.
    query: String,
    /// Everybody sees it.
    #[serde(default)]
    is_shared: bool,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct InboxViewPatch {
    name: Option<String>,
    query: Option<String>,
    is_shared: Option<bool>,
}

fn check(view: InboxView) -> Result<InboxView> {
    let name = view.name.trim().to_owned();
    if !(1..=60).contains(&name.chars().count()) {
        return Err(invalid("bad_name", "A view's name has 1 to 60 characters."));
    }
    if view.query.chars().count() > 2000 {
        return Err(invalid(
            "bad_query",
            "A view's filter has at most 2,000 characters.",
        ));
    }
    Ok(InboxView { name, ..view })
}

/// List saved views: shared ones and one's own.
#[utoipa::path(get, path = "/inbox-views", operation_id = "list_inbox_views", tag = "inbox",
    responses((status = 200, body = InboxViewList)))]
async fn list_inbox_views(State(ctx): State<Context>, member: Member) -> Result<Json<InboxViewList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, member.user_id()).await?;
    Ok(Json(InboxViewList { items }))
}

/// Save a view.
#[utoipa::path(post, path = "/inbox-views", operation_id = "create_inbox_view", tag = "inbox", request_body = NewInboxView,
    responses((status = 201, body = InboxView), (status = 422, body = Problem)))]
async fn create_inbox_view(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewInboxView>,
) -> Result<(StatusCode, Json<InboxView>)> {
    member.require(Permission::ReplyToVisitors)?;
    let view = check(InboxView {
        id: InboxViewId::new(),
        name: input.name,
        query: input.query,
        is_shared: input.is_shared,
        is_mine: true,
    })?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::insert(&mut tx, &view, member.user_id()).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Change a saved view: one's own, or as an administrator a shared one.
#[utoipa::path(patch, path = "/inbox-views/{id}", operation_id = "update_inbox_view", tag = "inbox",
    params(("id" = InboxViewId, Path)), request_body = InboxViewPatch,
    responses((status = 200, body = InboxView), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_inbox_view(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<InboxViewId>,
    Json(patch): Json<InboxViewPatch>,
) -> Result<Json<InboxView>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let known = get_changeable(&mut tx, &member, id).await?;
    let view = check(InboxView {
        name: patch.name.unwrap_or(known.name),
        query: patch.query.unwrap_or(known.query),
        is_shared: patch.is_shared.unwrap_or(known.is_shared),
        ..known
    })?;
    store::update(&mut tx, &view).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok(Json(view))
}

/// Delete a saved view: one's own, or as an administrator a shared one.
#[utoipa::path(delete, path = "/inbox-views/{id}", operation_id = "delete_inbox_view", tag = "inbox",
    params(("id" = InboxViewId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_inbox_view(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<InboxViewId>,
) -> Result<StatusCode> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    get_changeable(&mut tx, &member, id).await?;
    store::delete(&mut tx, id).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn get_changeable(tx: &mut TenantTx, member: &Member, id: InboxViewId) -> Result<InboxView> {
    let visible = store::list(tx, member.user_id()).await?;
    let view = visible.into_iter().find(|view| view.id == id);
    let view = view.ok_or_else(|| not_found("view"))?;
    if !view.is_mine && member.require(Permission::ManageWorkspace).is_err() {
        return Err(forbidden(
            "not_your_view",
            "This view is a colleague's. Its owner or an admin can change it.",
        ));
    }
    Ok(view)
}
