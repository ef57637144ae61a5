//! All SQL for the figures of sales.

use chrono::NaiveDate;
use kernel::money::{Amount, Currency};
use kernel::{Result, TenantTx};

use super::{FunnelStep, LostReason, SalesSummary};
use crate::amounts::{CurrencyTotal, DealsTotal};

/// Days of the tenant's: from the first to the last, this month unless given.
pub async fn summary(
    tx: &mut TenantTx,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<SalesSummary> {
    let tenant = sqlx::query!(
        r#"select t.currency as "currency: Currency",
            coalesce($1, date_trunc('month', $3::timestamptz at time zone t.time_zone)::date) as "from!",
            coalesce($2, ($3::timestamptz at time zone t.time_zone)::date) as "to!"
        from tenants t
        where t.tenant_id = current_tenant_id()"#,
        from,
        to,
        tx.now(),
    )
    .fetch_one(&mut **tx)
    .await?;
    let (from, to) = (tenant.from, tenant.to);
    let counts = sqlx::query!(
        r#"select
            (
                select count(*) from crm_clients
                where tenant_id = t.tenant_id and merged_into is null
                    and created_at >= $1::date::timestamp at time zone t.time_zone
                    and created_at < ($2::date + 1)::timestamp at time zone t.time_zone
            ) as "new!",
            (
                select count(*) from crm_activities
                where tenant_id = t.tenant_id and status = 'pending' and due_date < $3
            ) as "overdue!", closed.win_rate, closed.cycle_days
        from tenants t
        cross join crm_closed_deals($1::date, $2::date, null, null) closed
        where t.tenant_id = current_tenant_id()"#,
        from,
        to,
        tx.now(),
    )
    .fetch_one(&mut **tx)
    .await?;
    let funnel = funnel(tx).await?;
    Ok(SalesSummary {
        from,
        to,
        currency: tenant.currency,
        // to count them takes longest: once is enough
        total_clients: funnel.iter().map(|step| step.client_count).sum(),
        new_clients: counts.new,
        open: open(tx).await?,
        won: closed(tx, "closed_won", from, to).await?,
        lost: closed(tx, "closed_lost", from, to).await?,
        win_rate: counts.win_rate,
        cycle_days: counts.cycle_days,
        revenue: revenue(tx, from, to).await?,
        lost_reasons: lost_reasons(tx, from, to).await?,
        funnel,
        overdue_activities: counts.overdue,
    })
}

async fn open(tx: &mut TenantTx) -> Result<Vec<DealsTotal>> {
    let totals = sqlx::query_as!(
        DealsTotal,
        r#"select currency as "currency: Currency", count(*) as "count!", round(sum(value_key) / 100, 2) as "total!: Amount",
            round(sum(value_key * probability) / 10000, 2) as "weighted!: Amount"
        from crm_deals
        where tenant_id = current_tenant_id() and stage not in ('closed_won', 'closed_lost')
        group by currency
        order by count(*) desc, currency"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(totals)
}

async fn closed(
    tx: &mut TenantTx,
    stage: &str,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<CurrencyTotal>> {
    let totals = sqlx::query_as!(
        CurrencyTotal,
        r#"select currency as "currency: Currency", count(*) as "count!", sum(deal_value) as "total!: Amount"
        from crm_deals
        where tenant_id = current_tenant_id() and stage = $1 and actual_close_date between $2 and $3
        group by currency
        order by count(*) desc, currency"#,
        stage,
        from,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(totals)
}

async fn revenue(tx: &mut TenantTx, from: NaiveDate, to: NaiveDate) -> Result<Vec<CurrencyTotal>> {
    let totals = sqlx::query_as!(
        CurrencyTotal,
        r#"select o.currency as "currency: Currency", count(*) as "count!", round(sum(o.total_key) / 100, 2) as "total!: Amount"
        from tenants t
        join crm_orders o on o.tenant_id = t.tenant_id
            and o.order_date >= $1::date::timestamp at time zone t.time_zone
            and o.order_date < ($2::date + 1)::timestamp at time zone t.time_zone
        where t.tenant_id = current_tenant_id() and o.status not in ('cancelled', 'refunded')
        group by o.currency
        order by count(*) desc, o.currency"#,
        from,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(totals)
}

async fn lost_reasons(tx: &mut TenantTx, from: NaiveDate, to: NaiveDate) -> Result<Vec<LostReason>> {
    let reasons = sqlx::query_as!(
        LostReason,
        r#"select lost_reason as "reason!", count(*) as "count!"
        from crm_deals
        where tenant_id = current_tenant_id() and stage = 'closed_lost' and lost_reason is not null
            and actual_close_date between $1 and $2
        group by lost_reason
        order by count(*) desc, lost_reason
        limit 10"#,
        from,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(reasons)
}

async fn funnel(tx: &mut TenantTx) -> Result<Vec<FunnelStep>> {
    let steps = sqlx::query_as!(
        FunnelStep,
        r#"select stage as "stage!", client_count as "client_count!", percentage::float8 as "percentage!",
            reached as "reached!", conversion_rate::float8
        from get_conversion_funnel(current_tenant_id())"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(steps)
}
