//! SQL for backups: by the owner, over all tables whichever they are.

use std::collections::BTreeMap;

use kernel::Result;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Whether this login sees the rows of all tenants.
pub async fn sees_everything(owner: &mut PgConnection) -> Result<bool> {
    let sees =
        sqlx::query_scalar("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            .fetch_one(owner)
            .await?;
    Ok(sees)
}

/// Holds a moment of the database still for as long as the connection lives; others can look at it by the name.
pub async fn snapshot(owner: &mut PgConnection) -> Result<String> {
    sqlx::raw_sql("begin isolation level repeatable read read only")
        .execute(&mut *owner)
        .await?;
    let name = sqlx::query_scalar("select pg_export_snapshot()")
        .fetch_one(owner)
        .await?;
    Ok(name)
}

/// The newest migration, and the major version of PostgreSQL.
pub async fn versions(owner: &mut PgConnection) -> Result<(i64, i32)> {
    let versions = sqlx::query_as(
        "select (select max(version) from platform.schema_version), current_setting('server_version_num')::int / 10000",
    )
    .fetch_one(owner)
    .await?;
    Ok(versions)
}

/// Whether nothing was ever migrated here.
pub async fn is_empty(owner: &mut PgConnection) -> Result<bool> {
    let is_empty = sqlx::query_scalar("select to_regclass('platform.schema_version') is null")
        .fetch_one(owner)
        .await?;
    Ok(is_empty)
}

/// The dump makes the schema itself.
pub async fn drop_empty_schema(owner: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("drop schema if exists platform restrict")
        .execute(owner)
        .await?;
    Ok(())
}

/// The rows of each table.
pub async fn counts(owner: &mut PgConnection) -> Result<BTreeMap<String, i64>> {
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select c.oid::regclass::text, n.nspname || '.' || c.relname
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'",
    )
    .fetch_all(&mut *owner)
    .await?;
    let mut counts = BTreeMap::new();
    for (quoted, name) in tables {
        let count = format!("select count(*) from {quoted}");
        let rows = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut *owner)
            .await?;
        counts.insert(name, rows);
    }
    Ok(counts)
}

pub async fn connect(url: &str) -> Result<PgConnection> {
    let connected = PgConnection::connect(url).await;
    connected.map_err(|error| kernel::error::unavailable(format!("The database does not answer: {error}.")))
}
