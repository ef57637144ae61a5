//! Which entries answer a past question, by what people have said of it.

use std::collections::{HashMap, HashSet};

use kernel::ids::QaPairId;
use knowledge::adapters::trial::{Known, Labelled};
use knowledge::retrieval::text::fold;
use knowledge::snapshot::Snapshot;
use serde::Serialize;
use uuid::Uuid;

use crate::evaluation::Expectation;
use crate::evaluation::verdict::Given;
use crate::publishing::PastQuestion;

/// What there is to learn from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RetrievalLabels)]
pub struct Counts {
    /// Questions of which is known what answers them: closed gaps, thumbs up, evaluation sets.
    pub questions: usize,
    /// Answers that visitors found unhelpful, where nothing better is known.
    pub rejections: usize,
    /// Questions that nothing answers, by evaluation sets.
    pub unanswerable: usize,
}

pub fn count(asked: &[PastQuestion]) -> Counts {
    let mut counts = Counts::default();
    for asked in asked.iter().filter(|asked| asked.is_label) {
        let knowing = &asked.knowing;
        match (&knowing.expected, &knowing.approved, &knowing.rejected) {
            (Some(Expectation::NoAnswer), ..) => counts.unanswerable += 1,
            (Some(_), ..) | (None, Some(_), _) => counts.questions += 1,
            (None, None, Some(_)) => counts.rejections += 1,
            (None, None, None) => {}
        }
    }
    counts
}

/// The questions of which is known which entries answer them, or do not. Of answers whose source is gone nothing is known.
pub fn of(
    snapshot: &Snapshot,
    asked: Vec<PastQuestion>,
    vectors: &HashMap<String, Vec<f32>>,
) -> Vec<Labelled> {
    let sources = Sources::new(snapshot);
    let labelled = asked.into_iter().filter(|asked| asked.is_label);
    labelled
        .filter_map(|asked| {
            let known = sources.known(&asked)?;
            let vector = vectors.get(&asked.question.text)?.clone();
            Some(Labelled {
                question: asked.question.text,
                vector,
                known,
            })
        })
        .collect()
}

/// Entries by the names that labels use.
struct Sources<'a> {
    snapshot: &'a Snapshot,
    /// With titles and texts as they are compared.
    plain: Vec<(Uuid, String, String)>,
}

impl<'a> Sources<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let mut plain = Vec::new();
        snapshot.index.for_each_entry(|id, text| {
            let title = snapshot.title(id).unwrap_or_default();
            plain.push((id, plainly(title), plainly(text)));
        });
        Self { snapshot, plain }
    }

    fn known(&self, asked: &PastQuestion) -> Option<Known> {
        let knowing = &asked.knowing;
        let right = match (&knowing.expected, &knowing.approved) {
            (Some(Expectation::NoAnswer), _) => return Some(Known::Nothing),
            (Some(Expectation::QaPair(id)), _) => self.pairs(&[*id]),
            (Some(Expectation::Source(words)), _) => self.holding(words, |(_, title, _)| title),
            (Some(Expectation::Text(words)), _) => self.holding(words, |(_, _, text)| text),
            (None, Some(given)) => self.given(given),
            (None, None) => {
                let wrong = self.given(knowing.rejected.as_ref()?);
                return (!wrong.is_empty()).then_some(Known::Wrong(wrong));
            }
        };
        (!right.is_empty()).then_some(Known::Right(right))
    }

    fn given(&self, given: &Given) -> HashSet<Uuid> {
        if !given.pairs.is_empty() {
            return self.pairs(&given.pairs);
        }
        let titles: Vec<String> = given.titles.iter().map(|title| plainly(title)).collect();
        let named = self.plain.iter().filter(|(_, title, _)| titles.contains(title));
        named.map(|(id, ..)| *id).collect()
    }

    fn pairs(&self, pairs: &[QaPairId]) -> HashSet<Uuid> {
        let held = pairs.iter().filter(|id| self.snapshot.details(id.0).is_some());
        held.map(|id| id.0).collect()
    }

    fn holding(&self, words: &str, read: fn(&(Uuid, String, String)) -> &String) -> HashSet<Uuid> {
        let words = plainly(words);
        let entries = self.plain.iter().filter(|entry| read(entry).contains(&words));
        entries.map(|(id, ..)| *id).collect()
    }
}

/// As expectations compare: case, accents and white space do not matter.
fn plainly(text: &str) -> String {
    fold(text).split_whitespace().collect::<Vec<_>>().join(" ")
}
