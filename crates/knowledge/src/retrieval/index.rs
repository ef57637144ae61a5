//! Everything one tenant's bot can answer from, in memory, ready to be searched.
//!
//! A snapshot: built from rows that the caller has read inside the tenant, never changed, replaced as a
//! whole when the base changes. It knows no database and no tenant. Build with [`Index::build`], follow
//! changes with [`Index::with_changes`], ask with [`Index::search`](super::search).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::found::Found;
use super::lexical::TermCount;
use super::shelf::Shelf;
use super::text;
use super::trust::ModelReach;
use super::tuning::Tuning;
use super::vectors::RoundedVector;
use super::vocabulary::{TermId, TermReader, Vocabulary};
use crate::language::{self, Language};

/// One thing that can be found.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: Uuid,
    pub kind: EntryKind,
    /// The question of a Q&A pair; title and headings of a passage.
    pub title: String,
    /// The answer of a Q&A pair; the text of a passage.
    pub text: String,
    /// Shared by Q&A pairs with the same answer, and by the passages of one document section.
    pub group: Uuid,
    pub language: Language,
    /// `None` until it has been embedded: such an entry is found by its words alone.
    pub vector: Option<Box<[f32]>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    QaPair,
    Passage,
}

/// An entry with its words numbered and its vector rounded; shared between successive snapshots.
pub struct Prepared {
    pub id: Uuid,
    pub kind: EntryKind,
    pub title: Arc<str>,
    pub text: Arc<str>,
    pub group: Uuid,
    pub language: Language,
    pub vector: Option<RoundedVector>,
    /// All terms, fields weighted, by ascending id.
    pub terms: Box<[TermCount]>,
    /// The different terms of the title, by ascending id.
    pub title_terms: Box<[TermId]>,
    /// The terms that a Q&A pair writes as names, by ascending id.
    pub names: Box<[TermId]>,
    /// The words of a Q&A pair's question in their order.
    pub asked: Box<[AskedWord]>,
    /// The terms of a passage's text in their order, for phrases.
    pub sequence: Box<[TermId]>,
    /// Tells whether a question repeats the title word for word.
    pub title_signature: u64,
}

/// A word of a stored question.
pub struct AskedWord {
    pub term: TermId,
    pub is_function_word: bool,
}

/// One tenant's searchable base.
pub struct Index {
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) qa_pairs: Arc<Shelf>,
    pub(super) passages: Arc<Shelf>,
    /// What was found elsewhere for one question, where `passages` is a sample.
    pub(super) found: Option<Found>,
    pub(super) tuning: Tuning,
    pub(super) reach: ModelReach,
}

impl Index {
    /// From all entries of one tenant, embedded by the local model or not at all.
    pub fn build(entries: Vec<Entry>) -> Index {
        Index::build_for(entries, ModelReach::English)
    }

    /// `reach` belongs to the model that embedded the entries.
    pub fn build_for(entries: Vec<Entry>, reach: ModelReach) -> Index {
        Index::build_with(entries, reach, Tuning::default())
    }

    /// For measuring other weights than the product's.
    pub fn build_with(entries: Vec<Entry>, reach: ModelReach, tuning: Tuning) -> Index {
        let mut vocabulary = Vocabulary::default();
        let prepared = prepare(entries, &mut vocabulary, &tuning);
        Index::assemble(prepared, vocabulary, reach, tuning)
    }

    /// The snapshot after `changed` entries were added or replaced (by id) and others removed. Only the
    /// changed entries are read again.
    pub fn with_changes(&self, changed: Vec<Entry>, removed: &[Uuid]) -> Index {
        let gone: HashSet<Uuid> = changed
            .iter()
            .map(|entry| entry.id)
            .chain(removed.iter().copied())
            .collect();
        let mut vocabulary = Vocabulary::clone(&self.vocabulary);
        let mut prepared: Vec<Arc<Prepared>> = self
            .entries()
            .filter(|entry| !gone.contains(&entry.id))
            .cloned()
            .collect();
        prepared.extend(prepare(changed, &mut vocabulary, &self.tuning));
        Index::assemble(prepared, vocabulary, self.reach, self.tuning.clone())
    }

    pub fn len(&self) -> usize {
        self.qa_pairs.len() + self.passages.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entries(&self) -> impl Iterator<Item = &Arc<Prepared>> {
        self.qa_pairs.entries.iter().chain(&self.passages.entries)
    }

    fn assemble(
        prepared: Vec<Arc<Prepared>>,
        vocabulary: Vocabulary,
        reach: ModelReach,
        tuning: Tuning,
    ) -> Index {
        let (qa_pairs, passages): (Vec<_>, Vec<_>) =
            prepared.into_iter().partition(|e| e.kind == EntryKind::QaPair);
        Index {
            qa_pairs: Arc::new(Shelf::new(EntryKind::QaPair, qa_pairs, vocabulary.len(), &tuning)),
            passages: Arc::new(Shelf::new(
                EntryKind::Passage,
                passages,
                vocabulary.len(),
                &tuning,
            )),
            vocabulary: Arc::new(vocabulary),
            found: None,
            tuning,
            reach,
        }
    }
}

pub(super) fn prepare(
    entries: Vec<Entry>,
    vocabulary: &mut Vocabulary,
    tuning: &Tuning,
) -> Vec<Arc<Prepared>> {
    let mut reader = TermReader::new(vocabulary);
    entries
        .into_iter()
        .map(|entry| Arc::new(prepare_one(entry, &mut reader, tuning)))
        .collect()
}

fn prepare_one(entry: Entry, reader: &mut TermReader<'_>, tuning: &Tuning) -> Prepared {
    let title = reader.terms(&entry.title, entry.language);
    let text = reader.terms(&entry.text, entry.language);
    let (title_weight, text_weight) = match entry.kind {
        EntryKind::QaPair => (1.0, tuning.answer_weight),
        EntryKind::Passage => (tuning.heading_weight, 1.0),
    };
    let (names, asked) = match entry.kind {
        EntryKind::QaPair => {
            let mut names = reader.names(&entry.title, entry.language);
            names.extend(reader.names(&entry.text, entry.language));
            (names, asked_words(&entry, &title))
        }
        EntryKind::Passage => (Vec::new(), Vec::new()),
    };
    let mut counts: HashMap<TermId, f32> = HashMap::new();
    title
        .iter()
        .for_each(|term| *counts.entry(*term).or_default() += title_weight);
    text.iter()
        .for_each(|term| *counts.entry(*term).or_default() += text_weight);
    let mut terms: Vec<TermCount> = counts.into_iter().collect();
    terms.sort_unstable_by_key(|(term, _)| *term);
    Prepared {
        id: entry.id,
        kind: entry.kind,
        title_signature: text::signature(&text::words(&entry.title)),
        title: entry.title.into(),
        text: entry.text.into(),
        group: entry.group,
        language: entry.language,
        vector: entry.vector.as_deref().and_then(RoundedVector::new),
        terms: terms.into(),
        title_terms: sorted(title),
        names: sorted(names),
        asked: asked.into(),
        sequence: match entry.kind {
            EntryKind::Passage => text.into(),
            EntryKind::QaPair => Box::default(),
        },
    }
}

fn asked_words(entry: &Entry, terms: &[TermId]) -> Vec<AskedWord> {
    let word = |(word, term): (text::Word, &TermId)| AskedWord {
        term: *term,
        is_function_word: word.kind == text::WordKind::Letters
            && language::is_function_word(&word.text, entry.language),
    };
    text::words(&entry.title)
        .into_iter()
        .zip(terms)
        .map(word)
        .collect()
}

fn sorted(mut terms: Vec<TermId>) -> Box<[TermId]> {
    terms.sort_unstable();
    terms.dedup();
    terms.into()
}
