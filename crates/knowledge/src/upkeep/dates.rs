//! Days that a text names, in figures or with the month's name, in English and French.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::retrieval::text;

/// The last day that the text names. A month with its year is its last day. `05/06/2025` may be read both ways: the
/// later one counts.
pub fn last_named(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let lowered = text::fold(text);
    // words that tell of something that began, and goes on
    let is_history = |word: &&str| ["since", "depuis", "founded", "fondee", "fonde", "opened"].contains(word);
    let words: Vec<&str> = lowered
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let (mut last, mut place) = (None, 0);
    while place < words.len() {
        let before = &words[place.saturating_sub(3)..place];
        let Some((day, length)) = day_at(&words[place..]) else {
            place += 1;
            continue;
        };
        if !before.iter().any(is_history) {
            last = last.max(Some(day));
        }
        place += length;
    }
    last.filter(|day| day.year() >= today.year() - 100)
}

/// The day that these words begin with, and how many of them name it.
fn day_at(words: &[&str]) -> Option<(NaiveDate, usize)> {
    let [a, b, ..] = words else { return None };
    let c = words.get(2).copied().unwrap_or("");
    // 2025-12-31
    if let (Some(year), Some(month), Some(day)) = (year(a), number(b), number(c)) {
        return Some((NaiveDate::from_ymd_opt(year, month, day)?, 3));
    }
    // 31/12/2025, 12/31/2025
    if let (Some(one), Some(other), Some(year)) = (number(a), number(b), year(c)) {
        let ways = [(other, one), (one, other)];
        let days = ways
            .into_iter()
            .filter_map(|(month, day)| NaiveDate::from_ymd_opt(year, month, day));
        return Some((days.max()?, 3));
    }
    // 31 December 2025, 31st December 2025, 1er janvier 2026
    if let (Some(day), Some(month), Some(year)) = (number(a), month(b), year(c)) {
        return Some((NaiveDate::from_ymd_opt(year, month, day)?, 3));
    }
    let month = month(a)?;
    // December 31, 2025
    if let (Some(day), Some(year)) = (number(b), year(c)) {
        return Some((NaiveDate::from_ymd_opt(year, month, day)?, 3));
    }
    // December 2025
    let first = NaiveDate::from_ymd_opt(year(b)?, month, 1)?;
    let last = first
        .checked_add_months(Months::new(1))?
        .checked_sub_days(Days::new(1))?;
    Some((last, 2))
}

fn year(word: &str) -> Option<i32> {
    (word.len() == 4).then(|| word.parse().ok()).flatten()
}

/// Up to 31, with or without its ending.
fn number(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = &word[digits.len()..];
    let is_number = matches!(ending, "" | "st" | "nd" | "rd" | "th" | "er");
    let number = digits.parse().ok().filter(|number| (1..=31).contains(number));
    number.filter(|_| is_number && digits.len() <= 2)
}

fn month(word: &str) -> Option<u32> {
    const NAMES: [&[&str]; 12] = [
        &["january", "jan", "janvier"],
        &["february", "feb", "fevrier"],
        &["march", "mar", "mars"],
        &["april", "apr", "avril"],
        &["may", "mai"],
        &["june", "jun", "juin"],
        &["july", "jul", "juillet"],
        &["august", "aug", "aout"],
        &["september", "sep", "sept", "septembre"],
        &["october", "oct", "octobre"],
        &["november", "nov", "novembre"],
        &["december", "dec", "decembre"],
    ];
    let found = NAMES.iter().position(|names| names.contains(&word))?;
    u32::try_from(found + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_many_ways() {
        let today = NaiveDate::from_ymd_opt(2026, 6, 1).expect("a day");
        let named = |text: &str| last_named(text, today).map(|day| day.to_string());
        let some = |day: &str| Some(day.to_owned());
        assert_eq!(named("Until 2025-12-31."), some("2025-12-31"));
        assert_eq!(named("Closed from 24 to 31 December 2025."), some("2025-12-31"));
        assert_eq!(
            named("Until December 31st, 2025, all is free."),
            some("2025-12-31")
        );
        assert_eq!(named("Fermé jusqu'au 1er février 2026"), some("2026-02-01"));
        assert_eq!(named("Soldes en août 2025"), some("2025-08-31"));
        assert_eq!(named("On 05/06/2025"), some("2025-06-05"));
        assert_eq!(named("We have been here since May 2025."), None);
        assert_eq!(named("It may take 2025 steps, model 3000."), None);
        assert_eq!(named("On 31/02/2025"), None);
    }
}
