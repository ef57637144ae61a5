//! Proposals: Q&A pairs as past chats suggest them, for somebody to look at. Each says where it comes from, why it
//! should be looked at closely, and which pair answers the same already.

pub mod accepting;
pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, ProposalId, QaPairId, TranscriptId, VersionId};
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};

use super::mining::clustering::Draft;
use crate::Context;
use crate::qa_pairs::{NewQaPair, detect, similar};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QaProposalStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Proposed,
    Accepted,
    Dismissed,
}

/// What accepting does.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = QaProposalOutcome)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Outcome {
    /// A new pair.
    #[default]
    Created,
    /// The pair that answers the same is found by this question too.
    Phrasing,
    /// The same, and it gives this answer from then on.
    Replaced,
}

/// Why a proposal should be looked at closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QaProposalReason)]
pub enum Reason {
    /// It was asked in one conversation alone.
    SeenOnce,
    /// People have answered it differently.
    AnswersDiffer,
    /// There was personal data in it, which is masked.
    PersonalData,
    /// The answer seems to be about one person's case.
    CaseSpecific,
}

/// A pair that answers the same.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = QaProposalOverlap)]
pub struct Overlap {
    pub id: QaPairId,
    pub question: String,
    pub answer: String,
    pub phrasings: Vec<String>,
    /// 0.85 to 1.
    pub similarity: f64,
}

/// Where a proposal comes from.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = QaProposalExcerpt)]
pub struct Excerpt {
    /// What the export calls the conversation, or its number.
    pub chat: Option<String>,
    /// If it was one of this workspace's own.
    pub conversation_id: Option<ConversationId>,
    /// As it was asked and answered; personal data is masked.
    pub question: String,
    pub answer: String,
}

/// A proposal as the API shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct QaProposal {
    pub id: ProposalId,
    pub transcript_id: TranscriptId,
    pub question: String,
    pub answer: String,
    /// How others asked the same.
    pub phrasings: Vec<String>,
    pub category: String,
    /// ISO 639-1; null where it was not recognised.
    pub language: Option<String>,
    /// In how many conversations.
    pub times_seen: i32,
    #[schema(value_type = Vec<Reason>)]
    pub reasons: Vec<String>,
    pub status: Status,
    /// What accepting it did.
    pub outcome: Option<Outcome>,
    /// The pair that was written by accepting it.
    pub qa_pair_id: Option<QaPairId>,
    /// The draft that it was accepted into.
    pub draft_id: Option<VersionId>,
    /// The pair that answers the same already.
    #[schema(value_type = Option<Overlap>)]
    pub overlap: Option<sqlx::types::Json<Overlap>>,
    /// A model has put it into better words; the excerpts say what was said.
    pub is_worded: bool,
    /// Somebody has changed it.
    pub is_edited: bool,
    /// At most five.
    #[schema(value_type = Vec<Excerpt>)]
    pub excerpts: sqlx::types::Json<Vec<Excerpt>>,
    pub created_at: DateTime<Utc>,
    /// Sent when it is accepted, so that nobody accepts what they have not read.
    pub updated_at: DateTime<Utc>,
}

/// Questions from this cosine on are answered already (specification: transcript overlap check).
pub const OVERLAP: f32 = 0.85;
pub const MOST_EXCERPTS: usize = 5;
/// Looking for overlap compares the question and some other phrasings of it.
const MOST_COMPARED: usize = 3;
const BATCH: usize = 128;

/// The pair that comes nearest, from [`OVERLAP`] on.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    pub id: QaPairId,
    pub similarity: f32,
}

pub struct NewProposal {
    pub question: String,
    pub answer: String,
    pub phrasings: Vec<String>,
    pub language: Option<String>,
    pub times_seen: usize,
    pub reasons: Vec<&'static str>,
    pub overlap: Option<Near>,
}

impl NewProposal {
    pub fn of(draft: &Draft, overlap: Option<Near>) -> Self {
        Self {
            question: draft.question.clone(),
            answer: draft.answer.clone(),
            phrasings: draft.phrasings.clone(),
            language: detect(&draft.question).or_else(|| detect(&draft.answer)),
            times_seen: draft.times_seen,
            reasons: draft.reasons.clone(),
            overlap,
        }
    }
}

impl QaProposal {
    pub(crate) fn as_new(&self) -> NewQaPair {
        NewQaPair {
            question: self.question.clone(),
            answer: self.answer.clone(),
            category: Some(self.category.clone()),
            language: self.language.clone(),
            phrasings: self.phrasings.clone(),
            is_active: None,
        }
    }
}

pub fn questions_of(draft: &Draft) -> Vec<String> {
    let others = draft.phrasings.iter().take(MOST_COMPARED - 1);
    std::iter::once(&draft.question).chain(others).cloned().collect()
}

/// For each proposal, given by its question and other phrasings, the pair that answers it already.
pub async fn find_overlaps(
    ctx: &Context,
    proof: &impl TenantProof,
    proposals: Vec<Vec<String>>,
) -> Result<Vec<Option<Near>>> {
    let flat: Vec<(usize, String)> = proposals
        .iter()
        .enumerate()
        .flat_map(|(place, texts)| texts.iter().map(move |text| (place, text.clone())))
        .collect();
    let mut nearest: Vec<Option<Near>> = vec![None; proposals.len()];
    for part in flat.chunks(BATCH) {
        let texts = part.iter().map(|(_, text)| text.clone()).collect();
        let found = similar::find(ctx, proof, texts).await?;
        for ((place, _), similar) in part.iter().zip(found) {
            let Some(first) = similar.first().filter(|first| first.similarity >= OVERLAP) else {
                continue;
            };
            let Some(near) = nearest.get_mut(*place) else {
                continue;
            };
            if near.is_none_or(|near| near.similarity < first.similarity) {
                *near = Some(Near {
                    id: QaPairId(first.id),
                    similarity: first.similarity,
                });
            }
        }
    }
    Ok(nearest)
}
