//! A workflow that answers later: it takes the message, and calls `replyUrl` with its answer when that is ready.
//!
//! The address is signed and names one message of one conversation. The first answer to a message is the only one:
//! what comes after the built-in bot, a person or a newer message is not said, and kept among the channel's errors.

use std::time::Duration;

use access::tenants::standing;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, header};
use axum::{Router, routing};
use chrono::{DateTime, TimeDelta, Utc};
use conversations::inbound::{self, Recorded};
use conversations::messages::AnswerMode;
use conversations::outbound::{self, Outcome};
use kernel::error::{conflict, invalid, not_found};
use kernel::events::Envelope;
use kernel::extract::{Bytes, Json, Path};
use kernel::ids::{ChannelId, ConversationId, MessageId, TenantId};
use kernel::secrets;
use kernel::{Event, Reason, Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::{Brain, ErrorType, Failure, read, store};
use crate::Context;
use crate::bots::{self, Bot, Which};
use crate::pipeline::{self, Turn};

/// An answer may come so long after its question; whether it is still said is another matter.
const LIFETIME: TimeDelta = TimeDelta::hours(1);
/// The largest body: an answer of the longest kind, with room for how it is written.
const LARGEST: usize = 256 * 1024;
/// Every so often it is looked without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const PATH: &str = "/hooks/replies";
const PREFIX: &str = "r1.";

pub fn routes(ctx: Context) -> Router {
    Router::new()
        .route(&format!("{PATH}/{{ticket}}"), routing::post(take))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(ctx)
}

/// Which message an answer is for. Signed: who has it may answer that message, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ticket {
    #[serde(rename = "t")]
    pub tenant_id: TenantId,
    #[serde(rename = "h")]
    pub channel_id: ChannelId,
    #[serde(rename = "n")]
    pub conversation_id: ConversationId,
    #[serde(rename = "m")]
    pub message_id: MessageId,
    #[serde(rename = "a")]
    pub asked_at: DateTime<Utc>,
}

impl TenantProof for Ticket {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

impl Ticket {
    /// Where the answer goes; none if the server does not know its own address.
    pub fn url(&self, ctx: &Context) -> Result<Option<String>> {
        let Some(base) = &ctx.public_url else {
            return Ok(None);
        };
        let claims = secrets::encode(&serde_json::to_vec(self)?);
        let signature = secrets::encode(&signature(ctx, &claims));
        let base = base.trim_end_matches('/');
        Ok(Some(format!("{base}{PATH}/{PREFIX}{claims}.{signature}")))
    }

    fn open(ctx: &Context, token: &str) -> Option<Self> {
        let (claims, given) = token.strip_prefix(PREFIX)?.split_once('.')?;
        if !secrets::equal(&secrets::decode(given)?, &signature(ctx, claims)) {
            return None;
        }
        let ticket: Self = serde_json::from_slice(&secrets::decode(claims)?).ok()?;
        (ticket.asked_at + LIFETIME > ctx.db.clock.now()).then_some(ticket)
    }
}

fn signature(ctx: &Context, claims: &str) -> [u8; 32] {
    secrets::sign(&ctx.master_key.derive("workflow-reply"), claims.as_bytes())
}

/// What the workflow calls: its answer, in any of the forms in which it could have answered at once.
async fn take(
    State(ctx): State<Context>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Bytes(body): Bytes,
) -> Result<Json<Value>> {
    let ticket = Ticket::open(&ctx, &token).ok_or_else(|| not_found("page"))?;
    if !standing::may_act(&ctx.db, ticket.tenant_id).await? {
        return Err(not_found("page"));
    }
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_lowercase();
    let text = read::text(&content_type, &String::from_utf8_lossy(&body));
    let text: String = text
        .ok_or_else(|| {
            invalid(
                "no_text",
                "There is no text in this answer: send `{\"output\": \"…\"}`.",
            )
        })?
        .chars()
        .take(super::LONGEST)
        .collect();
    let mut tx = ctx.db.tenant(&ticket).await?;
    let is_said = say(&ctx, &mut tx, &ticket, &text).await? || is_repeated(&mut tx, &ticket, &text).await?;
    if !is_said {
        keep(&mut tx, &ticket, text).await?;
    }
    tx.commit().await?;
    match is_said {
        true => Ok(Json(json!({"sent": true}))),
        false => Err(conflict(
            "too_late",
            "The visitor has been answered already, has written more or talks to a person: this was not sent.",
        )),
    }
}

/// True: it is in the conversation, and on its way to the visitor.
async fn say(ctx: &Context, tx: &mut TenantTx, ticket: &Ticket, text: &str) -> Result<bool> {
    let bot = bots::get(tx, Which::Channel(ticket.channel_id)).await?;
    let waiting = inbound::load_waiting(tx, ticket.conversation_id).await?;
    let Some(waiting) = waiting.filter(|waiting| waiting.message_id == ticket.message_id) else {
        return Ok(false);
    };
    if bot.brain.is_none() || !bot.is_active {
        return Ok(false);
    }
    let question = (waiting.message_id, waiting.seq);
    let took = (ctx.db.clock.now() - ticket.asked_at).num_milliseconds();
    let turn = turn_of(waiting, &bot);
    let asked = turn.question();
    let made = pipeline::from_workflow(&turn, AnswerMode::Webhook, text.to_owned(), asked, took);
    let outcome = outbound::record_bot_reply(tx, ticket.conversation_id, question, &made.reply).await?;
    Ok(matches!(outcome, Outcome::Stored(_)))
}

fn turn_of(waiting: Recorded, bot: &Bot) -> Turn {
    Turn {
        recent: waiting.recent,
        language: waiting.conversation.language,
        knowledge_revision: waiting.knowledge_revision,
        settings: bot.settings.clone(),
        options: bot.options.clone(),
        is_explained: false,
        known_vectors: std::sync::Arc::default(),
        agent: None,
        door: None,
    }
}

/// The workflow says the same once more: it did not hear that it was heard.
async fn is_repeated(tx: &mut TenantTx, ticket: &Ticket, text: &str) -> Result<bool> {
    let answer = store::find_answer(tx, ticket.message_id).await?;
    Ok(answer.is_some_and(|answer| answer == text))
}

/// Once for each message, however often it is said.
async fn keep(tx: &mut TenantTx, ticket: &Ticket, text: String) -> Result<()> {
    let shown: String = text.chars().take(300).collect();
    let failure = Failure {
        error_type: ErrorType::Late,
        reason: Reason::new("late", "The answer came too late and was not sent.").quoting(shown),
    };
    let now = tx.now();
    let conversation = Some(ticket.conversation_id);
    store::insert_error(
        tx,
        ticket.message_id.0,
        ticket.channel_id,
        conversation,
        &failure,
        now,
    )
    .await
}

/// Waits until the conversation has moved on from the message: the answer came, a person has taken over or the visitor
/// has written more.
pub(super) async fn wait(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    message: MessageId,
    mut hints: broadcast::Receiver<Envelope>,
) -> Result<()> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            hint = hints.recv() => match hint {
                Ok(envelope) if !is_about(&envelope.event, conversation) => continue,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
            _ = look.tick() => {}
        }
        let mut tx = ctx.db.tenant_read(proof).await?;
        let waiting = inbound::load_waiting(&mut tx, conversation).await?;
        if waiting.is_none_or(|waiting| waiting.message_id != message) {
            return Ok(());
        }
    }
}

fn is_about(event: &Event, conversation: ConversationId) -> bool {
    event.conversation_id() == Some(conversation)
}

/// What a message is sent with; none if the server does not know its own address.
pub(super) fn url(
    ctx: &Context,
    proof: &impl TenantProof,
    brain: &Brain,
    conversation: ConversationId,
    message: Option<MessageId>,
) -> Result<Option<String>> {
    let Some(message_id) = message else {
        return Ok(None);
    };
    let ticket = Ticket {
        tenant_id: proof.tenant_id(),
        channel_id: brain.channel_id,
        conversation_id: conversation,
        message_id,
        asked_at: ctx.db.clock.now(),
    };
    ticket.url(ctx)
}
