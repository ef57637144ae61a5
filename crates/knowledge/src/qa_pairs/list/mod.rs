//! Q&A pairs as a table: narrowed, sorted, a page at a time, with how often each is used.

pub mod api;
pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::invalid;
use kernel::{Result, secrets};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{QaPair, Source};

/// Uses older than this no longer count.
pub const USED_WITHIN: TimeDelta = TimeDelta::days(30);

/// What the list, or a change of many, can be narrowed to.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[schema(as = QaPairFilter)]
pub struct Filter {
    pub category: Option<String>,
    /// ISO 639-1, or `none` for pairs whose language is not known.
    pub language: Option<String>,
    pub is_active: Option<bool>,
    pub source: Option<Source>,
    /// Part of question, answer or another phrasing.
    pub q: Option<String>,
}

impl Filter {
    /// What to search for, if anything.
    pub fn text(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

/// The order of the list. Times and counts come greatest first, questions from A to Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QaPairSort)]
pub enum Sort {
    #[default]
    Created,
    Updated,
    Question,
    Used,
}

/// The last row that was seen, in the order of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    sort: Sort,
    pub key: Key,
    pub id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Key {
    At(DateTime<Utc>),
    Text(String),
    Count(i64),
}

impl Place {
    pub fn of(pair: &QaPair, sort: Sort) -> Self {
        let key = match sort {
            Sort::Created => Key::At(pair.created_at),
            Sort::Updated => Key::At(pair.updated_at),
            Sort::Question => Key::Text(pair.question.clone()),
            Sort::Used => Key::Count(pair.used_in_answers),
        };
        let id = pair.id.0;
        Self { sort, key, id }
    }

    pub fn encode(&self) -> Result<String> {
        Ok(secrets::encode(&serde_json::to_vec(self)?))
    }

    /// # Errors
    /// A cursor of another list or another order.
    pub fn decode(text: &str, sort: Sort) -> Result<Self> {
        let place: Option<Self> = secrets::decode(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let fits = |place: &Self| {
            let has_key = match sort {
                Sort::Created | Sort::Updated => matches!(place.key, Key::At(_)),
                Sort::Question => matches!(place.key, Key::Text(_)),
                Sort::Used => matches!(place.key, Key::Count(_)),
            };
            place.sort == sort && has_key
        };
        place.filter(fits).ok_or_else(|| {
            invalid(
                "bad_cursor",
                "The cursor is not one that this list gave in this order. Start again without it.",
            )
        })
    }
}

/// A value with how many pairs have it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Facet {
    /// Null: the language is not known.
    pub name: Option<String>,
    pub count: i64,
}

/// What the table can be narrowed to, each with its count over all pairs.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Facets {
    pub categories: Vec<Facet>,
    pub languages: Vec<Facet>,
    pub sources: Vec<Facet>,
    pub active: i64,
    pub inactive: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_one_order() {
        let place = Place {
            sort: Sort::Question,
            key: Key::Text("Où êtes-vous ?".into()),
            id: Uuid::now_v7(),
        };
        let text = place.encode().unwrap();
        assert_eq!(Place::decode(&text, Sort::Question).unwrap(), place);
        for (text, sort) in [
            (text.as_str(), Sort::Used),
            ("", Sort::Created),
            ("AAAA", Sort::Updated),
        ] {
            assert_eq!(Place::decode(text, sort).unwrap_err().code, "bad_cursor");
        }
    }
}
