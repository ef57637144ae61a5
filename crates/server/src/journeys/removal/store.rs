//! SQL over all tables of a tenant, whichever they are.

use std::collections::BTreeMap;

use kernel::{Result, TenantTx};
use sqlx::AssertSqlSafe;

/// The rows of each table that has any.
pub async fn count_rows(tx: &mut TenantTx) -> Result<BTreeMap<String, i64>> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut counts = BTreeMap::new();
    for table in tables {
        let count = format!("select count(*) from {table} where tenant_id = current_tenant_id()");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut **tx)
            .await?;
        if rows > 0 {
            counts.insert(table, rows);
        }
    }
    Ok(counts)
}
