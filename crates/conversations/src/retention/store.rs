//! All SQL for deleting by age.

use chrono::{DateTime, Utc};
use kernel::ids::ConversationId;
use kernel::{Result, TenantTx};

use super::api::DueCount;

/// How long resolved conversations are kept; none: for ever.
pub async fn days(tx: &mut TenantTx) -> Result<Option<i32>> {
    let days = sqlx::query_scalar!(
        "select keep_conversations_days from tenants where tenant_id = current_tenant_id()"
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(days)
}

pub async fn set_days(tx: &mut TenantTx, days: Option<i32>) -> Result<()> {
    sqlx::query!(
        "update tenants set keep_conversations_days = $1 where tenant_id = current_tenant_id()",
        days
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What would go now.
pub async fn count_due(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<DueCount> {
    let count = sqlx::query_as!(
        DueCount,
        r#"with due as (
            select tenant_id, id from conversations
            where tenant_id = current_tenant_id() and status = 'resolved' and resolved_at < $1
        )
        select (select count(*) from due) as "conversations!",
            (select count(*) from due join assets a on a.tenant_id = due.tenant_id and a.conversation_id = due.id) as "files!""#,
        before,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// The oldest first.
pub async fn list_due(tx: &mut TenantTx, before: DateTime<Utc>, limit: i64) -> Result<Vec<ConversationId>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations
        where tenant_id = current_tenant_id() and status = 'resolved' and resolved_at < $1
        order by resolved_at, id
        limit $2"#,
        before,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// Deletes those of them that are still old, by cascade with everything in them.
pub async fn delete(
    tx: &mut TenantTx,
    ids: &[ConversationId],
    before: DateTime<Utc>,
) -> Result<Vec<ConversationId>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let gone = sqlx::query_scalar!(
        r#"delete from conversations
        where tenant_id = current_tenant_id() and id = any ($1) and status = 'resolved' and resolved_at < $2
        returning id as "id: ConversationId""#,
        &ids,
        before,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gone)
}

/// The beginnings of last messages that are gone: contacts show none.
pub async fn forget_previews(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!(
        "update contacts c set last_message_preview = null
        where c.tenant_id = current_tenant_id() and c.last_message_preview is not null
            and not exists (select from conversations v where v.tenant_id = c.tenant_id and v.contact_id = c.id)"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
