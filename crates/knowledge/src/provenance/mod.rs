//! From a piece of knowledge to all that was answered from it.

pub mod api;
mod store;

use chrono::{DateTime, Utc};
use conversations::messages::AnswerMode;
use kernel::ids::{ConversationId, MessageId, PassageId};
use serde::Serialize;

/// An answer that rests on a Q&A pair or a document.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AnswerFrom {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// As it was understood.
    pub question: String,
    pub text: String,
    pub mode: AnswerMode,
    pub confidence: f64,
    pub model: Option<String>,
    /// `up` or `down`.
    pub feedback: Option<String>,
    /// The state of the knowledge then; null for answers from before this was kept.
    pub knowledge_revision: Option<i64>,
    /// Of a document: the passages, some of which may have been made anew since.
    pub passage_ids: Vec<PassageId>,
    pub answered_at: DateTime<Utc>,
}
