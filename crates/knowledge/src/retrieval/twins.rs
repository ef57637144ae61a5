//! Passages that say the same: a paragraph that stands on many pages, in a PDF and on the site.
//!
//! Twins have the same words, endings, case, accents, punctuation, order and headings aside; a single other word or
//! number ("not", "20 €") makes two passages. Each stays findable by its own heading; of those found, the best one
//! stands for all, so that copies neither fill the list nor look like competing answers. Start at [`twins`].

use std::collections::HashMap;
use std::sync::Arc;

use super::index::Prepared;
use super::vocabulary::TermId;

/// Passages of fewer words say too little without their heading: "Price: 20 €".
const FEWEST_WORDS: usize = 8;

/// Sets of at least two rows that say the same, each in ascending order.
pub fn twins(entries: &[Arc<Prepared>]) -> Vec<Vec<u32>> {
    let mut rows_of: HashMap<Vec<TermId>, Vec<u32>> = HashMap::new();
    for (row, entry) in entries.iter().enumerate() {
        if entry.sequence.len() >= FEWEST_WORDS {
            let mut words = entry.sequence.to_vec();
            words.sort_unstable();
            rows_of.entry(words).or_default().push(row as u32);
        }
    }
    let mut sets: Vec<Vec<u32>> = rows_of.into_values().filter(|rows| rows.len() > 1).collect();
    sets.sort_unstable();
    sets
}

/// The rows without those that repeat an earlier one.
pub fn distinct(rows: usize, twins: &[Vec<u32>]) -> Vec<usize> {
    let mut repeats = vec![false; rows];
    for row in twins.iter().flat_map(|set| &set[1..]) {
        repeats[*row as usize] = true;
    }
    (0..rows).filter(|row| !repeats[*row]).collect()
}
