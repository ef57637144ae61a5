//! What a large base's indexes found for one question, put beside the sample that is held.
//!
//! The candidates are ranked by the same code as everything else ([`super::search`]); rarity of words and usual scores come
//! from all passages and from the sample ([`super::yardstick`]). Start at [`Index::with_found`].

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::index::{Entry, Index, Prepared, prepare};
use super::text::{self, Word, WordKind};
use super::vocabulary::Vocabulary;
use super::yardstick::Counted;
use crate::language::{self, Language};

/// Longer words are cut; codes that differ only beyond this are rare.
const LONGEST_WORD: usize = 64;

/// Passages from elsewhere for one question.
#[derive(Debug, Default)]
pub struct FoundPassages {
    /// None of them is in the index already.
    pub entries: Vec<Entry>,
    /// How many passages there are.
    pub passages: usize,
    /// How many of them hold each word that was counted.
    pub holding: HashMap<String, usize>,
}

pub(super) struct Found {
    pub entries: Vec<Arc<Prepared>>,
    pub counted: Counted,
}

/// A word of a question, in the forms in which passages may hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionWord {
    /// Its stems in the languages of the base.
    pub forms: Vec<String>,
    /// What it may have meant, if no passage holds it.
    pub guesses: Vec<String>,
}

impl Index {
    /// The same with candidates for one question. Cheap: what is held is shared.
    pub fn with_found(&self, found: FoundPassages) -> Index {
        let mut vocabulary = Vocabulary::over(self.vocabulary.clone());
        let entries = prepare(found.entries, &mut vocabulary, &self.tuning);
        let holding = found.holding.into_iter();
        let holding = holding.filter_map(|(word, count)| Some((vocabulary.find(&word)?, count)));
        let counted = Counted {
            entries: found.passages,
            holding: holding.collect(),
        };
        Index {
            vocabulary: Arc::new(vocabulary),
            qa_pairs: self.qa_pairs.clone(),
            passages: self.passages.clone(),
            found: Some(Found { entries, counted }),
            tuning: self.tuning.clone(),
            reach: self.reach,
        }
    }

    /// The words of a question to look for among passages that are not held.
    pub fn words_to_look_for(&self, question: &str, language: Language) -> Vec<QuestionWord> {
        let language = language.or(language::detect(question));
        let mut seen = HashSet::new();
        let mut words = Vec::new();
        for word in text::words(question) {
            let is_plain = word.kind == WordKind::Letters;
            if (is_plain && language::is_function_word(&word.text, language))
                || !seen.insert(word.text.clone())
            {
                continue;
            }
            words.push(self.question_word(&word));
        }
        words
    }

    fn question_word(&self, word: &Word) -> QuestionWord {
        if word.kind != WordKind::Letters {
            return QuestionWord {
                forms: vec![cut(&word.text)],
                guesses: Vec::new(),
            };
        }
        let languages = self.passages.languages.iter();
        let stems = languages.map(|language| text::stem(&word.text, *language));
        let mut forms: Vec<String> = stems.map(|stem| cut(&stem)).collect();
        forms.push(cut(&word.text));
        forms.sort_unstable();
        forms.dedup();
        let guesses = forms.iter().flat_map(|form| self.vocabulary.guess_words(form));
        QuestionWord {
            guesses: guesses.map(|guess| cut(&guess)).collect(),
            forms,
        }
    }
}

/// The words under which a passage can be looked for: as the index would number them, without function words.
pub fn passage_words(title: &str, text: &str, language: Language) -> HashSet<String> {
    let words = text::words(title).into_iter().chain(text::words(text));
    let meant = words
        .filter(|word| word.kind != WordKind::Letters || !language::is_function_word(&word.text, language));
    meant
        .map(|word| match word.kind {
            WordKind::Letters => cut(&text::stem(&word.text, language)),
            _ => cut(&word.text),
        })
        .collect()
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}
