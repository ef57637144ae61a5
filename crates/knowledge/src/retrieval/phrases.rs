//! Whether words that stand together in the question stand together in an entry.
//!
//! BM25 forgets the order of words, and so a passage with "bank" and "river" far apart looks like one about the river
//! bank. Start at [`Phrases::read`].

use super::lexical::QueryTerm;
use super::vocabulary::TermId;

/// Content words at most so many words apart are near each other.
const NEAR: u32 = 4;

/// The pairs of words to look for in entries.
pub struct Phrases {
    /// Term → question word, by ascending term.
    asked: Vec<(TermId, usize)>,
    words: usize,
    neighbours: Vec<Pair>,
    content: Vec<Pair>,
}

/// Two words of the question and what finding them counts: the sum of their idf.
struct Pair {
    first: usize,
    second: usize,
    weight: f32,
}

/// Shares (by idf) of the question's pairs of words that an entry holds.
pub struct PhrasesFound {
    /// Neighbours in the question, at least one of them a content word, that follow each other in the entry.
    pub together: f32,
    /// Content words that follow each other in the question, near each other in the entry.
    pub near: f32,
}

impl Phrases {
    /// `idf` belongs to `terms`.
    pub fn new(terms: &[QueryTerm], idf: &[f32]) -> Phrases {
        let ids =
            |(at, term): (usize, &QueryTerm)| term.terms.iter().map(move |id| (*id, at)).collect::<Vec<_>>();
        let mut asked: Vec<(TermId, usize)> = terms.iter().enumerate().flat_map(ids).collect();
        asked.sort_unstable();
        let pair = |first: usize, second: usize| Pair {
            first,
            second,
            weight: idf[first] + idf[second],
        };
        let is_content = |at: &usize| !terms[*at].is_function_word;
        let content: Vec<usize> = (0..terms.len()).filter(is_content).collect();
        let neighbours = (1..terms.len()).filter(|at| is_content(at) || is_content(&(at - 1)));
        Phrases {
            asked,
            words: terms.len(),
            neighbours: neighbours.map(|at| pair(at - 1, at)).collect(),
            content: content.windows(2).map(|two| pair(two[0], two[1])).collect(),
        }
    }

    /// Looks for the pairs in an entry's terms, which are in the order of its text.
    pub fn read(&self, sequence: &[TermId]) -> PhrasesFound {
        let places = self.places(sequence);
        let any = |pair: &Pair, fits: fn(u32, u32) -> bool| {
            let seconds = &places[pair.second];
            places[pair.first]
                .iter()
                .any(|a| seconds.iter().any(|b| fits(*a, *b)))
        };
        PhrasesFound {
            together: share(&self.neighbours, |pair| any(pair, |a, b| b == a + 1)),
            near: share(&self.content, |pair| {
                any(pair, |a, b| a != b && a.abs_diff(b) <= NEAR)
            }),
        }
    }

    /// Where each word of the question occurs.
    fn places(&self, sequence: &[TermId]) -> Vec<Vec<u32>> {
        let mut places = vec![Vec::new(); self.words];
        for (at, id) in sequence.iter().enumerate() {
            let start = self.asked.partition_point(|(asked, _)| asked < id);
            let same = self.asked[start..].iter().take_while(|(asked, _)| asked == id);
            same.for_each(|(_, word)| places[*word].push(at as u32));
        }
        places
    }
}

fn share(pairs: &[Pair], is_found: impl Fn(&Pair) -> bool) -> f32 {
    let total: f32 = pairs.iter().map(|pair| pair.weight).sum();
    let found = pairs.iter().filter(|pair| is_found(pair));
    found.map(|pair| pair.weight).sum::<f32>() / total.max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::text::WordKind;

    fn phrases() -> Phrases {
        let term = |id: TermId, is_function_word: bool| QueryTerm {
            terms: vec![id],
            kind: WordKind::Letters,
            is_function_word,
            is_guess: false,
            is_name: false,
        };
        // "river bank of Paris"
        let terms = [term(1, false), term(2, false), term(9, true), term(3, false)];
        Phrases::new(&terms, &[2.0, 2.0, 0.0, 4.0])
    }

    #[test]
    fn the_order_counts_for_phrases_and_not_for_nearness() {
        let (ordered, swapped) = (phrases().read(&[7, 1, 2, 7]), phrases().read(&[2, 1]));
        assert_eq!((ordered.together, ordered.near), (0.4, 0.4));
        assert_eq!((swapped.together, swapped.near), (0.0, 0.4));
    }

    #[test]
    fn words_far_apart_are_no_phrase() {
        let found = phrases().read(&[1, 7, 7, 7, 7, 7, 2, 7, 3]);
        assert_eq!((found.together, found.near), (0.0, 0.6));
    }

    #[test]
    fn a_question_of_one_word_has_no_phrases() {
        let found = Phrases::new(&[], &[]).read(&[1, 2]);
        assert_eq!((found.together, found.near), (0.0, 0.0));
    }
}
