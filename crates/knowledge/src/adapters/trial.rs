//! Learns an adapter, and says whether it is better than the model alone.
//!
//! The questions are cut into five parts. Each is asked of an adapter that was learned from the other four, and of the
//! model alone, by the same search that answers visitors. The differences say how much better it is, with the interval of a
//! bootstrap; the confidences say how far they can be believed. What serves then is learned from all questions, as
//! [`crate::calibration`] does it. No chance but a fixed one: the same questions give the same version. Start at [`train`].

use std::collections::HashSet;

use kernel::secrets;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::calibration::{self, Calibration, Reach};
use crate::measures::{self, Judged};
use crate::retrieval::adapter::Adapter;
use crate::retrieval::lessons::{Lesson, Lessons};
use crate::retrieval::{Index, Query};

/// A question, and what people say of its answer.
#[derive(Debug, Clone)]
pub struct Labelled {
    pub question: String,
    pub vector: Vec<f32>,
    pub known: Known,
}

#[derive(Debug, Clone)]
pub enum Known {
    /// One of these entries answers it.
    Right(HashSet<Uuid>),
    /// These do not; what does is not known.
    Wrong(HashSet<Uuid>),
    /// Nothing in the knowledge does.
    Nothing,
}

/// What a search does with the questions whose answer is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RetrievalScore)]
pub struct Score {
    /// The share whose right source comes first.
    pub recall_at_1: f64,
    /// The mean of one divided by the place of the first right source, over twenty places.
    pub mrr: f64,
    /// Mean surprise (log loss) of the confidence, corrected by this workspace's labels where that helps.
    pub loss: f64,
    /// How far the confidence is from the share that is right, on average, as it is before that correction.
    pub calibration_error: f64,
}

/// A difference with the interval that holds it in 95 of 100 draws of as many questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RetrievalGain)]
pub struct Gain {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Why a version does not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetrievalRefusal)]
pub enum Refusal {
    /// Nothing was learned that other questions would gain from.
    NothingLearned,
    /// The interval of the gain holds zero: it may be chance.
    NotClearlyBetter,
    /// What it finds is better, but its confidence says less about what is right.
    LessSure,
}

/// How a version did on questions that it was not trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RetrievalFigures)]
pub struct Figures {
    /// Questions of which is known what answers them.
    pub questions: usize,
    /// Questions of which is known only what does not.
    pub rejections: usize,
    /// Questions that nothing answers.
    pub unanswerable: usize,
    pub base: Score,
    pub adapted: Score,
    pub gain_recall_at_1: Gain,
    pub gain_mrr: Gain,
    /// Null: it is better, and may serve.
    pub refusal: Option<Refusal>,
    /// The correction of the confidence that goes with it; null: none is needed.
    pub calibration: Option<Calibration>,
    /// Directions of the question's vector that it reads.
    pub directions: usize,
    /// SHA-256 of what it computes with, in hex; null where nothing was learned.
    pub digest: Option<String>,
}

/// A version that was tried.
pub struct Trained {
    pub figures: Figures,
    pub adapter: Option<Adapter>,
}

/// So many questions with a known answer are needed: of fewer no interval says anything.
pub const FEWEST_QUESTIONS: usize = 30;
/// So many are learned from; where there are more, a fixed draw of them.
const MOST_QUESTIONS: usize = 2_000;
const FOLDS: usize = 5;
/// Candidates in which the right one is looked for.
const PLACES: usize = 20;
const DRAWS: usize = 2_000;
/// By so much the surprise may be larger, and is still no worse.
const AS_GOOD: f64 = 0.01;

/// Learns and tries. Takes seconds to minutes of one processor: not for use inside of async code. Tells how far it is, from
/// 0 to 1.
pub fn train(index: &Index, labelled: &[Labelled], tell: impl Fn(f64)) -> Trained {
    let labelled = in_fixed_order(labelled);
    let lessons: Vec<Lesson> = labelled.iter().map(|one| one.lesson()).collect();
    let lessons = Lessons::of(index, &lessons);
    let base: Vec<Seen> = labelled.iter().map(|one| one.look(index, None)).collect();
    let mut adapted = base.clone();
    for fold in 0..FOLDS {
        tell(fold as f64 / (FOLDS + 1) as f64);
        let (held, rest): (Vec<usize>, Vec<usize>) = (0..labelled.len()).partition(|at| at % FOLDS == fold);
        let Some(adapter) = lessons.learn(&rest) else {
            continue;
        };
        for at in held {
            adapted[at] = labelled[at].look(index, Some(&adapter));
        }
    }
    tell(FOLDS as f64 / (FOLDS + 1) as f64);
    let all: Vec<usize> = (0..labelled.len()).collect();
    let adapter = lessons.learn(&all);
    let adapter =
        adapter.map(|adapter| adapter.learned_from(labelled.iter().map(|one| one.question.as_str())));
    let figures = figures(&labelled, &base, &adapted, adapter.as_ref());
    tell(1.0);
    Trained { figures, adapter }
}

/// By a digest of the question, so that neither time nor topic decides which part it is in.
fn in_fixed_order(labelled: &[Labelled]) -> Vec<&Labelled> {
    let mut ordered: Vec<&Labelled> = labelled.iter().collect();
    ordered.sort_by_cached_key(|one| secrets::sha256(one.question.to_lowercase().as_bytes()));
    ordered.truncate(MOST_QUESTIONS);
    ordered
}

impl Labelled {
    fn lesson(&self) -> Lesson {
        let (right, wrong) = match &self.known {
            Known::Right(right) => (right.clone(), HashSet::new()),
            Known::Wrong(wrong) => (HashSet::new(), wrong.clone()),
            Known::Nothing => (HashSet::new(), HashSet::new()),
        };
        Lesson {
            vector: self.vector.clone(),
            right,
            wrong,
        }
    }

    fn look(&self, index: &Index, adapter: Option<&Adapter>) -> Seen {
        let adapted = adapter.and_then(|adapter| adapter.apply(&self.vector));
        let vector = adapted.as_deref().unwrap_or(&self.vector);
        let found = index.search(&Query::new(&self.question, Some(vector)), PLACES);
        let confidence = f64::from(found.confidence());
        let first = found.candidates.first();
        match &self.known {
            Known::Right(right) => {
                let answers = index.groups_of(right);
                let place = found
                    .candidates
                    .iter()
                    .position(|one| right.contains(&one.id) || answers.contains(&one.group));
                Seen {
                    place,
                    confidence,
                    is_right: Some(place == Some(0)),
                }
            }
            Known::Wrong(wrong) => Seen {
                place: None,
                confidence,
                is_right: first.filter(|one| wrong.contains(&one.id)).map(|_| false),
            },
            Known::Nothing => Seen {
                place: None,
                confidence,
                is_right: first.map(|_| false),
            },
        }
    }

    fn has_answer(&self) -> bool {
        matches!(self.known, Known::Right(_))
    }
}

/// What a search showed for one question.
#[derive(Clone, Copy)]
struct Seen {
    /// Of the first right candidate.
    place: Option<usize>,
    confidence: f64,
    /// Whether the first candidate is right, as far as is known.
    is_right: Option<bool>,
}

impl Seen {
    fn is_first(&self) -> f64 {
        f64::from(u8::from(self.place == Some(0)))
    }

    fn reciprocal(&self) -> f64 {
        self.place.map_or(0.0, |place| 1.0 / (place as f64 + 1.0))
    }
}

fn figures(labelled: &[&Labelled], base: &[Seen], adapted: &[Seen], adapter: Option<&Adapter>) -> Figures {
    let count = |which: fn(&Known) -> bool| labelled.iter().filter(|one| which(&one.known)).count();
    let of = |read: fn(&Seen) -> f64| -> Vec<f64> {
        let pairs = base.iter().zip(adapted).zip(labelled);
        let asked = pairs.filter(|(_, one)| one.has_answer());
        asked
            .map(|((base, adapted), _)| read(adapted) - read(base))
            .collect()
    };
    let (gain_recall_at_1, gain_mrr) = (gain(&of(Seen::is_first)), gain(&of(Seen::reciprocal)));
    let (base, seen) = (score(labelled, base), adapted);
    let adapted = score(labelled, seen);
    let fit = calibration::fit(&labels(seen), Reach::Any);
    let refusal = if adapter.is_none() {
        Some(Refusal::NothingLearned)
    } else if gain_recall_at_1.low <= 0.0 || gain_mrr.low <= 0.0 {
        Some(Refusal::NotClearlyBetter)
    } else if adapted.loss > base.loss + AS_GOOD {
        Some(Refusal::LessSure)
    } else {
        None
    };
    Figures {
        questions: count(|known| matches!(known, Known::Right(_))),
        rejections: count(|known| matches!(known, Known::Wrong(_))),
        unanswerable: count(|known| matches!(known, Known::Nothing)),
        base,
        adapted,
        gain_recall_at_1,
        gain_mrr,
        refusal,
        calibration: fit.filter(|fit| fit.helps).map(|fit| fit.calibration),
        directions: adapter.map_or(0, Adapter::directions),
        digest: adapter.map(|adapter| adapter.digest()),
    }
}

fn labels(seen: &[Seen]) -> Vec<(f64, bool)> {
    seen.iter()
        .filter_map(|seen| Some((seen.confidence, seen.is_right?)))
        .collect()
}

fn score(labelled: &[&Labelled], seen: &[Seen]) -> Score {
    let asked: Vec<&Seen> = labelled
        .iter()
        .zip(seen)
        .filter_map(|(one, seen)| one.has_answer().then_some(seen))
        .collect();
    let mean =
        |read: fn(&Seen) -> f64| asked.iter().map(|seen| read(seen)).sum::<f64>() / asked.len().max(1) as f64;
    let labels = labels(seen);
    let judged: Vec<Judged> = labels
        .iter()
        .map(|(probability, right)| Judged {
            probability: *probability,
            right: *right,
            answerable: true,
            weight: 1.0,
        })
        .collect();
    Score {
        recall_at_1: mean(Seen::is_first),
        mrr: mean(Seen::reciprocal),
        loss: calibration::loss(&labels, Reach::Any),
        calibration_error: measures::calibration_error(&judged),
    }
}

/// The mean difference; its interval from drawing as many questions again and again.
fn gain(differences: &[f64]) -> Gain {
    let mean = |sum: f64| sum / differences.len().max(1) as f64;
    let mut chance = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn = (0..differences.len()).map(|_| differences[next(&mut chance) % differences.len()]);
            mean(drawn.sum())
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    Gain {
        value: mean(differences.iter().sum()),
        low: draws[DRAWS / 40],
        high: draws[DRAWS - 1 - DRAWS / 40],
    }
}

/// The next of a fixed series of numbers that look like chance (SplitMix64).
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_that_may_be_chance_has_an_interval_that_holds_zero() {
        let clear = gain(&[vec![1.0; 20], vec![0.0; 40], vec![-1.0; 2]].concat());
        assert!((clear.value - 18.0 / 62.0).abs() < 1e-9, "{clear:?}");
        assert!(clear.low > 0.1 && clear.high < 0.5, "{clear:?}");
        let chance = gain(&[vec![1.0; 5], vec![0.0; 40], vec![-1.0; 4]].concat());
        assert!(chance.low < 0.0 && chance.high > 0.0, "{chance:?}");
        assert_eq!(gain(&[1.0, 0.0, 1.0]), gain(&[1.0, 0.0, 1.0]));
        assert_eq!(gain(&[]).low, 0.0);
    }
}
