//! Every term of an index, numbered, and the terms that a misspelt word may have meant.

use std::collections::HashMap;
use std::sync::Arc;

use super::names::names;
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
    /// Whose terms are known too; its numbers come first.
    base: Option<Arc<Vocabulary>>,
    ids: HashMap<Arc<str>, TermId>,
    /// Terms of letters by their first one, for guessing.
    by_initial: HashMap<char, Vec<Arc<str>>>,
}

impl Vocabulary {
    /// Knows what `base` knows, and leaves it as it is when it learns more.
    pub fn over(base: Arc<Vocabulary>) -> Vocabulary {
        Vocabulary {
            base: Some(base),
            ..Vocabulary::default()
        }
    }

    pub fn find(&self, term: &str) -> Option<TermId> {
        let known = self.base.as_ref().and_then(|base| base.find(term));
        known.or_else(|| self.ids.get(term).copied())
    }

    pub fn len(&self) -> usize {
        self.base.as_ref().map_or(0, |base| base.len()) + self.ids.len()
    }

    /// Terms that `term` may be a misspelling of. The first letter is taken to be right.
    pub fn guess(&self, term: &str) -> Vec<TermId> {
        let guessed = self.guess_words(term).into_iter();
        guessed.filter_map(|word| self.find(&word)).collect()
    }

    /// The same as words.
    pub fn guess_words(&self, term: &str) -> Vec<Arc<str>> {
        let length = term.chars().count();
        let (Some(initial), true) = (
            term.chars().next(),
            length >= SHORTEST_GUESSED && is_guessable(term),
        ) else {
            return Vec::new();
        };
        let slips = if length >= TWO_SLIPS { 2 } else { 1 };
        let word: Vec<char> = term.chars().collect();
        let mut near: Vec<(usize, &Arc<str>)> = self
            .beginning_with(initial)
            .filter(|other| other.len().abs_diff(term.len()) <= slips)
            .filter_map(|other| Some((distance(&word, other, slips)?, other)))
            .collect();
        near.sort();
        near.truncate(GUESSES);
        near.into_iter().map(|(_, other)| other.clone()).collect()
    }

    fn beginning_with(&self, initial: char) -> impl Iterator<Item = &Arc<str>> {
        let known = self.base.as_ref().and_then(|base| base.by_initial.get(&initial));
        let own = self.by_initial.get(&initial);
        [known, own].into_iter().flatten().flatten()
    }

    fn number(&mut self, term: &str) -> TermId {
        if let Some(id) = self.find(term) {
            return id;
        }
        let (id, term) = (self.len() as TermId, Arc::<str>::from(term));
        if let Some(initial) = term.chars().next().filter(|_| is_guessable(&term)) {
            self.by_initial.entry(initial).or_default().push(term.clone());
        }
        self.ids.insert(term, id);
        id
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

    /// The terms of the words that are written as names.
    pub fn names(&mut self, text: &str, language: Language) -> Vec<TermId> {
        let names = names(text, language);
        names
            .iter()
            .flat_map(|name| text::words(name))
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
        self.known.insert(key, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(text: &str) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        TermReader::new(&mut vocabulary).terms(text, Language::UNKNOWN);
        vocabulary
    }

    #[test]
    fn a_slip_is_forgiven_and_two_in_a_long_word() {
        let known = vocabulary("return cancel mattress warranty accessories");
        let guess = |word| known.guess(word).first().copied();
        assert_eq!(guess("retrun"), known.find("return"));
        assert_eq!(guess("cancle"), known.find("cancel"));
        assert_eq!(guess("matress"), known.find("mattress"));
        assert_eq!(guess("accesories"), known.find("accessories"));
        assert_eq!(guess("acessoriess"), known.find("accessories"));
    }

    #[test]
    fn short_words_and_other_words_are_left_alone() {
        let known = vocabulary("here rent return lamp2 12345");
        for word in ["hire", "tent", "london", "eturn", "12346"] {
            assert!(known.guess(word).is_empty(), "{word}");
        }
    }
}
