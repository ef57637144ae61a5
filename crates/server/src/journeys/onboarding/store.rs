//! All SQL for onboarding and the day's overview. It owns no table: it looks across those of all domains.

use chrono::{DateTime, Utc};
use kernel::{Result, TenantTx};

/// What setting up can be seen by.
pub struct Facts {
    pub pairs: i64,
    /// By a third pair, a file or a page of a web site.
    pub taught_at: Option<DateTime<Utc>>,
    pub test_questions: i64,
    pub first_session_at: Option<DateTime<Utc>>,
    pub has_hours: bool,
    /// Members beside the first, and people who are invited.
    pub others: i64,
    pub second_member_at: Option<DateTime<Utc>>,
    pub channels: i64,
    pub second_channel_at: Option<DateTime<Utc>>,
    pub is_hidden: bool,
}

pub async fn facts(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<Facts> {
    let facts = sqlx::query_as!(
        Facts,
        r#"select
            (select count(*) from (select from qa_pairs q where q.tenant_id = t.tenant_id and q.is_active limit 3) beginning) as "pairs!",
            least(
                (select q.created_at from qa_pairs q where q.tenant_id = t.tenant_id and q.is_active
                    order by q.created_at offset 2 limit 1),
                (select min(d.created_at) from documents d where d.tenant_id = t.tenant_id and d.serving_revision is not null),
                (select min(p.created_at) from website_pages p where p.tenant_id = t.tenant_id and p.serving_revision is not null)
            ) as taught_at,
            t.test_questions,
            (select min(c.first_session_at) from channels c where c.tenant_id = t.tenant_id) as first_session_at,
            exists (select from inbox_settings s where s.tenant_id = t.tenant_id and s.business_hours is not null) as "has_hours!",
            (select count(*) - 1 from memberships m where m.tenant_id = t.tenant_id)
                + (select count(*) from invitations i where i.tenant_id = t.tenant_id and i.accepted_at is null
                    and i.revoked_at is null and i.expires_at > $1) as "others!",
            (select m.created_at from memberships m where m.tenant_id = t.tenant_id
                order by m.created_at offset 1 limit 1) as second_member_at,
            (select count(*) from channels c where c.tenant_id = t.tenant_id) as "channels!",
            (select c.created_at from channels c where c.tenant_id = t.tenant_id
                order by c.created_at offset 1 limit 1) as second_channel_at,
            t.is_onboarding_hidden as is_hidden
        from tenants t
        where t.tenant_id = current_tenant_id()"#,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(facts)
}

pub async fn set_hidden(tx: &mut TenantTx, is_hidden: bool) -> Result<()> {
    sqlx::query!(
        "update tenants set is_onboarding_hidden = $1 where tenant_id = current_tenant_id()",
        is_hidden
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// When today began in the tenant's time zone.
pub async fn today_from(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let from = sqlx::query_scalar!(
        r#"select date_trunc('day', $1::timestamptz at time zone time_zone) at time zone time_zone as "from!"
        from tenants
        where tenant_id = current_tenant_id()"#,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(from)
}
