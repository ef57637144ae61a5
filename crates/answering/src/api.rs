//! HTTP: ask without leaving a trace in the conversations, and test a model credential.

use std::sync::Arc;

use access::credentials::{self, OpenCredential};
use access::{Member, Permission};
use axum::extract::State;
use chrono::DateTime;
use conversations::inbound::Utterance;
use conversations::messages::{Answer, SenderType};
use conversations::outbound::BotReply;
use futures::StreamExt;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::{CredentialId, MessageId};
use kernel::{Result, TenantProof};
use llm::{ChatEvent, ChatMessage, ChatModel, ChatRequest};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bots::{self, Which};
use crate::pipeline::{AnswerTrace, Sink, Turn};
use crate::{Context, agents, quota, store};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(test_llm_credential))
}

/// A question with what was said before it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Ask {
    pub question: String,
    /// Oldest first.
    #[serde(default)]
    pub history: Vec<Said>,
    /// Answer as this channel's bot would; with the first channel's settings unless given.
    pub channel_key: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Said {
    pub role: Speaker,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    User,
    Assistant,
}

/// The answer that a visitor would get, and how it came about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Asked {
    pub answer: Answer,
    pub trace: AnswerTrace,
}

/// Ask as a visitor would. Nothing is stored: no conversation, no gap.
#[utoipa::path(post, path = "/ask", operation_id = "ask", tag = "answers", request_body = Ask,
    responses((status = 200, body = Asked), (status = 422, body = Problem)))]
async fn ask(State(ctx): State<Context>, member: Member, Json(input): Json<Ask>) -> Result<Json<Asked>> {
    member.require(Permission::AskQuestions)?;
    // goes on if the caller leaves: a model call that has begun is also paid and booked
    let work = tokio::spawn(async move {
        let asked = answer(&ctx, &member, input).await?;
        let mut tx = ctx.db.tenant(&member).await?;
        store::count_test_question(&mut tx).await?;
        tx.commit().await?;
        Ok::<_, kernel::Error>(asked)
    });
    let asked = work.await.map_err(kernel::error::internal)??;
    Ok(Json(asked))
}

/// Answers without storing; the command line uses it as well.
pub async fn answer(ctx: &Context, proof: &impl TenantProof, input: Ask) -> Result<Asked> {
    // nobody watches: the pieces are dropped
    let (sink, _) = mpsc::unbounded_channel();
    let made = reply(ctx, proof, &input, &sink).await?;
    let trace = serde_json::from_value(made.trace.clone())?;
    let answer = answer_of(made);
    Ok(Asked { answer, trace })
}

/// The reply that a visitor would get, in pieces while it is made and as a whole. Nothing is stored.
pub async fn reply(ctx: &Context, proof: &impl TenantProof, input: &Ask, sink: &Sink) -> Result<BotReply> {
    let question = check_question(&input.question)?;
    let mut tx = ctx.db.tenant_read(proof).await?;
    let which = input.channel_key.as_deref().map_or(Which::First, Which::Key);
    let bot = bots::get(&mut tx, which).await?;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let turn = Turn {
        recent: recent(&input.history, question),
        language: None,
        knowledge_revision: revision,
        settings: bot.settings.clone(),
        options: bot.options.clone(),
        is_explained: false,
        known_vectors: Arc::default(),
        agent: None,
        door: None,
    };
    let turn = agents::route(ctx, proof, &bot, None, &turn)
        .await?
        .unwrap_or(turn);
    Ok(quota::answer(ctx, proof, &turn, sink).await?.reply)
}

pub(crate) fn check_question(question: &str) -> Result<&str> {
    let question = question.trim();
    match question.chars().count() {
        1..=4000 => Ok(question),
        _ => Err(invalid("bad_question", "A question has 1 to 4,000 characters.")),
    }
}

/// A reply as the API shows it, without being stored.
pub fn answer_of(made: BotReply) -> Answer {
    Answer {
        id: MessageId::new(),
        text: made.text,
        mode: made.mode,
        confidence: made.confidence,
        sources: made.sources,
        suggestion_chips: made.suggestion_chips,
        gap_detected: made.gap_detected,
        escalation_offered: made.escalation_offered,
        matched_qa_ids: made.matched_qa_ids,
        actions: made.actions,
        feedback: None,
        agent: made.agent,
    }
}

pub(crate) fn recent(history: &[Said], question: &str) -> Vec<Utterance> {
    let said = history.iter().map(|said| match said.role {
        Speaker::User => (SenderType::User, said.text.as_str()),
        Speaker::Assistant => (SenderType::Ai, said.text.as_str()),
    });
    let mut all: Vec<(SenderType, &str)> = said.collect();
    // a history that ends with the visitor's own line was followed by some answer: the question stands alone
    if all.last().is_some_and(|(sender, _)| *sender == SenderType::User) {
        all.push((SenderType::Ai, ""));
    }
    all.push((SenderType::User, question));
    let utterance = |(index, (sender_type, text)): (usize, (SenderType, &str))| Utterance {
        message_id: MessageId::new(),
        seq: i64::try_from(index).unwrap_or(i64::MAX) + 1,
        sender_type,
        text: text.to_owned(),
        sent_at: DateTime::UNIX_EPOCH,
    };
    all.into_iter().enumerate().map(utterance).collect()
}

/// What a test call gave.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CredentialTest {
    works: bool,
    /// What the model said, or what went wrong.
    detail: String,
    milliseconds: u64,
}

/// Test a model credential: one very short call.
#[utoipa::path(post, path = "/llm-credentials/{id}/test", operation_id = "test_llm_credential", tag = "llm-credentials",
    params(("id" = CredentialId, Path)), responses((status = 200, body = CredentialTest), (status = 404, body = Problem)))]
async fn test_llm_credential(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CredentialId>,
) -> Result<Json<CredentialTest>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let (credential, sealed) = credentials::store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("credential"))?;
    drop(tx);
    let key = ctx.models.unseal(&member, credential.id, &sealed)?;
    let model = ctx
        .models
        .open(&member, OpenCredential { credential, key }, None)?;
    let request = ChatRequest {
        messages: vec![ChatMessage::User("Reply with the single word: ready".into())],
        max_tokens: 50,
        ..ChatRequest::default()
    };
    let started = std::time::Instant::now();
    let mut stream = model.remote.stream(request);
    let mut said = String::new();
    let failure = loop {
        match stream.next().await {
            Some(Ok(ChatEvent::Text(piece))) => said.push_str(&piece),
            Some(Ok(ChatEvent::Finished { .. })) => break None,
            Some(Ok(ChatEvent::ToolCall(_))) => {}
            Some(Err(error)) => break Some(error.to_string()),
            None => break Some("the answer broke off".into()),
        }
    };
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let detail = failure
        .clone()
        .unwrap_or_else(|| said.chars().take(200).collect());
    Ok(Json(CredentialTest {
        works: failure.is_none(),
        detail,
        milliseconds,
    }))
}
