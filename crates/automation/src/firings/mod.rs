//! Firings: what came of a rule and an event.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, FiringId, RuleEventId, RuleId};
use serde::{Deserialize, Serialize};

use crate::rules::EventKind;
use crate::rules::actions::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FiringStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Done,
    /// At least one action could not be done; the others were.
    Failed,
    /// Nothing was done: the rule's own action had led there, or too many rules had set each other off.
    SkippedLoop,
    /// It did not reply: a person has the conversation, or rules have replied there often enough in the last hour.
    Stopped,
}

/// One line of the log.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Firing {
    pub id: FiringId,
    pub rule_id: RuleId,
    pub rule_name: String,
    pub event_id: RuleEventId,
    pub event: EventKind,
    pub conversation_id: Option<ConversationId>,
    pub status: Status,
    pub actions: Vec<Outcome>,
    pub created_at: DateTime<Utc>,
}
