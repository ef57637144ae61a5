//! All SQL for the budget ledger.

use chrono::NaiveDate;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{Reservation, Spent};

/// One statement decides: the row lock makes concurrent reservations queue, so none sees a stale balance.
pub async fn reserve(tx: &mut TenantTx, day: NaiveDate, wanted: Reservation) -> Result<bool> {
    let tenant = tx.tenant_id();
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into usage_daily (tenant_id, id, day, currency)
        select t.tenant_id, $2, $3, t.currency from tenants t where t.tenant_id = $1
        on conflict on constraint usage_daily_day_key do nothing",
        tenant.0,
        id,
        day,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "update usage_daily u
        set reserved_tokens = u.reserved_tokens + $3,
            reserved_cost = u.reserved_cost + $4::float8::numeric,
            model_calls = u.model_calls + 1
        from tenants t
        where u.tenant_id = $1 and u.day = $2 and t.tenant_id = u.tenant_id
            and (t.daily_token_budget is null
                or u.input_tokens + u.output_tokens + u.reserved_tokens + $3 <= t.daily_token_budget)
            and (t.daily_money_budget is null
                or u.cost + u.reserved_cost + $4::float8::numeric <= t.daily_money_budget)
            and not exists (select from plan_allowances() a
                where a.resource = 'ai_spend' and a.stops_at < u.cost + u.reserved_cost + $4::float8::numeric
                    + (select coalesce(sum(d.cost + d.reserved_cost), 0) from usage_daily d
                        where d.tenant_id = $1 and d.day >= date_trunc('month', $2::date)::date and d.day < $2))",
        tenant.0,
        day,
        wanted.tokens,
        wanted.cost,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn settle(tx: &mut TenantTx, day: NaiveDate, reserved: Reservation, spent: Spent) -> Result<()> {
    sqlx::query!(
        "update usage_daily
        set reserved_tokens = greatest(reserved_tokens - $2, 0),
            reserved_cost = greatest(reserved_cost - $3::float8::numeric, 0),
            input_tokens = input_tokens + $4,
            output_tokens = output_tokens + $5,
            cost = cost + $6::float8::numeric,
            unpriced_calls = unpriced_calls + (not $7::boolean)::integer
        where day = $1",
        day,
        reserved.tokens,
        reserved.cost,
        spent.input_tokens,
        spent.output_tokens,
        spent.cost,
        spent.is_cost_known,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
