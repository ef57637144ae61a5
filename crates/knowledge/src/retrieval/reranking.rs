//! Looks again at the best passages: what the mix of scores cannot see changes their order.
//!
//! A linear score, fitted by `cargo run --release -p knowledge --example fit_reranking`, which also says how well weights
//! carry over to data sets that took no part. Short questions gain nothing from it, so Q&A pairs keep their order.
//! Measurements: docs/answer-quality.md. Start at [`score`].

use super::features::Features;
use super::index::EntryKind;
use super::tuning::Tuning;

/// What a passage is weighed by.
pub struct Input {
    pub name: &'static str,
    pub weight: f32,
    /// From the mixed score and everything else that is known.
    pub read: fn(f32, &Features) -> f32,
}

pub const INPUTS: [Input; 7] = [
    input("mix", 1.3, |mixed, _| mixed),
    input("coverage", 1.4, |_, f| f.coverage),
    input("rarest", 0.9, |_, f| f.rarest),
    input("numbers_missing", -0.9, |_, f| f.numbers_missing),
    input("phrase", 2.0, |_, f| f.phrase),
    input("near", 1.3, |_, f| f.near),
    input("dense_first", 0.5, |_, f| f.dense_first),
];

/// Content words. The questions of the fit are shorter; where a whole story is told, its rarest words and its numbers are
/// seldom what is asked for, and the order of the mix is the better one.
const LONGEST_QUESTION: f32 = 24.0;

const fn input(name: &'static str, weight: f32, read: fn(f32, &Features) -> f32) -> Input {
    Input { name, weight, read }
}

/// So many candidates are read before the best `limit` of them are taken.
pub fn looked_at(kind: EntryKind, tuning: &Tuning, limit: usize) -> usize {
    match kind {
        EntryKind::QaPair => limit,
        EntryKind::Passage => limit.max(tuning.reranked),
    }
}

/// The score by which candidates are ordered.
pub fn score(kind: EntryKind, tuning: &Tuning, mixed: f32, features: &Features) -> f32 {
    let is_story = features.length > (1.0 + LONGEST_QUESTION).ln();
    if kind == EntryKind::QaPair || tuning.reranked == 0 || is_story {
        return mixed;
    }
    let weighed = INPUTS
        .iter()
        .map(|input| input.weight * (input.read)(mixed, features));
    weighed.sum()
}
