//! Fits the weights of the second look at passages (`src/retrieval/reranking.rs`) and says how well they carry over.
//!
//! `cargo run --release -p knowledge --example fit_reranking`. Softmax over the best 24 passages of each question. XQuAD
//! translates paragraphs of SQuAD, so these two are one family: every set is also judged by weights that have seen
//! nothing of its family. The bank's scenarios take no part in any fit, and are too long to be looked at again.

#[path = "../support/mod.rs"]
mod support;

use knowledge::public_sets::{self, Base, Embeddings};
use knowledge::retrieval::reranking::{self, INPUTS};
use knowledge::retrieval::{Candidate, EntryKind, Index, ModelReach, Query, Tuning};

const SIZE: usize = INPUTS.len();
/// Pull of the weights towards zero, per question.
const RIDGE: f64 = 1e-3;
const STEPS: usize = 400;

type Weights = [f64; SIZE];

/// The best passages of one question in the order of the mix, and which of them are right.
struct Question {
    candidates: Vec<Passage>,
}

struct Passage {
    inputs: Weights,
    right: bool,
    /// Its score in the product.
    shipped: f64,
}

struct Set {
    name: String,
    questions: Vec<Question>,
}

fn main() {
    let (Some(folder), Some(mut embeddings)) = (support::data_folder(), support::embeddings()) else {
        println!("nothing fitted: the public data sets or the local model are not there");
        return;
    };
    let bases = public_sets::retrieval_bases(&folder, &mut embeddings).expect("the data sets");
    let passages = bases.iter().filter(|base| base.kind == EntryKind::Passage);
    let sets: Vec<Set> = passages.map(|base| ask(base, &embeddings)).collect();
    let all = fit(sets.iter().filter(|set| family(set).is_some()));
    println!("right passage first, %        mix  left out  fitted to all  as shipped");
    for set in &sets {
        let unseen = match family(set) {
            Some(own) => fit(sets
                .iter()
                .filter(|other| family(other).is_some_and(|other| other != own))),
            None => all,
        };
        println!(
            "{:28} {:5.1}     {:5.1}          {:5.1}    {:5.1}",
            set.name,
            first(set, |_| 0.0),
            first(set, |passage| dot(&unseen, &passage.inputs)),
            first(set, |passage| dot(&all, &passage.inputs)),
            first(set, |passage| passage.shipped),
        );
    }
    println!("\nfitted to all:");
    for (input, weight) in INPUTS.iter().zip(all) {
        println!("{:16} {weight:6.2}  (shipped {})", input.name, input.weight);
    }
}

/// What must not be seen together.
fn family(set: &Set) -> Option<&'static str> {
    match set.name.as_str() {
        "PIAF" => Some("PIAF"),
        "SQuAD" => Some("SQuAD"),
        name if name.starts_with("XQuAD") => Some("SQuAD"),
        _ => None,
    }
}

fn ask(base: &Base, embeddings: &Embeddings) -> Set {
    let shipped = Tuning::default();
    let mix = Tuning {
        reranked: 0,
        ..Tuning::default()
    };
    let index = Index::build_with(base.entries.clone(), ModelReach::English, mix);
    let question = |asked: &public_sets::Asked| {
        let query = Query::new(&asked.text, embeddings.get(&asked.text));
        let found = index.search_kind(base.kind, &query, shipped.reranked);
        let read = |Candidate {
                        group,
                        score,
                        features,
                        ..
                    }: Candidate| Passage {
            inputs: INPUTS
                .each_ref()
                .map(|input| f64::from((input.read)(score, &features))),
            right: asked.answers.contains(&group),
            shipped: f64::from(reranking::score(base.kind, &shipped, score, &features)),
        };
        Question {
            candidates: found.into_iter().map(read).collect(),
        }
    };
    Set {
        name: base.name.clone(),
        questions: base.questions.iter().map(question).collect(),
    }
}

/// Share of the questions whose best candidate is right; of equal scores the first counts.
fn first(set: &Set, score: impl Fn(&Passage) -> f64) -> f64 {
    let is_right = |question: &&Question| {
        let best = question
            .candidates
            .iter()
            .rev()
            .max_by(|a, b| score(a).total_cmp(&score(b)));
        best.is_some_and(|best| best.right)
    };
    100.0 * set.questions.iter().filter(is_right).count() as f64 / set.questions.len().max(1) as f64
}

/// Gradient descent with momentum on the log loss of the right passages; every set counts alike, however large.
fn fit<'a>(sets: impl Iterator<Item = &'a Set>) -> Weights {
    let sets: Vec<&Set> = sets.collect();
    let (mut weights, mut speed) = ([0.0; SIZE], [0.0; SIZE]);
    for _ in 0..STEPS {
        let mut slope: Weights = weights.map(|weight| RIDGE * weight);
        for set in &sets {
            let share = 1.0 / (sets.len() * set.questions.len().max(1)) as f64;
            for question in &set.questions {
                add_slope(question, &weights, share, &mut slope);
            }
        }
        for i in 0..SIZE {
            speed[i] = 0.9 * speed[i] - 0.5 * slope[i];
            weights[i] += speed[i];
        }
    }
    weights
}

fn add_slope(question: &Question, weights: &Weights, share: f64, slope: &mut Weights) {
    let passages = &question.candidates;
    let scores: Vec<f64> = passages
        .iter()
        .map(|passage| dot(weights, &passage.inputs))
        .collect();
    let most = scores.iter().copied().fold(f64::MIN, f64::max);
    let chances: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
    let all: f64 = chances.iter().sum();
    let both = || passages.iter().zip(&chances);
    let right: f64 = both()
        .filter(|(passage, _)| passage.right)
        .map(|(_, chance)| chance)
        .sum();
    if right <= 0.0 {
        return;
    }
    for (passage, chance) in both() {
        let wanted = if passage.right { chance / right } else { 0.0 };
        for (slope, input) in slope.iter_mut().zip(&passage.inputs) {
            *slope += share * (chance / all - wanted) * input;
        }
    }
}

fn dot(weights: &Weights, inputs: &Weights) -> f64 {
    weights.iter().zip(inputs).map(|(w, x)| w * x).sum()
}
