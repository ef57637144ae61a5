//! Which Q&A pairs ask nearly the same as a given question? For editors, not for answers: plain closeness, without
//! the confidence that the pair answers it. Start at [`Index::similar`].

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::index::Index;
use super::text;
use super::vectors::{ABSENT, QueryVector};

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

impl Index {
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

/// Words that both have, as a share of all.
fn overlap(asked: &HashSet<&str>, title: &str) -> f32 {
    let words = text::words(title);
    let title: HashSet<&str> = words.iter().map(|word| &*word.text).collect();
    let all = asked.union(&title).count().max(1);
    asked.intersection(&title).count() as f32 / all as f32 * MOST_BY_WORDS
}
