//! The entries of one kind with everything precomputed for scoring them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::base::BaseStatistics;
use super::examples::ExampleModel;
use super::index::{EntryKind, Prepared};
use super::lexical::{Postings, TermCount};
use super::tuning::Tuning;
use super::twins::{distinct, twins};
use super::vectors::Vectors;
use super::vocabulary::TermId;
use crate::language::Language;

/// A question is stemmed for at most this many languages of the base.
const LANGUAGES: usize = 6;
/// A language needs this many entries to be read against its own statistics.
const OWN_STATISTICS: usize = 12;

/// Q&A pairs or passages of one tenant.
pub struct Shelf {
    pub kind: EntryKind,
    pub entries: Vec<Arc<Prepared>>,
    pub vectors: Vectors,
    pub postings: Postings,
    /// The same for whole document sections (passages only).
    pub sections: Option<Postings>,
    /// Entry → number of its group.
    pub group_of: Vec<u32>,
    /// Group → its entries.
    pub members: Vec<Vec<u32>>,
    /// The mean direction of each group with several entries, and which row belongs to which group.
    pub centroids: Vectors,
    pub centroid_of: Vec<Option<u32>>,
    /// What was learned from several phrasings, where there are enough.
    pub examples: Option<ExampleModel>,
    /// Words that the Q&A pairs write as names, all of them that hold it.
    pub names: HashSet<TermId>,
    /// Passages that say the same.
    pub twins: Vec<Vec<u32>>,
    /// The languages present, most frequent first.
    pub languages: Vec<Language>,
    pub base: BaseStatistics,
    base_by_language: HashMap<Language, BaseStatistics>,
}

impl Shelf {
    pub fn new(
        kind: EntryKind,
        entries: Vec<Arc<Prepared>>,
        vocabulary_size: usize,
        tuning: &Tuning,
    ) -> Shelf {
        let vectors = Vectors::new(entries.iter().map(|entry| entry.vector.as_ref()));
        let mut postings = Postings::new(entries.iter().map(|entry| &*entry.terms), vocabulary_size);
        let (group_of, members) = groups(&entries);
        let sections =
            (kind == EntryKind::Passage).then(|| section_postings(&entries, &members, vocabulary_size, None));
        let (centroids, centroid_of) = centroids(kind, &vectors, &members);
        let examples = (kind == EntryKind::QaPair && tuning.learn_from_examples)
            .then(|| ExampleModel::learn(&vectors, &group_of, &members, tuning))
            .flatten();
        let names = names(&entries, &postings);
        let twins = match kind {
            EntryKind::Passage => twins(&entries),
            EntryKind::QaPair => Vec::new(),
        };
        let repetitions = twins.iter().flat_map(|set| &set[1..]);
        postings.count_once(repetitions.map(|row| &*entries[*row as usize].terms));
        let distinct = distinct(entries.len(), &twins);
        let base = statistics(&entries, &distinct, &group_of);
        let languages = languages(&entries);
        let base_by_language = by_language(&entries, &distinct, &languages, &group_of);
        Shelf {
            kind,
            entries,
            vectors,
            postings,
            sections,
            group_of,
            members,
            centroids,
            centroid_of,
            examples,
            names,
            twins,
            languages,
            base,
            base_by_language,
        }
    }

    /// Some entries of many, with what is known of all of them from `sample`.
    pub fn of_candidates(entries: Vec<Arc<Prepared>>, vocabulary_size: usize, sample: &Shelf) -> Shelf {
        let vectors = Vectors::new(entries.iter().map(|entry| entry.vector.as_ref()));
        let postings = Postings::of_usual_length(
            entries.iter().map(|entry| &*entry.terms),
            vocabulary_size,
            sample.usual_length(),
        );
        let (group_of, members) = groups(&entries);
        let sections = sample.sections.as_ref().map(|known| {
            let usual = (known.count() > 0).then(|| known.average());
            section_postings(&entries, &members, vocabulary_size, usual)
        });
        Shelf {
            kind: sample.kind,
            vectors,
            postings,
            sections,
            centroids: Vectors::default(),
            centroid_of: vec![None; members.len()],
            examples: None,
            names: HashSet::new(),
            twins: twins(&entries),
            languages: sample.languages.clone(),
            base: sample.base.clone(),
            base_by_language: sample.base_by_language.clone(),
            entries,
            group_of,
            members,
        }
    }

    fn usual_length(&self) -> Option<f32> {
        (self.len() > 0).then(|| self.postings.average())
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The statistics that entries in `language` are read against.
    pub fn base_for(&self, language: Language) -> &BaseStatistics {
        self.base_by_language.get(&language).unwrap_or(&self.base)
    }
}

fn section_postings(
    entries: &[Arc<Prepared>],
    members: &[Vec<u32>],
    vocabulary_size: usize,
    usual_length: Option<f32>,
) -> Postings {
    let sum = |group: &Vec<u32>| -> Vec<TermCount> {
        let mut terms: Vec<TermCount> = group
            .iter()
            .flat_map(|entry| entries[*entry as usize].terms.iter().copied())
            .collect();
        terms.sort_unstable_by_key(|(term, _)| *term);
        terms.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0.0 };
            same
        });
        terms
    };
    let sections: Vec<Vec<TermCount>> = members.iter().map(sum).collect();
    Postings::of_usual_length(sections.iter().map(Vec::as_slice), vocabulary_size, usual_length)
}

fn groups(entries: &[Arc<Prepared>]) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut numbers: HashMap<Uuid, u32> = HashMap::new();
    let mut members: Vec<Vec<u32>> = Vec::new();
    let group_of = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let number = *numbers.entry(entry.group).or_insert_with(|| {
                members.push(Vec::new());
                members.len() as u32 - 1
            });
            members[number as usize].push(at as u32);
            number
        })
        .collect();
    (group_of, members)
}

fn centroids(kind: EntryKind, vectors: &Vectors, members: &[Vec<u32>]) -> (Vectors, Vec<Option<u32>>) {
    let mut rows = Vec::new();
    let centroid_of = members
        .iter()
        .map(|group| {
            let centroid = (kind == EntryKind::QaPair && group.len() > 1)
                .then(|| vectors.centroid(group))
                .flatten()?;
            rows.push(centroid);
            Some(rows.len() as u32 - 1)
        })
        .collect();
    (Vectors::new(rows.iter().map(Some)), centroid_of)
}

/// A word is a name when no entry that holds it writes it otherwise.
fn names(entries: &[Arc<Prepared>], postings: &Postings) -> HashSet<TermId> {
    let mut counts: HashMap<TermId, usize> = HashMap::new();
    for name in entries.iter().flat_map(|entry| &*entry.names) {
        *counts.entry(*name).or_default() += 1;
    }
    let always = counts
        .into_iter()
        .filter(|(term, count)| postings.holding(*term) == *count);
    always.map(|(term, _)| term).collect()
}

fn languages(entries: &[Arc<Prepared>]) -> Vec<Language> {
    let mut counts: HashMap<Language, usize> = HashMap::new();
    entries
        .iter()
        .for_each(|entry| *counts.entry(entry.language).or_default() += 1);
    let mut counts: Vec<(Language, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(language, count)| (std::cmp::Reverse(*count), *language));
    counts
        .into_iter()
        .map(|(language, _)| language)
        .take(LANGUAGES)
        .collect()
}

fn statistics(entries: &[Arc<Prepared>], rows: &[usize], group_of: &[u32]) -> BaseStatistics {
    let groups: Vec<u32> = rows.iter().map(|row| group_of[*row]).collect();
    let vectors = Vectors::new(rows.iter().map(|row| entries[*row].vector.as_ref()));
    BaseStatistics::measure(&vectors, &groups)
}

/// Statistics of each language with enough entries, when there are several languages.
fn by_language(
    entries: &[Arc<Prepared>],
    distinct: &[usize],
    languages: &[Language],
    group_of: &[u32],
) -> HashMap<Language, BaseStatistics> {
    if languages.len() < 2 {
        return HashMap::new();
    }
    languages
        .iter()
        .filter_map(|language| {
            let rows = distinct.iter().copied();
            let rows: Vec<usize> = rows.filter(|row| entries[*row].language == *language).collect();
            (rows.len() >= OWN_STATISTICS).then(|| (*language, statistics(entries, &rows, group_of)))
        })
        .collect()
}
