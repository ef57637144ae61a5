//! Reads name, e-mail address and phone number out of what a visitor writes, and whether they would rather not say.
//!
//! No model: an address is found by its form, a name only where somebody gives it as such or writes it beside an address.

use conversations::leads::{ContactInfo, is_email};

use crate::intent::plain;

/// What was found, and what else was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub info: ContactInfo,
    /// The text without it; empty where nothing else was said.
    pub rest: String,
}

/// Words that stand around an address and mean nothing by themselves.
const AROUND: &[&str] = &[
    "my",
    "email",
    "e",
    "mail",
    "mails",
    "address",
    "is",
    "it",
    "s",
    "its",
    "here",
    "you",
    "are",
    "at",
    "or",
    "and",
    "on",
    "call",
    "me",
    "reach",
    "can",
    "phone",
    "number",
    "mobile",
    "cell",
    "tel",
    "telephone",
    "yes",
    "sure",
    "ok",
    "okay",
    "of",
    "course",
    "please",
    "thanks",
    "thank",
    "the",
    "this",
    "that",
    "would",
    "be",
    "write",
    "to",
    "by",
    "hi",
    "hello",
    "i",
    "m",
    "am",
    "name",
    "mon",
    "ma",
    "mes",
    "adresse",
    "est",
    "le",
    "la",
    "voici",
    "c",
    "au",
    "a",
    "ou",
    "et",
    "numero",
    "portable",
    "oui",
    "bien",
    "d",
    "accord",
    "merci",
    "svp",
    "s",
    "il",
    "vous",
    "plait",
    "bonjour",
    "je",
    "suis",
    "m",
    "appelle",
    "nom",
    "joignable",
    "sur",
    "par",
    "contactez",
    "moi",
    "pouvez",
    "appeler",
    "ecrire",
    "ecrivez",
    "contact",
    "courriel",
    "mel",
    "there",
    "go",
    "no",
    "problem",
    "pas",
    "de",
    "probleme",
    "volontiers",
];
/// What comes before a name.
const INTRODUCTIONS: &[&str] = &[
    "my name is",
    "my name's",
    "the name is",
    "i am called",
    "i'm called",
    "je m'appelle",
    "je m’appelle",
    "mon nom est",
    "my name’s",
    "name:",
    "name :",
    "nom :",
    "nom:",
];
/// The same, believed only where a capital letter follows: much else may come after it.
const LOOSE_INTRODUCTIONS: &[&str] = &[
    "i'm",
    "i’m",
    "i am",
    "this is",
    "je suis",
    "c'est",
    "c’est",
    "moi c'est",
    "moi c’est",
];

/// What a message tells. `is_answer`: it was asked for, so that a bare number is a phone number and two words beside an
/// address are a name.
pub fn read(text: &str, is_answer: bool) -> Read {
    let (email, text) = take_email(text);
    let (phone, text) = take_phone(&text, is_answer);
    let is_reachable = email.is_some() || phone.is_some();
    let (name, text) = match take_introduction(&text) {
        Some((name, rest)) => (Some(name), rest),
        None if is_answer && is_reachable => {
            bare_name(&text).map_or((None, text), |name| (Some(name), String::new()))
        }
        None => (None, text),
    };
    let means_something = plain(&text)
        .split(' ')
        .any(|word| !word.is_empty() && !AROUND.contains(&word));
    Read {
        info: ContactInfo {
            name,
            email,
            phone,
            company: None,
        },
        rest: if means_something {
            tidy(&text)
        } else {
            String::new()
        },
    }
}

/// The first address, and the text without it.
fn take_email(text: &str) -> (Option<String>, String) {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '(' | ')' | '"' | '|'));
    let found = words
        .map(|word| word.trim_start_matches("mailto:"))
        .map(|word| {
            word.trim_matches(|c: char| matches!(c, '.' | '!' | '?' | ':' | '\'' | '*' | '`' | '[' | ']'))
        })
        .find(|word| is_email(word));
    match found {
        Some(email) => (Some(email.to_owned()), text.replacen(email, " ", 1)),
        None => (None, text.to_owned()),
    }
}

/// The first run of digits that is a phone number, in one form, and the text without it.
fn take_phone(text: &str, is_answer: bool) -> (Option<String>, String) {
    let is_part = |c: char| {
        c.is_ascii_digit() || matches!(c, '+' | ' ' | '.' | '-' | '(' | ')' | '/' | '\u{a0}' | '\u{202f}')
    };
    let mut start = 0;
    while let Some(begin) = text
        .get(start..)
        .and_then(|rest| rest.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')))
    {
        let begin = start + begin;
        let rest = text.get(begin..).unwrap_or_default();
        let end = begin + rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let run = text.get(begin..end).unwrap_or_default();
        let is_word = touches_a_word(text, begin, end);
        if let Some(phone) = normalised(run, is_answer).filter(|_| !is_word) {
            let before = text.get(..begin).unwrap_or_default();
            let after = text.get(end..).unwrap_or_default();
            return (Some(phone), format!("{before} {after}"));
        }
        start = end.max(begin + 1);
    }
    (None, text.to_owned())
}

/// `A12345678` and `#4711` name something else than a telephone.
fn touches_a_word(text: &str, begin: usize, end: usize) -> bool {
    let before = text.get(..begin).and_then(|text| text.chars().next_back());
    let run_ends_open = text
        .get(begin..end)
        .is_some_and(|run| run.ends_with(|c: char| c.is_ascii_digit()));
    let after = text.get(end..).and_then(|text| text.chars().next());
    before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '#' | '@' | '€' | '$' | '£'))
        || (run_ends_open
            && after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '@' | '€' | '$' | '£' | '%')))
}

/// With its country code `+33612345678`, else the digits as they are dialled.
fn normalised(run: &str, is_answer: bool) -> Option<String> {
    let run = run.trim().replace("(0)", "");
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    if run.starts_with('+') || digits.starts_with("00") {
        let digits = digits.strip_prefix("00").unwrap_or(&digits);
        return ((8..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"));
    }
    // a number of this country; dates and order numbers are shorter, or do not begin so
    let is_dialled = digits.starts_with('0') && (9..=11).contains(&digits.len());
    let is_grouped = digits.len() == 10 && run.contains(['-', '.', ' ', ')']);
    let is_bare = is_answer && (7..=12).contains(&digits.len());
    (is_dialled || is_grouped || is_bare).then_some(digits)
}

/// "My name is Mia Brown, …": the name, and the text without it.
fn take_introduction(text: &str) -> Option<(String, String)> {
    let lower = text.to_lowercase();
    // what changes its length in small letters cannot be cut at the same place
    if lower.len() != text.len() {
        return None;
    }
    let found = |list: &'static [&str]| {
        let places = list.iter().filter_map(|words| {
            let at = lower.find(words)?;
            let begins_word = lower
                .get(..at)?
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric());
            begins_word.then_some((at, at + words.len()))
        });
        places.max_by_key(|(_, end)| *end)
    };
    let (at, end, is_loose) = match found(INTRODUCTIONS) {
        Some((at, end)) => (at, end, false),
        None => found(LOOSE_INTRODUCTIONS).map(|(at, end)| (at, end, true))?,
    };
    let after = text.get(end..)?;
    let clause = after
        .split(['.', ',', ';', '!', '?', '\n', '(', ':'])
        .find(|part| !part.trim().is_empty())?;
    let words: Vec<&str> = clause
        .split_whitespace()
        .take_while(|word| is_name_word(word, is_loose) && !AROUND.contains(&plain(word).as_str()))
        .take(4)
        .collect();
    let name = words.join(" ");
    if name.is_empty() {
        return None;
    }
    let last = words.last()?;
    let name_end = end + after.find(last)? + last.len();
    let rest = format!("{} {}", text.get(..at)?, text.get(name_end..)?);
    Some((name, rest))
}

/// What is left beside an address, if it is one to four words that look like a name.
fn bare_name(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| {
            c.is_whitespace() || matches!(c, ',' | ';' | ':' | '.' | '!' | '\n' | '<' | '>' | '(' | ')')
        })
        .filter(|word| !word.is_empty() && !AROUND.contains(&plain(word).as_str()))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .collect();
    let fits = (1..=4).contains(&words.len())
        && words.iter().all(|word| is_name_word(word, true))
        && !text.contains('?');
    fits.then(|| words.join(" "))
}

fn is_name_word(word: &str, needs_capital: bool) -> bool {
    let letters = word
        .chars()
        .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
    let begins = word
        .chars()
        .next()
        .is_some_and(|c| !needs_capital || c.is_uppercase());
    letters && begins && word.chars().count() <= 40
}

fn tidy(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_matches(|c: char| matches!(c, ',' | ';' | '-' | '–') || c.is_whitespace())
        .to_owned()
}

const REFUSALS: &[&str] = &[
    "no",
    "nope",
    "nah",
    "no thanks",
    "no thank you",
    "not now",
    "rather not",
    "prefer not",
    "do not want",
    "don t want",
    "not interested",
    "maybe later",
    "not necessary",
    "never mind",
    "nevermind",
    "no need",
    "non",
    "non merci",
    "pas maintenant",
    "prefere pas",
    "prefere ne pas",
    "ne veux pas",
    "ne souhaite pas",
    "pas interesse",
    "pas interessee",
    "pas necessaire",
    "plus tard",
    "sans facon",
    "pas besoin",
    "inutile",
];

/// Whether somebody who was asked would rather not say. Only short messages are one.
pub fn is_refusal(text: &str) -> bool {
    let plain = plain(text);
    let words = plain.split(' ').count();
    let padded = format!(" {plain} ");
    let begins = |entry: &&&str| padded.starts_with(&format!(" {entry} "));
    let has = |entry: &&&str| entry.contains(' ') && padded.contains(&format!(" {entry} "));
    let is_short = words <= 8 && !text.contains('?');
    is_short && (REFUSALS.iter().any(|entry| begins(&entry)) || REFUSALS.iter().any(|entry| has(&entry)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, is_answer: bool) -> (Option<String>, Option<String>, Option<String>, String) {
        let read = read(text, is_answer);
        (read.info.name, read.info.email, read.info.phone, read.rest)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn addresses_are_found_in_any_sentence() {
        let mail = some("mia@example.com");
        assert_eq!(
            parts("mia@example.com", true),
            (None, mail.clone(), None, String::new())
        );
        assert_eq!(
            parts("Sure, it's mia@example.com.", true),
            (None, mail.clone(), None, String::new())
        );
        assert_eq!(
            parts("Oui, voici mon e-mail : <mia@example.com>", true),
            (None, mail.clone(), None, String::new())
        );
        let (name, email, phone, rest) = parts("mia@example.com. And do you ship to France?", true);
        assert_eq!((name, email, phone), (None, mail, None));
        assert_eq!(rest, ". And do you ship to France?");
        assert_eq!(parts("I wrote to you @ the shop", true).1, None);
    }

    #[test]
    fn phone_numbers_of_several_countries_are_found_and_other_numbers_are_not() {
        for (text, expected) in [
            ("06 12 34 56 78", "0612345678"),
            ("+33 6 12 34 56 78", "+33612345678"),
            ("0033 6.12.34.56.78", "+33612345678"),
            ("+44 (0)20 7946 0018", "+442079460018"),
            ("(415) 555-2671", "4155552671"),
            ("Call me at +55 (11) 90000-0001", "+5511900000001"),
            ("0470 12 34 56", "0470123456"),
        ] {
            assert_eq!(parts(text, false).2, some(expected), "{text}");
        }
        for text in [
            "order 12345678",
            "I need 40 chairs",
            "in 2026-11-23",
            "#0612345678",
            "1 200 000 €",
            "between 10 and 12",
        ] {
            assert_eq!(parts(text, false).2, None, "{text}");
        }
        // asked for a number, a bare one is it
        assert_eq!(parts("5552671234", true).2, some("5552671234"));
        assert_eq!(parts("40", true).2, None);
    }

    #[test]
    fn a_name_is_believed_where_it_is_given() {
        assert_eq!(
            parts("My name is Mia Brown, mia@example.com", true).0,
            some("Mia Brown")
        );
        assert_eq!(
            parts("Je m'appelle Jean-Luc d’Arc", true).0,
            some("Jean-Luc d’Arc")
        );
        assert_eq!(parts("Mia Brown, mia@example.com", true).0, some("Mia Brown"));
        assert_eq!(parts("I'm Mia, 06 12 34 56 78", true).0, some("Mia"));
        assert_eq!(parts("yes sure mia@example.com", true).0, None);
        assert_eq!(parts("I am interested, mia@example.com", true).0, None);
        assert_eq!(parts("Mia Brown", true).0, None);
        assert_eq!(parts("je suis intéressée : mia@example.com", true).0, None);
    }

    #[test]
    fn who_would_rather_not_is_understood() {
        for text in [
            "no",
            "No thanks!",
            "Non merci",
            "I'd rather not",
            "je préfère pas",
            "Not now, thanks",
            "I don't want to",
        ] {
            assert!(is_refusal(text), "{text}");
        }
        for text in [
            "mia@example.com",
            "Do you have no chairs in oak?",
            "And the delivery?",
            "north of Ghent",
            "noted",
        ] {
            assert!(!is_refusal(text), "{text}");
        }
    }
}
