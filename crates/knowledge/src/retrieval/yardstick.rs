//! What a question and its candidates are measured by: how many entries there are, how rare each word is, and what scores
//! are usual.
//!
//! All of it comes from the shelf itself where it holds everything. Of a large base the shelf is an even sample, the
//! candidates come from elsewhere, and their scores must mean what they would mean among all of them. Start at
//! [`Yardstick`].

use std::collections::HashMap;

use super::lexical::{Postings, QueryTerm};
use super::ranking::Ranking;
use super::vocabulary::TermId;

/// How often words occur among all entries, of which a shelf holds a part.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub entries: usize,
    /// For words that were counted; the others are estimated from the shelf.
    pub holding: HashMap<TermId, usize>,
}

#[derive(Clone, Copy)]
pub struct Yardstick<'a> {
    postings: &'a Postings,
    counted: Option<&'a Counted>,
    /// Of the same question, among the sample.
    pub usual: Option<&'a Ranking>,
}

impl<'a> Yardstick<'a> {
    /// For a shelf that holds everything.
    pub fn of(postings: &'a Postings) -> Yardstick<'a> {
        Yardstick {
            postings,
            counted: None,
            usual: None,
        }
    }

    /// For a shelf that holds a sample of what was counted.
    pub fn of_sample(postings: &'a Postings, counted: &'a Counted) -> Yardstick<'a> {
        Yardstick {
            postings,
            counted: Some(counted),
            usual: None,
        }
    }

    /// For candidates, whose scores are read against those of the sample.
    pub fn with_usual(self, usual: &'a Ranking) -> Yardstick<'a> {
        Yardstick {
            usual: Some(usual),
            ..self
        }
    }

    /// How many entries there are.
    pub fn entries(&self) -> usize {
        self.counted
            .map_or(self.postings.count(), |counted| counted.entries)
    }

    /// Lucene's idf of a question word; a word that no entry holds is as rare as can be.
    pub fn idf(&self, term: &QueryTerm) -> f32 {
        self.idf_of_count(term.terms.iter().map(|id| self.holding(*id)).sum())
    }

    pub fn idf_of_term(&self, term: TermId) -> f32 {
        self.idf_of_count(self.holding(term))
    }

    /// Whether any entry holds the word.
    pub fn knows(&self, term: &QueryTerm) -> bool {
        let is_known = |id: &TermId| self.postings.has(*id) || self.holding(*id) > 0;
        term.terms.iter().any(is_known)
    }

    fn holding(&self, term: TermId) -> usize {
        let here = self.postings.holding(term);
        let Some(counted) = self.counted else { return here };
        let estimated = || here * counted.entries / self.postings.distinct().max(1);
        let known = counted.holding.get(&term).copied();
        known.unwrap_or_else(estimated).max(here)
    }

    fn idf_of_count(&self, found: usize) -> f32 {
        let entries = self
            .counted
            .map_or(self.postings.distinct(), |counted| counted.entries);
        let (n, found) = (entries as f32, found.min(entries) as f32);
        (1.0 + (n - found + 0.5) / (found + 0.5)).ln()
    }
}
