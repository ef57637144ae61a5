//! Questions that lean on the one before: "And to France?", "How long does it take?".
//!
//! No model is needed: the question is also asked in wordings that carry over what it leans on, and the search
//! decides which is understood best. A wording never helps with words that the knowledge does not have: "and to
//! Mars?" stays unknown.

use knowledge::retrieval::text::fold;

use crate::intent::plain;

/// A way to read the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub text: String,
    /// False: the question as it was asked.
    pub is_contextual: bool,
}

/// The readings of a question, the question itself first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    pub all: Vec<Reading>,
    /// The question points at something said before ("it", "there") or goes on from it ("And …"): read alone it
    /// means little, however well it matches.
    pub is_dependent: bool,
}

const OPENERS: &[&str] = &[
    "and what about",
    "and how about",
    "and for",
    "and if",
    "and",
    "what about",
    "how about",
    "what if",
    "also",
    "same for",
    "or",
    "et qu en est il",
    "et pour",
    "et si",
    "et",
    "qu en est il de",
    "qu en est il",
    "c est pareil pour",
    "pareil pour",
    "ou",
];
const POINTERS: &[&str] = &[
    "it", "its", "that", "this", "they", "them", "those", "these", "there", "one", "ones", "so", "then",
    "cela", "ca", "celui", "celle", "ceux", "celles", "ils", "elles", "la bas", "lui",
];
const PREPOSITIONS: &[&str] = &[
    "to", "for", "in", "on", "with", "without", "from", "by", "at", "en", "a", "au", "aux", "pour", "avec",
    "sans", "dans", "de", "par", "vers", "chez",
];

/// The readings to try. `earlier` is what the visitor asked before, oldest first; each is itself read in the light
/// of the one before it.
pub fn readings(question: &str, earlier: &[&str]) -> Readings {
    let mut all = vec![Reading {
        text: question.to_owned(),
        is_contextual: false,
    }];
    let lean = lean(question);
    let previous =
        earlier
            .iter()
            .filter(|text| !text.trim().is_empty())
            .fold(None, |before: Option<String>, text| {
                let resolved = before
                    .as_deref()
                    .filter(|_| lean_on(text))
                    .and_then(|before| substitute(text, before));
                Some(resolved.unwrap_or_else(|| (*text).to_owned()))
            });
    let Some(previous) = previous.filter(|_| lean != Lean::None) else {
        return Readings {
            all,
            is_dependent: false,
        };
    };
    if let Some(text) = substitute(question, &previous) {
        all.push(Reading {
            text,
            is_contextual: true,
        });
    }
    all.push(Reading {
        text: format!("{} {}", previous.trim(), question.trim()),
        is_contextual: true,
    });
    Readings {
        all,
        is_dependent: lean == Lean::Heavy,
    }
}

/// Whether a question means something without the one before: not "And to France?", but "And do you sell drums?".
pub fn stands_alone(question: &str) -> bool {
    let rest = without_opener(question);
    let goes_on = rest.len() < question.trim().len();
    lean(rest) != Lean::Heavy && !(goes_on && lean(rest) == Lean::Light)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lean {
    None,
    /// Short: it may lean.
    Light,
    Heavy,
}

fn lean_on(question: &str) -> bool {
    lean(question) != Lean::None
}

/// Whether a question may not stand alone.
fn lean(question: &str) -> Lean {
    let plain = plain(question);
    let padded = format!(" {plain} ");
    let words = plain.split(' ').count();
    let opens = OPENERS
        .iter()
        .any(|opener| padded.starts_with(&format!(" {opener} ")));
    let points = words <= 10
        && POINTERS
            .iter()
            .any(|pointer| padded.contains(&format!(" {pointer} ")));
    match (opens || points, words <= 3) {
        (true, _) => Lean::Heavy,
        (false, true) => Lean::Light,
        (false, false) => Lean::None,
    }
}

/// "Do you ship to Belgium?" + "And to France?" → "Do you ship to France?": the part from the shared preposition
/// on is replaced.
fn substitute(question: &str, previous: &str) -> Option<String> {
    let rest = without_opener(question);
    let first = fold(rest.split_whitespace().next()?);
    if !PREPOSITIONS.contains(&first.as_str()) {
        return None;
    }
    let words: Vec<&str> = previous.split_whitespace().collect();
    let position = words.iter().rposition(|word| fold(word) == first)?;
    (position > 0).then(|| format!("{} {}", words.get(..position).unwrap_or_default().join(" "), rest))
}

fn without_opener(question: &str) -> &str {
    let words: Vec<&str> = question.split_whitespace().collect();
    for length in (1..=4.min(words.len())).rev() {
        let head = plain(&words.get(..length).unwrap_or_default().join(" "));
        if OPENERS.contains(&head.as_str()) {
            let skipped: usize = words
                .get(..length)
                .unwrap_or_default()
                .iter()
                .map(|word| word.len())
                .sum();
            let mut seen = 0;
            for (index, c) in question.char_indices() {
                if seen >= skipped && !c.is_whitespace() {
                    return question.get(index..).unwrap_or(question);
                }
                if !c.is_whitespace() {
                    seen += c.len_utf8();
                }
            }
        }
    }
    question.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(question: &str, earlier: &[&str]) -> Vec<String> {
        readings(question, earlier)
            .all
            .into_iter()
            .map(|reading| reading.text)
            .collect()
    }

    #[test]
    fn a_new_place_takes_the_old_ones_place() {
        assert_eq!(
            texts("And to France?", &["Do you ship to Belgium?"])[1],
            "Do you ship to France?"
        );
        assert_eq!(
            texts("Et en Suisse ?", &["Livrez-vous en Belgique ?"])[1],
            "Livrez-vous en Suisse ?"
        );
    }

    #[test]
    fn a_chain_of_follow_ups_is_read_from_its_beginning() {
        let all = texts(
            "How long does it take?",
            &["Do you ship to Belgium?", "And to France?"],
        );
        assert_eq!(
            all,
            [
                "How long does it take?",
                "Do you ship to France? How long does it take?"
            ]
        );
        assert!(readings("How long does it take?", &["Do you ship to Belgium?"]).is_dependent);
    }

    #[test]
    fn a_question_that_stands_alone_is_left_alone() {
        assert_eq!(
            texts(
                "Which payment methods do you accept online?",
                &["Do you ship to Belgium?"]
            )
            .len(),
            1
        );
        assert_eq!(texts("And to France?", &[]).len(), 1);
    }
}
