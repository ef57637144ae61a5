//! The workspace's bot in the format of OpenAI's chat completions, so that programs made for that can ask it.
//!
//! What is said is made as for `POST /api/v1/ask`, from the knowledge and by the channel's rules, and nothing is stored.
//! What a client sends as `system`, `developer` or `assistant` is heard as part of a conversation, never as a rule:
//! [`request`] says what becomes of each field. [`stream`] sends the reply in pieces.

pub mod refusal;
mod request;
mod stream;

use access::{Member, Permission};
use answering::api::{self as asking, Ask};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use conversations::messages::Answer;
use conversations::outbound::BotReply;
use kernel::extract::Json;
use kernel::{Result, error};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{Context, models};
use refusal::Refusal;
use request::ChatRequest;

pub fn routes() -> Router<Context> {
    Router::new().route("/chat/completions", post(create_chat_completion))
}

/// What all parts of one reply say about it.
#[derive(Debug, Clone)]
struct Heading {
    id: String,
    created: i64,
    model: String,
}

/// What was asked of the model; nothing where the approved text was given.
#[derive(Debug, Clone, Copy, Serialize)]
struct Usage {
    prompt_tokens: i64,
    completion_tokens: i64,
    total_tokens: i64,
}

impl Usage {
    fn of(reply: &BotReply) -> Self {
        Self {
            prompt_tokens: reply.input_tokens,
            completion_tokens: reply.output_tokens,
            total_tokens: reply.input_tokens + reply.output_tokens,
        }
    }
}

/// Answer a conversation, at once or in pieces.
async fn create_chat_completion(
    State(ctx): State<Context>,
    Extension(member): Extension<Member>,
    body: Result<Json<Value>, error::Error>,
) -> Result<Response, Refusal> {
    member.require(Permission::AskQuestions)?;
    let request = ChatRequest::read(body?.0)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let model = models::get_by_id(&mut tx, &request.model).await?;
    drop(tx);
    let heading = Heading {
        id: format!("chatcmpl-{}", Uuid::now_v7().simple()),
        created: ctx.db.clock.now().timestamp(),
        model: model.id.clone(),
    };
    let ask = Ask {
        question: request.question,
        history: request.history,
        channel_key: model.channel_key().map(str::to_owned),
    };
    let (sink, pieces) = mpsc::unbounded_channel();
    // goes on if the caller leaves: a model call that has begun is also paid and booked
    let work = tokio::spawn(async move { asking::reply(&ctx.answering, &member, &ask, &sink).await });
    if request.stream {
        return Ok(stream::respond(heading, pieces, work, request.include_usage));
    }
    drop(pieces);
    let reply = work.await.map_err(error::internal)??;
    Ok(Json(whole(&heading, reply)).into_response())
}

fn whole(heading: &Heading, reply: BotReply) -> Value {
    let usage = Usage::of(&reply);
    let answer = asking::answer_of(reply);
    json!({
        "id": heading.id,
        "object": "chat.completion",
        "created": heading.created,
        "model": heading.model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": answer.text, "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": usage,
        "rapport": extension(&answer),
    })
}

/// What the format has no place for. Clients that do not know it pass it on or leave it out.
fn extension(answer: &Answer) -> Value {
    json!({
        "mode": answer.mode,
        "confidence": answer.confidence,
        "sources": answer.sources,
        "gap_detected": answer.gap_detected,
        "escalation_offered": answer.escalation_offered,
        "suggestion_chips": answer.suggestion_chips,
        "actions": answer.actions,
        "matched_qa_ids": answer.matched_qa_ids,
    })
}
