//! Numbers with what they count: "14 days", "€25". What answers and documents can be compared by.

use std::collections::{BTreeSet, HashMap};

use crate::retrieval::text::{self, Word, WordKind};

/// Unit → the numbers that stand before it.
pub type Numbers = HashMap<String, BTreeSet<String>>;

const CURRENCIES: [&str; 3] = ["euro", "dollar", "pound"];

/// The numbers of a text by what they count: the word after, or a currency beside them.
pub fn numbers(text: &str) -> Numbers {
    let mut numbers = Numbers::new();
    let spelled = text
        .replace('€', " euro ")
        .replace('$', " dollar ")
        .replace('£', " pound ")
        .replace('%', " percent ");
    let words = text::words(&spelled);
    for (place, word) in words
        .iter()
        .enumerate()
        .filter(|(_, word)| word.kind == WordKind::Number)
    {
        let is_unit = |word: &&Word| word.kind == WordKind::Letters && word.text.chars().count() > 1;
        let after = words.get(place + 1).filter(is_unit);
        let before = place
            .checked_sub(1)
            .and_then(|place| words.get(place))
            .filter(is_unit);
        let before = before.filter(|word| CURRENCIES.contains(&&*word.text));
        if let Some(unit) = before.or(after) {
            let unit = unit.text.trim_end_matches('s').to_owned();
            numbers.entry(unit).or_default().insert(word.text.clone());
        }
    }
    numbers
}

/// Whether both count the same thing and have no number of it in common.
pub fn differ(one: &Numbers, other: &Numbers) -> bool {
    one.iter()
        .any(|(unit, values)| other.get(unit).is_some_and(|others| values.is_disjoint(others)))
}
