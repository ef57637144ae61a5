//! The same change to many pairs at once, with what undoes it.

pub mod api;
mod store;

use kernel::Result;
use kernel::error::invalid;
use kernel::ids::QaPairId;
use serde::{Deserialize, Serialize};

use super::list::Filter;

/// Pairs and what is to change about them. Either ids or a filter names them.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[schema(as = QaPairBulkChange)]
pub struct BulkChange {
    /// At most 20,000.
    pub ids: Option<Vec<QaPairId>>,
    /// All pairs that the list shows with this filter.
    #[serde(default)]
    pub filter: Option<Filter>,
    pub change: Change,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = QaPairChange)]
pub struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// An empty text means: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

/// The most pairs of a request, over all its changes: they run under a lock, and `undo` names each pair.
const MOST_PAIRS: usize = 20_000;

impl BulkChange {
    fn check(&self) -> Result<()> {
        let bad = |detail: &str| Err(invalid("bad_change", detail));
        match (&self.ids, &self.filter) {
            (Some(ids), None) if ids.len() <= MOST_PAIRS => {}
            (None, Some(_)) => {}
            (Some(_), None) => return bad("At most 20,000 pairs can be named. Use a filter."),
            _ => return bad("Name the pairs by `ids` or by a `filter`, not by both."),
        }
        if self.change == Change::default() {
            return bad("Say what to change: `category`, `language` or `is_active`.");
        }
        let category = self.change.category.as_deref().map(str::trim);
        if category.is_some_and(|name| name.is_empty() || name.chars().count() > 100) {
            return Err(invalid("bad_category", "A category has 1 to 100 characters."));
        }
        let is_code = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
        let language = self.change.language.as_deref();
        if language.is_some_and(|code| !code.is_empty() && !is_code(code)) {
            return Err(invalid(
                "bad_language",
                "A language is a two-letter code such as `fr`, or empty.",
            ));
        }
        Ok(())
    }
}
