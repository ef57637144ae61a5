//! A visitor writes: the message is stored, and the reply streamed or waited for.

use std::convert::Infallible;
use std::sync::Arc;

use answering::turns::{self, Posted, Progress, Watcher};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use conversations::inbound::{ConversationState, Inbound, Platform, Recorded};
use conversations::inbox;
use conversations::messages::{self, Action, Answer, Extras, Message, SenderType};
use futures::Stream;
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, internal, invalid};
use kernel::extract::{Json, Path};
use kernel::ids::AssetId;
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::api::{Conversation, enter, language_code};
use crate::Context;
use crate::endpoint::ChannelEndpoint;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewWidgetMessage)]
pub struct NewMessage {
    /// Made by the client, up to 100 characters; sending it again gives the same result and stores nothing.
    client_message_id: String,
    /// 1 to 4,000 characters; may be empty if there is an attachment.
    text: String,
    /// A file that this visitor has uploaded and not sent yet.
    attachment_id: Option<AssetId>,
    page_url: Option<String>,
    language: Option<String>,
}

/// The message and its answer; no answer if a person has taken over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PostedWidgetMessage)]
pub struct PostedMessage {
    message: Message,
    conversation: Conversation,
    answer: Option<Answer>,
}

/// Send a message. With `Accept: text/event-stream` the answer streams in: `message`, `delta`, `answer`, `error`.
#[utoipa::path(post, path = "/{channel_key}/messages", operation_id = "post_widget_message", tag = "widget",
    params(("channel_key" = String, Path)), request_body = NewMessage,
    responses((status = 200, body = PostedMessage), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn post_widget_message(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    client: ClientIp,
    headers: HeaderMap,
    Json(input): Json<NewMessage>,
) -> Result<Response> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    let text = input.text.trim();
    if (text.is_empty() && input.attachment_id.is_none()) || text.chars().count() > 4000 {
        return Err(invalid("bad_text", "A message has 1 to 4,000 characters."));
    }
    messages::check_client_message_id(&input.client_message_id)?;
    ctx.limits
        .check(endpoint.tenant_id(), client, &visitor, ctx.db.clock.now())?;
    if endpoint.is_demo {
        access::demos::count_message(&ctx.db, endpoint.as_ref()).await?;
    }
    let inbound = Inbound {
        channel_id: visitor.channel_id,
        contact_id: visitor.contact_id,
        conversation_id: visitor.conversation_id,
        client_message_id: input.client_message_id,
        text: text.to_owned(),
        language: input
            .language
            .as_deref()
            .and_then(language_code)
            .or(visitor.language),
        page_url: input
            .page_url
            .map(|url| url.chars().take(2000).collect())
            .or(visitor.page_url),
        attachment_id: input.attachment_id,
        platform: Platform::default(),
    };
    let posted = turns::post(&ctx.answering, endpoint.clone(), endpoint.bot.clone(), inbound).await?;
    let wants_stream = headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|value| value.to_str().is_ok_and(|v| v.contains("text/event-stream")));
    if wants_stream {
        Ok(stream(posted))
    } else {
        wait(&ctx, &endpoint, posted).await
    }
}

/// The message with its conversation, as stored.
fn own(recorded: &Recorded) -> (Message, Conversation) {
    let message = Message {
        id: recorded.message_id,
        conversation_id: recorded.conversation.id,
        seq: recorded.seq,
        sender_type: SenderType::User,
        sender_name: None,
        text: recorded.text.clone(),
        created_at: recorded.sent_at,
        client_message_id: Some(recorded.client_message_id.clone()),
        answer: None,
        attachment: recorded.attachment.clone(),
        extras: Extras::default(),
        delivery: None,
    };
    let conversation = Conversation {
        id: recorded.conversation.id,
        status: recorded.conversation.status.clone(),
        ai_paused: recorded.conversation.ai_paused,
        last_seq: recorded.conversation.last_seq,
        rating: None,
    };
    (message, conversation)
}

async fn wait(ctx: &Context, endpoint: &ChannelEndpoint, posted: Posted) -> Result<Response> {
    let (recorded, reply) = match posted {
        Posted::Settled(recorded, reply) => (recorded, reply),
        Posted::Watching(mut recorded, mut watcher) => {
            let reply = finish(&mut watcher).await?;
            if reply.is_none() {
                refresh(ctx, endpoint, &mut recorded.conversation).await?;
            }
            (recorded, reply)
        }
    };
    let (message, mut conversation) = own(&recorded);
    if let Some(reply) = &reply {
        settle(&mut conversation, reply);
    }
    let answer = reply.and_then(|reply| reply.answer.clone());
    Ok(Json(PostedMessage {
        message,
        conversation,
        answer,
    })
    .into_response())
}

/// Somebody took over while the reply was being made: the conversation as it is now.
async fn refresh(ctx: &Context, endpoint: &ChannelEndpoint, state: &mut ConversationState) -> Result<()> {
    let mut tx = ctx.db.tenant_read(endpoint).await?;
    let now = inbox::store::read_state(&mut tx, state.id).await?;
    state.status = now.status.as_str().to_owned();
    state.ai_paused = now.ai_paused;
    Ok(())
}

/// The end of a stream: the answer, its message, and the conversation as it is now.
fn answered(mut conversation: Conversation, reply: &Message) -> serde_json::Value {
    settle(&mut conversation, reply);
    json!({"answer": reply.answer, "message": reply, "conversation": conversation})
}

/// The conversation after the reply; one that hands over changes more than the number.
fn settle(conversation: &mut Conversation, reply: &Message) {
    conversation.last_seq = conversation.last_seq.max(reply.seq);
    let actions = reply
        .answer
        .as_ref()
        .map(|answer| answer.actions.as_slice())
        .unwrap_or_default();
    if actions
        .iter()
        .any(|action| matches!(action, Action::HandOff { .. }))
    {
        conversation.status = "escalated".into();
        conversation.ai_paused = true;
    }
}

pub(super) async fn finish(watcher: &mut Watcher) -> Result<Option<Arc<Message>>> {
    while let Some(progress) = watcher.next().await {
        match progress {
            Progress::Delta(_) => {}
            Progress::Done(reply) => return Ok(reply),
            Progress::Failed(error) => return Err(again(&error)),
        }
    }
    Err(internal("a turn ended without a word"))
}

/// The same error for one more listener; its cause has been logged.
fn again(error: &kernel::Error) -> kernel::Error {
    kernel::Error::new(error.kind, error.code, error.detail.clone())
}

fn stream(posted: Posted) -> Response {
    let keep_alive = KeepAlive::new().interval(std::time::Duration::from_secs(15));
    let sse = axum::response::sse::Sse::new(events(posted)).keep_alive(keep_alive);
    ([("x-accel-buffering", "no")], sse).into_response()
}

fn events(posted: Posted) -> impl Stream<Item = Result<Sse, Infallible>> {
    let event = |name: &str, data: serde_json::Value| Ok(Sse::default().event(name).data(data.to_string()));
    async_stream::stream! {
        let recorded = match &posted {
            Posted::Watching(recorded, _) | Posted::Settled(recorded, _) => recorded,
        };
        let (message, conversation) = own(recorded);
        yield event("message", json!({"message": message, "conversation": &conversation}));
        let mut watcher = match posted {
            Posted::Settled(_, Some(reply)) => {
                yield event("answer", answered(conversation, &reply));
                return;
            }
            Posted::Settled(_, None) => return,
            Posted::Watching(_, watcher) => watcher,
        };
        let mut has_shown = false;
        while let Some(progress) = watcher.next().await {
            match progress {
                Progress::Delta(delta) => {
                    let mut data = json!({"text": delta.text});
                    if delta.replace && has_shown {
                        data["replace"] = true.into();
                    }
                    has_shown = true;
                    yield event("delta", data);
                }
                Progress::Done(Some(reply)) => {
                    yield event("answer", answered(conversation, &reply));
                    return;
                }
                Progress::Done(None) => return,
                Progress::Failed(error) => {
                    yield event("error", json!(error.problem()));
                    return;
                }
            }
        }
        yield event("error", json!(internal("a turn ended without a word").problem()));
    }
}
