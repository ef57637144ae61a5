//! Gaps: questions that the knowledge does not answer, counted, until somebody writes the answer once.
//!
//! Gaps that ask the same thing are one piece of work: [`clusters`] puts them together, and [`effects`] tells
//! afterwards what the answer has brought. An answer that is taken back opens its gaps again ([`rollback`]).

pub mod api;
pub mod clusters;
pub mod disliked;
pub mod effects;
pub mod rollback;
pub mod store;
mod triage;

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, GapId, MessageId, QaPairId, VersionId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GapStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Open,
    Resolved,
    Dismissed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Dismissed => "dismissed",
        }
    }
}

/// A question nobody has answered yet.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Gap {
    pub id: GapId,
    pub question: String,
    /// What the bot said instead.
    pub ai_answer: Option<String>,
    /// The Q&A pair that came nearest.
    pub best_match_id: Option<QaPairId>,
    /// Its cosine, 0 to 1.
    pub similarity_score: Option<f64>,
    /// Where it was asked first.
    pub conversation_id: Option<ConversationId>,
    pub language: Option<String>,
    pub status: Status,
    pub times_asked: i32,
    /// Gaps that ask the same have the same: the id of the oldest of them.
    pub cluster_id: GapId,
    pub resolved_qa_id: Option<QaPairId>,
    /// The newest draft that closes it once it is published.
    pub draft_id: Option<VersionId>,
    /// It was answered once, and this version took the answer back.
    pub reopened_by: Option<VersionId>,
    pub created_at: DateTime<Utc>,
    pub last_asked_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// A question that was asked in vain just now.
#[derive(Debug, Clone)]
pub struct NewGap {
    pub question: String,
    pub ai_answer: String,
    pub best_match_id: Option<QaPairId>,
    pub similarity_score: Option<f64>,
    pub conversation_id: ConversationId,
    /// The visitor's question as a message.
    pub message_id: MessageId,
    pub language: Option<String>,
}

/// Once that the question was asked: by whom, and what they got.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Occurrence {
    pub conversation_id: ConversationId,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub channel_name: String,
    /// What they wrote.
    pub question: String,
    /// What the bot replied.
    pub answer: Option<String>,
    pub asked_at: DateTime<Utc>,
}

/// How many gaps there are.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = GapCounts)]
pub struct Counts {
    pub open: i64,
    pub resolved: i64,
    pub dismissed: i64,
}

/// Notes the gap. The same question again (ignoring case) raises the count of the open one.
pub async fn record(tx: &mut TenantTx, gap: &NewGap, now: DateTime<Utc>) -> Result<GapId> {
    let id = store::upsert(tx, gap).await?;
    store::insert_occurrence(tx, id, gap.conversation_id, gap.message_id).await?;
    clusters::enqueue(tx, now).await?;
    tx.emit(Event::GapChanged { gap_id: id });
    Ok(id)
}
