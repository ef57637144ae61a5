//! Why this answer? Each step's time and choice, stored with the answer.

use std::time::Instant;

use knowledge::retrieval::Candidate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Material, Turn};

/// The stored form, as the API shows it.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnswerTrace {
    /// In the order taken: name and milliseconds.
    pub steps: Vec<Step>,
    /// `model`, `approved_text`, `no_answer`, `small_talk` or `action`.
    pub mode: String,
    /// The question as it was understood.
    pub question: Option<String>,
    pub language: Option<String>,
    pub confidence: Option<f64>,
    pub threshold: Option<f64>,
    /// The best entries with their probabilities; the first two with the features these were computed from, to three
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
}

/// The trace keeps this many candidates: enough to see what nearly won.
const CANDIDATES: usize = 4;
/// So many of them with all that their probability was computed from: who won, and against whom. Traces are stored
/// with every answer, so they are kept below the size at which PostgreSQL begins to compress rows.
const EXPLAINED: usize = 2;

impl Trace {
    pub fn start() -> Self {
        Self {
            last: Instant::now(),
            steps: Vec::new(),
            notes: Map::new(),
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

    pub fn finish(self, material: &Material, turn: &Turn, mode: &str) -> Value {
        let found = &material.found;
        let candidates = found.candidates.iter().take(CANDIDATES).enumerate();
        let candidates = candidates.map(|(rank, candidate)| describe(candidate, rank < EXPLAINED));
        json!(AnswerTrace {
            steps: self.steps,
            mode: mode.to_owned(),
            question: Some(found.reading.clone()),
            language: super::code(material.language),
            confidence: Some(found.confidence()),
            threshold: Some(turn.settings.confidence_threshold),
            candidates: candidates.collect(),
            notes: Value::Object(self.notes),
        })
    }

    pub fn finish_without_search(self, mode: &str) -> Value {
        json!(AnswerTrace {
            steps: self.steps,
            mode: mode.to_owned(),
            question: None,
            language: None,
            confidence: None,
            threshold: None,
            candidates: Vec::new(),
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

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
