//! What the server's test binaries share. The rest is in `testkit`.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use testkit::{Server, ServerBuilder};
use uuid::Uuid;

/// The server of this build.
pub fn server() -> ServerBuilder {
    Server::of(env!("CARGO_BIN_EXE_rapport")).copied()
}

/// Every row of a tenant, table by table, as the database holds it. What jobs count from other rows is left out.
pub async fn dump(owner: &mut PgConnection, tenant: Uuid) -> BTreeMap<String, Value> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname !~ '^(analytics|topic)'",
    )
    .fetch_all(&mut *owner)
    .await
    .expect("the catalogue");
    let mut dump = BTreeMap::new();
    for table in tables {
        let rows = format!(
            "select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]') from {table} t where tenant_id = '{tenant}'"
        );
        let rows: Value = sqlx::query_scalar(AssertSqlSafe(rows))
            .fetch_one(&mut *owner)
            .await
            .expect("rows");
        dump.insert(table, rows);
    }
    dump
}
