//! HTTP for keyword actions.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ChannelId, KeywordActionId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ActionType, Argument, KeywordAction, MatchType, check, store};
use crate::Context;

/// More than a channel needs, and few enough to be looked at with every message.
const MOST: i64 = 200;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_keyword_actions, create_keyword_action))
        .routes(routes!(order_keyword_actions))
        .routes(routes!(update_keyword_action, delete_keyword_action))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct KeywordActionQuery {
    channel_id: Option<ChannelId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct KeywordActionList {
    items: Vec<KeywordAction>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewKeywordAction {
    channel_id: ChannelId,
    /// 1 to 200 characters.
    keyword: String,
    action_type: ActionType,
    #[serde(default)]
    match_type: MatchType,
    #[serde(default)]
    argument: Argument,
    is_active: Option<bool>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct KeywordActionPatch {
    keyword: Option<String>,
    action_type: Option<ActionType>,
    match_type: Option<MatchType>,
    /// As a whole.
    argument: Option<Argument>,
    is_active: Option<bool>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct KeywordActionOrder {
    channel_id: ChannelId,
    /// All of the channel's, the one that is looked at first in front.
    ids: Vec<KeywordActionId>,
}

/// List keyword actions, each channel's in the order in which they are looked at.
#[utoipa::path(get, path = "/automation/keyword-actions", operation_id = "list_keyword_actions", tag = "automation",
    params(KeywordActionQuery), responses((status = 200, body = KeywordActionList)))]
async fn list_keyword_actions(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<KeywordActionQuery>,
) -> Result<Json<KeywordActionList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, query.channel_id).await?;
    Ok(Json(KeywordActionList { items }))
}

/// Let a word of visitors act at once.
#[utoipa::path(post, path = "/automation/keyword-actions", operation_id = "create_keyword_action", tag = "automation",
    request_body = NewKeywordAction,
    responses((status = 201, body = KeywordAction), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn create_keyword_action(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewKeywordAction>,
) -> Result<(StatusCode, Json<KeywordAction>)> {
    member.require(Permission::ManageChannels)?;
    let keyword = check::keyword(&input.keyword, input.match_type)?;
    let mut tx = ctx.db.tenant(&member).await?;
    crate::store::require_channel(&mut tx, input.channel_id).await?;
    if store::count(&mut tx, input.channel_id).await? >= MOST {
        return Err(conflict(
            "too_many_keywords",
            "A channel has 200 keyword actions at most. Delete one that is no longer used.",
        ));
    }
    let mut action = KeywordAction {
        id: KeywordActionId::new(),
        channel_id: input.channel_id,
        keyword,
        action_type: input.action_type,
        match_type: input.match_type,
        argument: check::argument(&mut tx, input.channel_id, input.action_type, input.argument).await?,
        is_active: input.is_active.unwrap_or(true),
        position: 0,
        use_count: 0,
        created_at: tx.now(),
    };
    action.position = store::insert(&mut tx, &action).await?;
    note(
        &mut tx,
        &member,
        Action::KeywordActionCreated,
        action.id,
        json!({"name": action.keyword}),
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(action)))
}

/// Change a keyword action.
#[utoipa::path(patch, path = "/automation/keyword-actions/{id}", operation_id = "update_keyword_action", tag = "automation",
    params(("id" = KeywordActionId, Path)), request_body = KeywordActionPatch,
    responses((status = 200, body = KeywordAction), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn update_keyword_action(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<KeywordActionId>,
    Json(patch): Json<KeywordActionPatch>,
) -> Result<Json<KeywordAction>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx, id).await?;
    let mut after = before.clone();
    after.action_type = patch.action_type.unwrap_or(before.action_type);
    after.match_type = patch.match_type.unwrap_or(before.match_type);
    after.is_active = patch.is_active.unwrap_or(before.is_active);
    let keyword = patch.keyword.as_deref().unwrap_or(&before.keyword);
    after.keyword = check::keyword(keyword, after.match_type)?;
    if patch.argument.is_some() || after.action_type != before.action_type {
        let argument = patch.argument.unwrap_or(before.argument.clone());
        after.argument = check::argument(&mut tx, before.channel_id, after.action_type, argument).await?;
    }
    if after != before {
        store::update(&mut tx, &after).await?;
        let mut details = audit::changes(&before, &after)?;
        details["name"] = json!(after.keyword);
        note(&mut tx, &member, Action::KeywordActionChanged, id, details).await?;
    }
    tx.commit().await?;
    Ok(Json(after))
}

/// Decide which keyword of a channel is looked at first.
#[utoipa::path(post, path = "/automation/keyword-actions/order", operation_id = "order_keyword_actions", tag = "automation",
    request_body = KeywordActionOrder, responses((status = 200, body = KeywordActionList)))]
async fn order_keyword_actions(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<KeywordActionOrder>,
) -> Result<Json<KeywordActionList>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::reorder(&mut tx, input.channel_id, &input.ids).await?;
    let items = store::list(&mut tx, Some(input.channel_id)).await?;
    let keywords: Vec<&str> = items.iter().map(|action| action.keyword.as_str()).collect();
    let (subject, details) = (
        format!("channel:{}", input.channel_id),
        json!({"order": keywords}),
    );
    audit::record_by(&mut tx, &member, Action::KeywordActionChanged, &subject, details).await?;
    tx.commit().await?;
    Ok(Json(KeywordActionList { items }))
}

/// Delete a keyword action.
#[utoipa::path(delete, path = "/automation/keyword-actions/{id}", operation_id = "delete_keyword_action", tag = "automation",
    params(("id" = KeywordActionId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_keyword_action(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<KeywordActionId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let keyword = store::delete(&mut tx, id).await?;
    let keyword = keyword.ok_or_else(|| not_found("keyword action"))?;
    note(
        &mut tx,
        &member,
        Action::KeywordActionDeleted,
        id,
        json!({"name": keyword}),
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn note(
    tx: &mut TenantTx,
    member: &Member,
    action: Action,
    id: KeywordActionId,
    details: serde_json::Value,
) -> Result<()> {
    audit::record_by(tx, member, action, &format!("keyword_action:{id}"), details).await
}
