//! Lists that are sorted by any of their columns, in pages.
//!
//! A list names its columns ([`Column`]); a request names one of them, and from then on its pages follow each other by
//! cursors that hold the last row's value and id. What has no value comes last, whichever way the list is sorted: a page is
//! read along one index in two steps, first those that have a value, then those that have none. Row security lets an index
//! serve only comparisons that leak nothing, hence the keys beside the columns of tables.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::error::{Error, Result, invalid};
use kernel::page::Page;
use kernel::{TenantTx, secrets};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Postgres, QueryBuilder, Row};
use uuid::Uuid;

/// A column that a list can be sorted by.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// In requests.
    pub name: &'static str,
    /// In SQL.
    pub expression: &'static str,
    pub kind: Kind,
    pub is_nullable: bool,
    /// Of another table than the id.
    pub is_joined: bool,
}

impl Column {
    /// One that always has a value: pages follow its index.
    pub const fn filled(name: &'static str, expression: &'static str, kind: Kind) -> Self {
        Self {
            name,
            expression,
            kind,
            is_nullable: false,
            is_joined: false,
        }
    }

    /// One that may be empty.
    pub const fn nullable(name: &'static str, expression: &'static str, kind: Kind) -> Self {
        Self {
            name,
            expression,
            kind,
            is_nullable: true,
            is_joined: false,
        }
    }

    /// One of another table, that may be empty.
    pub const fn joined(name: &'static str, expression: &'static str, kind: Kind) -> Self {
        Self {
            name,
            expression,
            kind,
            is_nullable: true,
            is_joined: true,
        }
    }
}

/// The name of the client `c` that something else is sorted by, as its index has it.
pub const SHOWN_NAME: &str = "(case when c.name_key is null then c.company_key else c.name_key end)";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Time,
    Date,
}

/// Where a page begins, and in which order it is.
#[derive(Debug, Clone)]
pub struct Listing {
    column: Column,
    is_descending: bool,
    after: Option<Place>,
    limit: i64,
}

/// The last row that was seen.
#[derive(Debug, Clone)]
struct Place {
    value: Option<Value>,
    id: Uuid,
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Number(i64),
    Time(DateTime<Utc>),
    Date(NaiveDate),
}

/// What a cursor holds.
#[derive(Serialize, Deserialize)]
struct Cursor {
    sort: String,
    value: Option<String>,
    id: Uuid,
}

/// A row with what its cursor needs.
struct Listed<T> {
    row: T,
    id: Uuid,
    value: Option<String>,
}

impl<'r, T: FromRow<'r, PgRow>> FromRow<'r, PgRow> for Listed<T> {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            row: T::from_row(row)?,
            id: row.try_get("id")?,
            value: row.try_get("sort_value")?,
        })
    }
}

impl Listing {
    /// `usual` is the order unless the request or its cursor names another: a column, with `-` before it for the other
    /// way round.
    ///
    /// # Errors
    /// 422 for a column that is none, or a cursor that this list has not given in this order.
    pub fn new(
        columns: &[Column],
        usual: &str,
        sort: Option<&str>,
        cursor: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Self> {
        let cursor = cursor.map(Cursor::decode).transpose()?;
        let known = cursor.as_ref().map(|cursor| cursor.sort.as_str());
        let sort = sort.filter(|sort| !sort.is_empty());
        if let (Some(known), Some(sort)) = (known, sort)
            && known != sort
        {
            return Err(bad_cursor());
        }
        let sort = sort.or(known).unwrap_or(usual);
        let (name, is_descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let found = columns.iter().find(|column| column.name == name);
        let column = *found.ok_or_else(|| bad_sort(columns))?;
        let after = cursor.map(|cursor| cursor.place(column.kind)).transpose()?;
        Ok(Self {
            column,
            is_descending,
            after,
            limit: limit.unwrap_or(50).clamp(1, 200),
        })
    }

    /// All rows at once, at most so many, in the order of `column`.
    pub fn all(column: Column, limit: i64) -> Self {
        Self {
            column,
            is_descending: true,
            after: None,
            limit,
        }
    }

    /// The column of a `select` from which cursors are made.
    pub fn push_value(&self, query: &mut QueryBuilder<Postgres>) {
        let expression = self.column.expression;
        query.push(format!(", to_jsonb({expression}) #>> '{{}}' as sort_value "));
    }

    /// A page of what `select` selects up to its conditions. `id` is the id's column.
    pub async fn fetch<T>(
        &self,
        tx: &mut TenantTx,
        id: &str,
        select: impl Fn() -> QueryBuilder<Postgres>,
    ) -> Result<Page<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        // one more than the page holds says whether there is another
        let wanted = self.limit + 1;
        let is_past_values = self.after.as_ref().is_some_and(|place| place.value.is_none());
        let mut rows: Vec<Listed<T>> = Vec::new();
        if !is_past_values {
            let mut query = select();
            self.push_values(&mut query, id, wanted);
            rows = query.build_query_as().fetch_all(&mut **tx).await?;
        }
        let left = wanted - i64::try_from(rows.len()).unwrap_or(wanted);
        if left > 0 && self.column.is_nullable {
            let mut query = select();
            self.push_nothings(&mut query, id, left);
            rows.extend(query.build_query_as().fetch_all(&mut **tx).await?);
        }
        Ok(self.page(rows))
    }

    fn way(&self) -> (&'static str, &'static str) {
        if self.is_descending {
            ("<", "desc")
        } else {
            (">", "asc")
        }
    }

    /// ` and …` for the rows with a value after the cursor, in their order.
    fn push_values(&self, query: &mut QueryBuilder<Postgres>, id: &str, limit: i64) {
        let expression = self.column.expression;
        let (compare, way) = self.way();
        if self.column.is_nullable {
            query.push(format!(" and {expression} is not null"));
        }
        if let Some(Place {
            value: Some(value),
            id: last,
        }) = &self.after
        {
            if self.column.is_joined {
                query.push(format!(" and {expression} {compare}= "));
                value.push(query);
            }
            query.push(format!(" and ({expression}, {id}) {compare} ("));
            value.push(query);
            query.push(", ").push_bind(*last).push(")");
        }
        query.push(format!(" order by {expression} {way}, {id} {way} limit "));
        query.push_bind(limit);
    }

    /// ` and …` for the rows without a value after the cursor, in their order.
    fn push_nothings(&self, query: &mut QueryBuilder<Postgres>, id: &str, limit: i64) {
        let (compare, way) = self.way();
        query.push(format!(" and {} is null", self.column.expression));
        if let Some(Place {
            value: None,
            id: last,
        }) = &self.after
        {
            query.push(format!(" and {id} {compare} ")).push_bind(*last);
        }
        query
            .push(format!(" order by {id} {way} limit "))
            .push_bind(limit);
    }

    /// Cuts what was fetched to a page.
    fn page<T>(&self, mut rows: Vec<Listed<T>>) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| has_more).map(|last| {
            let way = if self.is_descending { "-" } else { "" };
            let cursor = Cursor {
                sort: format!("{way}{}", self.column.name),
                value: last.value.clone(),
                id: last.id,
            };
            secrets::encode(&serde_json::to_vec(&cursor).unwrap_or_default())
        });
        Page {
            items: rows.into_iter().map(|listed| listed.row).collect(),
            next_cursor,
        }
    }
}

impl Value {
    fn read(text: String, kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Text => Self::Text(text),
            Kind::Number => Self::Number(text.parse().ok()?),
            Kind::Time => Self::Time(text.parse().ok()?),
            Kind::Date => Self::Date(text.parse().ok()?),
        })
    }

    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Text(text) => query.push_bind(text.clone()),
            Self::Number(number) => query.push_bind(*number),
            Self::Time(time) => query.push_bind(*time),
            Self::Date(date) => query.push_bind(*date),
        };
    }
}

impl Cursor {
    fn decode(text: &str) -> Result<Self> {
        let bytes = secrets::decode(text).ok_or_else(bad_cursor)?;
        serde_json::from_slice(&bytes).map_err(|_| bad_cursor())
    }

    fn place(self, kind: Kind) -> Result<Place> {
        let read = |text| Value::read(text, kind).ok_or_else(bad_cursor);
        Ok(Place {
            value: self.value.map(read).transpose()?,
            id: self.id,
        })
    }
}

/// ` and …` for one of these values. Where it is one only, an index gives the rest of its order.
pub fn push_among(query: &mut QueryBuilder<Postgres>, column: &str, values: &[String]) {
    match values {
        [] => query,
        [value] => query.push(format!(" and {column} = ")).push_bind(value.clone()),
        several => query
            .push(format!(" and {column} = any("))
            .push_bind(several.to_vec())
            .push(")"),
    };
}

/// What a parameter holds that lists several: `a,b`.
pub fn parts(list: Option<&str>) -> Vec<String> {
    let parts = list.unwrap_or_default().split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A filter by colleague: `me`, `none`, or an id.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    Nobodys,
    Of(Uuid),
}

impl Whose {
    /// # Errors
    /// 422 for anything else; `me` is nobody for a key.
    pub fn read(text: Option<&str>, me: Option<Uuid>) -> Result<Option<Self>> {
        Ok(match text.filter(|text| !text.is_empty()) {
            None => None,
            Some("none") => Some(Self::Nobodys),
            Some("me") => Some(Self::Of(me.unwrap_or_default())),
            Some(id) => Some(Self::Of(id.parse().map_err(|_| {
                invalid("bad_owner", "Whose it is: `me`, `none`, or a member's id.")
            })?)),
        })
    }
}

fn bad_sort(columns: &[Column]) -> Error {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    invalid(
        "bad_sort",
        format!(
            "This list is sorted by one of {}, with - before it the other way round.",
            names.join(", ")
        ),
    )
}

fn bad_cursor() -> Error {
    invalid(
        "bad_cursor",
        "The cursor is not one that this list gave in this order. Start again without it.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 2] = [
        Column::nullable("total", "o.total", Kind::Number),
        Column::filled("made", "o.made", Kind::Time),
    ];

    fn listing(sort: Option<&str>, cursor: Option<&str>) -> Result<Listing> {
        Listing::new(&COLUMNS, "-made", sort, cursor, Some(1))
    }

    #[test]
    fn a_cursor_belongs_to_its_order() {
        let rows = || {
            vec![
                Listed {
                    row: (),
                    id: Uuid::now_v7(),
                    value: Some("1250".into()),
                },
                Listed {
                    row: (),
                    id: Uuid::now_v7(),
                    value: None,
                },
            ]
        };
        let cursor = listing(Some("-total"), None).unwrap().page(rows()).next_cursor;
        let cursor = cursor.as_deref();
        assert!(listing(Some("-total"), cursor).is_ok());
        let unsaid = listing(None, cursor).unwrap();
        assert_eq!((unsaid.column.name, unsaid.is_descending), ("total", true));
        for other in ["total", "made", "-made"] {
            assert_eq!(listing(Some(other), cursor).unwrap_err().code, "bad_cursor");
        }
    }

    #[test]
    fn what_is_no_cursor_or_column_is_refused_politely() {
        for text in ["", "x", "AAAA", &secrets::encode(b"{}")] {
            assert_eq!(listing(None, Some(text)).unwrap_err().code, "bad_cursor");
        }
        let forged = r#"{"sort": "total", "value": "much", "id": "0198c0de-0000-7000-8000-000000000000"}"#;
        let forged = secrets::encode(forged.as_bytes());
        assert_eq!(listing(None, Some(&forged)).unwrap_err().code, "bad_cursor");
        assert_eq!(listing(Some("tenant_id"), None).unwrap_err().code, "bad_sort");
    }
}
