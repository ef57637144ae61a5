//! The evaluations behind docs/answer-quality.md; printed by the example `quality`, held to floors by the tests.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use knowledge::language::Language;
use knowledge::retrieval::{Entry, EntryKind, Index, Query};

use super::bases::{Asked, asked, asked_labelled, id_of, passage_entries, qa_entries};
use super::data::{self, Banking, Labelled, Reading};
use super::embeddings::Embeddings;
use super::measures::{Judged, auroc};
use super::shop;

/// Shares of questions whose right answer came first, or among the first five; mean reciprocal rank to ten.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub first: f64,
    pub five: f64,
    pub mrr: f64,
}

fn found(index: &Index, kind: EntryKind, questions: &[Asked], embeddings: Option<&Embeddings>) -> Found {
    let mut sum = Found {
        first: 0.0,
        five: 0.0,
        mrr: 0.0,
    };
    for question in questions {
        let query = Query::new(
            &question.text,
            embeddings.map(|embeddings| embeddings.get(&question.text)),
        );
        let mut groups = Vec::new();
        for candidate in index.search_kind(kind, &query, 40) {
            if !groups.contains(&candidate.group) {
                groups.push(candidate.group);
            }
        }
        let Some(place) = groups.iter().position(|group| Some(*group) == question.answer) else {
            continue;
        };
        sum.first += f64::from(u8::from(place == 0));
        sum.five += f64::from(u8::from(place < 5));
        sum.mrr += if place < 10 {
            1.0 / (place as f64 + 1.0)
        } else {
            0.0
        };
    }
    let count = questions.len() as f64;
    Found {
        first: 100.0 * sum.first / count,
        five: 100.0 * sum.five / count,
        mrr: sum.mrr / count,
    }
}

/// BANKING77: the test questions against a base of example questions.
pub fn matching(base: &[Labelled], test: &[Labelled], embeddings: &mut Embeddings) -> Found {
    embeddings.prepare(test.iter().map(|row| row.text.as_str()));
    let known = base
        .iter()
        .map(|row| (id_of("answer", &row.category), ()))
        .collect();
    let index = Index::build(qa_entries(base, embeddings));
    found(
        &index,
        EntryKind::QaPair,
        &asked_labelled(test, &known),
        Some(embeddings),
    )
}

/// Questions about passages: with vectors, and by words alone.
pub fn reading(reading: &Reading, language: Language, embeddings: &mut Embeddings) -> (Found, Found) {
    let questions = asked(reading);
    embeddings.prepare(questions.iter().map(|question| question.text.as_str()));
    let index = Index::build(passage_entries(&reading.paragraphs, language, embeddings));
    let with_vectors = found(&index, EntryKind::Passage, &questions, Some(embeddings));
    (with_vectors, found(&index, EntryKind::Passage, &questions, None))
}

/// One base asked what it knows and what it does not, judged by our probability and by two simpler rules.
pub struct Judgement {
    pub name: String,
    pub judged: Vec<Judged>,
    /// The label-free rule: answer when the best cosine reaches the base's own 10 % quantile.
    pub quantile_rule: Rule,
    /// A raw cosine of 0.78.
    pub fixed_rule: Rule,
    pub gap_auroc_of_cosine: f64,
}

/// Shares of answerable questions refused, and of gaps caught.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub refused: f64,
    pub caught: f64,
}

impl Rule {
    fn of(cosines: &[(f64, bool)], threshold: f64) -> Rule {
        let below = |answerable: bool| {
            let of: Vec<f64> = cosines
                .iter()
                .filter(|(_, a)| *a == answerable)
                .map(|(cosine, _)| *cosine)
                .collect();
            of.iter().filter(|cosine| **cosine < threshold).count() as f64 / of.len().max(1) as f64
        };
        Rule {
            refused: below(true),
            caught: below(false),
        }
    }

    pub fn balanced(&self) -> f64 {
        (1.0 - self.refused + self.caught) / 2.0
    }
}

fn judge(
    name: &str,
    entries: Vec<Entry>,
    kind: EntryKind,
    questions: &[Asked],
    embeddings: &Embeddings,
) -> Judgement {
    let quantile = own_quantile(&entries);
    let index = Index::build(entries);
    let mut judged = Vec::new();
    let mut cosines = Vec::new();
    for question in questions {
        let found = index.search_kind(
            kind,
            &Query::new(&question.text, Some(embeddings.get(&question.text))),
            20,
        );
        let Some(best) = found.first() else { continue };
        let answerable = question.answer.is_some();
        let right = question.answer == Some(best.group);
        judged.push(Judged {
            probability: f64::from(best.probability),
            right,
            answerable,
            weight: 1.0,
        });
        let cosine = found
            .iter()
            .map(|candidate| candidate.features.cosine)
            .fold(-1.0, f32::max);
        cosines.push((f64::from(cosine), answerable));
    }
    Judgement {
        name: name.to_owned(),
        judged,
        quantile_rule: Rule::of(&cosines, quantile),
        fixed_rule: Rule::of(&cosines, 0.78),
        gap_auroc_of_cosine: auroc(&cosines),
    }
}

/// The 10 % quantile of each entry's best cosine to any other entry.
fn own_quantile(entries: &[Entry]) -> f64 {
    let vectors: Vec<&[f32]> = entries
        .iter()
        .filter_map(|entry| entry.vector.as_deref())
        .collect();
    let nearest = |at: usize| {
        let others = vectors.iter().enumerate().filter(|(other, _)| *other != at);
        others
            .map(|(_, v)| v.iter().zip(vectors[at]).map(|(x, y)| x * y).sum::<f32>())
            .fold(-1.0, f32::max)
    };
    let step = vectors.len().div_ceil(800).max(1);
    let mut best: Vec<f32> = (0..vectors.len()).step_by(step).map(nearest).collect();
    best.sort_by(f32::total_cmp);
    f64::from(best[best.len() / 10])
}

/// The bases on which confidence is judged: BANKING77 without its 27 unknown intents, SQuAD and PIAF without every
/// fifth paragraph; strangers' questions come from the other set.
pub fn judgements(folder: &Path, embeddings: &mut Embeddings) -> Vec<Judgement> {
    let banking = data::banking(folder);
    let squad = data::squad(folder);
    let piaf = data::piaf(folder);
    let strangers: Vec<String> = squad
        .questions
        .iter()
        .step_by(15)
        .map(|q| q.question.clone())
        .collect();
    let customers: Vec<String> = banking
        .test
        .iter()
        .step_by(8)
        .map(|row| row.text.clone())
        .collect();
    let texts = banking
        .test
        .iter()
        .map(|row| row.text.as_str())
        .chain(strangers.iter().map(String::as_str));
    embeddings.prepare(texts);
    vec![
        judge_banking(
            "BANKING77 10 examples, 27 intents unknown",
            &banking.ten_shot,
            &banking,
            &[],
            embeddings,
        ),
        judge_banking(
            "BANKING77 5 examples, 27 intents unknown",
            &banking.five_shot,
            &banking,
            &[],
            embeddings,
        ),
        judge_banking(
            "BANKING77 10 examples, strangers",
            &banking.ten_shot,
            &banking,
            &strangers,
            embeddings,
        ),
        judge_reading(
            "SQuAD, a fifth left out",
            &squad,
            Language::ENGLISH,
            &[],
            embeddings,
        ),
        judge_reading(
            "SQuAD, strangers",
            &squad,
            Language::ENGLISH,
            &customers,
            embeddings,
        ),
        judge_reading("PIAF, a fifth left out", &piaf, Language::FRENCH, &[], embeddings),
        judge_reading("PIAF, strangers", &piaf, Language::FRENCH, &strangers, embeddings),
    ]
}

/// Without strangers the unknown intents are the gaps.
fn judge_banking(
    name: &str,
    shots: &[Labelled],
    banking: &Banking,
    strangers: &[String],
    embeddings: &mut Embeddings,
) -> Judgement {
    let is_known = |row: &&Labelled| !banking.unknown_intents.contains(&row.category);
    let base: Vec<Labelled> = shots.iter().filter(is_known).cloned().collect();
    let known: HashMap<_, ()> = base
        .iter()
        .map(|row| (id_of("answer", &row.category), ()))
        .collect();
    let mut questions = asked_labelled(&banking.test, &known);
    if !strangers.is_empty() {
        questions.retain(|question| question.answer.is_some());
    }
    questions.extend(strangers.iter().map(|text| Asked {
        text: text.clone(),
        answer: None,
    }));
    judge(
        name,
        qa_entries(&base, embeddings),
        EntryKind::QaPair,
        &questions,
        embeddings,
    )
}

/// Without strangers the questions about the paragraphs left out are the gaps.
fn judge_reading(
    name: &str,
    reading: &Reading,
    language: Language,
    strangers: &[String],
    embeddings: &mut Embeddings,
) -> Judgement {
    let known: Vec<_> = reading
        .paragraphs
        .iter()
        .enumerate()
        .filter(|(at, _)| at % 5 != 0)
        .map(|(_, p)| p.clone())
        .collect();
    let ids: HashSet<_> = known
        .iter()
        .map(|paragraph| id_of("paragraph", &paragraph.id))
        .collect();
    let mut questions = asked(reading);
    for question in &mut questions {
        question.answer = question.answer.filter(|id| ids.contains(id));
    }
    if !strangers.is_empty() {
        questions.retain(|question| question.answer.is_some());
    }
    questions.extend(strangers.iter().map(|text| Asked {
        text: text.clone(),
        answer: None,
    }));
    embeddings.prepare(questions.iter().map(|question| question.text.as_str()));
    judge(
        name,
        passage_entries(&known, language, embeddings),
        EntryKind::Passage,
        &questions,
        embeddings,
    )
}

/// The demo shop: pairs and documents together, as a visitor meets them.
pub struct ShopResult {
    pub answerable: usize,
    pub right: usize,
    /// The right entry among the first five, from which a language model would answer.
    pub among_five: usize,
    /// Rightly answered, wrongly answered at the default threshold; gaps, gaps caught.
    pub answered_right: usize,
    pub answered_wrong: usize,
    pub gaps: usize,
    pub caught: usize,
}

pub fn demo_shop(embeddings: &mut Embeddings) -> ShopResult {
    let (entries, source) = shop::entries(embeddings);
    let questions = shop::questions();
    embeddings.prepare(questions.iter().map(|question| question.question.as_str()));
    let index = Index::build(entries);
    let mut result = ShopResult {
        answerable: 0,
        right: 0,
        among_five: 0,
        answered_right: 0,
        answered_wrong: 0,
        gaps: 0,
        caught: 0,
    };
    for question in &questions {
        let vector = embeddings.get(&question.question);
        let found = index.search(&Query::new(&question.question, Some(vector)), 5);
        let is_sure = f64::from(found.confidence()) >= super::measures::THRESHOLD;
        let place = found
            .candidates
            .iter()
            .position(|c| source.get(&c.id) == question.answered_by.as_ref());
        if question.answered_by.is_none() {
            result.gaps += 1;
            result.caught += usize::from(!is_sure);
            continue;
        }
        result.answerable += 1;
        result.right += usize::from(place == Some(0));
        result.among_five += usize::from(place.is_some());
        result.answered_right += usize::from(is_sure && place == Some(0));
        result.answered_wrong += usize::from(is_sure && place != Some(0));
    }
    result
}
