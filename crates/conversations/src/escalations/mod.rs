//! Escalations: a conversation is given to people. At most one is open at a time.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::{ConversationId, EscalationId, UserId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::timeline::{self, Actor, Kind};
use crate::{assignment, outbound, summary};

/// Why a person is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EscalationReason)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Reason {
    VisitorAsked,
    LowConfidence,
    Agent,
    BotLimit,
    /// The bot wants to do something that a person has to approve.
    Approval,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VisitorAsked => "visitor_asked",
            Self::LowConfidence => "low_confidence",
            Self::Agent => "agent",
            Self::BotLimit => "bot_limit",
            Self::Approval => "approval",
        }
    }
}

/// An escalation as the inbox shows it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct Escalation {
    pub id: EscalationId,
    pub conversation_id: ConversationId,
    pub reason: Reason,
    pub summary: String,
    /// `pending`, `in_progress` or `resolved`.
    pub status: String,
    pub assigned_to: Option<UserId>,
    pub assignee_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// Hands the conversation to people: opens an escalation (or keeps the open one), pauses the bot, writes a summary and
/// finds somebody if a rule says so. Returns true if it was not escalated before.
pub async fn open(tx: &mut TenantTx, conversation: ConversationId, reason: Reason) -> Result<bool> {
    open_by(tx, conversation, reason, &Actor::nobody()).await
}

/// The same, with what did it.
pub async fn open_by(
    tx: &mut TenantTx,
    conversation: ConversationId,
    reason: Reason,
    actor: &Actor,
) -> Result<bool> {
    outbound::store::lock(tx, conversation)
        .await?
        .ok_or_else(|| not_found("conversation"))?;
    let text = summary::write(tx, conversation).await?;
    let is_new = place(tx, conversation, reason, &text).await?;
    if is_new {
        let data = json!({"reason": reason, "summary": text});
        timeline::record(tx, conversation, Kind::Escalated, actor, data).await?;
    }
    assignment::begin_waiting(tx, conversation).await?;
    Ok(is_new)
}

/// For a member, who has their own way of writing it down: a recently closed escalation goes on, so that taking back is
/// taking back.
pub async fn reopen_or_open(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    if store::reopen_recent(tx, conversation).await? {
        store::mark_conversation(tx, conversation).await?;
    } else {
        let text = summary::write(tx, conversation).await?;
        place(tx, conversation, Reason::Agent, &text).await?;
    }
    assignment::begin_waiting(tx, conversation).await
}

async fn place(
    tx: &mut TenantTx,
    conversation_id: ConversationId,
    reason: Reason,
    summary: &str,
) -> Result<bool> {
    let is_new = store::insert(tx, conversation_id, reason, summary).await?;
    store::mark_conversation(tx, conversation_id).await?;
    tx.emit(Event::ConversationChanged { conversation_id });
    Ok(is_new)
}

/// The open escalation, if there is one.
pub async fn find_open(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Escalation>> {
    store::find_open(tx, conversation).await
}

/// Closes the open escalation, if there is one.
pub async fn close(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    store::close(tx, conversation).await
}
