//! Finds examples and takes personal data out of them: addresses, telephone and order numbers, and the visitor's name.
//! What approved answers say, such as the shop's own telephone number, is for everybody and stays.

use std::collections::{BTreeMap, HashSet};

use kernel::ids::TrainingExampleId;
use kernel::{Result, TenantTx};
use knowledge::retrieval::text::fold;
use knowledge::transcripts::mining::masking::{Own, mask};
use serde::Serialize;

use super::store::{self, Found};
use super::{Filter, MOST_EXAMPLES, Origin, TrainingExample};

/// What a filter finds.
pub struct Gathered {
    pub examples: Vec<Clean>,
    /// The same question once more; the first one counts: of a gap, approved, liked.
    pub duplicates: usize,
}

/// An example that may be stored.
pub struct Clean {
    pub found: Found,
    pub redactions: i32,
}

/// How many there are of what.
#[derive(Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TrainingCounts {
    pub examples: usize,
    pub by_origin: BTreeMap<String, usize>,
    /// `unknown` where the language was not recognised.
    pub by_language: BTreeMap<String, usize>,
    /// Examples in which something was taken out.
    pub redacted: usize,
    pub duplicates: usize,
}

/// All that the filter finds, cleaned, each question once.
pub async fn gather(tx: &mut TenantTx, filter: &Filter) -> Result<Gathered> {
    filter.check()?;
    let public = store::list_public_answers(tx).await?;
    // what is said twice is the business's own
    let said = public.iter().enumerate();
    let own = Own::learn(
        said.flat_map(|(place, text)| [(2 * place, text.as_str()), (2 * place + 1, text.as_str())]),
    );
    let mut seen = HashSet::new();
    let mut gathered = Gathered {
        examples: Vec::new(),
        duplicates: 0,
    };
    for origin in Origin::ALL.into_iter().filter(|origin| filter.wants(*origin)) {
        for found in store::find(tx, origin, filter).await? {
            let clean = clean(found, &own);
            if !seen.insert(fold(&clean.found.question).trim().to_owned()) {
                gathered.duplicates += 1;
            } else if gathered.examples.len() < MOST_EXAMPLES {
                gathered.examples.push(clean);
            }
        }
    }
    Ok(gathered)
}

fn clean(mut found: Found, own: &Own) -> Clean {
    let names = names(found.contact_name.as_deref().unwrap_or_default());
    let mut redactions = 0;
    for text in [&mut found.question, &mut found.answer] {
        let (masked, _) = mask(text, own);
        let masked = without_names(&masked, &names);
        redactions += count_marks(&masked) - count_marks(text).min(count_marks(&masked));
        *text = masked;
    }
    Clean {
        found,
        redactions: i32::try_from(redactions).unwrap_or(i32::MAX),
    }
}

const MARKS: [&str; 4] = ["[e-mail]", "[phone]", "[number]", "[name]"];

fn count_marks(text: &str) -> usize {
    MARKS.iter().map(|mark| text.matches(mark).count()).sum()
}

/// The parts of a name by which somebody may be meant: those of three letters or more.
fn names(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '-');
    parts
        .filter(|part| part.chars().count() >= 3 && part.starts_with(char::is_alphabetic))
        .map(fold)
        .collect()
}

/// Whole words that are parts of the name, however they are written: `Ana`, `ANA`, `ana`.
fn without_names(text: &str, names: &[String]) -> String {
    if names.is_empty() {
        return text.to_owned();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '\'' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(word);
        // `Ana's` is Ana's, `l'Ana` is Ana too
        let plain = fold(head);
        let bare = plain.strip_suffix("'s").unwrap_or(&plain);
        let is_name = |name: &String| bare == name || bare.rsplit('\'').next() == Some(name.as_str());
        if !head.is_empty() && names.iter().any(is_name) {
            out.push_str("[name]");
        } else {
            out.push_str(head);
        }
        let between = tail.find(is_part).unwrap_or(tail.len());
        let (marks, next) = tail.split_at(between);
        out.push_str(marks);
        rest = next;
    }
    out
}

impl Gathered {
    pub fn counts(&self) -> TrainingCounts {
        let mut counts = TrainingCounts {
            examples: self.examples.len(),
            duplicates: self.duplicates,
            ..TrainingCounts::default()
        };
        for Clean { found, redactions } in &self.examples {
            *counts
                .by_origin
                .entry(found.origin.as_str().to_owned())
                .or_default() += 1;
            let language = found.language.as_deref().unwrap_or("unknown");
            *counts.by_language.entry(language.to_owned()).or_default() += 1;
            counts.redacted += usize::from(*redactions > 0);
        }
        counts
    }
}

impl Clean {
    /// As it would be stored.
    pub fn preview(&self) -> TrainingExample {
        TrainingExample {
            id: TrainingExampleId::new(),
            origin: self.found.origin,
            question: self.found.question.clone(),
            answer: self.found.answer.clone(),
            language: self.found.language.clone(),
            redactions: self.redactions,
            is_left_out: false,
            conversation_id: self.found.conversation_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(name: &str, question: &str, public: &[&str]) -> (String, i32) {
        let said = public.iter().enumerate();
        let own = Own::learn(said.flat_map(|(place, text)| [(2 * place, *text), (2 * place + 1, *text)]));
        let found = Found {
            origin: Origin::Feedback,
            subject_id: uuid::Uuid::nil(),
            question: question.to_owned(),
            answer: "Yes.".to_owned(),
            language: None,
            conversation_id: None,
            contact_name: Some(name.to_owned()),
        };
        let clean = clean(found, &own);
        (clean.found.question, clean.redactions)
    }

    #[test]
    fn who_asked_is_taken_out_and_what_everybody_may_know_stays() {
        for (name, question, expected, redactions) in [
            (
                "Ana Müller",
                "I am ana muller, write to ana@x.example",
                "I am [name] [name], write to [e-mail]",
                3,
            ),
            ("Al", "Al is here", "Al is here", 0),
            (
                "Ana",
                "Is that Ana's order 48213? Banana!",
                "Is that [name] order [number]? Banana!",
                2,
            ),
            (
                "",
                "Ring 06 12 34 56 78 or 01 23 45 67 89",
                "Ring [phone] or 01 23 45 67 89",
                1,
            ),
            ("Bo", "It said [phone] there", "It said [phone] there", 0),
        ] {
            let public = ["We answer on 01 23 45 67 89."];
            assert_eq!(
                cleaned(name, question, &public),
                (expected.to_owned(), redactions)
            );
        }
    }
}
