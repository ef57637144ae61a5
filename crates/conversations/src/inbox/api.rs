//! HTTP for the inbox: list, open, resolve, take over and give back, assign, mark as read, typing.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ConversationId, UserId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Deserializer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ConversationDetails, ConversationSummary, Status, store};
use crate::{Context, escalations, outbound, summary};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_conversations))
        .routes(routes!(get_conversation, update_conversation))
        .routes(routes!(mark_conversation_read))
        .routes(routes!(show_typing))
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum StatusFilter {
    /// Escalated, or the visitor waits and no bot will answer: a person took over, or the bot is switched off.
    NeedsPerson,
    Open,
    Escalated,
    Resolved,
    All,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct InboxQuery {
    /// `all` unless given.
    #[param(inline)]
    status: Option<StatusFilter>,
    /// Part of the contact's name or address, or of the last message.
    q: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List conversations, newest activity first.
#[utoipa::path(get, path = "/conversations", operation_id = "list_conversations", tag = "conversations", params(InboxQuery),
    responses((status = 200, body = Page<ConversationSummary>), (status = 422, body = Problem)))]
async fn list_conversations(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<InboxQuery>,
) -> Result<Json<Page<ConversationSummary>>> {
    member.require(Permission::ReadConversations)?;
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let needs_person = matches!(query.status, Some(StatusFilter::NeedsPerson));
    let status = match query.status {
        Some(StatusFilter::Open) => Some(Status::Open),
        Some(StatusFilter::Escalated) => Some(Status::Escalated),
        Some(StatusFilter::Resolved) => Some(Status::Resolved),
        Some(StatusFilter::All | StatusFilter::NeedsPerson) | None => None,
    };
    let text = query.q.filter(|q| !q.trim().is_empty());
    let mut tx = ctx.db.tenant_read(&member).await?;
    let rows = store::list(
        &mut tx,
        &store::Filter {
            status,
            needs_person,
            text,
        },
        page.after()?,
        page.limit() + 1,
    )
    .await?;
    let position = |row: &ConversationSummary| Position {
        at: row.last_message_at.unwrap_or(row.created_at),
        id: row.id.0,
    };
    Ok(Json(Page::cut(rows, page.limit(), position)))
}

/// Open one conversation.
#[utoipa::path(get, path = "/conversations/{id}", operation_id = "get_conversation", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 200, body = ConversationDetails), (status = 404, body = Problem)))]
async fn get_conversation(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationDetails>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(describe(&mut tx, id).await?))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ConversationPatch {
    status: Option<Status>,
    /// true: take over from the bot; false: give back to it.
    ai_paused: Option<bool>,
    /// A member's user id, or null for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    assigned_to: Option<Option<UserId>>,
}

/// Tells `null` (clear it) from a missing field (leave it).
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<UserId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Resolve, reopen, take over, give back, assign.
#[utoipa::path(patch, path = "/conversations/{id}", operation_id = "update_conversation", tag = "conversations",
    params(("id" = ConversationId, Path)), request_body = ConversationPatch,
    responses((status = 200, body = ConversationDetails), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_conversation(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
    Json(patch): Json<ConversationPatch>,
) -> Result<Json<ConversationDetails>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    // the conversation's lock comes before all others, here as for replies
    outbound::store::lock(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("conversation"))?;
    if let Some(user) = patch.assigned_to {
        store::assign(&mut tx, id, user).await?;
    }
    if let Some(paused) = patch.ai_paused {
        store::set_ai_paused(&mut tx, id, paused).await?;
        if !paused {
            escalations::close(&mut tx, id).await?;
        }
    }
    if let Some(status) = patch.status {
        change_status(&mut tx, id, status).await?;
    }
    tx.emit(Event::ConversationChanged { conversation_id: id });
    let details = describe(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(details))
}

async fn change_status(tx: &mut TenantTx, id: ConversationId, status: Status) -> Result<()> {
    match status {
        Status::Escalated => {
            escalations::open(tx, id, escalations::Reason::Agent).await?;
        }
        Status::Resolved => {
            escalations::close(tx, id).await?;
            summary::write(tx, id).await?;
            store::set_status(tx, id, status).await?;
        }
        Status::Open => {
            escalations::close(tx, id).await?;
            store::set_status(tx, id, status).await?;
        }
    }
    Ok(())
}

async fn describe(tx: &mut TenantTx, id: ConversationId) -> Result<ConversationDetails> {
    let conversation = store::get(tx, id).await?;
    let escalation = escalations::find_open(tx, id).await?;
    let page_url = store::get_page_url(tx, id).await?;
    Ok(ConversationDetails {
        conversation,
        escalation,
        page_url,
    })
}

/// Mark a conversation as read.
#[utoipa::path(post, path = "/conversations/{id}/read", operation_id = "mark_conversation_read", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn mark_conversation_read(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if !store::mark_read(&mut tx, id).await? {
        return Err(not_found("conversation"));
    }
    tx.emit(Event::ConversationChanged { conversation_id: id });
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show the visitor, for a few seconds, that a person is typing.
#[utoipa::path(post, path = "/conversations/{id}/typing", operation_id = "show_typing", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn show_typing(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    tx.emit(Event::AgentTyping { conversation_id: id });
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
