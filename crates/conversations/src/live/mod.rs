//! The dashboard's live stream: what happens in the tenant, as it happens.
//!
//! Hints travel through [`kernel::events`]; what is sent is read from the database. A listener that fell behind or
//! comes back after a cut gets `resync` and reads its lists again: cheap, and right in every case.

use std::convert::Infallible;
use std::time::Duration;

use access::{Member, Permission};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use kernel::ids::{ConversationId, MessageId};
use kernel::{Event, Result, TenantProof};
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Context;
use crate::inbox::{self, ConversationSummary};
use crate::messages::{self, Message};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(stream_events))
}

/// A message with the conversation it changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MessageEvent {
    message: Message,
    conversation: ConversationSummary,
}

/// Follow the tenant live (server-sent events).
///
/// Events: `message` (a message and its conversation), `conversation` (a changed conversation), `gap` (`{id}` of a
/// changed gap), `typing`, `resync` (read your lists again). Access is checked again every 5 seconds.
#[utoipa::path(get, path = "/events", operation_id = "stream_events", tag = "conversations",
    responses((status = 200, body = MessageEvent, content_type = "text/event-stream")))]
async fn stream_events(State(ctx): State<Context>, member: Member, headers: HeaderMap) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let is_resumed = headers.contains_key("last-event-id");
    let keep_alive = KeepAlive::new()
        .interval(Duration::from_secs(15))
        .text("still here");
    let stream = follow(ctx, member, is_resumed);
    Ok(axum::response::sse::Sse::new(stream)
        .keep_alive(keep_alive)
        .into_response())
}

fn follow(ctx: Context, member: Member, is_resumed: bool) -> impl Stream<Item = Result<Sse, Infallible>> {
    async_stream::stream! {
        let mut events = ctx.db.live.subscribe();
        let mut counter = 0_u64;
        // Sent at once, so that the browser knows the stream stands.
        yield Ok(Sse::default().event(if is_resumed { "resync" } else { "ready" }).id("0").data("{}"));
        let mut recheck = tokio::time::interval(Duration::from_secs(5));
        loop {
            let received = tokio::select! {
                received = events.recv() => received,
                _ = recheck.tick() => {
                    if !is_still_member(&ctx, &member).await { break }
                    continue;
                }
            };
            let sse = match received {
                Ok(envelope) if envelope.tenant_id != member.tenant_id() => continue,
                Ok(envelope) => read(&ctx, &member, envelope.event).await.unwrap_or_else(|error| {
                    error.log();
                    Some(Sse::default().event("resync").data("{}"))
                }),
                Err(RecvError::Lagged(_)) => Some(Sse::default().event("resync").data("{}")),
                Err(RecvError::Closed) => break,
            };
            if let Some(sse) = sse {
                counter += 1;
                yield Ok(sse.id(counter.to_string()));
            }
        }
    }
}

async fn read(ctx: &Context, member: &Member, event: Event) -> Result<Option<Sse>> {
    let (name, body) = match event {
        Event::MessageAdded {
            conversation_id,
            message_id,
            ..
        } => match read_message(ctx, member, conversation_id, message_id).await? {
            Some(event) => ("message", json!(event)),
            None => return Ok(None),
        },
        Event::ConversationChanged { conversation_id } => {
            let mut tx = ctx.db.tenant_read(member).await?;
            match inbox::store::find(&mut tx, conversation_id).await? {
                Some(conversation) => ("conversation", json!(conversation)),
                None => return Ok(None),
            }
        }
        Event::GapChanged { gap_id } => ("gap", json!({"id": gap_id})),
        Event::AgentTyping { conversation_id } => ("typing", json!({"conversation_id": conversation_id})),
    };
    Ok(Some(Sse::default().event(name).data(body.to_string())))
}

async fn read_message(
    ctx: &Context,
    member: &Member,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<MessageEvent>> {
    let mut tx = ctx.db.tenant_read(member).await?;
    let message = messages::store::find(&mut tx, conversation, message).await?;
    let conversation = inbox::store::find(&mut tx, conversation).await?;
    Ok(message
        .zip(conversation)
        .map(|(message, conversation)| MessageEvent {
            message,
            conversation,
        }))
}

async fn is_still_member(ctx: &Context, member: &Member) -> bool {
    member.is_still_valid(&ctx.db).await.unwrap_or(true)
}
