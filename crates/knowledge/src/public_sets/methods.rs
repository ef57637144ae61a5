//! Ways to answer a base's questions, and how often they find what is right. Full text alone, the third way, needs a
//! database and stands with the command.

use serde::Serialize;
use uuid::Uuid;

use super::bases::{Asked, Base};
use super::embeddings::Embeddings;
use crate::measures::Judged;
use crate::retrieval::{Index, Query};

/// What a method says to one question: answers, best first and each once, and how sure it is of the first.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    pub groups: Vec<Uuid>,
    pub score: f64,
}

/// Answers looked at: the mean reciprocal rank needs ten.
const ANSWERS: usize = 10;
/// Candidates asked for, so that ten answers are among them.
const CANDIDATES: usize = 40;

impl Answered {
    /// From scored groups, best first.
    pub fn of(best_first: impl IntoIterator<Item = (Uuid, f64)>) -> Answered {
        let mut answered = Answered::default();
        for (group, score) in best_first {
            if answered.groups.is_empty() {
                answered.score = score;
            }
            if !answered.groups.contains(&group) && answered.groups.len() < ANSWERS {
                answered.groups.push(group);
            }
        }
        answered
    }
}

/// The product's own search and confidence; without embeddings, by words alone.
pub fn ours(base: &Base, embeddings: Option<&Embeddings>) -> Vec<Answered> {
    let index = Index::build(base.entries.clone());
    let answer = |asked: &Asked| {
        let query = Query::new(
            &asked.text,
            embeddings.and_then(|embeddings| embeddings.get(&asked.text)),
        );
        let candidates = index.search_kind(base.kind, &query, CANDIDATES);
        let scored = candidates.iter().map(|c| (c.group, f64::from(c.probability)));
        Answered::of(scored)
    };
    base.questions.iter().map(answer).collect()
}

/// The entry with the nearest vector.
pub fn nearest(base: &Base, embeddings: &Embeddings) -> Vec<Answered> {
    let answer = |asked: &Asked| {
        let Some(query) = embeddings.get(&asked.text) else {
            return Answered::default();
        };
        let cosine = |vector: &[f32]| vector.iter().zip(query).map(|(x, y)| x * y).sum::<f32>();
        let mut scored: Vec<(Uuid, f64)> = base
            .entries
            .iter()
            .filter_map(|entry| Some((entry.group, f64::from(cosine(entry.vector.as_deref()?)))))
            .collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1));
        Answered::of(scored)
    };
    base.questions.iter().map(answer).collect()
}

/// Shares of questions whose right answer came first, or among the first five; mean reciprocal rank to ten.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Found {
    pub first: f64,
    pub among_five: f64,
    pub mrr: f64,
}

pub fn found(questions: &[Asked], answered: &[Answered]) -> Found {
    let mut sum = Found::default();
    for (asked, answered) in questions.iter().zip(answered) {
        let place = answered
            .groups
            .iter()
            .position(|group| asked.answers.contains(group));
        let Some(place) = place else { continue };
        sum.first += f64::from(u8::from(place == 0));
        sum.among_five += f64::from(u8::from(place < 5));
        sum.mrr += 1.0 / (place as f64 + 1.0);
    }
    let count = questions.len().max(1) as f64;
    Found {
        first: sum.first / count,
        among_five: sum.among_five / count,
        mrr: sum.mrr / count,
    }
}

/// The answers as judged questions; what a method says of its sureness is taken for a probability.
pub fn judged(questions: &[Asked], answered: &[Answered]) -> Vec<Judged> {
    let judge = |(asked, answered): (&Asked, &Answered)| Judged {
        probability: answered.score,
        right: answered
            .groups
            .first()
            .is_some_and(|first| asked.answers.contains(first)),
        answerable: !asked.answers.is_empty(),
        weight: 1.0,
    };
    questions.iter().zip(answered).map(judge).collect()
}
