//! Escalations: a conversation is given to people. At most one is open at a time.

mod store;

use kernel::ids::{ConversationId, EscalationId};
use kernel::{Event, Result, TenantTx};
use serde::Serialize;

use crate::summary;

/// Why a person is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EscalationReason)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Reason {
    VisitorAsked,
    LowConfidence,
    Agent,
    BotLimit,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VisitorAsked => "visitor_asked",
            Self::LowConfidence => "low_confidence",
            Self::Agent => "agent",
            Self::BotLimit => "bot_limit",
        }
    }
}

/// An escalation as the inbox shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Escalation {
    pub id: EscalationId,
    pub reason: Reason,
    pub summary: String,
    /// `pending`, `in_progress` or `resolved`.
    pub status: String,
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// Hands the conversation to people: opens an escalation (or keeps the open one), pauses the bot and writes a
/// summary. Returns true if it was not escalated before.
pub async fn open(tx: &mut TenantTx, conversation: ConversationId, reason: Reason) -> Result<bool> {
    let text = summary::write(tx, conversation).await?;
    let is_new = store::insert(tx, conversation, reason, &text).await?;
    store::mark_conversation(tx, conversation).await?;
    tx.emit(Event::ConversationChanged {
        conversation_id: conversation,
    });
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
