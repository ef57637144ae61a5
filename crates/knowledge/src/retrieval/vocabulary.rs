//! Every term of an index, numbered, and the terms that a misspelt word may have meant.

use std::collections::HashMap;
use std::sync::Arc;

use super::text::{self, Word, WordKind};
use crate::language::Language;

pub type TermId = u32;

/// A word shorter than this is never taken for a misspelling of another.
const SHORTEST_GUESSED: usize = 5;
/// From this length on, two slips are forgiven.
const TWO_SLIPS: usize = 9;
/// At most so many terms are guessed for one word.
const GUESSES: usize = 3;

#[derive(Clone, Default)]
pub struct Vocabulary {
    ids: HashMap<Arc<str>, TermId>,
    /// Words as written (folded) by their first letter, for guessing.
    by_initial: HashMap<char, Vec<(Arc<str>, TermId)>>,
}

impl Vocabulary {
    pub fn find(&self, term: &str) -> Option<TermId> {
        self.ids.get(term).copied()
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Words that `word` may be a misspelling of, nearest first. The first letter is taken to be right.
    pub fn guess(&self, word: &str) -> Vec<(Arc<str>, TermId)> {
        let letters: Vec<char> = word.chars().collect();
        if letters.len() < SHORTEST_GUESSED || !is_guessable(word) {
            return Vec::new();
        }
        let slips = if letters.len() >= TWO_SLIPS { 2 } else { 1 };
        let candidates = self.by_initial.get(&letters[0]).map_or(&[][..], Vec::as_slice);
        let mut near: Vec<(usize, &(Arc<str>, TermId))> = candidates
            .iter()
            .filter(|(other, _)| other.len().abs_diff(word.len()) <= slips)
            .filter_map(|other| Some((distance(&letters, &other.0, slips)?, other)))
            .collect();
        near.sort();
        near.truncate(GUESSES);
        near.into_iter().map(|(_, guess)| guess.clone()).collect()
    }

    fn number(&mut self, term: &str) -> TermId {
        if let Some(id) = self.ids.get(term) {
            return *id;
        }
        let id = self.ids.len() as TermId;
        self.ids.insert(term.into(), id);
        id
    }

    fn remember(&mut self, word: &str, id: TermId) {
        let Some(initial) = word.chars().next().filter(|_| is_guessable(word)) else {
            return;
        };
        let known = self.by_initial.entry(initial).or_default();
        known.push((word.into(), id));
    }
}

/// Codes and numbers are either right or something else.
fn is_guessable(term: &str) -> bool {
    term.chars().all(char::is_alphabetic)
}

/// Slips between two words (one letter more, less, other, or two swapped); `None` beyond `most`.
fn distance(a: &[char], b: &str, most: usize) -> Option<usize> {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let other = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = other.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        if row.iter().min() > Some(&most) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|distance| *distance <= most)
}

/// Turns texts into term ids while an index is built, stemming each different word only once.
pub struct TermReader<'a> {
    vocabulary: &'a mut Vocabulary,
    known: HashMap<(Language, String), TermId>,
}

impl<'a> TermReader<'a> {
    pub fn new(vocabulary: &'a mut Vocabulary) -> Self {
        TermReader {
            vocabulary,
            known: HashMap::new(),
        }
    }

    pub fn terms(&mut self, text: &str, language: Language) -> Vec<TermId> {
        text::words(text)
            .into_iter()
            .map(|word| self.term(word, language))
            .collect()
    }

    fn term(&mut self, word: Word, language: Language) -> TermId {
        if word.kind != WordKind::Letters {
            return self.vocabulary.number(&word.text);
        }
        let key = (language, word.text);
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.vocabulary.number(&text::stem(&key.1, language));
        self.vocabulary.remember(&key.1, id);
        self.known.insert(key, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(text: &str) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        TermReader::new(&mut vocabulary).terms(text, Language::ENGLISH);
        vocabulary
    }

    #[test]
    fn a_slip_is_forgiven_and_two_in_a_long_word() {
        let known = vocabulary("return cancel cancelled mattress warranty accessories");
        for (written, meant) in [
            ("retrun", "return"),
            ("cancle", "cancel"),
            ("matress", "mattress"),
            ("accesories", "accessories"),
            ("acessoriess", "accessories"),
        ] {
            assert_eq!(known.guess(written).first().map(|(word, _)| &**word), Some(meant));
        }
    }

    #[test]
    fn short_words_codes_and_other_words_are_left_alone() {
        let known = vocabulary("here rent return lamp2 12345 x50000");
        for word in ["hire", "tent", "london", "eturn", "12346", "x50001"] {
            assert!(known.guess(word).is_empty(), "{word}");
        }
    }
}
