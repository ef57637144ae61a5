//! Asks questions again, from other knowledge or at another time, and judges what comes.
//!
//! [`replay`] takes the same path as a visitor's question, without a language model: retrieval and its confidence
//! decide what is said, so the same knowledge always says the same. [`sets`] are questions with what a right answer
//! is; [`crate::publishing`] compares a draft with what serves now.

pub mod replay;
pub mod sets;
pub mod verdict;

use conversations::messages::{AnswerMode, Source};
use kernel::ids::QaPairId;
use knowledge::retrieval::text::fold;
use serde::{Deserialize, Serialize};

use crate::pipeline::Reply;

/// What was said to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Outcome {
    pub text: String,
    /// False: the bot said that it does not know.
    pub is_answered: bool,
    pub confidence: f64,
    pub matched_qa_ids: Vec<QaPairId>,
    pub sources: Vec<Source>,
}

impl Outcome {
    pub(crate) fn of(reply: Reply) -> Self {
        let reply = reply.reply;
        Self {
            is_answered: reply.mode != AnswerMode::NoAnswer,
            text: reply.text,
            confidence: (reply.confidence * 1000.0).round() / 1000.0,
            matched_qa_ids: reply.matched_qa_ids,
            sources: reply.sources,
        }
    }

    /// The same words from the same places.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.is_answered == other.is_answered && (!self.is_answered || self.text == other.text)
    }
}

/// What a right answer is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Expectation {
    /// It rests on this pair.
    QaPair(QaPairId),
    /// It rests on a source with these words in its title.
    Source(String),
    /// It holds these words.
    Text(String),
    /// The bot says that it does not know.
    NoAnswer,
}

impl Expectation {
    pub fn is_met(&self, outcome: &Outcome) -> bool {
        match self {
            Self::NoAnswer => !outcome.is_answered,
            _ if !outcome.is_answered => false,
            Self::QaPair(id) => outcome.matched_qa_ids.contains(id),
            Self::Source(title) => outcome.sources.iter().any(|source| holds(&source.title, title)),
            Self::Text(words) => holds(&outcome.text, words),
        }
    }
}

/// Case, accents and runs of white space do not matter.
fn holds(text: &str, words: &str) -> bool {
    let plain = |text: &str| fold(text).split_whitespace().collect::<Vec<_>>().join(" ");
    plain(text).contains(&plain(words))
}
