//! HTTP for the inbox: list, count, open, change, mark as read.

use access::{Member, Permission};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ChannelId, ConversationId, LabelId};
use kernel::page::{Page, PageQuery};
use kernel::{Event, Result};
use serde::Deserialize;
use url::form_urlencoded;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changes::{self, ConversationPatch};
use super::filter::{Assignee, Filter, Sort, View};
use super::store::{self, Counts};
use super::{ConversationDetails, ConversationSummary, Status, describe};
use crate::timeline::Actor;
use crate::{Context, notes, outbound};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_conversations))
        .routes(routes!(count_inbox))
        .routes(routes!(get_conversation, update_conversation))
        .routes(routes!(mark_conversation_read))
        .routes(routes!(mark_conversation_unread))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
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
    /// A list of the dashboard. All but `snoozed`, `all` and `resolved` leave out what is snoozed.
    #[param(inline)]
    view: Option<View>,
    /// Part of the contact's name or address, or of the last message.
    q: Option<String>,
    /// A member's user id, or `none`.
    assigned_to: Option<String>,
    #[param(value_type = Option<ChannelId>)]
    channel: Option<ChannelId>,
    /// Two letters.
    language: Option<String>,
    /// Only those with a missed target.
    breached: Option<bool>,
    /// Rated so by the visitor, 1 to 5.
    rating: Option<i32>,
    /// Only those with messages that nobody has read.
    unread: Option<bool>,
    /// `newest` unless given.
    #[param(inline)]
    sort: Option<Sort>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List conversations.
#[utoipa::path(get, path = "/conversations", operation_id = "list_conversations", tag = "conversations",
    params(InboxQuery, ("label" = Option<Vec<LabelId>>, Query, description = "Repeat it: all labels must be there.")),
    responses((status = 200, body = Page<ConversationSummary>), (status = 422, body = Problem)))]
async fn list_conversations(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<InboxQuery>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<ConversationSummary>>> {
    member.require(Permission::ReadConversations)?;
    let page = PageQuery {
        cursor: query.cursor.clone(),
        limit: query.limit,
    };
    let filter = Filter {
        caller: member.user_id(),
        labels: labels_of(raw.as_deref().unwrap_or_default())?,
        ..filter_of(query)?
    };
    let mut tx = ctx.db.tenant_read(&member).await?;
    let rows = store::list(&mut tx, &filter, page.after()?, page.limit() + 1).await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| {
        filter.sort.position(row)
    })))
}

fn filter_of(query: InboxQuery) -> Result<Filter> {
    Ok(Filter {
        needs_person: matches!(query.status, Some(StatusFilter::NeedsPerson)),
        status: match query.status {
            Some(StatusFilter::Open) => Some(Status::Open),
            Some(StatusFilter::Escalated) => Some(Status::Escalated),
            Some(StatusFilter::Resolved) => Some(Status::Resolved),
            Some(StatusFilter::All | StatusFilter::NeedsPerson) | None => None,
        },
        view: query.view,
        text: query.q.filter(|q| !q.trim().is_empty()),
        assignee: query.assigned_to.as_deref().map(Assignee::parse).transpose()?,
        channel: query.channel,
        language: query.language.filter(|code| !code.is_empty()),
        is_breached: query.breached.unwrap_or(false),
        rating: query.rating,
        is_unread: query.unread.unwrap_or(false),
        sort: query.sort.unwrap_or_default(),
        ..Filter::default()
    })
}

/// Every `label=` of the query.
fn labels_of(query: &str) -> Result<Vec<LabelId>> {
    let values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "label");
    let labels: Result<Vec<LabelId>> = values
        .map(|(_, id)| {
            id.parse()
                .map_err(|_| invalid("bad_label", "`label` is a label's id."))
        })
        .collect();
    let labels = labels?;
    if labels.len() > 20 {
        return Err(invalid("bad_label", "At most 20 labels can be asked for."));
    }
    Ok(labels)
}

/// Count what waits in each list of the inbox.
#[utoipa::path(get, path = "/inbox/counts", operation_id = "count_inbox", tag = "inbox", responses((status = 200, body = Counts)))]
async fn count_inbox(State(ctx): State<Context>, member: Member) -> Result<Json<Counts>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::count(&mut tx, member.user_id()).await?))
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

/// Resolve, reopen, take over, give back, assign, snooze, label.
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
    changes::apply(&mut tx, id, &patch, &Actor::of(&member)).await?;
    let details = describe(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(details))
}

/// Mark what mentions the caller in a conversation as read, and the conversation too if the caller may answer it.
#[utoipa::path(post, path = "/conversations/{id}/read", operation_id = "mark_conversation_read", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn mark_conversation_read(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::require(&mut tx, id).await?;
    // what somebody has seen who cannot answer still waits for those who can
    if member.may(Permission::ReplyToVisitors) {
        store::mark_read(&mut tx, id).await?;
    }
    if let Some(user) = member.user_id() {
        notes::store::mark_mentions_read(&mut tx, id, user).await?;
    }
    tx.emit(Event::ConversationChanged { conversation_id: id });
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mark a conversation as unread, to come back to it.
#[utoipa::path(post, path = "/conversations/{id}/unread", operation_id = "mark_conversation_unread", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn mark_conversation_unread(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if !store::mark_unread(&mut tx, id).await? {
        return Err(not_found("conversation"));
    }
    tx.emit(Event::ConversationChanged { conversation_id: id });
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
