//! Keeps a composed answer on the ground, sentence by sentence while the model writes it. Citations become sources;
//! invented links, tags and hidden characters go; a sentence that its passages do not back is left out, and nobody ever
//! sees it. An answer that cites nothing is not used ([`super::compose`]).

mod marks;
mod sentences;
mod support;
mod wording;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use knowledge::language::Language;
use knowledge::retrieval::Candidate;
use serde::Serialize;

pub use marks::visible;
use sentences::Sentences;
use support::{Backing, Support};

/// What an answer may rest on, and what of it has been read so far.
#[derive(Debug)]
pub struct Grounding {
    backing: Vec<Backing>,
    links: HashSet<String>,
    language: Language,
    sentences: Sentences,
    grounded: Grounded,
}

/// A composed text after checking.
#[derive(Debug, Default, PartialEq)]
pub struct Grounded {
    /// Without citation marks, and without what the passages do not back.
    pub text: String,
    /// The same with what they do not back, for people who judge it themselves.
    pub whole: String,
    /// Numbers of the cited passages, counted from 0, in order of first citation.
    pub cited: Vec<usize>,
    pub unbacked: Vec<Unbacked>,
}

/// A sentence that the passages do not back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unbacked {
    pub sentence: String,
    pub why: Support,
}

impl Grounding {
    /// `shown` as the model has seen them; `language` is the answer's.
    pub fn new(shown: &[Candidate], language: Language) -> Self {
        Self {
            backing: shown.iter().map(Backing::of).collect(),
            links: shown
                .iter()
                .flat_map(|candidate| marks::addresses(&candidate.text))
                .collect(),
            language,
            sentences: Sentences::default(),
            grounded: Grounded::default(),
        }
    }

    /// What may be read now that the model has written this too.
    pub fn push(&mut self, piece: &str) -> String {
        self.sentences.push(piece);
        let mut shown = String::new();
        while let Some(sentence) = self.sentences.whole() {
            shown.push_str(&self.check(&sentence));
        }
        shown
    }

    /// The finished text.
    pub fn finish(mut self) -> Grounded {
        while let Some(sentence) = self.sentences.rest() {
            self.check(&sentence);
        }
        let mut grounded = self.grounded;
        grounded.whole.truncate(grounded.whole.trim_end().len());
        if !grounded.unbacked.is_empty() {
            remove_empty_lead(&mut grounded.text);
        }
        grounded.text.truncate(grounded.text.trim_end().len());
        grounded
    }

    /// The sentence as it may be read, or nothing.
    fn check(&mut self, sentence: &str) -> String {
        let mut cited = Vec::new();
        // first of all: what is hidden may hold apart what must not come together
        let plain = marks::strip_citations(&marks::visible(sentence), self.backing.len(), &mut cited);
        let plain = self.without_tags_and_links(plain);
        let plain = if self.grounded.whole.is_empty() {
            plain.trim_start()
        } else {
            &plain
        };
        self.grounded.whole.push_str(plain);
        let support = self.support(plain, &cited);
        if !support.may_be_shown() {
            self.grounded.unbacked.push(Unbacked {
                sentence: plain.trim().to_owned(),
                why: support,
            });
            return self.keep_break(sentence);
        }
        cited.retain(|number| !self.grounded.cited.contains(number));
        self.grounded.cited.append(&mut cited);
        self.grounded.text.push_str(plain);
        plain.to_owned()
    }

    /// Until nothing is left that taking away has brought together.
    fn without_tags_and_links(&self, mut text: String) -> String {
        loop {
            let cleaned = marks::keep_known_links(&marks::without_tags(&text), &self.links);
            if cleaned.len() == text.len() {
                return cleaned;
            }
            text = cleaned;
        }
    }

    /// What comes behind a sentence that is left out still begins a line, or a paragraph, of its own.
    fn keep_break(&mut self, left_out: &str) -> String {
        let breaks = |text: &str| {
            text.get(text.trim_end().len()..)
                .unwrap_or_default()
                .matches('\n')
                .count()
        };
        let text = &mut self.grounded.text;
        let missing = match text.is_empty() {
            true => 0,
            false => breaks(left_out).saturating_sub(breaks(text)),
        };
        let missing = "\n".repeat(missing);
        text.push_str(&missing);
        missing
    }

    /// By the cited passages together; where none is cited, by one that was shown.
    fn support(&self, sentence: &str, cited: &[usize]) -> Support {
        let look = |by: &[&Backing]| support::look_at(sentence, self.language, by);
        if !cited.is_empty() {
            let by: Vec<&Backing> = cited
                .iter()
                .filter_map(|number| self.backing.get(*number))
                .collect();
            return look(&by);
        }
        let mut each = self.backing.iter().map(|one| look(&[one]));
        let first = each.next().unwrap_or_else(|| look(&[]));
        if first.may_be_shown() {
            return first;
        }
        each.find(|support| support.may_be_shown()).unwrap_or(first)
    }
}

/// "We have the following:" has lost what followed.
fn remove_empty_lead(text: &mut String) {
    let end = text.trim_end().len();
    let kept = text.get(..end).unwrap_or_default();
    if kept.trim_end_matches(['*', '_']).ends_with(':') {
        let lead = kept.rfind('\n').map_or(0, |at| at + 1);
        text.truncate(lead);
    }
}

/// A text that says so many characters of the instructions in a row repeats them.
const REPEATED: usize = 80;

/// The instructions that the model got, as they are recognised in what it says.
pub struct Instructions(HashSet<u64>);

impl Instructions {
    pub fn new(text: &str) -> Self {
        Self(pieces(&letters(text)).collect())
    }

    /// Whether the text gives them away, however the model was talked into it.
    pub fn are_repeated_in(&self, text: &str) -> bool {
        pieces(&letters(text)).any(|piece| self.0.contains(&piece))
    }
}

fn letters(text: &str) -> Vec<char> {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn pieces(letters: &[char]) -> impl Iterator<Item = u64> {
    letters.windows(REPEATED).map(|piece| {
        let mut hasher = DefaultHasher::new();
        piece.hash(&mut hasher);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests;
