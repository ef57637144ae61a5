//! Everything that led to a reply, for the playground: all candidates with all scores, the prompt word for word, what
//! the call cost. Never stored.

use kernel::ids::CredentialId;
use knowledge::retrieval::{Candidate, EntryKind};
use llm::{ChatMessage, ChatRequest};
use serde::Serialize;
use uuid::Uuid;

use super::Material;

#[derive(Debug, Clone, Default)]
pub struct Explanation {
    /// Best first.
    pub candidates: Vec<ScoredCandidate>,
    pub prompt: Option<SentPrompt>,
    pub call: Option<ModelCall>,
}

/// An entry that was considered.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ScoredCandidate {
    pub id: Uuid,
    #[schema(value_type = String)]
    pub kind: EntryKind,
    /// The question in the phrasing that was found, or the passage's title.
    pub title: String,
    pub text: String,
    pub language: Option<String>,
    /// By words: BM25 as a share of the question's own.
    pub lexical: f64,
    /// By meaning: the cosine. Null where it was not compared.
    pub vector: Option<f64>,
    /// Both mixed; comparable only within this search and kind.
    pub fused: f64,
    /// The calibrated probability that it answers the question.
    pub calibrated: f64,
}

/// What the model was sent, word for word.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SentPrompt {
    pub system: String,
    pub messages: Vec<SentMessage>,
    pub temperature: Option<f64>,
    pub max_tokens: u32,
    /// How many of the candidates stand in it as passages.
    pub passages: usize,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SentMessage {
    /// `user` or `assistant`.
    pub role: &'static str,
    pub text: String,
}

/// A call of the model.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ModelCall {
    pub credential_id: CredentialId,
    pub model: String,
    pub input_tokens: u32,
    pub output_tokens: u32,
    /// In the currency of the credential's prices; null: they are not known.
    pub cost: Option<f64>,
    pub first_token_ms: Option<f64>,
}

impl SentPrompt {
    pub fn of(request: &ChatRequest, passages: usize) -> Self {
        let messages = request.messages.iter().map(|message| match message {
            ChatMessage::User(text) => ("user", text),
            ChatMessage::Assistant { text, .. } => ("assistant", text),
            ChatMessage::ToolResult { content, .. } => ("tool", content),
        });
        Self {
            system: request.system.clone(),
            messages: messages
                .map(|(role, text)| SentMessage {
                    role,
                    text: text.clone(),
                })
                .collect(),
            temperature: request
                .temperature
                .map(|degree| (f64::from(degree) * 100.0).round() / 100.0),
            max_tokens: request.max_tokens,
            passages,
        }
    }
}

pub(super) fn score(material: &Material) -> Vec<ScoredCandidate> {
    material.found.candidates.iter().map(one).collect()
}

fn one(candidate: &Candidate) -> ScoredCandidate {
    let features = &candidate.features;
    ScoredCandidate {
        id: candidate.id,
        kind: candidate.kind,
        title: candidate.title.to_string(),
        text: candidate.text.to_string(),
        language: super::code(candidate.language),
        lexical: features.lexical.into(),
        vector: features.has_vector.then(|| f64::from(features.cosine)),
        fused: candidate.score.into(),
        calibrated: candidate.probability.into(),
    }
}
