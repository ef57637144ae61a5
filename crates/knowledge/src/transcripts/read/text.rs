//! Plain text: `Name: text`, perhaps with a time before it. A message goes on over the lines that follow; a line of
//! dashes, or two empty lines, ends a conversation.

use std::collections::HashMap;

use super::lines::{is_invisible, is_time};
use super::{Chat, Format, MOST_MESSAGES, MOST_PROBLEMS, Problem, Said, Transcript, roles};

/// More different names than this are no names of people who chat.
const MOST_NAMES: usize = 50_000;

pub fn looks_like(text: &str) -> bool {
    let names = Names::of(text);
    let mut lines = text.lines().filter_map(split);
    let known = lines.by_ref().filter(|(name, _)| names.knows(name)).count();
    known >= 2
}

pub fn read(text: &str) -> Transcript {
    let names = Names::of(text);
    let mut chats = Vec::new();
    let mut messages: Vec<Said> = Vec::new();
    let mut problems = Vec::new();
    let (mut empty, mut count) = (0, 0);
    for (number, line) in text.lines().enumerate() {
        if count > MOST_MESSAGES {
            break;
        }
        let line = line.trim_end().trim_matches(is_invisible);
        empty = if line.trim().is_empty() { empty + 1 } else { 0 };
        if is_separator(line) || empty >= 2 {
            end(&mut chats, &mut messages);
            continue;
        }
        match split(line).filter(|(name, _)| names.knows(name)) {
            Some((name, text)) => {
                count += 1;
                messages.push(said(name, text));
            }
            None => match messages.last_mut() {
                Some(last) => {
                    last.text.push('\n');
                    last.text.push_str(line.trim());
                }
                None if !line.trim().is_empty() && problems.len() < MOST_PROBLEMS => problems.push(Problem {
                    line: number as u64 + 1,
                    detail: "Nobody is named before this line: it was left out.".into(),
                }),
                None => {}
            },
        }
    }
    end(&mut chats, &mut messages);
    Transcript {
        format: Format::Text,
        chats,
        problems,
    }
}

fn said(name: &str, text: &str) -> Said {
    let (speaker, text) = (name.to_owned(), text.to_owned());
    Said {
        side: roles::side(&speaker),
        speaker,
        text,
    }
}

fn end(chats: &mut Vec<Chat>, messages: &mut Vec<Said>) {
    if !messages.is_empty() {
        chats.push(Chat {
            name: None,
            messages: std::mem::take(messages),
        });
    }
}

fn is_separator(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 3
        && line
            .chars()
            .all(|c| matches!(c, '-' | '=' | '*' | '#' | '_' | '—'))
}

/// Name and text of a line that may begin a message.
fn split(line: &str) -> Option<(&str, &str)> {
    let line = without_time(line.trim());
    let (name, text) = line.split_once(':')?;
    // an address, or a time
    if text.starts_with("//") || !(text.is_empty() || text.starts_with([' ', '\t', '\u{a0}'])) {
        return None;
    }
    // "Client :", as the French write it
    let name = without_time(name.trim_end()).trim();
    let name = name
        .trim_matches(|c| matches!(c, '*' | '<' | '>' | '[' | ']' | '-'))
        .trim();
    let is_name = !name.is_empty()
        && name.chars().count() <= 40
        && name.split_whitespace().count() <= 4
        && name.starts_with(char::is_alphanumeric)
        && !name.contains(['?', '!', ';', ',', '"', '/']);
    is_name.then_some((name, text.trim_matches(|c: char| c == '*' || c.is_whitespace())))
}

fn without_time(line: &str) -> &str {
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some((time, rest)) = line.strip_prefix(open).and_then(|line| line.split_once(close))
            && is_time(time)
        {
            return rest.trim_start_matches([' ', '-', '–']);
        }
    }
    if let Some((time, rest)) = line.split_once(" - ").or_else(|| line.split_once(" – "))
        && is_time(time)
    {
        return rest;
    }
    // "10:02 Anna: …", "2024-01-05 10:02:11 Anna: …"
    let mut at = 0;
    let mut end = 0;
    for word in line.split(' ').take(3) {
        at += word.len();
        if is_time(line.get(..at).unwrap_or_default()) {
            end = at;
        }
        at += 1;
    }
    line.get(end..).unwrap_or(line).trim_start()
}

/// Who speaks in a text. "Note: bring a bag" in the middle of a message begins no other one, so a name has to come
/// twice, to begin a conversation or to be the word for a role.
struct Names<'a>(HashMap<&'a str, usize>);

impl<'a> Names<'a> {
    fn of(text: &'a str) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut begins = true;
        for line in text.lines() {
            if line.trim().is_empty() || is_separator(line) {
                begins = begins || is_separator(line);
                continue;
            }
            if let Some((name, _)) = split(line)
                && (counts.len() < MOST_NAMES || counts.contains_key(name))
            {
                *counts.entry(name).or_default() += if begins { 2 } else { 1 };
            }
            begins = false;
        }
        Self(counts)
    }

    fn knows(&self, name: &str) -> bool {
        roles::side(name).is_some() || self.0.get(name).is_some_and(|count| *count >= 2)
    }
}
