//! Why something is as it is, for people: a stable code and what fills its sentence, which the dashboard says in its
//! reader's language. What somebody else said stays as they said it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The code of what is nothing but somebody else's words.
const SAID: &str = "said";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(from = "Stored")]
pub struct Reason {
    /// Stable, such as `token_expired`.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    /// What fills the sentence, by name.
    pub params: BTreeMap<String, String>,
    /// What a vendor or a workflow said, word for word.
    pub said: Option<String>,
    /// The sentence in English.
    pub text: String,
}

/// Before there were codes a sentence was all that was kept.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Whole {
        code: Cow<'static, str>,
        #[serde(default)]
        params: BTreeMap<String, String>,
        said: Option<String>,
        text: String,
    },
    Sentence(String),
}

impl From<Stored> for Reason {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Whole {
                code,
                params,
                said,
                text,
            } => Self {
                code,
                params,
                said,
                text,
            },
            Stored::Sentence(text) => Self::said(text),
        }
    }
}

impl Reason {
    /// `{name}` in the English sentence is filled by [`Self::with`].
    pub fn new(code: &'static str, english: &str) -> Self {
        Self {
            code: code.into(),
            params: BTreeMap::new(),
            said: None,
            text: english.to_owned(),
        }
    }

    /// Somebody else's words and nothing more.
    pub fn said(words: impl Into<String>) -> Self {
        let words = words.into();
        Self::new(SAID, &words).quoting(words)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        let value = value.to_string();
        self.text = self.text.replace(&format!("{{{name}}}"), &value);
        self.params.insert(name.to_owned(), value);
        self
    }

    #[must_use]
    pub fn quoting(mut self, words: impl Into<String>) -> Self {
        let words = words.into();
        if self.code != SAID {
            self.text = format!("{} “{words}”", self.text);
        }
        self.said = Some(words);
        self
    }
}

/// Words that come from elsewhere, or that nobody has given a code yet.
impl From<String> for Reason {
    fn from(words: String) -> Self {
        Self::said(words)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_kept_with_what_fills_it_and_an_old_sentence_is_read() {
        let reason = Reason::new("status", "The workflow answered with the status {status}.")
            .with("status", 500)
            .quoting("out of memory");
        assert_eq!(
            reason.to_string(),
            "The workflow answered with the status 500. “out of memory”"
        );
        let stored = serde_json::to_value(&reason).unwrap();
        assert_eq!(serde_json::from_value::<Reason>(stored).unwrap(), reason);
        let old: Reason = serde_json::from_str(r#""The token ran out.""#).unwrap();
        assert_eq!(old, Reason::said("The token ran out."));
    }
}
