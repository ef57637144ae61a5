//! All SQL towards the source. Its tables are not ours, so nothing here is checked when it is compiled: names are quoted.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use kernel::error::{Error, Result, invalid};
use serde_json::{Map, Value};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::super::mapping::Table;
use super::{Catalogue, Plan};

/// So many rows are held at a time, and fewer where they are large.
const MOST_ROWS: usize = 500;
const FIRST_ROWS: usize = 50;
/// Of JSON.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A database of others, open for reading.
pub struct Reader {
    connection: PgConnection,
    /// How many rows to ask for next.
    rows: usize,
}

impl Reader {
    /// Begins the one transaction in which all is read.
    pub async fn open(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| invalid("bad_source", format!("`--from` cannot be read: {error}.")))?
            // a statement that was prepared would outlive its cursor
            .statement_cache_capacity(0);
        let mut connection = PgConnection::connect_with(&options).await.map_err(|error| {
            invalid(
                "source_unreachable",
                format!("The source does not answer: {error}."),
            )
        })?;
        // rows that a policy hides would be missing without a word: with this the query fails instead
        connection
            .execute(
                "begin isolation level repeatable read read only;
                set local time zone 'UTC';
                set local datestyle = 'ISO';
                set local standard_conforming_strings = on;
                set local statement_timeout = 0;
                set local idle_in_transaction_session_timeout = 0;
                set local row_security = off",
            )
            .await
            .map_err(failed)?;
        Ok(Self {
            connection,
            rows: FIRST_ROWS,
        })
    }

    /// Tables and views that this account may read, with their columns.
    pub async fn catalogue(&mut self) -> Result<Catalogue> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select n.nspname || '.' || c.relname, a.attname::text
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where n.nspname in ('public', 'auth', 'storage') and c.relkind in ('r', 'p', 'v', 'm', 'f')
                and pg_catalog.has_schema_privilege(n.oid, 'usage')
                and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
            order by 1, a.attnum",
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed)?;
        let mut catalogue = BTreeMap::new();
        for (table, column) in rows {
            let columns: &mut Vec<String> = catalogue.entry(table).or_default();
            columns.push(column);
        }
        Ok(catalogue)
    }

    pub async fn count(&mut self, table: &Table) -> Result<u64> {
        let sql = format!(
            "select count(*) from {}.{}",
            super::quoted(table.schema),
            super::quoted(table.name)
        );
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.connection)
            .await
            .map_err(failed)?;
        Ok(count.unsigned_abs())
    }

    /// Begins to read a table, all of it or one tenant's rows; [`Reader::next`] gives them. One at a time.
    pub async fn begin(&mut self, table: &Table, plan: &Plan, tenant: Option<&str>) -> Result<()> {
        self.rows = FIRST_ROWS;
        let sql = format!(
            "close all; declare rows no scroll cursor for {}",
            plan.query(table, tenant)
        );
        self.connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// The next rows with their keys; none at the end.
    pub async fn next(&mut self) -> Result<Vec<(String, Map<String, Value>)>> {
        let sql = format!("fetch {} from rows", self.rows);
        let rows: Vec<(Option<String>, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(&mut self.connection)
            .await
            .map_err(failed)?;
        let bytes: usize = rows.iter().map(|(_, row)| row.len()).sum();
        if bytes > MOST_BYTES {
            self.rows = (self.rows / 4).max(1);
        } else if bytes < MOST_BYTES / 4 {
            self.rows = (self.rows * 2).min(MOST_ROWS);
        }
        let mut with_key = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            if let (Some(key), Value::Object(map)) = (key, serde_json::from_str(&row)?) {
                with_key.push((key, map));
            }
        }
        Ok(with_key)
    }

    pub async fn close(self) {
        // nothing was written: however it ends, it ends
        let _ = self.connection.close().await;
    }
}

fn failed(error: sqlx::Error) -> Error {
    let detail = match &error {
        sqlx::Error::Database(db) if db.code().as_deref() == Some("42501") => format!(
            "The source does not let this account see all its rows ({}). Connect as the owner of its tables, or as a role that \
             row security does not hold back.",
            db.message()
        ),
        sqlx::Error::Database(db) => format!("The source refuses to be read: {}.", db.message()),
        other => format!(
            "The source does not answer any more: {other}. Start the import again: it goes on where it was."
        ),
    };
    invalid("source_failed", detail)
}
