//! All SQL for numbers about deals and orders.

use std::collections::BTreeMap;

use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::Deal;
use crate::analytics::filter::Question;
use crate::analytics::range::Days;

const OPEN: &str = "d.stage not in ('closed_won', 'closed_lost')";

pub struct Counts {
    pub opened: i64,
    pub won: i64,
    pub lost: i64,
    /// Median of days from the day on which a deal was made to that on which it was won.
    pub cycle_days: Option<f64>,
}

pub async fn counts(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Counts> {
    let counts = sqlx::query_as!(
        Counts,
        r#"select
            (
                select count(*) from crm_deals d
                where d.tenant_id = current_tenant_id() and d.created_at >= $1::date::timestamp at time zone $3
                    and d.created_at < ($2::date + 1)::timestamp at time zone $3
                    and ($4::uuid is null or d.owner_id = $4) and ($5::uuid is null or d.pipeline_id = $5)
            ) as "opened!",
            closed.won as "won!", closed.lost as "lost!", closed.cycle_days
        from crm_closed_deals($1, $2, $4, $5) closed"#,
        days.from,
        days.to,
        question.zone,
        question.filter.rest.user_id,
        question.filter.rest.pipeline_id,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(counts)
}

/// Orders that were neither cancelled nor refunded.
pub async fn orders(tx: &mut TenantTx, question: &Question, days: Days) -> Result<i64> {
    let totals = by_currency(tx, question, days, "revenue").await?;
    Ok(totals.values().map(|(count, _)| count).sum())
}

/// How many in each currency, and how much in all.
pub async fn by_currency(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
    metric: &str,
) -> Result<BTreeMap<String, (i64, f64)>> {
    let mut query = QueryBuilder::<Postgres>::new("");
    if metric == "revenue" {
        query.push(
            "select o.currency, count(*), sum(o.total)::float8 from crm_orders o
            where o.tenant_id = current_tenant_id() and o.status not in ('cancelled', 'refunded')",
        );
        push_days(&mut query, "o.order_date", days, question);
    } else {
        let value = match metric {
            "weighted_value" => "round(sum(d.deal_value * d.probability / 100), 2)",
            _ => "sum(d.deal_value)",
        };
        query.push(format!("select d.currency, count(*), ({value})::float8"));
        push_deals(&mut query, question, days, (metric, false));
    }
    query.push(" group by 1");
    let rows: Vec<(String, i64, f64)> = query.build_query_as().fetch_all(&mut **tx).await?;
    Ok(rows
        .into_iter()
        .map(|(currency, count, value)| (currency, (count, value)))
        .collect())
}

fn push_days(query: &mut QueryBuilder<Postgres>, column: &str, days: Days, question: &Question) {
    query.push(format!(" and {column} >= ")).push_bind(days.from);
    query
        .push("::date::timestamp at time zone ")
        .push_bind(question.zone.clone());
    query
        .push(format!(" and {column} < ("))
        .push_bind(days.to)
        .push("::date + 1)::timestamp at time zone ");
    query.push_bind(question.zone.clone());
}

/// None: the metric is no number about deals.
pub async fn count(tx: &mut TenantTx, question: &Question, wanted: (&str, bool)) -> Result<Option<i64>> {
    let mut query = QueryBuilder::<Postgres>::new("select count(*)");
    if !push_deals(&mut query, question, question.days, wanted) {
        return Ok(None);
    }
    Ok(Some(query.build_query_scalar().fetch_one(&mut **tx).await?))
}

/// Newest first.
pub async fn list(
    tx: &mut TenantTx,
    question: &Question,
    wanted: (&str, bool),
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Deal>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select d.id, d.name, d.client_id,
            (select coalesce(c.name, c.company_name) from crm_clients c where c.tenant_id = d.tenant_id and c.id = d.client_id)
                as client_name,
            d.stage,
            (select s.name from crm_pipeline_stages s where s.tenant_id = d.tenant_id and s.id = d.pipeline_stage_id) as stage_name,
            d.deal_value::float8 as value, d.currency,
            (select m.name from memberships m where m.tenant_id = d.tenant_id and m.user_id = d.owner_id) as owner_name,
            d.created_at as opened_at, d.actual_close_date as closed_on, d.conversation_id",
    );
    if !push_deals(&mut query, question, question.days, wanted) {
        return Ok(Vec::new());
    }
    if let Some(position) = after {
        query.push(" and (d.created_at, d.id) < (").push_bind(position.at);
        query.push(", ").push_bind(position.id).push(")");
    }
    query
        .push(" order by d.created_at desc, d.id desc limit ")
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// The deals of a metric. False: it is no number about deals.
fn push_deals(
    query: &mut QueryBuilder<Postgres>,
    question: &Question,
    days: Days,
    (metric, is_whole): (&str, bool),
) -> bool {
    query.push(" from crm_deals d where d.tenant_id = current_tenant_id()");
    let closed = match (metric, is_whole) {
        ("deals_opened", _) => {
            push_days(query, "d.created_at", days, question);
            None
        }
        ("open_value" | "weighted_value", _) => {
            query.push(" and ").push(OPEN);
            None
        }
        ("deals_won" | "won_value" | "deal_cycle", _) | ("win_rate", false) => Some("= 'closed_won'"),
        ("deals_lost", _) => Some("= 'closed_lost'"),
        ("win_rate", true) => Some("in ('closed_won', 'closed_lost')"),
        _ => return false,
    };
    if let Some(stage) = closed {
        query.push(format!(" and d.stage {stage} and d.actual_close_date between "));
        query.push_bind(days.from).push(" and ").push_bind(days.to);
    }
    let rest = &question.filter.rest;
    for (column, id) in [
        ("owner_id", rest.user_id),
        ("pipeline_id", rest.pipeline_id),
        ("pipeline_stage_id", rest.pipeline_stage_id),
    ] {
        if let Some(id) = id {
            query.push(format!(" and d.{column} = ")).push_bind(id);
        }
    }
    if let Some(currency) = &rest.currency {
        query.push(" and d.currency = ").push_bind(currency.clone());
    }
    if let Some(reason) = &rest.lost_reason {
        query
            .push(" and coalesce(d.lost_reason, '') = ")
            .push_bind(reason.clone());
    }
    true
}

/// What is open in a column of a pipeline, in one currency; none: nothing is.
pub struct Stage {
    pub stage_id: String,
    pub name: String,
    pub currency: Option<String>,
    pub count: i64,
    pub value: f64,
}

/// Every open column in the order of the boards.
pub async fn open_by_stage(tx: &mut TenantTx, question: &Question) -> Result<Vec<Stage>> {
    let rows = sqlx::query_as!(
        Stage,
        r#"select s.id::text as "stage_id!", s.name, d.currency as "currency?", count(d.id) as "count!",
            coalesce(sum(d.deal_value), 0)::float8 as "value!"
        from crm_pipelines p
        join crm_pipeline_stages s on s.tenant_id = p.tenant_id and s.pipeline_id = p.id
        left join crm_deals d on d.tenant_id = s.tenant_id and d.pipeline_stage_id = s.id and d.pipeline_id = s.pipeline_id
            and d.stage not in ('closed_won', 'closed_lost') and ($1::uuid is null or d.owner_id = $1)
        where p.tenant_id = current_tenant_id() and s.stage not in ('closed_won', 'closed_lost')
            and ($2::uuid is null or p.id = $2)
        group by p.position, p.id, s.position, s.id, s.name, d.currency
        order by p.position, p.id, s.position, s.id, d.currency"#,
        question.filter.rest.user_id,
        question.filter.rest.pipeline_id,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The first day of each part, with how many were won and lost in it.
pub async fn closed_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, i64, i64)>> {
    let rows = sqlx::query!(
        r#"select analytics_part(d.actual_close_date, $6, $1, $7, $8) as "key!",
            count(*) filter (where d.stage = 'closed_won') as "won!", count(*) filter (where d.stage = 'closed_lost') as "lost!"
        from crm_deals d
        where d.tenant_id = current_tenant_id() and d.stage in ('closed_won', 'closed_lost')
            and d.actual_close_date between $2 and $3 and ($4::uuid is null or d.owner_id = $4)
            and ($5::uuid is null or d.pipeline_id = $5)
        group by 1"#,
        question.grain.as_str(),
        days.from,
        days.to,
        question.filter.rest.user_id,
        question.filter.rest.pipeline_id,
        question.behind(days),
        question.days.from,
        question.days.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.won, row.lost)).collect())
}

/// How many days deals stayed at a stage.
pub struct Stay {
    pub stage: String,
    pub median: Option<f64>,
    pub p90: Option<f64>,
}

/// Of stays that ended in the range, by the stage that was left, in the order of the way.
pub async fn time_in_stage(tx: &mut TenantTx, question: &Question) -> Result<Vec<Stay>> {
    let rows = sqlx::query_as!(
        Stay,
        r#"select s.stage as "stage!",
            percentile_cont(0.5) within group (order by extract(epoch from s.left_at - s.came_at)::float8 / 86400) as median,
            percentile_cont(0.9) within group (order by extract(epoch from s.left_at - s.came_at)::float8 / 86400) as p90
        from (
            select h.from_stage as stage, h.created_at as left_at,
                (
                    select max(b.created_at) from crm_deal_stages_history b
                    where b.tenant_id = h.tenant_id and b.deal_id = h.deal_id and (b.created_at, b.id) < (h.created_at, h.id)
                ) as came_at
            from crm_deal_stages_history h
            join crm_deals d on d.tenant_id = h.tenant_id and d.id = h.deal_id
            where h.tenant_id = current_tenant_id() and h.from_stage is not null
                and h.created_at >= $1::date::timestamp at time zone $3 and h.created_at < ($2::date + 1)::timestamp at time zone $3
                and ($4::uuid is null or d.owner_id = $4) and ($5::uuid is null or d.pipeline_id = $5)
        ) s
        where s.stage not in ('closed_won', 'closed_lost') and s.came_at is not null
        group by s.stage
        order by array_position(array['prospecting', 'qualification', 'proposal', 'negotiation'], s.stage)"#,
        question.days.from,
        question.days.to,
        question.zone,
        question.filter.rest.user_id,
        question.filter.rest.pipeline_id,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The first day of each part, a currency, and what was sold.
pub async fn revenue_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, String, f64)>> {
    let rows = sqlx::query!(
        r#"select analytics_part((o.order_date at time zone $4)::date, $5, $1, $6, $7) as "key!", o.currency,
            sum(o.total)::float8 as "total!"
        from crm_orders o
        where o.tenant_id = current_tenant_id() and o.status not in ('cancelled', 'refunded')
            and o.order_date >= $2::date::timestamp at time zone $4 and o.order_date < ($3::date + 1)::timestamp at time zone $4
        group by 1, 2"#,
        question.grain.as_str(),
        days.from,
        days.to,
        question.zone,
        question.behind(days),
        question.days.from,
        question.days.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.key, row.currency, row.total))
        .collect())
}

/// The most frequent first.
pub async fn lost_reasons(tx: &mut TenantTx, question: &Question) -> Result<Vec<(Option<String>, i64)>> {
    let rows = sqlx::query!(
        r#"select nullif(d.lost_reason, '') as reason, count(*) as "count!"
        from crm_deals d
        where d.tenant_id = current_tenant_id() and d.stage = 'closed_lost' and d.actual_close_date between $1 and $2
            and ($3::uuid is null or d.owner_id = $3) and ($4::uuid is null or d.pipeline_id = $4)
        group by 1
        order by count(*) desc, 1
        limit 20"#,
        question.days.from,
        question.days.to,
        question.filter.rest.user_id,
        question.filter.rest.pipeline_id,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.reason, row.count)).collect())
}
