//! Rows for every table with a `tenant_id`, made from what the catalogue says about its columns: a value of the
//! column's type, one that its check allows, or the key of the same tenant's row in the table it refers to.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

/// The tables, parents before children, and how they refer to each other.
pub struct Generator {
    pub tables: Vec<Table>,
    pub references: Vec<Reference>,
}

pub struct Table {
    pub name: String,
    pub has_insert_trigger: bool,
    columns: Vec<Column>,
}

#[derive(FromRow, Clone)]
struct Column {
    table: String,
    name: String,
    kind: String,
    /// The definition of the column's own check, if it has one.
    check: Option<String>,
}

/// A foreign key between two tables with a `tenant_id`.
#[derive(Clone)]
pub struct Reference {
    pub name: String,
    pub from: String,
    pub to: String,
    /// Own column and the other table's.
    pub columns: Vec<(String, String)>,
}

/// References of which a row has one alone: table, the one that is left empty, the one that is filled.
pub const EITHER_OR: [(&str, &str, &str); 1] = [("knowledge_chunks", "website_page_id", "document_id")];

/// One row as SQL literals, column by column.
#[derive(Clone)]
pub struct Row {
    table: String,
    values: Vec<(String, String)>,
}

impl Row {
    pub fn insert(&self) -> String {
        let columns: Vec<&str> = self.values.iter().map(|(column, _)| column.as_str()).collect();
        let values: Vec<&str> = self.values.iter().map(|(_, value)| value.as_str()).collect();
        format!(
            "insert into {} ({}) values ({})",
            self.table,
            columns.join(", "),
            values.join(", ")
        )
    }

    pub fn value(&self, column: &str) -> &str {
        let found = self.values.iter().find(|(name, _)| name == column);
        found.map_or_else(|| panic!("{} has no {column}", self.table), |(_, value)| value)
    }
}

const COLUMNS: &str = r#"
    select c.oid::regclass::text as "table", a.attname::text as name, format_type(a.atttypid, a.atttypmod) as kind,
        (select pg_get_constraintdef(k.oid) from pg_constraint k
            where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
                and (pg_get_constraintdef(k.oid) ~ '(ARRAY\[| = | ~ )'
                    or (a.atttypid = 'integer'::regtype and pg_get_constraintdef(k.oid) ~ ' >= '))
            order by pg_get_constraintdef(k.oid) ~ ' >= '
            limit 1) as "check"
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind in ('r', 'p') and n.nspname in ('public', 'platform')
        and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped)
    order by c.oid, a.attnum"#;

const REFERENCES: &str = "
    select k.conname::text, k.conrelid::regclass::text, k.confrelid::regclass::text, own.attname::text, theirs.attname::text
    from pg_constraint k
    cross join unnest(k.conkey, k.confkey) as pair (own, theirs)
    join pg_attribute own on own.attrelid = k.conrelid and own.attnum = pair.own
    join pg_attribute theirs on theirs.attrelid = k.confrelid and theirs.attnum = pair.theirs
    where k.contype = 'f'
        and exists (select from pg_attribute t where t.attrelid = k.conrelid and t.attname = 'tenant_id')
        and exists (select from pg_attribute t where t.attrelid = k.confrelid and t.attname = 'tenant_id')
    order by k.oid";

const INSERT_TRIGGERS: &str = "
    select distinct tgrelid::regclass::text from pg_trigger
    where not tgisinternal and tgtype & 2 <> 0 and tgtype & 4 <> 0";

impl Generator {
    /// Reads the catalogue.
    pub async fn read(owner: &mut PgConnection) -> Self {
        let columns: Vec<Column> = sqlx::query_as(COLUMNS)
            .fetch_all(&mut *owner)
            .await
            .expect("columns");
        let keys: Vec<(String, String, String, String, String)> = sqlx::query_as(REFERENCES)
            .fetch_all(&mut *owner)
            .await
            .expect("foreign keys");
        let with_trigger: Vec<String> = sqlx::query_scalar(INSERT_TRIGGERS)
            .fetch_all(owner)
            .await
            .expect("triggers");
        let mut references: Vec<Reference> = Vec::new();
        for (name, from, to, own, theirs) in keys {
            match references
                .iter_mut()
                .find(|known| known.name == name && known.from == from)
            {
                Some(known) => known.columns.push((own, theirs)),
                None => references.push(Reference {
                    name,
                    from,
                    to,
                    columns: vec![(own, theirs)],
                }),
            }
        }
        let mut names: Vec<String> = columns.iter().map(|column| column.table.clone()).collect();
        names.dedup();
        let tables = in_order(names, &references).into_iter().map(|name| Table {
            has_insert_trigger: with_trigger.contains(&name),
            columns: columns
                .iter()
                .filter(|column| column.table == name)
                .cloned()
                .collect(),
            name,
        });
        Self {
            tables: tables.collect(),
            references,
        }
    }

    /// Writes one row of this tenant into every table. Triggers are off: what they keep in step is filled as well.
    pub async fn fill(&self, owner: &mut PgConnection, tenant: Uuid) -> HashMap<String, Row> {
        let rows = self.rows(owner, tenant).await;
        sqlx::query("set session_replication_role = replica")
            .execute(&mut *owner)
            .await
            .expect("without triggers");
        for table in &self.tables {
            let insert = rows[&table.name].insert();
            let done = sqlx::query(AssertSqlSafe(insert.as_str()))
                .execute(&mut *owner)
                .await;
            done.unwrap_or_else(|error| panic!("{insert}: {error}"));
        }
        sqlx::query("set session_replication_role = origin")
            .execute(owner)
            .await
            .expect("with triggers");
        rows
    }

    /// One row for every table that fits together, not yet written. Users, who have no tenant, are written.
    pub async fn rows(&self, owner: &mut PgConnection, tenant: Uuid) -> HashMap<String, Row> {
        let user = Uuid::now_v7();
        sqlx::query(
            "insert into platform.users (id, email, name, password_hash) values ($1, $2, 'Robin', 'none')",
        )
        .bind(user)
        .bind(format!("{user}@example.com"))
        .execute(owner)
        .await
        .expect("a user");
        let mut rows: HashMap<String, Row> = HashMap::new();
        for table in &self.tables {
            let values = table.columns.iter().map(|column| {
                let parent = self
                    .references
                    .iter()
                    .filter(|reference| reference.from == table.name)
                    .find_map(|reference| {
                        let (_, theirs) = reference.columns.iter().find(|(own, _)| *own == column.name)?;
                        // nothing of its own kind stands before it
                        let parent = rows.get(&reference.to);
                        let parent = parent.map(|row| row.value(theirs).to_owned());
                        Some(parent.unwrap_or_else(|| "null".into()))
                    });
                let value = match column.name.as_str() {
                    "tenant_id" => quoted(tenant, "uuid"),
                    "user_id" => quoted(user, "uuid"),
                    name if EITHER_OR
                        .iter()
                        .any(|(from, empty, _)| *from == table.name && *empty == name) =>
                    {
                        "null".into()
                    }
                    _ => parent.unwrap_or_else(|| column.value()),
                };
                (column.name.clone(), value)
            });
            rows.insert(
                table.name.clone(),
                Row {
                    table: table.name.clone(),
                    values: values.collect(),
                },
            );
        }
        rows
    }

    /// How many of the tables hold a row of this tenant.
    pub async fn count(&self, owner: &mut PgConnection, tenant: Uuid) -> usize {
        let mut found = 0;
        for table in &self.tables {
            let statement = format!(
                "select exists (select from {} where tenant_id = '{tenant}')",
                table.name
            );
            let is_there: bool = sqlx::query_scalar(AssertSqlSafe(statement))
                .fetch_one(&mut *owner)
                .await
                .expect("a row");
            found += usize::from(is_there);
        }
        found
    }
}

/// Parents first.
fn in_order(mut names: Vec<String>, references: &[Reference]) -> Vec<String> {
    let mut ordered: Vec<String> = Vec::new();
    while !names.is_empty() {
        let ready = names.iter().position(|name| {
            let mut parents = references
                .iter()
                .filter(|reference| reference.from == *name && reference.to != *name);
            parents.all(|reference| ordered.contains(&reference.to))
        });
        ordered.push(names.remove(ready.expect("references without a ring")));
    }
    ordered
}

impl Column {
    /// A value that this column accepts, different at each call where its type has many.
    fn value(&self) -> String {
        if let Some(first) = self.check.as_deref().and_then(first_allowed) {
            return first;
        }
        let fresh = Uuid::now_v7();
        let kind = self.kind.as_str();
        let value = match kind {
            // their checks are patterns
            "text" if self.name == "currency" => "EUR".into(),
            "text" if self.name == "time_zone" => "Europe/Brussels".into(),
            "text" if self.name == "color" => "#3B82F6".into(),
            "text" if self.table == "crm_custom_fields" && self.name == "key" => "shade".into(),
            "uuid" => fresh.to_string(),
            "text" => format!("generated {fresh}"),
            "bytea" => format!("\\x{}", fresh.simple()),
            "jsonb" | "text[]" | "uuid[]" | "smallint[]" | "date[]" | "timestamp with time zone[]" => {
                "{}".into()
            }
            "boolean" => "true".into(),
            "date" => "2026-01-01".into(),
            "timestamp with time zone" => "2026-01-01T00:00:00Z".into(),
            "vector" => "[1,0,0]".into(),
            "integer" | "bigint" | "real" | "double precision" => "1".into(),
            kind if kind.starts_with("numeric") => "1".into(),
            kind if kind.starts_with("character varying") => format!("generated {fresh}"),
            kind => panic!(
                "{}.{}: no value is known for the type {kind}; add one here",
                self.table, self.name
            ),
        };
        quoted(value, kind)
    }
}

fn quoted(value: impl std::fmt::Display, kind: &str) -> String {
    format!("'{value}'::{kind}")
}

/// `CHECK ((status = ANY (ARRAY['open'::text, …])))` → `'open'::text`; so too for a list of one, `(kind = 'text'::text)`.
/// A pattern is known as a whole: `CHECK ((currency ~ '^[A-Z]{3}$'::text))`.
fn first_allowed(check: &str) -> Option<String> {
    if let Some((_, pattern)) = check.split_once(" ~ '") {
        let fitting = match pattern.split_once('\'')?.0 {
            "^[A-Z]{3}$" => "EUR".to_owned(),
            "^#[0-9A-Fa-f]{6}$" => "#112233".to_owned(),
            "^[a-z][a-z0-9_]{0,39}$" => format!("f{}", Uuid::now_v7().simple()),
            pattern => panic!("no value is known for the pattern {pattern}; add one here"),
        };
        return Some(quoted(fitting, "text"));
    }
    // the least that is enough, where one is not
    if let Some((_, least)) = check.split_once(" >= ")
        && let Some(least) = least
            .split(')')
            .next()
            .filter(|least| least.parse::<u32>().is_ok_and(|least| least > 1))
    {
        return Some(least.to_owned());
    }
    let (_, list) = check.split_once("ARRAY[").or_else(|| check.split_once(" = "))?;
    Some(list.split([',', ']', ')']).next()?.to_owned())
}
