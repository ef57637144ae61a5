//! The dashboard's live stream: what happens in the tenant, as it happens.
//!
//! Hints travel through [`kernel::events`]; what is sent is read from the database. A listener that fell behind or
//! comes back after a cut gets `resync` and reads its lists again: cheap, and right in every case.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use access::member::Actor;
use access::{Member, Permission};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use futures::Stream;
use kernel::error::Problem;
use kernel::events::{self, Envelope};
use kernel::ids::{ConversationId, MessageId, TenantId};
use kernel::limits::{Place, Places};

use kernel::{Event, Result, TenantProof, WorkspaceList};
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::inbox::{self, ConversationSummary};
use crate::messages::{self, Message};
use crate::{Context, assignment, presence, team};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(stream_events))
}

/// One browser holds one stream for all its tabs; without locks (plain HTTP) it is one a tab.
const STREAMS_OF_A_MEMBER: usize = 20;
/// Each looks every few seconds whether its member still is one.
const STREAMS_OF_A_WORKSPACE: usize = 500;

/// How many streams are open. Clones share the counts.
#[derive(Clone)]
pub struct Streams {
    members: Places<(TenantId, Uuid)>,
    workspaces: Places<TenantId>,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            members: Places::new(STREAMS_OF_A_MEMBER),
            workspaces: Places::new(STREAMS_OF_A_WORKSPACE),
        }
    }
}

/// What an open stream holds.
struct StreamPlaces {
    _member: Place<(TenantId, Uuid)>,
    _workspace: Place<TenantId>,
}

impl Streams {
    fn take(&self, member: &Member) -> Result<StreamPlaces> {
        let tenant = member.tenant_id();
        let caller = match member.actor() {
            Actor::User { id, .. } | Actor::Operator { id, .. } => id.0,
            Actor::ApiKey { id, .. } => id.0,
        };
        Ok(StreamPlaces {
            _member: self.members.take((tenant, caller))?,
            _workspace: self.workspaces.take(tenant)?,
        })
    }
}

/// A message with the conversation it changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MessageEvent {
    message: Message,
    conversation: ConversationSummary,
}

/// Follow the tenant live (server-sent events).
///
/// Events: `message` (a message and its conversation), `message_changed` (a message: delivered, read, failed, edited), `conversation` (a changed conversation), `timeline`
/// (`{conversation_id}`: a note or an event was added), `presence` (`{conversation_id, people}`: who has it open),
/// `mention` (`{conversation_id, user_id, note_id}`: the caller was mentioned), `workspace` (`{what}`: read that list
/// again), `gap` (`{id}` of a changed gap), `typing`, `resync` (read your lists again). Access is checked again when keys or
/// members change, and every 5 seconds. While it is open, its member is online.
#[utoipa::path(get, path = "/events", operation_id = "stream_events", tag = "conversations",
    responses((status = 200, body = MessageEvent, content_type = "text/event-stream"), (status = 429, body = Problem)))]
async fn stream_events(State(ctx): State<Context>, member: Member, headers: HeaderMap) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let places = ctx.streams.take(&member)?;
    let is_resumed = headers.contains_key("last-event-id");
    let keep_alive = KeepAlive::new()
        .interval(Duration::from_secs(15))
        .text("still here");
    let stream = follow(ctx, member, is_resumed, places);
    Ok(axum::response::sse::Sse::new(stream)
        .keep_alive(keep_alive)
        .into_response())
}

/// Whoever follows is online; that is noted so often.
const NOTED_EVERY: TimeDelta = TimeDelta::seconds(45);

/// What one browser has been told that time alone can change.
#[derive(Default)]
struct Told {
    noted_at: DateTime<Utc>,
    /// When the first of those who have a conversation open falls silent, unless there is a sign of life.
    viewers: HashMap<ConversationId, DateTime<Utc>>,
}

impl Told {
    fn note(&mut self, conversation: ConversationId, gone_at: Option<DateTime<Utc>>) {
        match gone_at {
            Some(gone_at) => self.viewers.insert(conversation, gone_at),
            None => self.viewers.remove(&conversation),
        };
    }
}

fn follow(
    ctx: Context,
    member: Member,
    is_resumed: bool,
    places: StreamPlaces,
) -> impl Stream<Item = Result<Sse, Infallible>> {
    async_stream::stream! {
        let _held = places;
        let mut events = ctx.db.live.subscribe();
        let mut counter = 0_u64;
        let mut told = Told::default();
        // Sent at once, so that the browser knows the stream stands.
        yield Ok(Sse::default().event(if is_resumed { "resync" } else { "ready" }).id("0").data("{}"));
        let mut recheck = tokio::time::interval(Duration::from_secs(5));
        loop {
            let received = tokio::select! {
                received = events.recv() => received,
                _ = recheck.tick() => {
                    if !is_still_member(&ctx, &member).await { break }
                    note_presence(&ctx, &member, &mut told).await;
                    for conversation in silent(&ctx, &told) {
                        if let Ok(heard) = read_presence(&ctx, &member, conversation).await {
                            told.note(conversation, heard.until);
                            counter += 1;
                            yield Ok(Sse::default().event(heard.name).data(&heard.body).id(counter.to_string()));
                        }
                    }
                    continue;
                }
            };
            let sse = match received {
                Ok(envelope) if envelope.tenant_id != member.tenant_id() => continue,
                // a key that was revoked, or somebody who was removed, hears nothing of what comes after
                Ok(envelope) if changes_access(&envelope.event) && !is_still_member(&ctx, &member).await => break,
                Ok(envelope) => hear(&ctx, &member, &envelope, &mut told).await,
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

/// What this browser is told of an event. It is read from the database once for all browsers of the tenant.
async fn hear(ctx: &Context, member: &Member, envelope: &Envelope, told: &mut Told) -> Option<Sse> {
    if let Event::Mentioned { user_id, .. } = envelope.event
        && member.user_id() != Some(user_id)
    {
        return None;
    }
    let read = || async {
        read(ctx, member, &envelope.event).await.unwrap_or_else(|error| {
            error.log();
            // for all: else each would wait for the database in its turn
            Some(say("resync", &json!({})))
        })
    };
    let heard = envelope.told.get_or_init(read).await.as_ref()?;
    if let Event::PresenceChanged { conversation_id } = envelope.event {
        told.note(conversation_id, heard.until);
    }
    Some(Sse::default().event(heard.name).data(&heard.body))
}

fn say(name: &'static str, body: &impl Serialize) -> events::Told {
    events::Told {
        name,
        body: json!(body).to_string(),
        until: None,
    }
}

async fn read(ctx: &Context, member: &Member, event: &Event) -> Result<Option<events::Told>> {
    let said = match *event {
        Event::MessageAdded {
            conversation_id,
            message_id,
            ..
        } => match read_message(ctx, member, conversation_id, message_id).await? {
            Some(event) => say("message", &event),
            None => return Ok(None),
        },
        Event::MessageChanged {
            conversation_id,
            message_id,
        } => match read_message(ctx, member, conversation_id, message_id).await? {
            Some(event) => say("message_changed", &event.message),
            None => return Ok(None),
        },
        Event::ConversationChanged { conversation_id } => {
            let mut tx = ctx.db.tenant_read(member).await?;
            match inbox::store::find(&mut tx, conversation_id).await? {
                Some(conversation) => say("conversation", &conversation),
                // it was erased
                None => say("resync", &json!({})),
            }
        }
        Event::GapChanged { gap_id } => say("gap", &json!({"id": gap_id})),
        Event::AgentTyping { conversation_id } => say("typing", &json!({"conversation_id": conversation_id})),
        Event::TimelineChanged { conversation_id } => {
            say("timeline", &json!({"conversation_id": conversation_id}))
        }
        Event::PresenceChanged { conversation_id } => read_presence(ctx, member, conversation_id).await?,
        Event::Mentioned {
            conversation_id,
            user_id,
            note_id,
        } => {
            let body = json!({"conversation_id": conversation_id, "user_id": user_id, "note_id": note_id});
            say("mention", &body)
        }
        Event::ClientChanged { client_id } => say("client", &json!({"id": client_id})),
        Event::DealChanged { deal_id } => say("deal", &json!({"id": deal_id})),
        Event::WorkspaceChanged { what } => say("workspace", &json!({"what": what})),
    };
    Ok(Some(said))
}

/// Who has the conversation open at this moment, and until when at least one of them falls silent.
async fn read_presence(
    ctx: &Context,
    member: &Member,
    conversation_id: ConversationId,
) -> Result<events::Told> {
    let mut tx = ctx.db.tenant_read(member).await?;
    let people = presence::store::list(&mut tx, conversation_id).await?;
    let first_seen = people.iter().map(|viewer| viewer.seen_at).min();
    Ok(events::Told {
        until: first_seen.map(|seen_at| seen_at + presence::GONE_AFTER),
        ..say(
            "presence",
            &json!({"conversation_id": conversation_id, "people": people}),
        )
    })
}

/// Conversations of which somebody may have gone without a word.
fn silent(ctx: &Context, told: &Told) -> Vec<ConversationId> {
    let now = ctx.db.clock.now();
    let due = told.viewers.iter().filter(|(_, gone_at)| **gone_at <= now);
    due.map(|(conversation, _)| *conversation).collect()
}

/// Notes that the member is online; one who comes back finds what waits.
async fn note_presence(ctx: &Context, member: &Member, told: &mut Told) {
    let now = ctx.db.clock.now();
    let Some(user) = member.user_id().filter(|_| now - told.noted_at >= NOTED_EVERY) else {
        return;
    };
    let noted = async {
        let mut tx = ctx.db.tenant(member).await?;
        let seen_at = team::store::find_last_seen(&mut tx, user).await?;
        team::store::touch(&mut tx, user).await?;
        if seen_at.is_none_or(|at| at <= now - team::ONLINE_FOR) {
            tx.emit(Event::WorkspaceChanged {
                what: WorkspaceList::Members,
            });
            assignment::give_out(&mut tx).await?;
        }
        tx.commit().await
    };
    match noted.await {
        Ok(()) => told.noted_at = now,
        Err(error) => error.log(),
    }
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

fn changes_access(event: &Event) -> bool {
    let what = match event {
        Event::WorkspaceChanged { what } => what,
        _ => return false,
    };
    // the consent to operators is among the settings
    matches!(
        what,
        WorkspaceList::Keys | WorkspaceList::Members | WorkspaceList::Settings
    )
}

async fn is_still_member(ctx: &Context, member: &Member) -> bool {
    member.is_still_valid(&ctx.db).await.unwrap_or(true)
}
