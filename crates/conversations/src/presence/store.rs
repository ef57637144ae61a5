//! All SQL for presence.

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, UserId};
use kernel::{Result, TenantTx};

use super::{GONE_AFTER, Viewer};

/// Those whose last heartbeat is recent.
pub async fn list(tx: &mut TenantTx, conversation: ConversationId) -> Result<Vec<Viewer>> {
    let since = tx.now() - GONE_AFTER;
    let viewers = sqlx::query_as!(
        Viewer,
        r#"select v.user_id as "user_id: UserId", m.name, v.is_typing, v.seen_at
        from conversation_viewers v
        join memberships m on m.tenant_id = v.tenant_id and m.user_id = v.user_id
        where v.tenant_id = current_tenant_id() and v.conversation_id = $1 and v.seen_at > $2
        order by v.user_id"#,
        conversation.0,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(viewers)
}

/// When this person was seen here before, and whether typing.
pub async fn find(
    tx: &mut TenantTx,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<(DateTime<Utc>, bool)>> {
    let row = sqlx::query!(
        "select seen_at, is_typing from conversation_viewers
        where tenant_id = current_tenant_id() and conversation_id = $1 and user_id = $2",
        conversation.0,
        user.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.seen_at, row.is_typing)))
}

pub async fn set(
    tx: &mut TenantTx,
    conversation: ConversationId,
    user: UserId,
    is_typing: bool,
) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into conversation_viewers (tenant_id, conversation_id, user_id, is_typing, seen_at) values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, conversation_id, user_id) do update
        set is_typing = excluded.is_typing, seen_at = excluded.seen_at",
        tenant.0,
        conversation.0,
        user.0,
        is_typing,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn remove(tx: &mut TenantTx, conversation: ConversationId, user: UserId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from conversation_viewers
        where tenant_id = current_tenant_id() and conversation_id = $1 and user_id = $2",
        conversation.0,
        user.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes away rows that have not counted for long.
pub async fn forget(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "delete from conversation_viewers where tenant_id = current_tenant_id() and seen_at < $1",
        before
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
