//! What somebody said without the politeness around it: greetings, thanks, signatures, "one moment please".

use super::phrases::{COURTESIES, GREETINGS, SIGN_OFFS, STALLS};
use crate::retrieval::text::fold;

/// Somebody who speaks in a chat.
pub struct Name {
    pub written: String,
    /// Once, since every sentence is compared with it.
    folded: String,
}

impl Name {
    pub fn of(written: &str) -> Self {
        Self {
            written: written.to_owned(),
            folded: fold(written),
        }
    }

    fn first(&self) -> &str {
        self.folded.split_whitespace().next().unwrap_or_default()
    }
}

/// The sentences of a message, each with what ends it. A line of a list stays a sentence of its own.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    for line in text.split('\n') {
        let mut from = 0;
        let mut chars = line.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let ends = matches!(c, '.' | '!' | '?' | '…');
            let is_last = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
            if ends && is_last && !is_abbreviation(line.get(from..at).unwrap_or_default()) {
                let mut end = at + c.len_utf8();
                // the French put a space before it: "Livrez-vous ? !"
                while let Some(rest) = line.get(end..)
                    && rest.trim_start().starts_with(['?', '!'])
                {
                    end = line.len() - rest.trim_start().len() + 1;
                }
                while chars.next_if(|(next, _)| *next < end).is_some() {}
                sentences.push(line.get(from..end).unwrap_or_default().trim());
                from = end;
            }
        }
        sentences.push(line.get(from..).unwrap_or_default().trim());
    }
    sentences.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    sentences
}

fn is_abbreviation(before: &str) -> bool {
    let last = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    matches!(
        fold(last).as_str(),
        "mr" | "mrs" | "ms" | "dr" | "m" | "mme" | "e.g" | "i.e" | "approx" | "no" | "p.ex" | "ex" | "st"
    ) || last.parse::<u8>().is_ok() && before.trim() == last
}

/// A sentence without the greeting at its beginning. `names` are those who speak in the chat.
pub fn without_greeting<'a>(sentence: &'a str, names: &[Name]) -> &'a str {
    let mut rest = sentence.trim_start();
    let mut is_greeted = false;
    for _ in 0..4 {
        let folded = fold(rest);
        let greeting = GREETINGS.iter().find(|greeting| begins_with(&folded, greeting));
        // "All" alone greets nobody
        let is_address = |greeting: &str| {
            matches!(
                greeting,
                "all" | "team" | "everyone" | "sir" | "madam" | "madame" | "monsieur" | "a tous"
            )
        };
        let words = match greeting {
            Some(greeting) if is_greeted || !is_address(greeting) => greeting.split(' ').count(),
            _ if is_greeted => name_length(rest, names),
            _ => 0,
        };
        if words == 0 {
            break;
        }
        is_greeted = true;
        rest = skip_words(rest, words);
    }
    if is_greeted {
        rest.trim_start_matches(is_loose)
    } else {
        sentence
    }
}

fn is_loose(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '!' | '.' | ':' | '-' | '–' | ';') || is_emoji(c)
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{200d}')
}

fn skip_words(text: &str, count: usize) -> &str {
    let mut rest = text;
    for _ in 0..count {
        rest = rest.trim_start_matches(is_loose);
        let end = rest
            .find(|c: char| c.is_whitespace() || is_loose(c) && c != '-')
            .unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or_default();
    }
    rest.trim_start_matches(is_loose)
}

/// How many words of a known name the text begins with.
fn name_length(text: &str, names: &[Name]) -> usize {
    let folded = fold(text);
    let all = names.iter().flat_map(|name| [name.folded.as_str(), name.first()]);
    let known = all.filter(|name| name.len() > 1 && begins_with(&folded, name));
    known
        .map(|name| name.split_whitespace().count())
        .max()
        .unwrap_or(0)
}

/// Whole words.
fn begins_with(folded: &str, phrase: &str) -> bool {
    folded
        .strip_prefix(phrase)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '\''))
}

/// Politeness alone: "Thanks for reaching out!".
pub fn is_courtesy(sentence: &str) -> bool {
    let folded = fold(sentence.trim_matches(|c: char| is_loose(c)));
    let words = folded.split_whitespace().count();
    words == 0
        || COURTESIES.iter().any(|phrase| {
            // "Great, we ship to Belgium." is more than that
            begins_with(&folded, phrase) && words <= phrase.split(' ').count() + room(phrase)
        })
}

/// How many words more still are politeness alone.
fn room(phrase: &str) -> usize {
    match phrase.split(' ').count() {
        0 | 1 => 2,
        2 => 6,
        _ => 14,
    }
}

pub fn is_stall(sentence: &str) -> bool {
    let folded = fold(sentence.trim_matches(|c: char| is_loose(c)));
    let folded = [
        "sure",
        "ok",
        "okay",
        "of course",
        "certainly",
        "bien sur",
        "d'accord",
        "oui",
        "yes",
        "please",
        "bonjour",
        "hello",
        "hi",
        "good question",
    ]
    .iter()
    .find_map(|word| {
        folded
            .strip_prefix(word)
            .filter(|rest| rest.starts_with([',', ' ', '.', '!']))
    })
    .map_or(folded.as_str(), |rest| rest.trim_start_matches(is_loose));
    let words = folded.split_whitespace().count();
    words <= 14 && STALLS.iter().any(|phrase| begins_with(folded, phrase))
}

fn is_sign_off(line: &str) -> bool {
    let folded = fold(line.trim_matches(|c: char| is_loose(c)));
    folded.split_whitespace().count() <= 5 && SIGN_OFFS.iter().any(|phrase| begins_with(&folded, phrase))
}

/// What is left of a message, sentence by sentence; lines stay lines.
pub fn substance(text: &str, names: &[Name]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if is_sign_off(line) && !lines.is_empty() {
            break;
        }
        let bare = without_greeting(line.trim(), names);
        let kept: Vec<&str> = sentences(bare)
            .into_iter()
            .map(|sentence| without_greeting(sentence, names))
            .filter(|sentence| {
                !sentence.is_empty()
                    && !is_courtesy(sentence)
                    && !is_stall(sentence)
                    && !is_name(sentence, names)
            })
            .collect();
        if !kept.is_empty() {
            lines.push(kept.join(" "));
        }
    }
    lines.join("\n")
}

/// A signature.
fn is_name(sentence: &str, names: &[Name]) -> bool {
    let bare = fold(sentence.trim_matches(|c: char| is_loose(c)));
    names
        .iter()
        .any(|name| bare == name.folded || bare == name.first())
}

/// With a capital letter at its beginning.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
