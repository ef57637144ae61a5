//! All SQL with which rows are brought in. Which tables and columns is data of the mappings, so these statements are put
//! together: of names that stand in this program, and of values that are bound.

use std::collections::{HashMap, HashSet};

use access::tenants::NewTenant;
use chrono::{DateTime, Utc};
use kernel::ids::TenantId;
use kernel::page::Position;
use kernel::{Database, Result, TenantTx};
use serde::Serialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;

/// What is known of a row that was brought in before.
#[derive(Debug)]
pub struct Known {
    pub digest: Vec<u8>,
    pub became_digest: Option<Vec<u8>>,
}

/// A row of the source, as it is noted.
#[derive(Debug, Serialize)]
pub struct Noted {
    pub id: Uuid,
    pub source_id: String,
    pub digest: String,
    pub became_table: Option<&'static str>,
    pub became_id: Option<Uuid>,
    pub became_digest: Option<String>,
    pub left_over: Value,
    pub notes: Vec<String>,
}

/// Opens a transaction that tells nobody of what it writes, and writes it as it was.
pub async fn begin(db: &Database, tenant: &NewTenant) -> Result<TenantTx> {
    let mut tx = db.tenant(tenant).await?;
    tx.execute("set local app.importing = 'on'; set local time zone 'UTC'; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0")
        .await?;
    Ok(tx)
}

pub async fn has_tenant(tx: &mut TenantTx) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from tenants where tenant_id = current_tenant_id()) as "yes!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn find_slug(tx: &mut TenantTx) -> Result<Option<String>> {
    let slug = sqlx::query_scalar!("select slug from tenants where tenant_id = current_tenant_id()")
        .fetch_optional(&mut **tx)
        .await?;
    Ok(slug)
}

pub async fn list_time_zones(tx: &mut TenantTx) -> Result<HashSet<String>> {
    let names = sqlx::query_scalar!(r#"select name as "name!" from pg_timezone_names"#)
        .fetch_all(&mut **tx)
        .await?;
    Ok(names.into_iter().collect())
}

pub async fn list_channel_names(tx: &mut TenantTx) -> Result<HashMap<String, Uuid>> {
    let rows = sqlx::query!("select name, id from channels where tenant_id = current_tenant_id()")
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

pub async fn list_labels(tx: &mut TenantTx) -> Result<HashMap<String, Uuid>> {
    let rows = sqlx::query!(
        r#"select lower(name) as "name!", id from labels where tenant_id = current_tenant_id()"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// Who has an account, of these addresses in small letters.
pub async fn list_accounts(db: &Database, emails: &[String]) -> Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        r#"select lower(email) as "email!", id from platform.users where lower(email) = any ($1)"#,
        emails
    )
    .fetch_all(db.platform())
    .await?;
    Ok(rows.into_iter().map(|row| (row.email, row.id)).collect())
}

/// Tenants by their short names.
pub async fn list_slugs(db: &Database) -> Result<Vec<(String, TenantId)>> {
    let rows = sqlx::query!(r#"select slug, tenant_id as "tenant_id: TenantId" from platform.tenant_index"#)
        .fetch_all(db.platform())
        .await?;
    Ok(rows.into_iter().map(|row| (row.slug, row.tenant_id)).collect())
}

pub async fn list_known(tx: &mut TenantTx, ids: &[Uuid]) -> Result<HashMap<Uuid, Known>> {
    let rows = sqlx::query!(
        "select id, digest, became_digest from import_rows where tenant_id = current_tenant_id() and id = any ($1)",
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let known = rows.into_iter().map(|row| {
        let known = Known {
            digest: row.digest,
            became_digest: row.became_digest,
        };
        (row.id, known)
    });
    Ok(known.collect())
}

pub async fn note(
    tx: &mut TenantTx,
    source: &str,
    installation: &str,
    source_table: &str,
    rows: &[Noted],
) -> Result<()> {
    sqlx::query!(
        "insert into import_rows (tenant_id, id, source, installation, source_table, source_id, digest, became_table, became_id,
            became_digest, left_over, notes)
        select current_tenant_id(), r.id, $1, $2, $3, r.source_id, decode(r.digest, 'hex'), r.became_table, r.became_id,
            decode(r.became_digest, 'hex'), r.left_over, r.notes
        from jsonb_to_recordset($4) as r (id uuid, source_id text, digest text, became_table text, became_id uuid,
            became_digest text, left_over jsonb, notes text[])
        on conflict (tenant_id, id) do update
        set digest = excluded.digest, became_digest = excluded.became_digest, left_over = excluded.left_over, notes = excluded.notes,
            updated_at = now()",
        source,
        installation,
        source_table,
        serde_json::to_value(rows)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An account that nobody can sign in to until it gets a password.
pub async fn add_account(tx: &mut TenantTx, id: Uuid, email: &str, name: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into platform.users (id, email, name, password_hash) values ($1, $2, $3, '') on conflict do nothing",
        id,
        email,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A client goes by the name of its contact.
pub async fn name_clients(tx: &mut TenantTx, ids: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!(
        "update crm_clients c set name = p.name
        from contacts p
        where c.tenant_id = current_tenant_id() and c.id = any ($1) and c.name is null
            and p.tenant_id = c.tenant_id and p.id = c.contact_id and p.name is not null",
        ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn add_words(tx: &mut TenantTx, conversations: &[Uuid], words: &[String]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into conversation_words (tenant_id, word, conversation_id)
        select distinct current_tenant_id(), w.word, w.conversation
        from unnest($1::uuid[], $2::text[]) as w (conversation, word)
        on conflict do nothing",
        conversations,
        words
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn mark(tx: &mut TenantTx) -> Result<()> {
    tx.execute("savepoint bringing_in").await?;
    Ok(())
}

/// What was written since [`mark`] stays.
pub async fn keep(tx: &mut TenantTx) -> Result<()> {
    tx.execute("release savepoint bringing_in").await?;
    Ok(())
}

/// What was written since [`mark`] was not.
pub async fn forget(tx: &mut TenantTx) -> Result<()> {
    tx.execute("rollback to savepoint bringing_in; release savepoint bringing_in")
        .await?;
    Ok(())
}

/// What several rows of one table have in common.
pub struct Shape<'a> {
    pub table: &'static str,
    /// The columns that are written, `tenant_id` apart.
    pub columns: &'a [String],
    /// Those of them that are written once.
    pub once: &'a [&'static str],
}

/// What a row is known by, `tenant_id` apart; none for a table of one row a tenant.
fn key_of(table: &str) -> Option<&'static str> {
    match table {
        "tenants" | "knowledge_state" | "inbox_settings" => None,
        "channel_configurations" => Some("channel_id"),
        _ => Some("id"),
    }
}

impl Shape<'_> {
    fn key(&self) -> &'static str {
        key_of(self.table).unwrap_or("tenant_id")
    }

    /// A digest of what is written, and may be written again.
    fn digest(&self, alias: &str) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !self.once.contains(&column.as_str()) && column.as_str() != "seq")
            .map(|column| format!("{alias}.{column}"))
            .collect();
        format!("{alias}.{}, md5(row({})::text)", self.key(), columns.join(", "))
    }

    fn list(&self) -> String {
        self.columns.join(", ")
    }
}

/// Writes rows that are new. Gives each one's key with a digest of it.
pub async fn insert(tx: &mut TenantTx, shape: &Shape<'_>, rows: &Value) -> sqlx::Result<Vec<(Uuid, String)>> {
    let (table, list) = (shape.table, shape.list());
    let sql = format!(
        "insert into {table} as t (tenant_id, {list}) select current_tenant_id(), {list}
        from jsonb_populate_recordset(null::{table}, $1) returning {}",
        shape.digest("t")
    );
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(rows)
        .fetch_all(&mut **tx)
        .await
}

/// Writes rows that may be there: they stay as they are.
pub async fn insert_missing(tx: &mut TenantTx, shape: &Shape<'_>, rows: &Value) -> sqlx::Result<()> {
    let (table, list) = (shape.table, shape.list());
    let separator = if list.is_empty() { "" } else { ", " };
    let sql = format!(
        "insert into {table} (tenant_id{separator}{list}) select current_tenant_id(){separator}{list}
        from jsonb_populate_recordset(null::{table}, $1) on conflict do nothing"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(rows)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes rows that may be there with what is usual.
pub async fn insert_over(
    tx: &mut TenantTx,
    shape: &Shape<'_>,
    rows: &Value,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let (table, list) = (shape.table, shape.list());
    let key = key_of(table).map_or_else(|| "tenant_id".to_owned(), |key| format!("tenant_id, {key}"));
    let sets: Vec<String> = shape
        .columns
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let sql = format!(
        "insert into {table} as t (tenant_id, {list}) select current_tenant_id(), {list}
        from jsonb_populate_recordset(null::{table}, $1)
        on conflict ({key}) do update set {} returning {}",
        sets.join(", "),
        shape.digest("t")
    );
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(rows)
        .fetch_all(&mut **tx)
        .await
}

/// Writes what has changed of a row that is there.
pub async fn update(tx: &mut TenantTx, shape: &Shape<'_>, row: &Value) -> sqlx::Result<Vec<(Uuid, String)>> {
    let table = shape.table;
    let sets: Vec<String> = shape
        .columns
        .iter()
        .filter(|column| !shape.once.contains(&column.as_str()) && !["id", "seq"].contains(&column.as_str()))
        .map(|column| format!("{column} = r.{column}"))
        .collect();
    let same = key_of(table).map_or_else(String::new, |key| format!(" and t.{key} = r.{key}"));
    let sql = format!(
        "update {table} t set {} from jsonb_populate_record(null::{table}, $1) r
        where t.tenant_id = current_tenant_id(){same} returning {}",
        sets.join(", "),
        shape.digest("t")
    );
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(row)
        .fetch_all(&mut **tx)
        .await
}

/// The digest of a row as it stands here now.
pub async fn find_digest(
    tx: &mut TenantTx,
    shape: &Shape<'_>,
    id: Uuid,
) -> sqlx::Result<Option<(Uuid, String)>> {
    let sql = format!(
        "select {} from {} t where t.tenant_id = current_tenant_id() and t.{} = $1",
        shape.digest("t"),
        shape.table,
        shape.key()
    );
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

/// What was brought in with a row and has no column of its own.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ImportRow {
    pub id: Uuid,
    /// The kind of system that it comes from, such as `s4`.
    pub source: String,
    /// Which one of that kind.
    pub installation: String,
    pub source_table: String,
    /// Its key there.
    pub source_id: String,
    /// The table that it went into; null: it is kept here alone.
    pub became_table: Option<String>,
    pub became_id: Option<Uuid>,
    /// Values that have no column of their own, as they were.
    #[schema(value_type = Object)]
    pub left_over: Value,
    /// What could not be taken over as it was.
    pub notes: Vec<String>,
    /// When it was brought in first.
    pub created_at: DateTime<Utc>,
}

pub async fn list(
    tx: &mut TenantTx,
    source_table: Option<&str>,
    source_id: Option<&str>,
    became_id: Option<Uuid>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<ImportRow>> {
    let rows = sqlx::query_as!(
        ImportRow,
        "select id, source, installation, source_table, source_id, became_table, became_id, left_over, notes, created_at
        from import_rows
        where tenant_id = current_tenant_id()
            and ($1::text is null or source_table = $1)
            and ($2::text is null or source_id = $2)
            and ($3::uuid is null or became_id = $3)
            and ($4::timestamptz is null or (created_at, id) < ($4, $5))
        order by created_at desc, id desc
        limit $6",
        source_table,
        source_id,
        became_id,
        after.map(|position| position.at),
        after.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
