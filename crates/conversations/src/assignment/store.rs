//! All SQL for assignment by rule.

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, UserId};
use kernel::{Result, TenantTx};

use crate::inbox;
use crate::team::ONLINE_FOR;

/// Notes since when a person is needed and what the targets are, unless that is known. True: nobody is assigned.
pub async fn mark_waiting(
    tx: &mut TenantTx,
    id: ConversationId,
    first_reply: Option<DateTime<Utc>>,
    resolution: Option<DateTime<Utc>>,
) -> Result<bool> {
    let now = tx.now();
    let is_free = sqlx::query_scalar!(
        r#"update conversations c
        set waiting_since = coalesce(c.waiting_since, (
                select m.sent_at from messages m
                where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.seq = c.last_seq and m.sender_type = 'user'
            ), $2),
            first_reply_due_at = case when c.first_replied_at is null then coalesce(c.first_reply_due_at, $3) else c.first_reply_due_at end,
            resolution_due_at = coalesce(c.resolution_due_at, $4)
        where c.tenant_id = current_tenant_id() and c.id = $1
        returning c.assigned_to is null as "is_free!""#,
        id.0,
        now,
        first_reply,
        resolution,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_free)
}

pub async fn lock_contact(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    sqlx::query!(
        "select p.id from conversations c
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        where c.tenant_id = current_tenant_id() and c.id = $1
        for no key update of p",
        conversation.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(())
}

/// One after another, so that two do not give the same member the last free place.
pub async fn lock_turn(tx: &mut TenantTx) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        format!("assignment/{tenant}")
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub struct Next {
    pub user_id: UserId,
    pub name: String,
}

/// Available, online, allowed to reply, with room; whoever has waited longest for a turn.
pub async fn find_next(tx: &mut TenantTx, capacity: i32) -> Result<Option<Next>> {
    let now = tx.now();
    let next = sqlx::query_as!(
        Next,
        r#"select m.user_id as "user_id: UserId", m.name
        from memberships m
        join member_states s on s.tenant_id = m.tenant_id and s.user_id = m.user_id
        where m.tenant_id = current_tenant_id() and m.role <> 'viewer' and s.availability = 'available'
            and s.last_seen_at > $1
            and (select count(*) from conversations c where c.tenant_id = m.tenant_id and c.assigned_to = m.user_id
                and c.status <> 'resolved' and (c.snoozed_until is null or c.snoozed_until <= $2)) < $3
        order by s.last_assigned_at nulls first, m.user_id
        limit 1"#,
        now - ONLINE_FOR,
        now,
        i64::from(capacity),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(next)
}

pub async fn assign(tx: &mut TenantTx, conversation: ConversationId, user: UserId) -> Result<()> {
    let now = tx.now();
    inbox::store::assign(tx, conversation, Some(user)).await?;
    // several in one transaction are still one after another
    sqlx::query!(
        "update member_states set last_assigned_at = greatest($2, last_assigned_at + interval '1 microsecond',
            (select max(s.last_assigned_at) + interval '1 microsecond' from member_states s where s.tenant_id = current_tenant_id()))
        where tenant_id = current_tenant_id() and user_id = $1",
        user.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Conversations that wait for somebody, the longest wait first. One that somebody else works on at this moment is left
/// to them.
pub async fn list_waiting(tx: &mut TenantTx) -> Result<Vec<ConversationId>> {
    let now = tx.now();
    let ids = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations
        where tenant_id = current_tenant_id() and waiting_since is not null and assigned_to is null and status <> 'resolved'
            and (snoozed_until is null or snoozed_until <= $1)
        order by waiting_since, id
        limit 200
        for update skip locked"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}
