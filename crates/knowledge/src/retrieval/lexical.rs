//! BM25 over the entries of one shelf, with its term statistics (k1 1.2, b 0.75, idf as in Lucene).
//!
//! Robertson & Zaragoza, "The Probabilistic Relevance Framework", 2009. Start at [`Postings::scores`].

use super::names::names;
use super::text::{self, Word, WordKind};
use super::vocabulary::{TermId, Vocabulary};
use crate::language::{self, Language};

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// A word of the question: the terms it may appear as, one for each language of the index.
pub struct QueryTerm {
    pub terms: Vec<TermId>,
    pub kind: WordKind,
    pub is_function_word: bool,
    /// Nothing has the word as it is written; the terms are what it may have meant.
    pub is_guess: bool,
    /// Written as a name.
    pub is_name: bool,
}

/// Reads a question for an index that holds entries in `languages`. Each word counts once.
pub fn query_terms(
    query: &str,
    language: Language,
    languages: &[Language],
    vocabulary: &Vocabulary,
) -> Vec<QueryTerm> {
    let names = names(query, language);
    let mut seen: Vec<String> = Vec::new();
    let mut terms = Vec::new();
    for word in text::words(query) {
        if seen.contains(&word.text) {
            continue;
        }
        terms.push(QueryTerm {
            is_name: names.contains(&word.text),
            ..query_term(&word, language, languages, vocabulary)
        });
        seen.push(word.text);
    }
    terms
}

fn query_term(word: &Word, language: Language, languages: &[Language], vocabulary: &Vocabulary) -> QueryTerm {
    let is_letters = word.kind == WordKind::Letters;
    let stems: Vec<_> = match is_letters {
        true => languages
            .iter()
            .map(|language| text::stem(&word.text, *language))
            .collect(),
        false => vec![word.text.as_str().into()],
    };
    let mut terms: Vec<TermId> = stems.iter().filter_map(|stem| vocabulary.find(stem)).collect();
    let is_function_word = is_letters && language::is_function_word(&word.text, language);
    let is_guess = terms.is_empty() && is_letters && !is_function_word;
    if is_guess {
        terms = stems.iter().flat_map(|stem| vocabulary.guess(stem)).collect();
    }
    terms.sort_unstable();
    terms.dedup();
    QueryTerm {
        terms,
        kind: word.kind,
        is_function_word,
        is_guess,
        is_name: false,
    }
}

/// A term of an entry and how often it occurs, fields weighted.
pub type TermCount = (TermId, f32);

/// For each term the entries that hold it.
#[derive(Default)]
pub struct Postings {
    /// Term → its range in `entries`; terms are numbered across shelves, so many ranges are empty.
    starts: Vec<u32>,
    entries: Vec<u32>,
    /// Saturated, length-normalised frequency: BM25 without idf.
    weights: Vec<f32>,
    /// Term → entries that hold it, repetitions aside.
    holders: Vec<u32>,
    count: usize,
    /// The mean length of an entry in terms.
    average: f32,
    /// Entries that repeat no other.
    distinct: usize,
}

impl Postings {
    pub fn new<'a>(
        entries: impl Iterator<Item = &'a [TermCount]> + Clone,
        vocabulary_size: usize,
    ) -> Postings {
        Postings::of_usual_length(entries, vocabulary_size, None)
    }

    /// For a few entries of many, of which the mean length is known.
    pub fn of_usual_length<'a>(
        entries: impl Iterator<Item = &'a [TermCount]> + Clone,
        vocabulary_size: usize,
        usual: Option<f32>,
    ) -> Postings {
        let lengths: Vec<f32> = entries
            .clone()
            .map(|terms| terms.iter().map(|(_, n)| n).sum())
            .collect();
        let own = (lengths.iter().sum::<f32>() / lengths.len().max(1) as f32).max(1e-6);
        let average = usual.unwrap_or(own);
        let starts = starts(entries.clone(), vocabulary_size);
        let total = starts.last().copied().unwrap_or(0) as usize;
        let mut postings = Postings {
            entries: vec![0; total],
            weights: vec![0.0; total],
            holders: starts.windows(2).map(|range| range[1] - range[0]).collect(),
            count: lengths.len(),
            average,
            distinct: lengths.len(),
            starts,
        };
        let mut next = postings.starts.clone();
        for (entry, terms) in entries.enumerate() {
            let length_norm = K1 * (1.0 - B + B * lengths[entry] / average);
            for (term, frequency) in terms {
                let at = next[*term as usize] as usize;
                postings.entries[at] = entry as u32;
                postings.weights[at] = frequency * (K1 + 1.0) / (frequency + length_norm);
                next[*term as usize] += 1;
            }
        }
        postings
    }

    /// A word is not less telling because one passage that holds it stands in many places.
    pub fn count_once<'a>(&mut self, repetitions: impl Iterator<Item = &'a [TermCount]>) {
        for terms in repetitions {
            self.distinct -= 1;
            terms
                .iter()
                .for_each(|(term, _)| self.holders[*term as usize] -= 1);
        }
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many there are, repetitions aside.
    pub fn distinct(&self) -> usize {
        self.distinct
    }

    /// The mean length of an entry in terms.
    pub fn average(&self) -> f32 {
        self.average
    }

    /// How many entries hold the term, repetitions aside.
    pub fn holding(&self, term: TermId) -> usize {
        self.holders.get(term as usize).copied().unwrap_or(0) as usize
    }

    /// Whether any entry holds the term.
    pub fn has(&self, term: TermId) -> bool {
        !self.range(term).is_empty()
    }

    /// The BM25 score of every entry. `weights` and `query` go together.
    pub fn scores(&self, query: &[QueryTerm], weights: &[f32]) -> Vec<f32> {
        let mut scores = vec![0.0; self.count];
        for (term, weight) in query.iter().zip(weights) {
            for id in &term.terms {
                let range = self.range(*id);
                for (entry, frequency) in self.entries[range.clone()].iter().zip(&self.weights[range]) {
                    scores[*entry as usize] += weight * frequency;
                }
            }
        }
        scores
    }

    fn range(&self, term: TermId) -> std::ops::Range<usize> {
        let term = term as usize;
        match self.starts.get(term..term + 2) {
            Some([start, end]) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

fn starts<'a>(entries: impl Iterator<Item = &'a [TermCount]>, vocabulary_size: usize) -> Vec<u32> {
    let mut starts = vec![0_u32; vocabulary_size + 1];
    entries
        .flatten()
        .for_each(|(term, _)| starts[*term as usize + 1] += 1);
    for term in 0..vocabulary_size {
        starts[term + 1] += starts[term];
    }
    starts
}
