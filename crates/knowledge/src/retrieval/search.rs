//! Asks an [`Index`]: which entries answer this question, and how surely?
//!
//! Q&A pairs and passages are ranked apart, because their scores are not comparable, then merged by the
//! calibrated probability that the entry answers the question. Start at [`Index::search`].

use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use super::base::BaseStatistics;
use super::confidence;
use super::features::{Features, Reader};
use super::index::{EntryKind, Index};
use super::lexical::query_terms;
use super::ranking::Ranking;
use super::shelf::Shelf;
use super::trust::trust;
use super::vectors::QueryVector;
use crate::language::{self, Language};

/// A question as asked, made self-contained by the caller.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    pub text: &'a str,
    /// From the model that embedded the entries; `None` searches by words alone.
    pub vector: Option<&'a [f32]>,
    /// [`Language::UNKNOWN`] lets the search detect it.
    pub language: Language,
}

impl<'a> Query<'a> {
    pub fn new(text: &'a str, vector: Option<&'a [f32]>) -> Query<'a> {
        Query {
            text,
            vector,
            language: Language::UNKNOWN,
        }
    }
}

#[derive(Clone, Debug)]
pub struct SearchResult {
    /// Best first, by probability.
    pub candidates: Vec<Candidate>,
    /// The language that the question was read in.
    pub language: Language,
    /// What the question was judged against.
    pub base: SearchedBase,
}

impl SearchResult {
    /// The probability that the best candidate answers the question; 0 when nothing was found.
    pub fn confidence(&self) -> f32 {
        self.candidates.first().map_or(0.0, |best| best.probability)
    }
}

/// Sizes and statistics of the base at the time of the search, for the answer's trace.
#[derive(Clone, Debug, Serialize)]
pub struct SearchedBase {
    pub qa_pairs: BaseStatistics,
    pub passages: BaseStatistics,
    /// Whether meaning was compared, or words alone.
    pub has_vectors: bool,
}

/// An entry that may answer the question.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: Uuid,
    pub kind: EntryKind,
    pub title: Arc<str>,
    pub text: Arc<str>,
    pub group: Uuid,
    pub language: Language,
    /// Place by score among its kind, best first; comparable only within this search and kind.
    pub score: f32,
    /// That this entry answers the question, 0 to 1, calibrated for the best candidate.
    pub probability: f32,
    /// What the probability was computed from.
    pub features: Features,
}

impl Index {
    /// The `limit` most probable entries, at most one of each Q&A answer.
    pub fn search(&self, query: &Query<'_>, limit: usize) -> SearchResult {
        let language = query.language.or(language::detect(query.text));
        let vector = query.vector.and_then(QueryVector::new);
        let mut candidates = self.candidates(&self.qa_pairs, query, language, vector.as_ref(), limit);
        candidates.extend(self.candidates(&self.passages, query, language, vector.as_ref(), limit));
        candidates.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        candidates.truncate(limit);
        SearchResult {
            candidates,
            language,
            base: self.searched_base(vector.as_ref()),
        }
    }

    /// The `limit` best entries of one kind in the order of their score.
    pub fn search_kind(&self, kind: EntryKind, query: &Query<'_>, limit: usize) -> Vec<Candidate> {
        let language = query.language.or(language::detect(query.text));
        let vector = query.vector.and_then(QueryVector::new);
        let shelf = match kind {
            EntryKind::QaPair => &self.qa_pairs,
            EntryKind::Passage => &self.passages,
        };
        self.candidates(shelf, query, language, vector.as_ref(), limit)
    }

    fn candidates(
        &self,
        shelf: &Shelf,
        query: &Query<'_>,
        language: Language,
        vector: Option<&QueryVector>,
        limit: usize,
    ) -> Vec<Candidate> {
        if shelf.len() == 0 {
            return Vec::new();
        }
        let terms = query_terms(query.text, language, &shelf.languages, &self.vocabulary);
        let ranking = Ranking::new(
            shelf,
            &terms,
            vector,
            trust(self.reach, language),
            &self.tuning,
            limit,
        );
        let reader = Reader::new(shelf, query.text, &terms, &ranking);
        let mut ceiling = 1.0_f32;
        ranking
            .ranked
            .iter()
            .take(limit)
            .map(|ranked| {
                let entry = &shelf.entries[ranked.entry as usize];
                let features = reader.read(ranked);
                // The order of the scores is the better measured one: nobody overtakes by probability.
                ceiling = ceiling.min(confidence::probability(entry.kind, &features));
                Candidate {
                    id: entry.id,
                    kind: entry.kind,
                    title: entry.title.clone(),
                    text: entry.text.clone(),
                    group: entry.group,
                    language: entry.language,
                    score: ranked.score,
                    probability: ceiling,
                    features,
                }
            })
            .collect()
    }

    fn searched_base(&self, vector: Option<&QueryVector>) -> SearchedBase {
        let has_vectors =
            vector.is_some_and(|v| self.qa_pairs.vectors.fits(v) || self.passages.vectors.fits(v));
        SearchedBase {
            qa_pairs: self.qa_pairs.base.clone(),
            passages: self.passages.base.clone(),
            has_vectors,
        }
    }
}
