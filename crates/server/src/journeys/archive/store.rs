//! SQL for archives: over all tables of a tenant, whichever they are. Names come from the catalogue and from
//! [`super::left_out`], never from an archive.

use std::collections::BTreeMap;

use kernel::error::{Result, invalid};
use kernel::ids::{TenantId, UserId};
use kernel::{Database, TenantTx};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Row as _, Transaction};
use uuid::Uuid;

use super::left_out;

/// A table with a `tenant_id`.
#[derive(Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

#[derive(Debug)]
pub struct Column {
    pub name: String,
    kind: String,
    is_required: bool,
    pub is_generated: bool,
    is_key: bool,
}

/// Sorted by name.
pub async fn tables(connection: &mut PgConnection) -> Result<Vec<Table>> {
    let rows: Vec<(String, String, String, bool, bool, bool)> = sqlx::query_as(
        "select c.relname::text, a.attname::text, format_type(a.atttypid, -1), a.attnotnull, a.attgenerated <> '',
            coalesce(a.attnum = any (i.indkey::int2[]), false)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_index i on i.indrelid = c.oid and i.indisprimary
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped)
        order by c.relname, a.attnum",
    )
    .fetch_all(connection)
    .await?;
    let mut tables: Vec<Table> = Vec::new();
    for (table, name, kind, is_required, is_generated, is_key) in rows {
        let column = Column {
            name,
            kind,
            is_required,
            is_generated,
            is_key,
        };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => tables.push(Table {
                name: table,
                columns: vec![column],
            }),
        }
    }
    Ok(tables)
}

impl Table {
    /// The columns that an archive holds.
    pub fn kept(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| {
            column.name != "tenant_id"
                && !column.is_generated
                && left_out::column(&self.name, &column.name).is_none()
        })
    }

    /// Rows that are large one by one are fetched one by one.
    fn rows_at_once(&self) -> usize {
        let is_large = self
            .columns
            .iter()
            .any(|column| ["bytes", "artifact"].contains(&column.name.as_str()));
        if is_large { 1 } else { 100 }
    }

    /// Each row as one line, in an order that does not depend on where it lies.
    fn select(&self) -> String {
        let dropped = self
            .columns
            .iter()
            .filter(|column| !self.kept().any(|kept| kept.name == column.name));
        let dropped: Vec<String> = dropped.map(|column| format!("'{}'", column.name)).collect();
        let blanks = left_out::KEYS.iter().filter(|(table, ..)| *table == self.name);
        let blanks: String = blanks
            .map(|(_, column, key, instead, _)| {
                format!(
                    " || jsonb_build_object('{column}', case when t.{column} ? '{key}' \
                     then jsonb_set(t.{column}, '{{{key}}}', '{instead}') else t.{column} end)"
                )
            })
            .collect();
        let condition = left_out::ROWS.iter().find(|(table, ..)| *table == self.name);
        let condition = condition.map_or_else(String::new, |(_, condition, _)| format!(" and {condition}"));
        format!(
            "select (to_jsonb(t) - array[{}]::text[]{blanks})::text as line from {:?} t \
             where tenant_id = current_tenant_id(){condition} order by {}",
            dropped.join(", "),
            self.name,
            self.order()
        )
    }

    fn order(&self) -> String {
        let key = self.kept().filter(|column| column.is_key);
        let key: Vec<String> = key
            .map(|column| match column.kind.as_str() {
                "text" | "character varying" => format!("t.{:?} collate \"C\"", column.name),
                _ => format!("t.{:?}", column.name),
            })
            .collect();
        if key.is_empty() {
            // one row a tenant, or rows whose number is the installation's own
            return "(to_jsonb(t) - 'id')::text collate \"C\"".to_owned();
        }
        key.join(", ")
    }

    /// Takes lines as `$2`; only these columns are read from them.
    fn insert(&self, columns: &[String]) -> String {
        let mut names = vec!["tenant_id".to_owned()];
        let mut values = vec!["$1".to_owned()];
        for column in &self.columns {
            let value = match left_out::column(&self.name, &column.name) {
                Some((_, _, Some(instead), _)) => (*instead).to_owned(),
                Some(_) => continue,
                None if column.name == "tenant_id"
                    || column.is_generated
                    || !columns.contains(&column.name) =>
                {
                    continue;
                }
                // JSON's null is a value of its own
                None if column.kind == "jsonb" && column.is_required => {
                    format!("coalesce(r.{:?}, 'null')", column.name)
                }
                None => format!("r.{:?}", column.name),
            };
            names.push(format!("{:?}", column.name));
            values.push(value);
        }
        format!(
            "insert into {0:?} ({1}) overriding system value select {2} \
             from unnest($2::text[]) with ordinality as l (line, place) \
             cross join lateral jsonb_populate_record(null::{0:?}, l.line::jsonb) as r order by l.place",
            self.name,
            names.join(", "),
            values.join(", ")
        )
    }
}

/// All reads of this transaction see the same moment, and times are written in UTC.
pub async fn hold_still(tx: &mut TenantTx) -> Result<()> {
    sqlx::raw_sql(
        "set transaction isolation level repeatable read;
        set local time zone 'UTC';
        set local bytea_output = 'hex'",
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Begins to read a table.
pub async fn begin(tx: &mut TenantTx, table: &Table) -> Result<()> {
    let declare = format!("declare archive no scroll cursor for {}", table.select());
    sqlx::raw_sql(AssertSqlSafe(declare)).execute(&mut **tx).await?;
    Ok(())
}

/// The next lines; none at the end, with which the table is read.
pub async fn next(tx: &mut TenantTx, table: &Table) -> Result<Vec<String>> {
    let fetch = format!("fetch forward {} from archive", table.rows_at_once());
    let rows = sqlx::raw_sql(AssertSqlSafe(fetch)).fetch_all(&mut **tx).await?;
    if rows.is_empty() {
        sqlx::raw_sql("close archive").execute(&mut **tx).await?;
    }
    let lines: Result<Vec<String>, sqlx::Error> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(lines?)
}

/// The tenant's short name and name.
pub async fn name(tx: &mut TenantTx) -> Result<(String, String)> {
    let names = sqlx::query_as("select slug, name from tenants where tenant_id = current_tenant_id()")
        .fetch_one(&mut **tx)
        .await?;
    Ok(names)
}

pub async fn channel_keys(tx: &mut TenantTx) -> Result<BTreeMap<Uuid, String>> {
    let keys: Vec<(Uuid, String)> =
        sqlx::query_as("select id, channel_key from channels where tenant_id = current_tenant_id()")
            .fetch_all(&mut **tx)
            .await?;
    Ok(keys.into_iter().collect())
}

/// Uploaded files, with the public part of their addresses.
pub async fn assets(tx: &mut TenantTx) -> Result<Vec<(Uuid, String)>> {
    let assets =
        sqlx::query_as("select id, public_id from assets where tenant_id = current_tenant_id() order by id")
            .fetch_all(&mut **tx)
            .await?;
    Ok(assets)
}

/// Those of the given channel keys that somebody has.
pub async fn taken_channel_keys(db: &Database, keys: &[String]) -> Result<Vec<String>> {
    let taken =
        sqlx::query_scalar("select channel_key from platform.channel_index where channel_key = any ($1)")
            .bind(keys)
            .fetch_all(db.platform())
            .await?;
    Ok(taken)
}

/// Whether there is an account with this id.
pub async fn is_user(db: &Database, user: UserId) -> Result<bool> {
    let is_there = sqlx::query_scalar("select exists (select from platform.users where id = $1)")
        .bind(user)
        .fetch_one(db.platform())
        .await?;
    Ok(is_there)
}

/// A transaction of the owner inside one tenant, in which no trigger acts: what they have written comes along.
pub async fn begin_import(owner: &mut PgConnection, tenant: TenantId) -> Result<Transaction<'_, Postgres>> {
    let mut tx = owner.begin().await?;
    let quiet = sqlx::raw_sql("set local session_replication_role = replica")
        .execute(&mut *tx)
        .await;
    quiet.map_err(|error| {
        invalid(
            "triggers_denied",
            format!(
                "The database login may not write without triggers ({error}). As an administrator of the server run: GRANT SET ON \
                 PARAMETER session_replication_role TO <login>;"
            ),
        )
    })?;
    sqlx::query("select set_config('app.current_tenant_id', $1, true)")
        .bind(tenant.to_string())
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}

/// An account without a password.
pub async fn insert_user(tx: &mut PgConnection, id: UserId, email: &str, name: &str) -> Result<()> {
    sqlx::query("insert into platform.users (id, email, name, password_hash) values ($1, $2, $3, '')")
        .bind(id)
        .bind(email)
        .bind(name)
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn insert(
    tx: &mut PgConnection,
    tenant: TenantId,
    table: &Table,
    columns: &[String],
    lines: &[String],
) -> Result<()> {
    let done = sqlx::query(AssertSqlSafe(table.insert(columns)))
        .bind(tenant)
        .bind(lines)
        .execute(tx)
        .await;
    done.map_err(|error| match &error {
        sqlx::Error::Database(refusal) => invalid(
            "row_refused",
            format!(
                "A row of {} cannot be taken in: {refusal}. Nothing was changed.",
                table.name
            ),
        ),
        _ => error.into(),
    })?;
    Ok(())
}

pub async fn set_slug(tx: &mut PgConnection, slug: &str) -> Result<()> {
    sqlx::query("update tenants set slug = $1 where tenant_id = current_tenant_id()")
        .bind(slug)
        .execute(tx)
        .await?;
    Ok(())
}

/// The ids of a table's rows.
async fn ids(tx: &mut PgConnection, table: &str) -> Result<Vec<Uuid>> {
    let select = format!("select id from {table:?} where tenant_id = current_tenant_id()");
    let ids = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(tx).await?;
    Ok(ids)
}

/// Fills a column of every row of a table.
pub async fn fill(
    tx: &mut PgConnection,
    table: &str,
    column: &str,
    mut value: impl FnMut(Uuid) -> Result<String>,
) -> Result<()> {
    let update =
        format!("update {table:?} set {column:?} = $2 where tenant_id = current_tenant_id() and id = $1");
    for id in ids(tx, table).await? {
        sqlx::query(AssertSqlSafe(update.clone()))
            .bind(id)
            .bind(value(id)?)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// From here on triggers act again, so that what is looked up before the tenant is known follows from its rows. Nothing else
/// comes of that: it is an import.
pub async fn wake_triggers(tx: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(
        "set local session_replication_role = origin;
        set local app.importing = 'on';
        update memberships set role = role where tenant_id = current_tenant_id()",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An embedder's sealed key, wherever one has to stand.
pub async fn set_embedder_keys(tx: &mut PgConnection, sealed: &str) -> Result<()> {
    let sealed_keys = left_out::KEYS
        .iter()
        .filter(|(_, _, key, ..)| *key == left_out::SEALED_KEY);
    for (table, column, key, ..) in sealed_keys {
        let update = format!(
            "update {table} set {column} = jsonb_set({column}, '{{{key}}}', to_jsonb($1::text)) \
             where tenant_id = current_tenant_id() and {column} ? '{key}'"
        );
        sqlx::query(AssertSqlSafe(update))
            .bind(sealed)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Its name, the table that points and the one pointed at, the columns of each.
type Reference = (String, String, String, Vec<String>, Vec<String>);

/// Refuses rows that point at nothing: without triggers the database has not looked.
pub async fn check_references(tx: &mut PgConnection) -> Result<()> {
    let references: Vec<Reference> = sqlx::query_as(
        "select k.conname::text, k.conrelid::regclass::text, k.confrelid::regclass::text,
            array_agg(own.attname::text order by pair.place), array_agg(theirs.attname::text order by pair.place)
        from pg_constraint k
        cross join unnest(k.conkey, k.confkey) with ordinality as pair (own, theirs, place)
        join pg_attribute own on own.attrelid = k.conrelid and own.attnum = pair.own
        join pg_attribute theirs on theirs.attrelid = k.confrelid and theirs.attnum = pair.theirs
        where k.contype = 'f' and k.connamespace = 'public'::regnamespace
        group by k.oid, k.conname, k.conrelid, k.confrelid",
    )
    .fetch_all(&mut *tx)
    .await?;
    for (name, table, target, own, theirs) in references {
        let is_set: Vec<String> = own
            .iter()
            .map(|column| format!("c.{column:?} is not null"))
            .collect();
        let same = own.iter().zip(&theirs);
        let same: Vec<String> = same
            .map(|(own, theirs)| format!("p.{theirs:?} = c.{own:?}"))
            .collect();
        let look = format!(
            "select exists (select from {table} c where c.tenant_id = current_tenant_id() and {} \
             and not exists (select from {target} p where {}))",
            is_set.join(" and "),
            same.join(" and ")
        );
        let is_dangling: bool = sqlx::query_scalar(AssertSqlSafe(look))
            .fetch_one(&mut *tx)
            .await?;
        if is_dangling {
            return Err(invalid(
                "row_missing",
                format!(
                    "A row of {table} names one of {target} that is not in the archive ({name}). Nothing was changed."
                ),
            ));
        }
    }
    Ok(())
}
