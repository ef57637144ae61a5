//! Why this answer? Each step's time and choice, stored with the answer.

use std::time::Instant;

use conversations::messages::AnswerMode;
use knowledge::retrieval::Candidate;
use llm::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::explain::{Explanation, ModelCall, SentPrompt, score};
use super::prompt::PASSAGES;
use super::{Material, Turn};
use crate::tools::Effects;

/// The stored form, as the API shows it.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnswerTrace {
    /// In the order taken: name and milliseconds.
    pub steps: Vec<Step>,
    pub mode: AnswerMode,
    /// The question as it was understood.
    pub question: Option<String>,
    pub language: Option<String>,
    pub confidence: Option<f64>,
    pub threshold: Option<f64>,
    /// The best entries with their probabilities and a digest of their text; the first two with the features these were computed from, to three
    /// decimals, those that are 0 left out.
    pub candidates: Vec<Value>,
    /// What steps chose: the intent, why the model was not used, what it was sent.
    pub notes: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Step {
    pub name: String,
    pub ms: f64,
}

/// A trace while it is written.
pub struct Trace {
    last: Instant,
    steps: Vec<Step>,
    notes: Map<String, Value>,
    /// The model that was asked, and what that has cost, whatever became of what it said.
    spent: Option<(String, Usage)>,
    /// Kept only where somebody wants to know everything.
    explanation: Option<Explanation>,
    /// What tools do when the reply is stored.
    pub effects: Effects,
}

/// The trace keeps as many candidates as a model reads: whatever an answer rests on is among them.
const CANDIDATES: usize = PASSAGES;
/// So many of them with all that their probability was computed from: who won, and against whom. Traces are stored
/// with every answer, so they are kept below the size at which PostgreSQL begins to compress rows.
const EXPLAINED: usize = 2;

impl Trace {
    pub fn start(is_explained: bool) -> Self {
        Self {
            last: Instant::now(),
            steps: Vec::new(),
            notes: Map::new(),
            spent: None,
            explanation: is_explained.then(Explanation::default),
            effects: Effects::default(),
        }
    }

    /// Ends a step: the time since the last one belongs to it.
    pub fn step(&mut self, name: &str) {
        let now = Instant::now();
        let ms = (now - self.last).as_secs_f64() * 1000.0;
        self.last = now;
        self.steps.push(Step {
            name: name.to_owned(),
            ms: (ms * 1000.0).round() / 1000.0,
        });
    }

    pub fn note(&mut self, key: &str, value: Value) {
        self.notes.insert(key.to_owned(), value);
    }

    /// Adds a call.
    pub fn spend(&mut self, model: &str, usage: Usage) {
        let before = self.spent.take().map(|(_, usage)| usage).unwrap_or_default();
        let sum = Usage {
            input_tokens: before.input_tokens.saturating_add(usage.input_tokens),
            output_tokens: before.output_tokens.saturating_add(usage.output_tokens),
        };
        self.spent = Some((model.to_owned(), sum));
    }

    pub fn spent(&self) -> Option<&(String, Usage)> {
        self.spent.as_ref()
    }

    /// What a model is sent.
    pub fn sends(&mut self, prompt: impl FnOnce() -> SentPrompt) {
        if let Some(explanation) = &mut self.explanation {
            explanation.prompt = Some(prompt());
        }
    }

    /// What the call came to.
    pub fn called(&mut self, call: impl FnOnce() -> ModelCall) {
        if let Some(explanation) = &mut self.explanation {
            explanation.call = Some(call());
        }
    }

    /// Everything that was kept, with the candidates and all their scores.
    pub fn explain(&mut self, material: Option<&Material>) -> Option<Explanation> {
        let mut explanation = self.explanation.take()?;
        if let Some(material) = material {
            explanation.candidates = score(material);
        }
        Some(explanation)
    }

    pub fn finish(self, material: Option<&Material>, turn: &Turn, mode: AnswerMode) -> Value {
        let found = material.map(|material| &material.found);
        let candidates = found.map_or(&[][..], |found| &found.candidates);
        let candidates = candidates.iter().take(CANDIDATES).enumerate();
        let candidates = candidates.map(|(rank, candidate)| describe(candidate, rank < EXPLAINED));
        json!(AnswerTrace {
            steps: self.steps,
            mode,
            question: found.map(|found| found.reading.clone()),
            language: material.and_then(|material| super::code(material.language)),
            confidence: found.map(|found| found.confidence()),
            threshold: material.map(|_| turn.settings.confidence_threshold),
            candidates: candidates.collect(),
            notes: Value::Object(self.notes),
        })
    }
}

fn describe(candidate: &Candidate, is_explained: bool) -> Value {
    let mut described = json!({
        "id": candidate.id,
        "kind": candidate.kind,
        "title": candidate.title,
        "probability": rounded(candidate.probability.into()),
        "score": rounded(candidate.score.into()),
        "sha256": digest(&candidate.text),
    });
    if let (true, Ok(Value::Object(features))) = (is_explained, serde_json::to_value(&candidate.features)) {
        let told = features.into_iter().filter_map(|(name, value)| match value {
            Value::Number(number) => {
                let number = rounded(number.as_f64()?);
                (number != 0.0).then(|| (name, json!(number)))
            }
            Value::Bool(false) => None,
            other => Some((name, other)),
        });
        described["features"] = Value::Object(told.collect());
    }
    described
}

/// The beginning of the SHA-256 of a text, in hex: enough to see that it was another one.
pub(super) fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
