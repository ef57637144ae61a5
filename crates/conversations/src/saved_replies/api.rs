//! HTTP for saved replies.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::SavedReplyId;
use kernel::{Event, Result, WorkspaceList};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{SavedReply, store};
use crate::Context;

const CHANGED: Event = Event::WorkspaceChanged {
    what: WorkspaceList::SavedReplies,
};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_saved_replies, create_saved_reply))
        .routes(routes!(update_saved_reply, delete_saved_reply))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SavedReplyList {
    items: Vec<SavedReply>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewSavedReply {
    /// Letters, digits, `-` and `_`, up to 40.
    shortcut: String,
    title: String,
    /// Up to 10,000 characters. May hold `{{contact.name}}`, `{{contact.first_name}}`, `{{agent.name}}`,
    /// `{{business.name}}`.
    text: String,
    /// Two letters; null for every language.
    language: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct SavedReplyPatch {
    shortcut: Option<String>,
    title: Option<String>,
    text: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
}

fn check(reply: SavedReply) -> Result<SavedReply> {
    let reply = SavedReply {
        shortcut: reply.shortcut.trim().to_owned(),
        title: reply.title.trim().to_owned(),
        text: reply.text.trim().to_owned(),
        language: reply.language.map(|code| code.trim().to_lowercase()),
        ..reply
    };
    let is_shortcut_fine = (1..=40).contains(&reply.shortcut.chars().count())
        && reply
            .shortcut
            .chars()
            .all(|c| c.is_alphanumeric() || "-_".contains(c));
    if !is_shortcut_fine {
        return Err(invalid(
            "bad_shortcut",
            "A shortcut has 1 to 40 letters, digits, hyphens or underscores.",
        ));
    }
    if !(1..=100).contains(&reply.title.chars().count()) {
        return Err(invalid("bad_title", "A title has 1 to 100 characters."));
    }
    if !(1..=10_000).contains(&reply.text.chars().count()) {
        return Err(invalid("bad_text", "A saved reply has 1 to 10,000 characters."));
    }
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
    if !reply.language.as_ref().is_none_or(is_code) {
        return Err(invalid(
            "bad_language",
            "A language is its two-letter code, such as `fr`.",
        ));
    }
    Ok(reply)
}

/// List saved replies.
#[utoipa::path(get, path = "/saved-replies", operation_id = "list_saved_replies", tag = "inbox",
    responses((status = 200, body = SavedReplyList)))]
async fn list_saved_replies(State(ctx): State<Context>, member: Member) -> Result<Json<SavedReplyList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx).await?;
    Ok(Json(SavedReplyList { items }))
}

/// Save a reply for later.
#[utoipa::path(post, path = "/saved-replies", operation_id = "create_saved_reply", tag = "inbox", request_body = NewSavedReply,
    responses((status = 201, body = SavedReply), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_saved_reply(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewSavedReply>,
) -> Result<(StatusCode, Json<SavedReply>)> {
    member.require(Permission::ReplyToVisitors)?;
    let reply = check(SavedReply {
        id: SavedReplyId::new(),
        shortcut: input.shortcut,
        title: input.title,
        text: input.text,
        language: input.language,
    })?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::save(&mut tx, &reply).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(reply)))
}

/// Change a saved reply.
#[utoipa::path(patch, path = "/saved-replies/{id}", operation_id = "update_saved_reply", tag = "inbox",
    params(("id" = SavedReplyId, Path)), request_body = SavedReplyPatch,
    responses((status = 200, body = SavedReply), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update_saved_reply(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<SavedReplyId>,
    Json(patch): Json<SavedReplyPatch>,
) -> Result<Json<SavedReply>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let known = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("saved reply"))?;
    let reply = check(SavedReply {
        id,
        shortcut: patch.shortcut.unwrap_or(known.shortcut),
        title: patch.title.unwrap_or(known.title),
        text: patch.text.unwrap_or(known.text),
        language: patch.language.unwrap_or(known.language),
    })?;
    store::save(&mut tx, &reply).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok(Json(reply))
}

/// Delete a saved reply.
#[utoipa::path(delete, path = "/saved-replies/{id}", operation_id = "delete_saved_reply", tag = "inbox",
    params(("id" = SavedReplyId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_saved_reply(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<SavedReplyId>,
) -> Result<StatusCode> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if !store::delete(&mut tx, id).await? {
        return Err(not_found("saved reply"));
    }
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
