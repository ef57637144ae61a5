//! HTTP for what goes out: send again, what a conversation's channel allows, approved templates, that somebody is typing.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::outbound::{Capabilities, Template};
use conversations::messages::{self, Message};
use conversations::{deliveries, inbox};
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::{ChannelId, ConversationId, MessageId};
use kernel::{Event, Reason, Result};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::DeliverReplies;
use crate::Context;
use crate::connections::{self, store};
use crate::signals;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(retry_message))
        .routes(routes!(get_conversation_channel))
        .routes(routes!(list_message_templates))
        .routes(routes!(show_typing))
        .merge(super::start::routes())
}

/// Send a message again that did not go, or may not have gone. The person may get it twice if it had.
#[utoipa::path(post, path = "/conversations/{id}/messages/{message_id}/retry", operation_id = "retry_message", tag = "conversations",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses((status = 200, body = Message), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn retry_message(
    State(ctx): State<Context>,
    member: Member,
    Path((conversation, message)): Path<(ConversationId, MessageId)>,
) -> Result<Json<Message>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if messages::store::find(&mut tx, conversation, message)
        .await?
        .is_none()
    {
        return Err(not_found("message"));
    }
    if deliveries::store::retry(&mut tx, conversation, message).await? == 0 {
        return Err(conflict(
            "nothing_to_retry",
            "This message has gone, or is about to go.",
        ));
    }
    DeliverReplies::enqueue(&mut tx, conversation, None).await?;
    tx.emit(Event::MessageChanged {
        conversation_id: conversation,
        message_id: message,
    });
    let changed = messages::store::find(&mut tx, conversation, message).await?;
    tx.commit().await?;
    Ok(Json(changed.ok_or_else(|| not_found("message"))?))
}

/// What can be sent in a conversation now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConversationChannel {
    channel_id: ChannelId,
    kind: String,
    /// Null for a widget, which has no limits of a vendor's.
    capabilities: Option<Capabilities>,
    /// Until then anything may be sent. Null: the vendor has no such limit.
    window_closes_at: Option<DateTime<Utc>>,
    /// false: the vendor refuses what is not an approved template.
    is_window_open: bool,
    /// false: the vendor takes files by link only, and this server does not know its public address (`RAPPORT_PUBLIC_URL`).
    can_send_files: bool,
    /// Why nothing can be sent at all.
    problem: Option<Reason>,
}

/// Read what a conversation's channel allows now.
#[utoipa::path(get, path = "/conversations/{id}/channel", operation_id = "get_conversation_channel", tag = "conversations",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = ConversationChannel), (status = 404, body = Problem)))]
async fn get_conversation_channel(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationChannel>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let place = deliveries::store::find_place(&mut tx, id).await?;
    let place = place.ok_or_else(|| not_found("conversation"))?;
    let connection = store::find(&mut tx, place.channel_id).await?;
    let capabilities = connectors::find(&place.kind).map(|found| found.about().capabilities.clone());
    let needs_links = capabilities.as_ref().is_some_and(|can| can.takes_files_by_link);
    let hours = capabilities.as_ref().and_then(|can| can.reply_window_hours);
    let window_closes_at = hours
        .zip(place.last_inbound_at)
        .map(|(hours, at)| at + TimeDelta::hours(hours.into()));
    let now = ctx.db.clock.now();
    let problem = connection.and_then(|row| match (row.is_broken, row.is_active) {
        (true, _) => Some(Reason::new(
            "channel_broken",
            "The channel's credentials do not work. Reconnect it to send.",
        )),
        (false, false) => Some(Reason::new(
            "channel_paused",
            "The channel is paused: replies wait until it is resumed.",
        )),
        _ => None,
    });
    Ok(Json(ConversationChannel {
        channel_id: place.channel_id,
        kind: place.kind,
        capabilities,
        is_window_open: hours.is_none() || window_closes_at.is_some_and(|at| at > now),
        window_closes_at,
        can_send_files: !needs_links || ctx.public_url.is_some(),
        problem,
    }))
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
    inbox::store::require(&mut tx, id).await?;
    let now = tx.now();
    let newest = match ctx.typing_limit.check(id, now) {
        Ok(()) => deliveries::store::find_newest(&mut tx, id).await?,
        Err(_) => None,
    };
    tx.emit(Event::AgentTyping { conversation_id: id });
    tx.commit().await?;
    if let Some(newest) = newest
        && let Some(connection) =
            connections::open(&ctx.db, &ctx.master_key, &member, newest.channel_id).await?
        && connection.is_active
        && !connection.is_broken
    {
        signals::person_types(&ctx, &connection, newest.thread, newest.message_id);
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TemplateList {
    items: Vec<Template>,
}

/// List the message templates that the vendor has approved.
#[utoipa::path(get, path = "/channels/{id}/templates", operation_id = "list_message_templates", tag = "channels",
    params(("id" = ChannelId, Path)),
    responses((status = 200, body = TemplateList), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_message_templates(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<TemplateList>> {
    member.require(Permission::ReplyToVisitors)?;
    let connection = connections::open(&ctx.db, &ctx.master_key, &member, id).await?;
    let connection = connection.ok_or_else(|| not_found("channel"))?;
    let items = match connection.connector.templates(&ctx.http, &connection.account) {
        Some(asking) => asking
            .await
            .map_err(|error| invalid("vendor_refused", error.reason.text))?,
        None => Vec::new(),
    };
    Ok(Json(TemplateList { items }))
}
