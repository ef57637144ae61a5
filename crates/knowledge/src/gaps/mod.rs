//! Gaps: questions that the knowledge does not answer, counted, until somebody writes the answer once.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, GapId, QaPairId};
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
    pub status: Status,
    pub times_asked: i32,
    pub resolved_qa_id: Option<QaPairId>,
    pub created_at: DateTime<Utc>,
    pub last_asked_at: DateTime<Utc>,
}

/// A question that was asked in vain just now.
#[derive(Debug, Clone)]
pub struct NewGap {
    pub question: String,
    pub ai_answer: String,
    pub best_match_id: Option<QaPairId>,
    pub similarity_score: Option<f64>,
    pub conversation_id: ConversationId,
    pub language: Option<String>,
}

/// Notes the gap. The same question again (ignoring case) raises the count of the open one.
pub async fn record(tx: &mut TenantTx, gap: &NewGap) -> Result<GapId> {
    let id = store::upsert(tx, gap).await?;
    tx.emit(Event::GapChanged { gap_id: id });
    Ok(id)
}
