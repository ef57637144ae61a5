//! Do two answers to nearly the same question contradict each other? Told by what can be pointed at: the same unit
//! with other numbers, yes against no, or the same question with another answer. Of two long answers that put the same
//! thing in other words it says nothing.

use std::collections::{HashMap, HashSet};

use kernel::ids::QaPairId;
use serde::Serialize;

use super::numbers;
use crate::qa_pairs::NEAR_DUPLICATE;
use crate::retrieval::{Index, NearPair, text};

/// What gives it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ContradictionBecause)]
pub enum Because {
    /// They name other numbers of the same thing: 14 days, 30 days.
    Numbers,
    /// One says yes, the other no.
    YesAndNo,
    /// They ask the same and say something else.
    OtherAnswer,
}

pub struct Found {
    pub pair: QaPairId,
    pub other: QaPairId,
    pub similarity: f32,
    pub because: Because,
}

/// The nearest first.
pub fn find(near: &[NearPair], index: &Index, dismissed: &HashSet<(QaPairId, QaPairId)>) -> Vec<Found> {
    let answers: HashMap<_, _> = index.wordings().map(|one| (one.id, one.answer)).collect();
    let found = near.iter().filter_map(|near| {
        let (pair, other) = (QaPairId(near.ids.0), QaPairId(near.ids.1));
        if dismissed.contains(&(pair, other)) || dismissed.contains(&(other, pair)) {
            return None;
        }
        if ask_of_different_things(&near.questions.0, &near.questions.1) {
            return None;
        }
        let because = contradict(
            answers.get(&near.ids.0)?,
            answers.get(&near.ids.1)?,
            f64::from(near.similarity) >= NEAR_DUPLICATE,
        )?;
        Some(Found {
            pair,
            other,
            similarity: near.similarity,
            because,
        })
    });
    found.collect()
}

/// "Do you ship to France?" and "Do you ship to Belgium?": each names something that the other does not.
fn ask_of_different_things(one: &str, other: &str) -> bool {
    let (names, others) = (names(one), names(other));
    !names.is_subset(&others) && !others.is_subset(&names)
}

/// Words that begin with a capital within the sentence, and numbers.
fn names(question: &str) -> HashSet<String> {
    let words = question
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let is_name = |(place, word): &(usize, &str)| {
        let first = word.chars().next();
        first.is_some_and(|c| c.is_numeric() || *place > 0 && c.is_uppercase() && word.chars().count() > 1)
    };
    let names = words.enumerate().filter(is_name);
    names.map(|(_, word)| text::fold(word)).collect()
}

fn contradict(one: &str, other: &str, asks_the_same: bool) -> Option<Because> {
    if text::signature(&text::words(one)) == text::signature(&text::words(other)) {
        return None;
    }
    if numbers::differ(&numbers::numbers(one), &numbers::numbers(other)) {
        return Some(Because::Numbers);
    }
    match (says_yes(one), says_yes(other)) {
        (Some(a), Some(b)) if a != b => return Some(Because::YesAndNo),
        _ => {}
    }
    (asks_the_same && shared_words(one, other) < 0.4).then_some(Because::OtherAnswer)
}

/// How an answer begins; none where it does not say.
fn says_yes(answer: &str) -> Option<bool> {
    let words = text::words(answer);
    let mut first = words.iter().take(3).map(|word| &*word.text);
    let begins = first.next()?;
    if [
        "yes",
        "oui",
        "si",
        "ja",
        "sim",
        "sure",
        "certainly",
        "absolutely",
        "certainement",
    ]
    .contains(&begins)
    {
        return Some(true);
    }
    if [
        "no",
        "non",
        "nein",
        "unfortunately",
        "sorry",
        "malheureusement",
        "desole",
        "never",
        "jamais",
    ]
    .contains(&begins)
    {
        return Some(false);
    }
    // "We do not …", "Nous ne …"
    let negates = |word: &str| ["not", "don", "cannot", "can't", "don't", "ne", "n", "nicht"].contains(&word);
    first.any(negates).then_some(false)
}

/// Different words that both have, as a share of those of the shorter one.
fn shared_words(one: &str, other: &str) -> f64 {
    let words =
        |text: &str| -> HashSet<String> { text::words(text).into_iter().map(|word| word.text).collect() };
    let (one, other) = (words(one), words(other));
    let fewest = one.len().min(other.len()).max(1);
    one.intersection(&other).count() as f64 / fewest as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_unit_with_other_numbers_contradicts() {
        let of = |a, b| contradict(a, b, false);
        assert_eq!(of("Within 30 days.", "You have 14 days."), Some(Because::Numbers));
        assert_eq!(of("It costs 25 €.", "It costs €29."), Some(Because::Numbers));
        assert_eq!(of("Within 30 days.", "You have 30 days, or 6 weeks."), None);
        assert_eq!(of("Within 30 days.", "Since 1998."), None);
        assert_eq!(
            of("Livraison en 3 jours", "Comptez 10 jours"),
            Some(Because::Numbers)
        );
    }

    #[test]
    fn questions_about_different_things_do_not_contradict_each_other() {
        let of = ask_of_different_things;
        assert!(of("Livrez-vous en France ?", "Livrez-vous en Suisse ?"));
        assert!(of("What does model 3 cost?", "What does model 4 cost?"));
        assert!(!of(
            "How long can I return a table?",
            "How many days do I have to return it?"
        ));
        assert!(!of("Do you ship to France?", "Do you ship abroad?"));
    }

    #[test]
    fn yes_contradicts_no() {
        let of = |a, b| contradict(a, b, false);
        assert_eq!(
            of("Yes, to Belgium too.", "No, we don't."),
            Some(Because::YesAndNo)
        );
        assert_eq!(
            of("Oui, bien sûr.", "Malheureusement pas."),
            Some(Because::YesAndNo)
        );
        assert_eq!(
            of("Yes, we ship.", "We do not ship there."),
            Some(Because::YesAndNo)
        );
        assert_eq!(of("Yes.", "We ship to Belgium."), None);
    }

    #[test]
    fn the_same_question_with_another_answer() {
        let (one, other) = ("Ask at the desk in the hall.", "Write an e-mail to the office.");
        assert_eq!(contradict(one, other, true), Some(Because::OtherAnswer));
        assert_eq!(contradict(one, other, false), None);
        assert_eq!(contradict(one, "Ask at the desk in the big hall.", true), None);
    }
}
