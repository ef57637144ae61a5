//! SQL that reads deals.

use kernel::error::not_found;
use kernel::ids::{DealId, PipelineId, PipelineStageId};
use kernel::page::Page;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::super::{Deal, DealHistoryEntry};
use super::{STALE_AFTER_DAYS, Wanted};
use crate::amounts::DealsTotal;
use crate::listing::{Listing, Whose, push_among};
use crate::pipelines::Stage;
use crate::search::{self, Words};

// What is shown beside a deal is looked up for the rows of the page alone; with a limit, because `exists` would read all orders.
const COLUMNS: &str = "d.id, d.client_id, coalesce(c.name, c.company_name) as client_name, d.pipeline_id, d.pipeline_stage_id,
    (select s.name from crm_pipeline_stages s where s.tenant_id = d.tenant_id and s.id = d.pipeline_stage_id) as pipeline_stage_name,
    d.stage, d.conversation_id, d.name, d.description, d.deal_value, d.currency, d.probability,
    d.expected_close_date, d.actual_close_date, d.products, d.owner_id,
    (select m.name from memberships m where m.tenant_id = d.tenant_id and m.user_id = d.owner_id) as owner_name, d.lost_reason,
    d.lost_reason_details, d.won_reason, d.competitor, d.tags, d.custom_fields,
    greatest(floor(extract(epoch from now() - d.stage_changed_at) / 86400), 0)::integer as days_in_stage,
    coalesce((select true from crm_orders o where o.tenant_id = d.tenant_id and o.deal_id = d.id limit 1), false) as has_orders,
    d.stage_changed_at, d.created_at, d.updated_at";

const FROM: &str = " from crm_deals d
    join crm_clients c on c.tenant_id = d.tenant_id and c.id = d.client_id
    where d.tenant_id = current_tenant_id()";

const WORDS: Words = Words {
    table: "crm_deal_words",
    column: "deal_id",
    id: "d.id",
};

pub async fn list(tx: &mut TenantTx, wanted: &Wanted, listing: &Listing) -> Result<Page<Deal>> {
    let words = search::store::cut(tx, wanted.filter.q.as_deref()).await?;
    let select = || {
        let mut query = QueryBuilder::<Postgres>::new("select ");
        query.push(COLUMNS);
        listing.push_value(&mut query);
        query.push(FROM);
        push_filter(&mut query, wanted, &words);
        query
    };
    listing.fetch(tx, "d.id", select).await
}

pub async fn get(tx: &mut TenantTx, id: DealId) -> Result<Deal> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    query
        .push(COLUMNS)
        .push(FROM)
        .push(" and d.id = ")
        .push_bind(id.0);
    let found = query.build_query_as().fetch_optional(&mut **tx).await?;
    found.ok_or_else(|| not_found("deal"))
}

/// What the deals of each column of a pipeline are worth.
pub async fn totals(
    tx: &mut TenantTx,
    pipeline: PipelineId,
    wanted: &Wanted,
) -> Result<Vec<(PipelineStageId, DealsTotal)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        pipeline_stage_id: PipelineStageId,
        currency: kernel::money::Currency,
        count: i64,
        total: kernel::money::Amount,
        weighted: kernel::money::Amount,
    }
    let words = search::store::cut(tx, wanted.filter.q.as_deref()).await?;
    let mut query = QueryBuilder::<Postgres>::new(
        "select d.pipeline_stage_id, d.currency, count(*) as count, round(sum(d.value_key) / 100, 2) as total,
            round(sum(d.value_key * d.probability) / 10000, 2) as weighted
        from crm_deals d
        where d.tenant_id = current_tenant_id() and d.pipeline_id = ",
    );
    query.push_bind(pipeline.0);
    push_filter(&mut query, wanted, &words);
    query.push(" group by d.pipeline_stage_id, d.currency order by count(*) desc, d.currency");
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    let total = |row: Row| {
        let total = DealsTotal {
            currency: row.currency,
            count: row.count,
            total: row.total,
            weighted: row.weighted,
        };
        (row.pipeline_stage_id, total)
    };
    Ok(rows.into_iter().map(total).collect())
}

/// Conditions on `crm_deals d`.
fn push_filter(query: &mut QueryBuilder<Postgres>, wanted: &Wanted, words: &[String]) {
    let filter = &wanted.filter;
    WORDS.push_beginnings(query, words);
    WORDS.push_tags(query, &wanted.tags);
    for (column, id) in [
        ("pipeline_id", filter.pipeline_id),
        ("pipeline_stage_id", wanted.in_stage.map(|stage| stage.0)),
        ("client_id", filter.client_id),
        ("conversation_id", filter.conversation_id),
    ] {
        if let Some(id) = id {
            query.push(format!(" and d.{column} = ")).push_bind(id);
        }
    }
    push_among(query, "d.stage", &wanted.stages);
    match filter.is_open {
        Some(true) => query.push(" and d.stage not in ('closed_won', 'closed_lost')"),
        Some(false) => query.push(" and d.stage in ('closed_won', 'closed_lost')"),
        None => query,
    };
    match wanted.owner {
        Some(Whose::Nobodys) => query.push(" and d.owner_id is null"),
        Some(Whose::Of(owner)) => query.push(" and d.owner_id = ").push_bind(owner),
        None => query,
    };
    if let Some(day) = filter.close_from {
        query.push(" and d.expected_close_date >= ").push_bind(day);
    }
    if let Some(day) = filter.close_to {
        query.push(" and d.expected_close_date <= ").push_bind(day);
    }
    if let Some(value) = filter.min_value {
        query.push(" and d.value_key >= ").push_bind(value.hundredths());
    }
    if let Some(currency) = &filter.currency {
        query.push(" and d.currency = ").push_bind(currency.clone());
    }
    if let Some(is_stale) = filter.is_stale {
        let negated = if is_stale { "" } else { "not " };
        query.push(format!(
            " and {negated}(d.stage not in ('closed_won', 'closed_lost')
                and d.stage_changed_at < now() - interval '{STALE_AFTER_DAYS} days')"
        ));
    }
}

/// Every stage that it came into, oldest first.
pub async fn history(tx: &mut TenantTx, id: DealId) -> Result<Vec<DealHistoryEntry>> {
    let entries = sqlx::query_as!(
        DealHistoryEntry,
        r#"select h.id, h.from_stage as "from_stage: Stage", h.to_stage as "to_stage: Stage", h.from_stage_name, h.to_stage_name,
            h.changed_by as "changed_by: kernel::ids::UserId", m.name as "changed_by_name?", h.notes, h.created_at
        from crm_deal_stages_history h
        left join memberships m on m.tenant_id = h.tenant_id and m.user_id = h.changed_by
        where h.tenant_id = current_tenant_id() and h.deal_id = $1
        order by h.created_at, h.id"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(entries)
}
