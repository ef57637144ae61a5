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
use super::lexical::{QueryTerm, query_terms};
use super::ranking::{Ranked, Ranking};
use super::reranking;
use super::shelf::Shelf;
use super::trust::trust;
use super::vectors::QueryVector;
use super::yardstick::Yardstick;
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

/// A question as it is looked for on a shelf.
struct Asked<'a> {
    text: &'a str,
    terms: Vec<QueryTerm>,
    vector: Option<&'a QueryVector>,
    trust: f32,
}

/// So many of a sample, by meaning and by words, stand beside what was found elsewhere.
const COMPARED: usize = 32;

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
        let found = self.found.as_ref().filter(|_| shelf.kind == EntryKind::Passage);
        if shelf.len() == 0 && found.is_none() {
            return Vec::new();
        }
        let asked = Asked {
            text: query.text,
            terms: query_terms(query.text, language, &shelf.languages, &self.vocabulary),
            vector,
            trust: trust(self.reach, language),
        };
        let Some(found) = found else {
            let yardstick = Yardstick::of(&shelf.postings);
            let ranking = self.rank(shelf, &yardstick, &asked, limit);
            return self.judged(shelf, yardstick, &asked, &ranking, limit);
        };
        let yardstick = Yardstick::of_sample(&shelf.postings, &found.counted);
        let usual = self.rank(shelf, &yardstick, &asked, limit);
        let best_of_sample = usual.leading(COMPARED);
        let best_of_sample = best_of_sample
            .iter()
            .map(|row| shelf.entries[*row as usize].clone());
        let entries = best_of_sample.chain(found.entries.iter().cloned()).collect();
        let candidates = Shelf::of_candidates(entries, self.vocabulary.len(), shelf);
        let yardstick = yardstick.with_usual(&usual);
        let ranking = self.rank(&candidates, &yardstick, &asked, limit);
        self.judged(&candidates, yardstick, &asked, &ranking, limit)
    }

    fn rank(&self, shelf: &Shelf, yardstick: &Yardstick<'_>, asked: &Asked<'_>, limit: usize) -> Ranking {
        let Asked {
            terms, vector, trust, ..
        } = asked;
        Ranking::new(shelf, yardstick, terms, *vector, *trust, &self.tuning, limit)
    }

    /// The `limit` best of a ranking, with the probability that each answers.
    fn judged(
        &self,
        shelf: &Shelf,
        yardstick: Yardstick<'_>,
        asked: &Asked<'_>,
        ranking: &Ranking,
        limit: usize,
    ) -> Vec<Candidate> {
        let reader = Reader::new(shelf, yardstick, asked.text, &asked.terms, ranking);
        let mut ceiling = 1.0_f32;
        self.reranked(shelf, &reader, ranking, limit)
            .into_iter()
            .map(|(score, ranked, features)| {
                let entry = &shelf.entries[ranked.entry as usize];
                // The order of the scores is the better measured one: nobody overtakes by probability.
                ceiling = ceiling.min(confidence::probability(entry.kind, &features));
                Candidate {
                    id: entry.id,
                    kind: entry.kind,
                    title: entry.title.clone(),
                    text: entry.text.clone(),
                    group: entry.group,
                    language: entry.language,
                    score,
                    probability: ceiling,
                    features,
                }
            })
            .collect()
    }

    /// The `limit` best of the ranking after a second look, best first.
    fn reranked<'r>(
        &self,
        shelf: &Shelf,
        reader: &Reader<'_>,
        ranking: &'r Ranking,
        limit: usize,
    ) -> Vec<(f32, &'r Ranked, Features)> {
        let read = |ranked: &'r Ranked| {
            let features = reader.read(ranked);
            let score = reranking::score(shelf.kind, &self.tuning, ranked.score, &features);
            (score, ranked, features)
        };
        let looked_at = reranking::looked_at(shelf.kind, &self.tuning, limit);
        let mut read: Vec<_> = ranking.ranked.iter().take(looked_at).map(read).collect();
        read.sort_by(|a, b| b.0.total_cmp(&a.0));
        read.truncate(limit);
        read
    }

    fn searched_base(&self, vector: Option<&QueryVector>) -> SearchedBase {
        let has_vectors =
            vector.is_some_and(|v| self.qa_pairs.vectors.fits(v) || self.passages.vectors.fits(v));
        let mut passages = self.passages.base.clone();
        if let Some(found) = &self.found {
            passages.entries = found.counted.entries;
        }
        SearchedBase {
            qa_pairs: self.qa_pairs.base.clone(),
            passages,
            has_vectors,
        }
    }
}
