//! A database of another system beside ours: its schema, and rows that say in every column where they come from.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use testkit::Server;
use uuid::Uuid;

/// A kind of source with what its columns take, where any value will not do.
pub struct Kind {
    pub name: &'static str,
    pub schema: &'static str,
    /// Tables with so many rows; all others have four. An even number: rows 0, 2 are one tenant's, 1, 3 another's.
    pub counts: &'static [(&'static str, usize)],
    /// `table.column` → SQL, in turn; `{i}` is the row.
    pub values: &'static [(&'static str, &'static [&'static str])],
}

pub struct Old {
    pub connection: PgConnection,
    pub url: String,
    pub kind: &'static Kind,
}

#[derive(Debug)]
pub struct Column {
    pub name: String,
    kind: String,
    /// The table that it points at.
    to: Option<String>,
}

const TENANTS: usize = 2;
const ROWS: usize = 4;

impl Old {
    /// An empty database of this kind.
    pub async fn begin(server: &Server, kind: &'static Kind) -> Self {
        let mut owner = server.owner().await;
        owner
            .execute("create database old")
            .await
            .expect("a new database");
        let options = server.owner_options().await.database("old");
        let mut connection = PgConnection::connect_with(&options)
            .await
            .expect("the database answers");
        connection
            .execute("create extension vector")
            .await
            .expect("vectors");
        connection.execute(kind.schema).await.expect("the schema");
        let printed = server.rapport(&["psql", "--url"]).await;
        let url = printed["url"].as_str().expect("a connection string");
        Self {
            connection,
            url: url.replacen("/rapport?", "/old?", 1),
            kind,
        }
    }

    /// The same with rows in every table.
    pub async fn filled(server: &Server, kind: &'static Kind) -> Self {
        let mut old = Self::begin(server, kind).await;
        let tables = old.tables().await;
        for (place, (table, columns)) in tables.iter().enumerate() {
            for row in 0..old.count(table) {
                let values: Vec<String> = columns
                    .iter()
                    .enumerate()
                    .map(|(column, c)| old.value(&tables, place, (table, c), column, row))
                    .collect();
                let names: Vec<String> = columns
                    .iter()
                    .map(|column| format!("\"{}\"", column.name))
                    .collect();
                let sql = format!(
                    "insert into {table} ({}) values ({})",
                    names.join(", "),
                    values.join(", ")
                );
                old.run(&sql).await;
            }
        }
        old
    }

    pub async fn run(&mut self, sql: &str) {
        let done = self.connection.execute(AssertSqlSafe(sql.to_owned())).await;
        if let Err(error) = done {
            panic!("{sql}: {error}");
        }
    }

    /// Tables in the order in which they were made, parents before children.
    pub async fn tables(&mut self) -> Vec<(String, Vec<Column>)> {
        let rows = sqlx::query(
            "select case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end as \"table\", a.attname::text as name,
                format_type(a.atttypid, a.atttypmod) as kind,
                (select case p.nspname when 'public' then f.relname else p.nspname || '.' || f.relname end from pg_constraint k
                    join pg_class f on f.oid = k.confrelid
                    join pg_namespace p on p.oid = f.relnamespace
                    where k.contype = 'f' and k.conrelid = c.oid and k.conkey = array[a.attnum]) as \"to\"
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind = 'r' and n.nspname in ('public', 'auth')
            order by c.oid, a.attnum",
        )
        .fetch_all(&mut self.connection)
        .await
        .expect("the catalogue");
        let mut tables: Vec<(String, Vec<Column>)> = Vec::new();
        for row in rows {
            let table: String = row.get("table");
            let column = Column {
                name: row.get("name"),
                kind: row.get("kind"),
                to: row.get("to"),
            };
            match tables.last_mut().filter(|(name, _)| *name == table) {
                Some((_, columns)) => columns.push(column),
                None => tables.push((table, vec![column])),
            }
        }
        tables
    }

    fn count(&self, table: &str) -> usize {
        let given = self.kind.counts.iter().find(|(name, _)| *name == table);
        given.map_or(ROWS, |(_, count)| *count)
    }

    fn value(
        &self,
        tables: &[(String, Vec<Column>)],
        place: usize,
        (table, c): (&str, &Column),
        column: usize,
        row: usize,
    ) -> String {
        let name = format!("{table}.{}", c.name);
        if let Some((_, values)) = self.kind.values.iter().find(|(known, _)| *known == name) {
            return values[row % values.len()].replace("{i}", &row.to_string());
        }
        let number = 100 * (place + 1) + 5 * column + row;
        if let Some(to) = &c.to {
            let place_of = |table: &str| {
                tables
                    .iter()
                    .position(|(name, _)| name == table)
                    .expect("its parent")
            };
            let mut parent = place_of(to);
            // a row may be known by the id of another
            while let Some(other) = tables[parent]
                .1
                .iter()
                .find(|c| c.name == "id")
                .and_then(|c| c.to.as_ref())
            {
                parent = place_of(other);
            }
            return format!("'{}'", id(parent, row % self.count(to)));
        }
        match c.kind.split('(').next().unwrap_or_default() {
            "uuid" => format!("'{}'", id(place, row)),
            "integer" => number.to_string(),
            "numeric" | "double precision" => format!("{number}.25"),
            "boolean" => row.is_multiple_of(TENANTS).to_string(),
            "timestamp with time zone" => {
                format!("timestamptz '2024-01-01 00:00Z' + interval '{number} hours'")
            }
            "date" => format!("date '2024-01-01' + {number}"),
            "jsonb" => format!("'{{\"words\": \"{name} {row}\", \"number\": {number}.5}}'"),
            "text[]" => format!("array['{name} {row} one', '{name} {row} two']"),
            "vector" => "array_fill(0.5::real, array[1536])::vector".to_owned(),
            _ => format!("'{name} {row} é'"),
        }
    }

    /// Every value of every row, by table and column: what has to be found again.
    pub async fn rows(&mut self) -> BTreeMap<String, Vec<Value>> {
        let mut all = BTreeMap::new();
        for (table, _) in self.tables().await {
            let sql = format!("select to_jsonb(t) from {table} t");
            let rows: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut self.connection)
                .await
                .expect("rows");
            all.insert(table, rows);
        }
        all
    }

    /// `rapport import` of it; a report even where there were problems.
    pub async fn import(&self, server: &Server, more: &[&str]) -> Value {
        let mut arguments = vec!["import", self.kind.name, "--from", &self.url];
        arguments.extend(more);
        let output = server.try_rapport(&arguments, "").await;
        let errors = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("rapport {arguments:?}: {} {errors}", output.status))
    }

    /// The same as a process of its own, that a test can end.
    pub fn spawn(&self, data_dir: &Path) -> tokio::process::Child {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_rapport"));
        command
            .args(["import", self.kind.name, "--from", &self.url, "--json"])
            .env("RAPPORT_DATA_DIR", data_dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().expect("the binary starts")
    }
}

pub fn id(place: usize, row: usize) -> Uuid {
    let (place, row) = (
        u128::try_from(place).expect("small"),
        u128::try_from(row).expect("small"),
    );
    Uuid::from_u128(0xabcd_0000_0000_4000_8000_0000_0000_0000 | (place << 16) | (row + 1))
}

/// All of a report's problems, as one text.
pub fn problems(report: &Value) -> String {
    let tables = report["tables"].as_array().expect("tables");
    let all = tables.iter().flat_map(|table| {
        let problems = table["problems"].as_array().expect("problems");
        problems
            .iter()
            .map(move |problem| format!("{} {problem}", table["table"]))
    });
    all.collect::<Vec<_>>().join("\n")
}

pub fn sum(report: &Value, what: &str) -> u64 {
    let tables = report["tables"].as_array().expect("tables");
    tables.iter().filter_map(|table| table[what].as_u64()).sum()
}
