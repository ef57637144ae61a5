//! All SQL of the console that spans tenants: over the platform's indexes, and the count inside one tenant.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::error::{Error, Result, invalid, not_found};
use kernel::ids::TenantId;
use kernel::page::Page;
use kernel::{Database, TenantTx, secrets};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::figures::TenantFigures;
use super::tenants::TenantRow;

/// Which tenants are listed.
pub struct TenantFilter {
    pub q: Option<String>,
    pub status: Option<String>,
    pub plan: Option<String>,
    pub is_failing: bool,
}

const FAILURES: &str =
    "(coalesce(f.failed_jobs, 0) + coalesce(f.failing_webhooks, 0) + coalesce(f.failing_channels, 0))";

/// Name in requests, expression in SQL.
const COLUMNS: [(&str, &str, Kind); 9] = [
    ("name", "lower(i.name)", Kind::Text),
    ("created", "i.created_at", Kind::Time),
    ("members", "coalesce(f.members, 0)::float8", Kind::Number),
    ("channels", "coalesce(f.channels, 0)::float8", Kind::Number),
    ("messages", "coalesce(f.messages, 0)::float8", Kind::Number),
    ("storage", "coalesce(f.storage, 0)::float8", Kind::Number),
    ("cost", "coalesce(f.cost, 0)::float8", Kind::Number),
    (
        "activity",
        "coalesce(f.last_activity_at, to_timestamp(0))",
        Kind::Time,
    ),
    (
        "failures",
        "(coalesce(f.failed_jobs, 0) + coalesce(f.failing_webhooks, 0) + coalesce(f.failing_channels, 0))::float8",
        Kind::Number,
    ),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number,
    Time,
}

enum Value {
    Text(String),
    Number(f64),
    Time(DateTime<Utc>),
}

/// The order of a list, and where its page begins.
pub struct Sort {
    name: &'static str,
    expression: &'static str,
    is_descending: bool,
    after: Option<(Value, Uuid)>,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    sort: String,
    value: String,
    id: Uuid,
}

impl Sort {
    /// # Errors
    /// 422 for a column that is none, or a cursor that this list has not given in this order.
    pub fn read(sort: Option<&str>, cursor: Option<&str>) -> Result<Self> {
        let cursor: Option<Cursor> = cursor.map(decode).transpose()?;
        let wanted = sort.filter(|sort| !sort.is_empty());
        if let (Some(cursor), Some(wanted)) = (&cursor, wanted)
            && cursor.sort != wanted
        {
            return Err(bad_cursor());
        }
        let known = cursor.as_ref().map(|cursor| cursor.sort.clone());
        let sort = wanted.map(str::to_owned).or(known);
        let sort = sort.as_deref().unwrap_or("name");
        let (name, is_descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let found = COLUMNS.iter().find(|(known, ..)| *known == name);
        let (name, expression, kind) = *found.ok_or_else(|| {
            let names: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
            invalid(
                "bad_sort",
                format!("This list is sorted by one of {}.", names.join(", ")),
            )
        })?;
        let after = cursor.map(|cursor| {
            let value = match kind {
                Kind::Text => Some(Value::Text(cursor.value)),
                Kind::Number => cursor.value.parse().ok().map(Value::Number),
                Kind::Time => cursor.value.parse().ok().map(Value::Time),
            };
            value.map(|value| (value, cursor.id)).ok_or_else(bad_cursor)
        });
        Ok(Self {
            name,
            expression,
            is_descending,
            after: after.transpose()?,
        })
    }
}

fn decode(text: &str) -> Result<Cursor> {
    let bytes = secrets::decode(text).ok_or_else(bad_cursor)?;
    serde_json::from_slice(&bytes).map_err(|_| bad_cursor())
}

fn bad_cursor() -> Error {
    invalid(
        "bad_cursor",
        "The cursor is not one that this list gave in this order. Start again without it.",
    )
}

#[derive(FromRow)]
struct Listed {
    id: TenantId,
    name: String,
    slug: String,
    plan: String,
    status: String,
    is_active: bool,
    created_at: DateTime<Utc>,
    members: Option<i64>,
    channels: Option<i64>,
    messages: Option<i64>,
    storage: Option<i64>,
    cost: Option<f64>,
    tokens: Option<i64>,
    last_activity_at: Option<DateTime<Utc>>,
    failed_jobs: Option<i64>,
    failing_webhooks: Option<i64>,
    failing_channels: Option<i64>,
    counted_at: Option<DateTime<Utc>>,
    sort_value: String,
}

impl From<Listed> for TenantRow {
    fn from(row: Listed) -> Self {
        let figures = row.counted_at.map(|counted_at| TenantFigures {
            members: row.members.unwrap_or_default(),
            channels: row.channels.unwrap_or_default(),
            messages: row.messages.unwrap_or_default(),
            storage: row.storage.unwrap_or_default(),
            cost: row.cost.unwrap_or_default(),
            tokens: row.tokens.unwrap_or_default(),
            last_activity_at: row.last_activity_at,
            failed_jobs: row.failed_jobs.unwrap_or_default(),
            failing_webhooks: row.failing_webhooks.unwrap_or_default(),
            failing_channels: row.failing_channels.unwrap_or_default(),
            counted_at,
        });
        Self {
            id: row.id,
            name: row.name,
            slug: row.slug,
            plan: row.plan,
            status: row.status,
            is_active: row.is_active,
            created_at: row.created_at,
            figures,
        }
    }
}

fn select(expression: &str) -> QueryBuilder<Postgres> {
    QueryBuilder::new(format!(
        "select i.tenant_id as id, i.name, i.slug, i.plan, i.status, i.is_active, i.created_at,
            f.members, f.channels, f.messages, f.storage, f.cost::float8 as cost, f.tokens, f.last_activity_at,
            f.failed_jobs, f.failing_webhooks, f.failing_channels, f.counted_at, to_jsonb({expression}) #>> '{{}}' as sort_value
        from platform.tenant_index i
        left join platform.tenant_figures f on f.tenant_id = i.tenant_id
        where true"
    ))
}

pub async fn list(db: &Database, filter: &TenantFilter, sort: &Sort, limit: i64) -> Result<Page<TenantRow>> {
    let Sort {
        expression,
        is_descending,
        ..
    } = sort;
    let mut query = select(expression);
    if let Some(q) = &filter.q {
        query.push(" and position(lower(").push_bind(q.trim().to_owned());
        query.push(") in lower(i.name || ' ' || i.slug)) > 0");
    }
    if let Some(status) = &filter.status {
        query.push(" and i.status = ").push_bind(status.clone());
    }
    if let Some(plan) = &filter.plan {
        query.push(" and i.plan = ").push_bind(plan.clone());
    }
    if filter.is_failing {
        query.push(format!(" and {FAILURES} > 0"));
    }
    let (compare, way) = match is_descending {
        true => ("<", "desc"),
        false => (">", "asc"),
    };
    if let Some((value, id)) = &sort.after {
        query.push(format!(" and ({expression}, i.tenant_id) {compare} ("));
        match value {
            Value::Text(text) => query.push_bind(text.clone()),
            Value::Number(number) => query.push_bind(*number),
            Value::Time(time) => query.push_bind(*time),
        };
        query.push(", ").push_bind(*id).push(")");
    }
    query.push(format!(" order by {expression} {way}, i.tenant_id {way} limit "));
    query.push_bind(limit + 1);
    let mut rows: Vec<Listed> = query.build_query_as().fetch_all(db.platform()).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next_cursor = rows.last().filter(|_| has_more).map(|last| {
        let way = if *is_descending { "-" } else { "" };
        let cursor = Cursor {
            sort: format!("{way}{}", sort.name),
            value: last.sort_value.clone(),
            id: last.id.0,
        };
        secrets::encode(&serde_json::to_vec(&cursor).unwrap_or_default())
    });
    Ok(Page {
        items: rows.into_iter().map(TenantRow::from).collect(),
        next_cursor,
    })
}

pub async fn get(db: &Database, id: TenantId) -> Result<TenantRow> {
    let mut query = select("i.name");
    query.push(" and i.tenant_id = ").push_bind(id.0);
    let row: Option<Listed> = query.build_query_as().fetch_optional(db.platform()).await?;
    row.map(TenantRow::from).ok_or_else(|| not_found("workspace"))
}

pub async fn list_ids(db: &Database) -> Result<Vec<TenantId>> {
    let ids = sqlx::query_scalar!(
        r#"select tenant_id as "id: TenantId" from platform.tenant_index order by tenant_id"#
    )
    .fetch_all(db.platform())
    .await?;
    Ok(ids)
}

/// Those that have no figures, the newest first.
pub async fn list_uncounted(db: &Database, limit: i64) -> Result<Vec<TenantId>> {
    let ids = sqlx::query_scalar!(
        r#"select i.tenant_id as "id: TenantId"
        from platform.tenant_index i
        where not exists (select from platform.tenant_figures f where f.tenant_id = i.tenant_id)
        order by i.tenant_id desc
        limit $1"#,
        limit,
    )
    .fetch_all(db.platform())
    .await?;
    Ok(ids)
}

/// Counts the tenant of this transaction, in place of what was counted before.
pub async fn count(tx: &mut TenantTx, month: NaiveDate, failed_jobs: i64, now: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "delete from platform.tenant_figures where tenant_id = $1",
        tenant.0
    )
    .execute(&mut **tx)
    .await?;
    // another count at the same moment is as good
    sqlx::query!(
        "insert into platform.tenant_figures (tenant_id, members, channels, messages, storage, cost, tokens, last_activity_at,
            failed_jobs, failing_webhooks, failing_channels, counted_at)
        select $1,
            (select count(*) from memberships where tenant_id = $1),
            (select count(*) from channels where tenant_id = $1),
            (select count(*) from messages where tenant_id = $1 and sent_at >= $2::date::timestamp at time zone 'UTC'),
            (select coalesce(sum(size), 0) from assets where tenant_id = $1)
                + (select coalesce(sum(file_size), 0) from documents where tenant_id = $1),
            (select coalesce(sum(cost), 0) from usage_daily where tenant_id = $1 and day >= $2),
            (select coalesce(sum(input_tokens + output_tokens), 0) from usage_daily where tenant_id = $1 and day >= $2),
            (select max(last_message_at) from conversations where tenant_id = $1),
            $3,
            (select count(*) from webhook_endpoints
                where tenant_id = $1 and (disabled_reason in ('gone', 'failing') or (is_enabled and failing_since is not null))),
            (select count(*) from channels where tenant_id = $1 and is_active and is_broken),
            $4
        on conflict do nothing",
        tenant.0,
        month,
        failed_jobs,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
