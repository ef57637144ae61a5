//! What a change does to one question: compares two outcomes in the light of what is known about the right one.

use serde::{Deserialize, Serialize};

use super::{Expectation, Outcome};

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not answered, or known to be answered wrongly before; answered, or no longer wrong, now.
    Fixed,
    /// Answered, or known to be answered rightly before; no longer so now.
    Broken,
    /// Answered before and now, but otherwise; nobody has said which is right.
    Changed,
    Unchanged,
}

/// What people have said about the answer to a question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Knowing {
    /// From an evaluation set, or from the gap that was closed for it.
    pub expected: Option<Expectation>,
    /// The answer that a visitor found helpful.
    pub approved: Option<Given>,
    /// The answer that a visitor found unhelpful.
    pub rejected: Option<Given>,
}

/// An answer that was given, by what it rested on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    pub pairs: Vec<kernel::ids::QaPairId>,
    /// Titles of sources, for an answer from passages.
    pub titles: Vec<String>,
}

/// Where the knowledge about a question comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// An evaluation set, or the pair that closed its gap.
    Expectation,
    /// A visitor's thumb.
    Feedback,
}

impl Given {
    fn is_given_by(&self, outcome: &Outcome) -> bool {
        if !self.pairs.is_empty() {
            return self
                .pairs
                .iter()
                .any(|pair| outcome.matched_qa_ids.contains(pair));
        }
        let titles = &self.titles;
        outcome
            .sources
            .iter()
            .any(|source| titles.contains(&source.title))
    }
}

impl Knowing {
    pub fn evidence(&self) -> Option<Evidence> {
        match self {
            Self {
                expected: Some(_), ..
            } => Some(Evidence::Expectation),
            Self {
                approved: None,
                rejected: None,
                ..
            } => None,
            _ => Some(Evidence::Feedback),
        }
    }

    /// Whether the outcome is known to be right or wrong. `reworded`: the words are not those that were judged.
    fn is_right(&self, outcome: &Outcome, reworded: bool) -> Option<bool> {
        if let Some(expected) = &self.expected {
            return Some(expected.is_met(outcome));
        }
        if let Some(approved) = &self.approved {
            let is_same = outcome.is_answered && approved.is_given_by(outcome);
            return match (is_same, reworded) {
                (true, true) => None,
                (is_same, _) => Some(is_same),
            };
        }
        let rejected = self.rejected.as_ref()?;
        let is_same = outcome.is_answered && rejected.is_given_by(outcome) && !reworded;
        is_same.then_some(false)
    }

    /// Whether an answer is known to be right, or wrong, by what was asked for or by a thumb.
    pub fn label(&self, outcome: &Outcome) -> Option<bool> {
        match (&self.expected, &self.approved) {
            (Some(Expectation::NoAnswer), _) => Some(!outcome.is_answered),
            (None, Some(approved)) => approved.is_given_by(outcome).then_some(true),
            _ => self.is_right(outcome, false),
        }
    }

    /// What the change from `before` to `after` does.
    pub fn judge(&self, before: &Outcome, after: &Outcome) -> Verdict {
        if before.says_the_same(after) {
            return Verdict::Unchanged;
        }
        let was_right = self.is_right(before, false);
        let is_reworded = before.matched_qa_ids == after.matched_qa_ids && before.is_answered;
        let is_right = self.is_right(after, is_reworded);
        match (was_right, is_right) {
            (Some(true), Some(false)) => Verdict::Broken,
            (Some(false), Some(true)) => Verdict::Fixed,
            // a wrong answer took the place of "I don't know"
            (_, Some(false)) if after.is_answered && !before.is_answered => Verdict::Broken,
            (Some(false), _) if before.is_answered && !after.is_answered => Verdict::Fixed,
            _ => match (before.is_answered, after.is_answered) {
                (true, false) => Verdict::Broken,
                (false, true) => Verdict::Fixed,
                _ => Verdict::Changed,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use conversations::messages::{Source, SourceKind};
    use kernel::ids::QaPairId;

    use super::*;

    fn said(text: &str, pair: QaPairId) -> Outcome {
        Outcome {
            text: text.into(),
            is_answered: true,
            confidence: 0.9,
            matched_qa_ids: vec![pair],
            sources: vec![Source {
                kind: SourceKind::Qa,
                title: text.into(),
                url: None,
            }],
        }
    }

    fn declined() -> Outcome {
        Outcome {
            text: "I don't know".into(),
            is_answered: false,
            confidence: 0.2,
            matched_qa_ids: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn liked(pair: QaPairId) -> Knowing {
        let given = Given {
            pairs: vec![pair],
            titles: Vec::new(),
        };
        Knowing {
            approved: Some(given),
            ..Knowing::default()
        }
    }

    #[test]
    fn without_a_word_from_people_answered_is_better_than_declined() {
        let (a, b) = (QaPairId::new(), QaPairId::new());
        let nobody = Knowing::default();
        assert_eq!(nobody.judge(&said("a", a), &declined()), Verdict::Broken);
        assert_eq!(nobody.judge(&declined(), &said("a", a)), Verdict::Fixed);
        assert_eq!(nobody.judge(&said("a", a), &said("b", b)), Verdict::Changed);
        assert_eq!(nobody.judge(&said("a", a), &said("a", a)), Verdict::Unchanged);
        assert_eq!(nobody.judge(&declined(), &declined()), Verdict::Unchanged);
    }

    #[test]
    fn what_people_said_decides() {
        let (a, b) = (QaPairId::new(), QaPairId::new());
        assert_eq!(liked(a).judge(&said("a", a), &said("b", b)), Verdict::Broken);
        assert_eq!(liked(a).judge(&said("b", b), &said("a", a)), Verdict::Fixed);
        assert_eq!(
            liked(a).judge(&said("a", a), &said("a, reworded", a)),
            Verdict::Changed
        );
        let disliked = Knowing {
            rejected: liked(a).approved,
            ..Knowing::default()
        };
        assert_eq!(disliked.judge(&said("a", a), &declined()), Verdict::Fixed);
        assert_eq!(disliked.judge(&declined(), &said("a", a)), Verdict::Broken);
        let unanswerable = Knowing {
            expected: Some(Expectation::NoAnswer),
            ..Knowing::default()
        };
        assert_eq!(unanswerable.judge(&declined(), &said("a", a)), Verdict::Broken);
        let words = Knowing {
            expected: Some(Expectation::Text("30 days".into())),
            ..Knowing::default()
        };
        assert_eq!(
            words.judge(&said("Within 30  Days.", a), &said("Never.", a)),
            Verdict::Broken
        );
    }
}
