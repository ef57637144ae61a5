//! Does a document say another number than an answer does? Told sentence by sentence: the same unit with other numbers,
//! where the sentence and its heading have most of the question's words. Other disagreements it does not see.

use std::collections::HashSet;

use kernel::ids::QaPairId;
use uuid::Uuid;

use super::numbers::{Numbers, differ, numbers};
use crate::language::{self, Language};
use crate::passages::sentences;
use crate::retrieval::text::{self, WordKind};
use crate::retrieval::{Candidate, EntryKind, Index, Query, Wording};

/// What a document says otherwise than an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub pair: QaPairId,
    pub passage: Uuid,
    pub sentence: String,
}

/// So many wordings of answers with a number in them are compared, the newest first.
const MOST_COMPARED: usize = 1_000;
/// With so many passages each.
const PASSAGES: usize = 5;
/// Of the question's telling words, the share that the sentence or its heading has.
const SHARED: f64 = 0.6;

pub fn find(index: &Index) -> Vec<Said> {
    let mut with_numbers: Vec<(Wording<'_>, Numbers)> = index
        .wordings()
        .map(|wording| (wording, numbers(wording.answer)))
        .filter(|(_, numbers)| !numbers.is_empty())
        .collect();
    // ids are ordered by time
    with_numbers.sort_by_key(|(wording, _)| std::cmp::Reverse(wording.id));
    with_numbers.truncate(MOST_COMPARED);
    let mut told = HashSet::new();
    let mut found = Vec::new();
    for (wording, own) in with_numbers {
        let query = Query {
            text: wording.question,
            vector: None,
            language: wording.language,
        };
        let passages = index.search_kind(EntryKind::Passage, &query, PASSAGES);
        for passage in passages {
            let Some(sentence) = disagreeing(&wording, &own, &passage) else {
                continue;
            };
            let said = Said {
                pair: QaPairId(wording.id),
                passage: passage.id,
                sentence,
            };
            if told.insert((said.pair, said.passage)) {
                found.push(said);
            }
        }
    }
    found
}

/// The sentence of the passage that has another number, if the passage has the answer's nowhere.
fn disagreeing(wording: &Wording<'_>, own: &Numbers, passage: &Candidate) -> Option<String> {
    if !speaks(wording.language, passage.language) {
        return None;
    }
    let asked = telling_words(wording.question, passage.language);
    let heading = telling_words(&passage.title, passage.language);
    let everywhere = numbers(&passage.text);
    sentences(&passage.text).into_iter().find(|sentence| {
        let said: Numbers = numbers(sentence)
            .into_keys()
            .filter_map(|unit| everywhere.get_key_value(&unit))
            .map(|(unit, values)| (unit.clone(), values.clone()))
            .collect();
        let words = telling_words(sentence, passage.language);
        let shared = asked
            .iter()
            .filter(|word| words.contains(*word) || heading.contains(*word))
            .count();
        let is_about_it = asked.iter().any(|word| words.contains(word))
            && asked.len() > 1
            && shared as f64 >= SHARED * asked.len() as f64;
        is_about_it && differ(own, &said)
    })
}

/// Words of two languages cannot be compared.
fn speaks(one: Language, other: Language) -> bool {
    one == other || one.is_unknown() || other.is_unknown()
}

fn telling_words(text: &str, language: Language) -> HashSet<String> {
    let words = text::words(text).into_iter();
    let telling = words
        .filter(|word| word.kind != WordKind::Letters || !language::is_function_word(&word.text, language));
    telling
        .map(|word| text::stem(&word.text, language).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::Entry;

    fn entry(kind: EntryKind, id: u128, title: &str, text: &str) -> Entry {
        Entry {
            id: Uuid::from_u128(id),
            kind,
            title: title.to_owned(),
            text: text.to_owned(),
            group: Uuid::from_u128(id),
            language: language::detect(text).or(Language::ENGLISH),
            vector: None,
        }
    }

    /// The sentences that disagree with one pair.
    fn said(question: &str, answer: &str, passages: &[(&str, &str)]) -> Vec<String> {
        let mut entries = vec![entry(EntryKind::QaPair, 1, question, answer)];
        let passages = passages.iter().enumerate();
        entries.extend(
            passages.map(|(at, (title, text))| entry(EntryKind::Passage, 2 + at as u128, title, text)),
        );
        let found = find(&Index::build(entries));
        found.into_iter().map(|said| said.sentence).collect()
    }

    #[test]
    fn the_same_unit_with_another_number_about_the_same_thing_is_found() {
        let terms = (
            "Returns",
            "Write to us first. A table may be returned within 14 days. Chairs are made in Reims.",
        );
        let question = "How long can I return a table?";
        assert_eq!(
            said(question, "You have 30 days.", &[terms]),
            ["A table may be returned within 14 days."]
        );
        assert_eq!(
            said(
                "Combien coûte la livraison à domicile ?",
                "La livraison coûte 25 €.",
                &[(
                    "Livraison",
                    "La livraison à domicile coûte 39 € pour toute la France."
                )]
            ),
            ["La livraison à domicile coûte 39 € pour toute la France."]
        );
    }

    #[test]
    fn what_agrees_or_speaks_of_something_else_is_left_alone() {
        let question = "How long can I return a table?";
        let none: [&str; 0] = [];
        for text in [
            "A table may be returned within 30 days.",
            "A table may be returned within 14 days, oversized ones within 30 days.",
            "Every table is made of 3 boards.",
            "Invoices are payable within 14 days.",
            "A table may be returned at any time.",
        ] {
            assert_eq!(
                said(question, "You have 30 days.", &[("Terms", text)]),
                none,
                "{text}"
            );
        }
        assert_eq!(
            said(
                question,
                "Ask us.",
                &[("Terms", "A table may be returned within 14 days.")]
            ),
            none
        );
    }
}
