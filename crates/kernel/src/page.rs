//! Lists come in pages. A cursor names the last row that was seen, so that rows inserted meanwhile neither
//! repeat nor hide others.

use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result, invalid};
use crate::secrets;

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a list that was fetched with `limit + 1` rows.
    pub fn cut(mut items: Vec<T>, limit: i64, position: impl Fn(&T) -> Position) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let next_cursor = (items.len() > limit).then(|| {
            items.truncate(limit);
            items.last().map(|last| position(last).encode())
        });
        Self {
            items,
            next_cursor: next_cursor.flatten(),
        }
    }
}

/// Query parameters that every list takes.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// From the previous page's `next_cursor`.
    pub cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    pub limit: Option<i64>,
}

impl PageQuery {
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(50).clamp(1, 200)
    }

    /// Where the page starts: after this position, or at the top.
    pub fn after(&self) -> Result<Option<Position>> {
        self.cursor.as_deref().map(Position::decode).transpose()
    }
}

/// A place in a list ordered by time, newest first, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub at: DateTime<Utc>,
    pub id: Uuid,
}

impl Position {
    fn encode(self) -> String {
        let mut bytes = self.at.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        secrets::encode(&bytes)
    }

    fn decode(text: &str) -> Result<Self> {
        Self::parse(text).ok_or_else(bad_cursor)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = secrets::decode(text)?;
        let (at, id) = bytes.split_at_checked(8)?;
        let micros = i64::from_be_bytes(at.try_into().ok()?);
        Some(Self {
            at: Utc.timestamp_micros(micros).single()?,
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

fn bad_cursor() -> Error {
    invalid(
        "bad_cursor",
        "The cursor is not one that this list gave. Start again without it.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_finds_its_place_again() {
        let position = Position {
            at: Utc.timestamp_micros(1_790_000_000_123_456).unwrap(),
            id: Uuid::now_v7(),
        };
        assert_eq!(Position::decode(&position.encode()).unwrap(), position);
    }

    #[test]
    fn a_forged_cursor_is_refused_politely() {
        for text in ["", "x", "!!!", "AAAA", &"A".repeat(500)] {
            assert_eq!(Position::decode(text).unwrap_err().code, "bad_cursor");
        }
    }
}
