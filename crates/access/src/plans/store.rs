//! All SQL for what a workspace may use and uses.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Result, TenantTx};

use super::{Plan, PlanUse, Resource};

/// One statement decides, and the row's lock makes those who come at once queue: none sees a stale count.
pub async fn take_message(tx: &mut TenantTx, month: NaiveDate) -> Result<bool> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into plan_usage as u (tenant_id, month, messages)
        select $1, $2, 1
        where coalesce((select a.stops_at > 0 from plan_allowances() a where a.resource = 'messages'), true)
        on conflict on constraint plan_usage_pkey do update
        set messages = u.messages + 1
        where coalesce((select u.messages < a.stops_at from plan_allowances() a where a.resource = 'messages'), true)",
        tenant.0,
        month,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn give_message_back(tx: &mut TenantTx, month: NaiveDate) -> Result<()> {
    sqlx::query!(
        "update plan_usage set messages = greatest(messages - 1, 0)
        where tenant_id = current_tenant_id() and month = $1",
        month,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Where a resource stops; none: nowhere. Takes the tenant's turn until the end of the transaction, so that those who come
/// at once do not all take the last place.
pub async fn hold(tx: &mut TenantTx, resource: Resource) -> Result<Option<i64>> {
    let stops_at = sqlx::query_scalar!(
        "select stops_at from plan_allowances() where resource = $1",
        resource.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?
    .flatten();
    if stops_at.is_some() {
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('plan/' || $1::text || '/' || current_tenant_id(), 0)) as locked",
            resource.as_str()
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(stops_at)
}

pub async fn count_members(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from memberships where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Members, and invitations that can still be accepted.
pub async fn count_seats(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select (select count(*) from memberships where tenant_id = current_tenant_id())
            + (select count(*) from invitations
                where tenant_id = current_tenant_id() and accepted_at is null and revoked_at is null and expires_at > $1)
            as "count!""#,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

pub async fn count_channels(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from channels where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Bytes of uploaded files and of documents.
pub async fn sum_storage(tx: &mut TenantTx) -> Result<i64> {
    let sum = sqlx::query_scalar!(
        r#"select (coalesce((select sum(size) from assets where tenant_id = current_tenant_id()), 0)
            + coalesce((select sum(file_size) from documents where tenant_id = current_tenant_id()), 0))::bigint as "sum!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(sum)
}

/// What is used of everything that plans count.
pub async fn list_use(tx: &mut TenantTx, now: DateTime<Utc>, month: NaiveDate) -> Result<Vec<PlanUse>> {
    let rows = sqlx::query!(
        r#"select a.resource as "resource!: Resource", a.most, a.stops_at,
            (case a.resource
                when 'messages' then
                    (select u.messages from plan_usage u where u.tenant_id = current_tenant_id() and u.month = $2)
                when 'seats' then
                    (select count(*) from memberships m where m.tenant_id = current_tenant_id())
                    + (select count(*) from invitations i
                        where i.tenant_id = current_tenant_id() and i.accepted_at is null and i.revoked_at is null
                            and i.expires_at > $1)
                when 'channels' then
                    (select count(*) from channels c where c.tenant_id = current_tenant_id())
                when 'storage' then
                    (coalesce((select sum(f.size) from assets f where f.tenant_id = current_tenant_id()), 0)
                    + coalesce((select sum(d.file_size) from documents d where d.tenant_id = current_tenant_id()), 0))
                    / (1024.0 * 1024.0)
                else
                    (select sum(d.cost + d.reserved_cost) from usage_daily d
                    where d.tenant_id = current_tenant_id() and d.day >= $2)
            end)::float8 as used
        from plan_allowances() a
        order by array_position(array['messages', 'seats', 'channels', 'storage', 'ai_spend'], a.resource)"#,
        now,
        month,
    )
    .fetch_all(&mut **tx)
    .await?;
    let uses = rows
        .into_iter()
        .map(|row| PlanUse::of(row.resource, row.used.unwrap_or(0.0), row.most, row.stops_at));
    Ok(uses.collect())
}

/// What a tenant is on.
pub struct Subscription {
    pub plan: Plan,
    pub status: String,
    pub trial_ends_at: Option<DateTime<Utc>>,
}

pub async fn get_subscription(tx: &mut TenantTx) -> Result<Subscription> {
    let subscription = sqlx::query_as!(
        Subscription,
        r#"select subscription_plan as "plan: Plan", subscription_status as status, trial_ends_at
        from tenants
        where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(subscription)
}

pub async fn set_plan(tx: &mut TenantTx, plan: Plan) -> Result<()> {
    sqlx::query!(
        "update tenants set subscription_plan = $1 where tenant_id = current_tenant_id()",
        plan.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A trial becomes a subscription. Who is suspended stays so, and will go on as a subscriber.
pub async fn end_trial(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!(
        "update tenants
        set subscription_status = case subscription_status when 'trial' then 'active' else subscription_status end,
            suspended_from = case suspended_from when 'trial' then 'active' else suspended_from end,
            trial_ends_at = null
        where tenant_id = current_tenant_id()"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_trial_end(tx: &mut TenantTx, at: Option<DateTime<Utc>>) -> Result<()> {
    sqlx::query!(
        "update tenants set trial_ends_at = $1 where tenant_id = current_tenant_id()",
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn list_exceptions(tx: &mut TenantTx) -> Result<Vec<(Resource, Option<i64>)>> {
    let rows = sqlx::query!(
        r#"select resource as "resource: Resource", most from plan_exceptions
        where tenant_id = current_tenant_id()
        order by array_position(array['messages', 'seats', 'channels', 'storage', 'ai_spend'], resource)"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.resource, row.most)).collect())
}

pub async fn put_exception(tx: &mut TenantTx, resource: Resource, most: Option<i64>) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into plan_exceptions (tenant_id, resource, most) values ($1, $2, $3)
        on conflict on constraint plan_exceptions_pkey do update set most = excluded.most",
        tenant.0,
        resource.as_str(),
        most,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete_exception(tx: &mut TenantTx, resource: Resource) -> Result<()> {
    sqlx::query!(
        "delete from plan_exceptions where tenant_id = current_tenant_id() and resource = $1",
        resource.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
