//! The inbox: conversations as members see them.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ChannelId, ConversationId, UserId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use crate::contacts::Contact;
use crate::escalations::{self, Escalation};
use crate::summary;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConversationStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Open,
    /// Given to people.
    Escalated,
    Resolved,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
        }
    }
}

/// One line of the inbox.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConversationSummary {
    pub id: ConversationId,
    pub status: Status,
    /// A person has taken over: the bot is silent.
    pub ai_paused: bool,
    /// Escalated, or the visitor waits and no bot will answer: a person took over, or the bot is switched off.
    pub needs_person: bool,
    pub contact: Contact,
    pub channel: ChannelName,
    pub last_message_preview: Option<String>,
    pub last_message_at: Option<DateTime<Utc>>,
    pub last_seq: i64,
    pub unread_count: i32,
    pub assigned_to: Option<UserId>,
    pub language: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ChannelName {
    pub id: ChannelId,
    pub name: String,
    pub kind: String,
}

/// A conversation with what only its own page shows.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConversationDetails {
    #[serde(flatten)]
    pub conversation: ConversationSummary,
    pub escalation: Option<Escalation>,
    pub page_url: Option<String>,
}

/// Brings a conversation from elsewhere to the state it had there: `open`, `escalated` or `resolved`. The bot leaves
/// it alone.
pub async fn close_past(tx: &mut TenantTx, id: ConversationId, status: &str) -> Result<()> {
    match status {
        "resolved" => {
            summary::write(tx, id).await?;
            store::set_status(tx, id, Status::Resolved).await
        }
        "escalated" => escalations::open(tx, id, escalations::Reason::VisitorAsked)
            .await
            .map(|_| ()),
        _ => store::set_ai_paused(tx, id, true).await,
    }
}
