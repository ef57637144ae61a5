//! Training sets: questions with the answers that they should get, put together from what the team has approved, with
//! personal data taken out, for a model to be trained on.
//!
//! [`gather`] finds and cleans the examples, [`export`] writes them as the providers read them. A set is a draft until it
//! is frozen: from then on its digest names the data. A visitor who is erased takes their examples along, from frozen
//! sets too. What is trained on a set is in [`crate::model_versions`].

pub mod api;
pub mod export;
pub mod gather;
pub mod store;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::Result;
use kernel::error::invalid;
use kernel::ids::{TrainingExampleId, TrainingSetId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// So many examples a set has at most; the newest.
pub const MOST_EXAMPLES: usize = 20_000;

/// Where an example comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = TrainingOrigin)]
pub enum Origin {
    /// A question that was asked in vain, with the pair that answers it now.
    Gap,
    /// A Q&A pair, or another phrasing of its question.
    Approved,
    /// An answer of the bot that a visitor liked.
    Feedback,
}

impl Origin {
    pub const ALL: [Self; 3] = [Self::Gap, Self::Approved, Self::Feedback];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Approved => "approved",
            Self::Feedback => "feedback",
        }
    }
}

/// What goes into a set. What is left out does not matter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = TrainingFilter)]
pub struct Filter {
    pub origins: Vec<Origin>,
    /// ISO 639-1. Texts whose language is not known come with none of them.
    pub languages: Vec<String>,
    /// Written, answered or liked on this day or later, in UTC.
    pub from: Option<NaiveDate>,
    /// On this day or earlier.
    pub to: Option<NaiveDate>,
}

impl Filter {
    /// # Errors
    /// When no example can be meant.
    pub fn check(&self) -> Result<()> {
        if self.from.zip(self.to).is_some_and(|(from, to)| from > to) {
            return Err(invalid("bad_dates", "`from` comes after `to`. Swap them."));
        }
        let is_code =
            |code: &String| (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
        if !self.languages.iter().all(is_code) {
            return Err(invalid(
                "bad_language",
                "`languages` holds codes of two or three letters, such as `en`.",
            ));
        }
        Ok(())
    }

    /// All origins, unless some are named.
    pub fn wants(&self, origin: Origin) -> bool {
        self.origins.is_empty() || self.origins.contains(&origin)
    }

    /// The same, as a query takes it.
    pub fn languages(&self) -> Option<&[String]> {
        Some(self.languages.as_slice()).filter(|codes| !codes.is_empty())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = TrainingSetStatus)]
pub enum Status {
    Draft,
    Frozen,
}

/// A set as the API shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TrainingSet {
    pub id: TrainingSetId,
    pub name: String,
    pub filter: Filter,
    /// Stands before each example.
    pub system_prompt: String,
    pub status: Status,
    /// SHA-256 of what is exported in OpenAI's format, when it was frozen; null: a draft.
    pub digest: Option<String>,
    /// Those that are not left out.
    pub examples: i64,
    pub left_out: i64,
    /// Examples that went with erased visitors after it was frozen.
    pub erased: i64,
    /// Places where personal data was taken out.
    pub redactions: i64,
    /// A version was trained on it: it cannot be deleted.
    pub is_used: bool,
    pub frozen_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A question with its answer, without personal data. What was taken out stands there as `[e-mail]`, `[phone]`,
/// `[number]` or `[name]`.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TrainingExample {
    pub id: TrainingExampleId,
    pub origin: Origin,
    pub question: String,
    pub answer: String,
    pub language: Option<String>,
    pub redactions: i32,
    pub is_left_out: bool,
    pub conversation_id: Option<Uuid>,
}
