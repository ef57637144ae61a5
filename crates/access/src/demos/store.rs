//! All SQL for demonstrations.

use chrono::{DateTime, Utc};
use kernel::ids::DemoId;
use kernel::page::Position;
use kernel::{Database, Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::{Demo, Filter, NewDemo};

/// Makes the tenant of this transaction a demonstration. It is no trial of somebody's who could be asked to pay.
pub async fn insert(tx: &mut TenantTx, new: &NewDemo<'_>) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "update tenants set subscription_status = 'active', website_url = $2 where tenant_id = $1",
        tenant.0,
        new.website_url,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into demos (tenant_id, id, token, name, website_url, messages_a_day, expires_at, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.0,
        DemoId::new().0,
        new.token,
        new.name,
        new.website_url,
        new.messages_a_day,
        new.expires_at,
        new.created_by,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// False: as much was written today (UTC) as may be. A tenant that is no demonstration has no such limit.
pub async fn count_message(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<bool> {
    let today = now.date_naive();
    let counted = sqlx::query_scalar!(
        r#"with counted as (
            update demos
            set day = $1, messages = case when day = $1 then messages + 1 else 1 end
            where tenant_id = current_tenant_id() and (day is distinct from $1 or messages < messages_a_day)
            returning id
        )
        select exists (select from counted)
            or not exists (select from demos where tenant_id = current_tenant_id()) as "is_free!""#,
        today,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(counted)
}

/// What visitors have written, and may write, today (UTC).
pub async fn count_today(tx: &mut TenantTx) -> Result<(i32, i32)> {
    let today = tx.now().date_naive();
    let row = sqlx::query!(
        r#"select case when day = $1 then messages else 0 end as "messages!", messages_a_day
        from demos where tenant_id = current_tenant_id()"#,
        today,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map_or((0, 0), |row| (row.messages, row.messages_a_day)))
}

const SELECT: &str =
    "select tenant_id, demo_id as id, token, name, website_url, created_by, created_at, expires_at
    from platform.demo_index where true";

async fn fetch(db: &Database, mut query: QueryBuilder<Postgres>) -> Result<Vec<Demo>> {
    Ok(query.build_query_as().fetch_all(db.platform()).await?)
}

/// By its link, also when its time is over and it has not been removed yet.
pub async fn find_by_token(db: &Database, token: &str) -> Result<Option<Demo>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and token = ").push_bind(token);
    Ok(fetch(db, query).await?.pop())
}

pub async fn find(db: &Database, id: DemoId) -> Result<Option<Demo>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and demo_id = ").push_bind(id);
    Ok(fetch(db, query).await?.pop())
}

/// Those that fit, the newest first, from after this one.
pub async fn list(db: &Database, filter: &Filter, after: Option<Position>, limit: i64) -> Result<Vec<Demo>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    if let Some(is_over) = filter.is_over {
        query.push(" and (expires_at <= ").push_bind(db.clock.now());
        query.push(") = ").push_bind(is_over);
    }
    if let Some(search) = filter
        .search
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        query.push(" and position(lower(").push_bind(search.to_owned());
        query.push(") in lower(name || ' ' || website_url)) > 0");
    }
    if let Some(before) = filter.created_before {
        query.push(" and created_at < ").push_bind(before);
    }
    if let Some(after) = after {
        query.push(" and (created_at, demo_id) < (").push_bind(after.at);
        query.push(", ").push_bind(after.id).push(")");
    }
    query
        .push(" order by created_at desc, demo_id desc limit ")
        .push_bind(limit);
    fetch(db, query).await
}
