//! Which Q&A pairs ask nearly the same as a given question? For editors, not for answers: plain closeness, without
//! the confidence that the pair answers it. Start at [`Index::similar`].

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::index::{Index, Prepared};
use super::text;
use super::vectors::{ABSENT, QueryVector};
use crate::language::Language;

/// Words alone never make two questions the same: they stay below every threshold for duplicates.
const MOST_BY_WORDS: f32 = 0.94;

/// A pair that comes near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similar {
    pub id: Uuid,
    /// The cosine of its nearest phrasing, 0 to 1; 1 for the same words. Where no vector can be compared, the share
    /// of words that both have, below 0.95.
    pub similarity: f32,
}

/// One way in which a Q&A pair may be asked.
#[derive(Clone, Copy, Debug)]
pub struct Wording<'a> {
    /// Of the pair.
    pub id: Uuid,
    pub question: &'a str,
    pub answer: &'a str,
    pub language: Language,
}

/// Two different pairs that ask nearly the same.
#[derive(Clone, Debug)]
pub struct NearPair {
    pub ids: (Uuid, Uuid),
    /// Their nearest wordings.
    pub questions: (Arc<str>, Arc<str>),
    /// The cosine of these.
    pub similarity: f32,
}

pub struct NearPairs {
    /// The nearest first.
    pub pairs: Vec<NearPair>,
    /// False: there are more wordings than are compared, or more near pairs than are kept.
    pub is_complete: bool,
}

/// So many wordings are compared, each with each.
const MOST_COMPARED: usize = 5_000;
/// The nearest pairs that are kept.
const MOST_NEAR: usize = 2_000;

impl Index {
    /// Q&A pairs whose questions, in some wording, have at least this cosine.
    pub fn near_pairs(&self, mut least: f32) -> NearPairs {
        let shelf = &self.qa_pairs;
        let first = shelf.entries.len().saturating_sub(MOST_COMPARED);
        let mut is_complete = first == 0;
        let mut near: HashMap<(Uuid, Uuid), NearPair> = HashMap::new();
        for row in first..shelf.entries.len() {
            let Some(query) = shelf.vectors.row_as_query(row) else {
                continue;
            };
            let cosines = shelf.vectors.cosines_from(&query, row + 1);
            for (similarity, other) in cosines.into_iter().zip(&shelf.entries[row + 1..]) {
                let entry = &shelf.entries[row];
                if similarity >= least && similarity != ABSENT && other.id != entry.id {
                    keep_nearer(&mut near, entry, other, similarity);
                }
            }
            if near.len() > 2 * MOST_NEAR {
                is_complete = false;
                least = keep_nearest(&mut near);
            }
        }
        let mut pairs: Vec<NearPair> = near.into_values().collect();
        pairs.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.ids.cmp(&b.ids)));
        is_complete &= pairs.len() <= MOST_NEAR;
        pairs.truncate(MOST_NEAR);
        NearPairs { pairs, is_complete }
    }

    /// The Q&A pairs in all their wordings.
    pub fn wordings(&self) -> impl Iterator<Item = Wording<'_>> {
        self.qa_pairs.entries.iter().map(|entry| Wording {
            id: entry.id,
            question: &entry.title,
            answer: &entry.text,
            language: entry.language,
        })
    }

    /// The `limit` nearest pairs, nearest first.
    pub fn similar(&self, question: &str, vector: Option<&[f32]>, limit: usize) -> Vec<Similar> {
        let shelf = &self.qa_pairs;
        let words = text::words(question);
        let signature = text::signature(&words);
        let asked: HashSet<&str> = words.iter().map(|word| &*word.text).collect();
        let query = vector.and_then(QueryVector::new);
        let cosines = query.map(|query| shelf.vectors.cosines(&query));
        let mut best: HashMap<Uuid, f32> = HashMap::new();
        for (row, entry) in shelf.entries.iter().enumerate() {
            let cosine = cosines.as_ref().map_or(ABSENT, |cosines| cosines[row]);
            let similarity = if entry.title_signature == signature {
                1.0
            } else if cosine == ABSENT {
                overlap(&asked, &entry.title)
            } else {
                cosine.clamp(0.0, 1.0)
            };
            let known = best.entry(entry.id).or_insert(similarity);
            *known = known.max(similarity);
        }
        let mut all: Vec<Similar> = best
            .into_iter()
            .map(|(id, similarity)| Similar { id, similarity })
            .collect();
        all.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.id.cmp(&b.id)));
        all.truncate(limit);
        all
    }
}

/// Of two pairs' wordings the nearest count.
fn keep_nearer(
    near: &mut HashMap<(Uuid, Uuid), NearPair>,
    entry: &Prepared,
    other: &Prepared,
    similarity: f32,
) {
    let (one, other) = if entry.id < other.id {
        (entry, other)
    } else {
        (other, entry)
    };
    let ids = (one.id, other.id);
    if near.get(&ids).is_some_and(|known| known.similarity >= similarity) {
        return;
    }
    let pair = NearPair {
        ids,
        questions: (one.title.clone(), other.title.clone()),
        similarity,
    };
    near.insert(ids, pair);
}

/// Drops all but the nearest, and gives the cosine that others have to reach now.
fn keep_nearest(near: &mut HashMap<(Uuid, Uuid), NearPair>) -> f32 {
    let mut all: Vec<f32> = near.values().map(|pair| pair.similarity).collect();
    all.sort_by(|a, b| b.total_cmp(a));
    let least = all[MOST_NEAR - 1];
    let mut room = MOST_NEAR;
    near.retain(|_, pair| {
        let stays = pair.similarity >= least && room > 0;
        room -= usize::from(stays);
        stays
    });
    least
}

/// Words that both have, as a share of all.
fn overlap(asked: &HashSet<&str>, title: &str) -> f32 {
    let words = text::words(title);
    let title: HashSet<&str> = words.iter().map(|word| &*word.text).collect();
    let all = asked.union(&title).count().max(1);
    asked.intersection(&title).count() as f32 / all as f32 * MOST_BY_WORDS
}
