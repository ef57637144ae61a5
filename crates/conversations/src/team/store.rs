//! All SQL for the state of colleagues.

use access::Role;
use chrono::{DateTime, Utc};
use kernel::ids::UserId;
use kernel::{Result, TenantTx};

use super::{Availability, Colleague, ONLINE_FOR};

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Colleague>> {
    let now = tx.now();
    let colleagues = sqlx::query_as!(
        Colleague,
        r#"select m.user_id as "user_id: UserId", m.name, m.role as "role: Role",
            coalesce(s.availability, 'available') as "availability!: Availability",
            coalesce(s.last_seen_at > $1, false) as "is_online!",
            (select count(*) from conversations c where c.tenant_id = m.tenant_id and c.assigned_to = m.user_id
                and c.status <> 'resolved' and (c.snoozed_until is null or c.snoozed_until <= $2)) as "open_conversations!"
        from memberships m
        left join member_states s on s.tenant_id = m.tenant_id and s.user_id = m.user_id
        where m.tenant_id = current_tenant_id()
        order by lower(m.name), m.user_id"#,
        now - ONLINE_FOR,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(colleagues)
}

/// When the dashboard was last open; none for somebody who was never there.
pub async fn find_last_seen(tx: &mut TenantTx, user: UserId) -> Result<Option<DateTime<Utc>>> {
    let at = sqlx::query_scalar!(
        "select last_seen_at from member_states where tenant_id = current_tenant_id() and user_id = $1",
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(at.flatten())
}

/// The dashboard is open.
pub async fn touch(tx: &mut TenantTx, user: UserId) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into member_states (tenant_id, user_id, last_seen_at) values ($1, $2, $3)
        on conflict (tenant_id, user_id) do update set last_seen_at = excluded.last_seen_at",
        tenant.0,
        user.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_availability(tx: &mut TenantTx, user: UserId, availability: Availability) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into member_states (tenant_id, user_id, availability, last_seen_at) values ($1, $2, $3, $4)
        on conflict (tenant_id, user_id) do update
        set availability = excluded.availability, last_seen_at = excluded.last_seen_at",
        tenant.0,
        user.0,
        availability.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The member's name, for the record of what happened.
pub async fn find_name(tx: &mut TenantTx, user: UserId) -> Result<Option<String>> {
    let name = sqlx::query_scalar!(
        "select name from memberships where tenant_id = current_tenant_id() and user_id = $1",
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(name)
}
