//! The bases on which confidence is judged: each is asked what it knows and what it does not.
//!
//! Near gaps are questions about what was left out of the base, far ones come from another set. Two plain rules on
//! the cosine are judged beside our probability. Start at [`confidence_bases`].

use std::path::Path;

use kernel::error::Result;
use serde::Serialize;

use super::bases::{Asked, Base, asked, id_of, passage_entries, qa_entries};
use super::data::{self, Banking, Labelled, Paragraph, Reading};
use super::embeddings::Embeddings;
use super::methods::Answered;
use crate::language::Language;
use crate::retrieval::EntryKind;

/// BANKING77 without its 27 unknown intents, SQuAD and PIAF without every fifth paragraph; strangers' questions come
/// from another set.
pub fn confidence_bases(folder: &Path, embeddings: &mut Embeddings) -> Result<Vec<Base>> {
    let (banking, squad, piaf) = (data::banking(folder)?, data::squad(folder)?, data::piaf(folder)?);
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
    let (ten, five) = (&banking.ten_shot, &banking.five_shot);
    let bases = vec![
        short(
            "BANKING77 10 examples, 27 intents unknown",
            ten,
            &banking,
            &[],
            embeddings,
        )?,
        short(
            "BANKING77 5 examples, 27 intents unknown",
            five,
            &banking,
            &[],
            embeddings,
        )?,
        short(
            "BANKING77 10 examples, strangers",
            ten,
            &banking,
            &strangers,
            embeddings,
        )?,
        long(
            "SQuAD, a fifth left out",
            &squad,
            Language::ENGLISH,
            &[],
            embeddings,
        )?,
        long(
            "SQuAD, strangers",
            &squad,
            Language::ENGLISH,
            &customers,
            embeddings,
        )?,
        long("PIAF, a fifth left out", &piaf, Language::FRENCH, &[], embeddings)?,
        long("PIAF, strangers", &piaf, Language::FRENCH, &strangers, embeddings)?,
    ];
    bases
        .into_iter()
        .map(|base| base.with_vectors(embeddings))
        .collect()
}

/// Without strangers the unknown intents are the gaps.
fn short(
    name: &str,
    shots: &[Labelled],
    banking: &Banking,
    strangers: &[String],
    embeddings: &mut Embeddings,
) -> Result<Base> {
    let is_known = |row: &&Labelled| !banking.unknown_intents.contains(&row.category);
    let pairs: Vec<Labelled> = shots.iter().filter(is_known).cloned().collect();
    let questions = banking.test.iter().map(|row| Asked {
        text: row.text.clone(),
        answers: is_known(&row)
            .then(|| id_of("answer", &row.category))
            .into_iter()
            .collect(),
    });
    Ok(Base {
        name: name.to_owned(),
        language: Language::ENGLISH,
        kind: EntryKind::QaPair,
        entries: qa_entries(&pairs, embeddings)?,
        questions: with_strangers(questions.collect(), strangers),
    })
}

/// Without strangers the questions about the paragraphs left out are the gaps.
fn long(
    name: &str,
    reading: &Reading,
    language: Language,
    strangers: &[String],
    embeddings: &mut Embeddings,
) -> Result<Base> {
    let kept = reading
        .paragraphs
        .iter()
        .enumerate()
        .filter(|(at, _)| at % 5 != 0);
    let known: Vec<Paragraph> = kept.map(|(_, paragraph)| paragraph.clone()).collect();
    let entries = passage_entries(&known, language, embeddings)?;
    let mut questions = asked(reading);
    for question in &mut questions {
        let is_known = |group| entries.iter().any(|entry| entry.group == group);
        question.answers.retain(|group| is_known(*group));
    }
    Ok(Base {
        name: name.to_owned(),
        language,
        kind: EntryKind::Passage,
        entries,
        questions: with_strangers(questions, strangers),
    })
}

/// Strangers' questions take the place of the near gaps.
fn with_strangers(mut questions: Vec<Asked>, strangers: &[String]) -> Vec<Asked> {
    if !strangers.is_empty() {
        questions.retain(|question| !question.answers.is_empty());
    }
    questions.extend(strangers.iter().map(|text| Asked {
        text: text.clone(),
        answers: Vec::new(),
    }));
    questions
}

/// What two plain rules on the best cosine would do: shares of answerable questions refused, and of gaps caught.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rules {
    /// Answer from the base's own 10 % quantile of each entry's best cosine to another.
    pub own_quantile: Rule,
    /// Answer from a cosine of 0.78.
    pub fixed: Rule,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rule {
    pub refused: f64,
    pub caught: f64,
}

impl Rules {
    /// `nearest` is what [`super::nearest`] answered to the base's questions.
    pub fn of(base: &Base, nearest: &[Answered]) -> Rules {
        let rule = |threshold: f64| {
            let below = |answerable: bool| {
                let questions = base.questions.iter().zip(nearest);
                let of: Vec<f64> = questions
                    .filter(|(asked, _)| asked.answers.is_empty() != answerable)
                    .map(|(_, answered)| answered.score)
                    .collect();
                of.iter().filter(|cosine| **cosine < threshold).count() as f64 / of.len().max(1) as f64
            };
            Rule {
                refused: below(true),
                caught: below(false),
            }
        };
        Rules {
            own_quantile: rule(own_quantile(base)),
            fixed: rule(0.78),
        }
    }
}

fn own_quantile(base: &Base) -> f64 {
    let vectors: Vec<&[f32]> = base
        .entries
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
    best.get(best.len() / 10).map_or(0.0, |cosine| f64::from(*cosine))
}
