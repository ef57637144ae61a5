//! Another program answers in our place: a workflow of n8n, or any bot behind an address.
//!
//! The message is forwarded in the form of n8n's chat, with our message's id as `webhook-id` for a workflow that wants to
//! recognise a repetition. The answer is the tenant's own: it is not checked against the knowledge, and it has no
//! confidence. What goes wrong is kept in `webhook_errors`; then the built-in bot answers, or a person is asked. A workflow
//! that only says that it was started may answer [`later`].

pub mod api;
mod call;
pub(crate) mod later;
pub mod read;
pub mod store;

use std::time::Duration;

use conversations::messages::AnswerMode;
use kernel::ids::{ChannelId, ConversationId, MessageId};
use kernel::{Reason, Result, TenantProof};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::Context;
use crate::pipeline::{self, Delta, Reply, Sink, Turn};

/// A workflow that answers for a channel's bot.
#[derive(Debug, Clone)]
pub struct Brain {
    pub channel_id: ChannelId,
    pub url: String,
    /// `name: value`, sealed.
    pub encrypted_header: Option<String>,
    pub timeout: Duration,
    /// On its failure the built-in bot answers; otherwise a person is asked.
    pub falls_back: bool,
}

/// Why there is no answer, as `webhook_errors.error_type` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookErrorType)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ErrorType {
    /// Nothing, or not everything, within the time.
    Timeout,
    /// No connection came about, or it broke.
    Connection,
    /// Another status than success.
    Status,
    /// Success, but nothing in it that could be said.
    NoAnswer,
    /// This server does not call that address.
    Refused,
    /// It answered after something else was said, or while a person had taken over.
    Late,
}

/// What went wrong, in words without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub error_type: ErrorType,
    pub reason: Reason,
}

/// More is not said, in characters.
const LONGEST: usize = 20_000;

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
enum Heard {
    Text(String),
    /// It was started: its answer comes later, or never.
    Started,
}

/// What a workflow's channel secrets are bound to.
pub fn seal_context(tenant: kernel::ids::TenantId, channel: ChannelId) -> String {
    format!("channels/{tenant}/{channel}/brain")
}

/// The reply to a turn: the workflow's, or what is done without it. None: the conversation has moved on meanwhile, be it by
/// the workflow's own later answer.
pub async fn answer(
    ctx: &Context,
    proof: &impl TenantProof,
    brain: &Brain,
    conversation: ConversationId,
    turn: &Turn,
    sink: &Sink,
) -> Result<Option<Reply>> {
    let question = turn.question();
    let message = turn.recent.last().map(|last| last.message_id);
    let reply_url = later::url(ctx, proof, brain, conversation, message)?;
    let body = body(ctx, proof, brain, conversation, &question, reply_url.as_deref()).await?;
    let started = ctx.db.clock.now();
    let end = Instant::now() + brain.timeout;
    // heard from before the call: an answer may come at once
    let hints = ctx.db.live.subscribe();
    let outcome = match call::ask(ctx, proof, brain, message, &body, sink).await {
        Ok(Heard::Text(text)) => Ok(text),
        Ok(Heard::Started) => match message.filter(|_| reply_url.is_some()) {
            Some(message) => {
                let waiting = later::wait(ctx, proof, conversation, message, hints);
                match tokio::time::timeout_at(end, waiting).await {
                    Ok(moved_on) => return moved_on.map(|()| None),
                    Err(_) => Err(call::nothing_later(brain)),
                }
            }
            None => Err(call::no_text()),
        },
        Err(failure) => Err(failure),
    };
    let took = (ctx.db.clock.now() - started).num_milliseconds();
    let reply = match outcome {
        Ok(text) => pipeline::from_workflow(turn, AnswerMode::Webhook, text, question, took),
        Err(failure) => {
            note(ctx, proof, brain, conversation, &failure).await;
            // what was streamed before it failed is void
            let _ = sink.send(Delta {
                text: String::new(),
                replace: true,
            });
            match brain.falls_back {
                true => pipeline::answer(ctx, proof, turn, sink).await?,
                false => pipeline::without_workflow(turn, question),
            }
        }
    };
    Ok(Some(reply))
}

/// What n8n's chat trigger takes. The workflow learns of the person what an agent would see.
async fn body(
    ctx: &Context,
    proof: &impl TenantProof,
    brain: &Brain,
    conversation: ConversationId,
    question: &str,
    reply_url: Option<&str>,
) -> Result<Value> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let about = store::get_about(&mut tx, conversation).await?;
    let mut body = json!({
        "action": "sendMessage",
        "sessionId": conversation,
        "chatInput": question,
        "metadata": {
            "tenant": proof.tenant_id(),
            "channel": about.kind,
            "channel_id": brain.channel_id,
            "conversation_id": conversation,
            "language": about.language,
            "contact": {"id": about.contact_id, "name": about.name, "email": about.email, "phone": about.phone},
        },
    });
    if let Some(url) = reply_url {
        body["metadata"]["replyUrl"] = url.into();
    }
    Ok(body)
}

async fn note(
    ctx: &Context,
    proof: &impl TenantProof,
    brain: &Brain,
    conversation: ConversationId,
    failure: &Failure,
) {
    metrics::counter!("rapport_webhook_errors_total").increment(1);
    let written = async {
        let mut tx = ctx.db.tenant(proof).await?;
        let now = tx.now();
        store::insert_error(
            &mut tx,
            Uuid::now_v7(),
            brain.channel_id,
            Some(conversation),
            failure,
            now,
        )
        .await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        error.log();
    }
}

/// Asks the workflow once, to see whether it answers: the test button. Nothing is stored.
pub async fn test(
    ctx: &Context,
    proof: &impl TenantProof,
    brain: &Brain,
    question: &str,
) -> std::result::Result<String, Failure> {
    let body = json!({
        "action": "sendMessage",
        "sessionId": ConversationId::new(),
        "chatInput": question,
        "metadata": {"tenant": proof.tenant_id(), "channel_id": brain.channel_id, "is_test": true},
    });
    let (sink, _) = tokio::sync::mpsc::unbounded_channel();
    match call::ask(ctx, proof, brain, None::<MessageId>, &body, &sink).await? {
        Heard::Text(text) => Ok(text),
        Heard::Started => Err(call::only_started()),
    }
}
