//! All SQL for changing many pairs.

use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::super::list::store::push_filter;
use super::{BulkChange, Change};

/// A pair as it was.
#[derive(sqlx::FromRow)]
pub struct Before {
    pub id: Uuid,
    pub category: String,
    pub language: Option<String>,
    pub is_active: bool,
}

/// The pairs that are meant, locked.
pub async fn list(tx: &mut TenantTx, bulk: &BulkChange) -> Result<Vec<Before>> {
    let mut query = QueryBuilder::<Postgres>::new("select q.id, q.category, q.language, q.is_active");
    push_meant(&mut query, bulk);
    query.push(" order by q.id for update");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// How many pairs are meant; above `most` they are not counted on.
pub async fn count(tx: &mut TenantTx, bulk: &BulkChange, most: usize) -> Result<usize> {
    let mut query = QueryBuilder::<Postgres>::new("select count(*) from (select");
    push_meant(&mut query, bulk);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    query
        .push(" limit ")
        .push_bind(most.saturating_add(1))
        .push(") meant");
    let count: i64 = query.build_query_scalar().fetch_one(&mut **tx).await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn push_meant(query: &mut QueryBuilder<Postgres>, bulk: &BulkChange) {
    query.push(" from qa_pairs q where q.tenant_id = current_tenant_id()");
    if let Some(ids) = &bulk.ids {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        query.push(" and q.id = any(").push_bind(ids).push(")");
    }
    if let Some(filter) = &bulk.filter {
        push_filter(query, filter);
    }
}

pub async fn change(tx: &mut TenantTx, ids: &[Uuid], change: &Change) -> Result<()> {
    sqlx::query!(
        "update qa_pairs
        set category = coalesce($2, category),
            language = case when $3::text is null then language else nullif($3, '') end,
            is_active = coalesce($4, is_active)
        where tenant_id = current_tenant_id() and id = any($1)",
        ids,
        change.category.as_deref().map(str::trim),
        change.language,
        change.is_active,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
