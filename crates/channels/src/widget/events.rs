//! The visitor's live stream: each message of the conversation once, in order, across any number of cuts.
//!
//! A hint from [`kernel::events`] only says "look": what is sent is read from the database after the last number
//! that was sent, so nothing is lost or doubled. Every fifteen seconds it looks without a hint.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use conversations::messages;
use futures::Stream;
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, Result};
use kernel::extract::Path;
use kernel::ids::ConversationId;
use kernel::{Event, TenantProof};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::api::{Conversation, enter, find_conversation};
use super::limits::StreamPlaces;
use super::token::Visitor;
use crate::Context;
use crate::endpoint::ChannelEndpoint;
use std::sync::Arc;

/// A gap longer than this is not replayed: the browser reads its history instead.
const LONGEST_REPLAY: i64 = 500;
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Follow the conversation live (server-sent events): `message` with its `seq` as id, `conversation`, `typing`,
/// `resync`. Send the last id back as `Last-Event-ID` to go on after a cut.
#[utoipa::path(get, path = "/{channel_key}/events", operation_id = "stream_widget_events", tag = "widget",
    params(("channel_key" = String, Path), ("last-event-id" = Option<i64>, Header)),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn stream_widget_events(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    client: ClientIp,
    headers: HeaderMap,
) -> Result<Response> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    let places = ctx
        .limits
        .take_stream(endpoint.tenant_id(), client, visitor.contact_id)?;
    let last_id = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse::<i64>().ok());
    let stream = follow(ctx, endpoint, visitor, last_id.map(|seq| seq.max(0)), places);
    let sse = axum::response::sse::Sse::new(stream).keep_alive(KeepAlive::new().interval(LOOK_EVERY));
    Ok(([("x-accel-buffering", "no")], sse).into_response())
}

/// What the browser has been told so far.
struct Told {
    conversation_id: ConversationId,
    seq: i64,
    status: (String, bool),
}

fn follow(
    ctx: Context,
    endpoint: Arc<ChannelEndpoint>,
    visitor: Visitor,
    last_id: Option<i64>,
    places: StreamPlaces,
) -> impl Stream<Item = Result<Sse, Infallible>> {
    async_stream::stream! {
        let _given_back_at_the_end = places;
        // subscribed before the first look, so that nothing falls between
        let mut hints = ctx.db.live.subscribe();
        let mut told: Option<Told> = None;
        // the token's conversation, until another one turns out to be the open one
        let mut watched = visitor.conversation_id;
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                hint = hints.recv() => match hint {
                    Ok(envelope) if envelope.tenant_id != endpoint.tenant_id() || envelope.event.conversation_id() != Some(watched) => continue,
                    Ok(envelope) if matches!(envelope.event, Event::AgentTyping { .. }) => {
                        yield Ok(Sse::default().event("typing").data(json!({"sender_type": "agent"}).to_string()));
                        continue;
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = look.tick() => {}
            }
            match news(&ctx, &endpoint, &visitor, last_id, &mut told).await {
                Ok(events) => {
                    for event in events { yield Ok(event) }
                    watched = told.as_ref().map_or(watched, |told| told.conversation_id);
                }
                // the database is away for a moment: the next look tries again
                Err(error) => error.log(),
            }
        }
    }
}

async fn news(
    ctx: &Context,
    endpoint: &ChannelEndpoint,
    visitor: &Visitor,
    last_id: Option<i64>,
    told: &mut Option<Told>,
) -> Result<Vec<Sse>> {
    // a channel that was switched off meanwhile tells nothing more
    ctx.endpoints.get(&ctx.db, &endpoint.channel_key).await?;
    let mut tx = ctx.db.tenant_read(endpoint).await?;
    let Some(conversation) = find_conversation(&mut tx, visitor).await? else {
        return Ok(Vec::new());
    };
    let mut events = Vec::new();
    let before = told.take();
    let is_first = before.is_none();
    // without a last id the browser has just read its history through the session
    let mut seq = before
        .as_ref()
        .map_or(last_id.unwrap_or(conversation.last_seq), |told| told.seq);
    if conversation.last_seq - seq > LONGEST_REPLAY {
        events.push(Sse::default().event("resync").data("{}"));
        seq = conversation.last_seq;
    }
    if conversation.last_seq > seq {
        for message in messages::store::list_after(&mut tx, conversation.id, seq, LONGEST_REPLAY).await? {
            seq = message.seq;
            events.push(
                Sse::default()
                    .event("message")
                    .id(seq.to_string())
                    .data(json!(message).to_string()),
            );
        }
    }
    let status = (conversation.status.clone(), conversation.ai_paused);
    if is_first || before.is_some_and(|told| told.status != status) {
        events.push(changed(&conversation));
    }
    *told = Some(Told {
        conversation_id: conversation.id,
        seq,
        status,
    });
    Ok(events)
}

fn changed(conversation: &Conversation) -> Sse {
    Sse::default()
        .event("conversation")
        .data(json!(conversation).to_string())
}
