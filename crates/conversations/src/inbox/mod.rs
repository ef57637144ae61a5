//! The inbox: conversations as members see them.
//!
//! [`api`] lists and opens them, [`changes`] is the one way in which a member changes their state, [`sweep`] wakes what
//! was snoozed.

pub mod api;
pub mod bulk;
pub mod changes;
pub mod filter;
pub mod store;
pub mod sweep;

use chrono::{DateTime, Utc};
use kernel::ids::{ChannelId, ConversationId, UserId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use crate::contacts::Contact;
use crate::escalations::{self, Escalation};
use crate::labels::Label;

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
    /// The contact's messages are refused.
    pub is_blocked: bool,
    pub channel: ChannelName,
    pub last_message_preview: Option<String>,
    pub last_message_at: Option<DateTime<Utc>>,
    pub last_seq: i64,
    pub unread_count: i32,
    pub assigned_to: Option<UserId>,
    pub assignee_name: Option<String>,
    /// By name.
    pub labels: Vec<Label>,
    /// Out of sight until then, or until the visitor writes.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// A person is needed since then; null once one has replied.
    pub waiting_since: Option<DateTime<Utc>>,
    /// The target for a person's first reply; null without one.
    pub first_reply_due_at: Option<DateTime<Utc>>,
    pub first_replied_at: Option<DateTime<Utc>>,
    pub resolution_due_at: Option<DateTime<Utc>>,
    /// A target was missed: the first reply or the resolution came late, or is late already.
    pub is_breached: bool,
    /// What the visitor thought of it, 1 to 5.
    pub rating: Option<i32>,
    pub rating_comment: Option<String>,
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

/// The conversation as its own page shows it.
pub async fn describe(tx: &mut TenantTx, id: ConversationId) -> Result<ConversationDetails> {
    let conversation = store::get(tx, id).await?;
    let escalation = escalations::find_open(tx, id).await?;
    let page_url = store::get_page_url(tx, id).await?;
    Ok(ConversationDetails {
        conversation,
        escalation,
        page_url,
    })
}
