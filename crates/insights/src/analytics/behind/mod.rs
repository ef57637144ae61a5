//! What is behind a number: the very things that it counts, page by page.

pub mod api;

use kernel::page::{Page, Position};
use serde::{Deserialize, Serialize};

/// A page of what a number counts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Behind<T> {
    /// The number.
    pub count: i64,
    pub items: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Behind<T> {
    fn cut(count: i64, items: Vec<T>, limit: i64, position: impl Fn(&T) -> Position) -> Self {
        let page = Page::cut(items, limit, position);
        Self {
            count,
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// Which of the two numbers of a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnalyticsPart)]
pub enum Part {
    #[default]
    Part,
    Whole,
}

#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PartQuery {
    /// Of a percentage: `part` unless given.
    #[param(inline)]
    pub part: Option<Part>,
}

impl PartQuery {
    pub fn is_whole(&self) -> bool {
        self.part == Some(Part::Whole)
    }
}
