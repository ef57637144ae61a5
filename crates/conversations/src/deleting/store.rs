//! All SQL for deleting conversations.

use chrono::{DateTime, Utc};
use kernel::ids::ConversationId;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{Counts, Filter};
use crate::inbox::Status;

/// The database's own time: that of each change is from the same clock.
pub async fn now(tx: &mut TenantTx) -> Result<DateTime<Utc>> {
    let now = sqlx::query_scalar!(r#"select now() as "now!""#)
        .fetch_one(&mut **tx)
        .await?;
    Ok(now)
}

/// Those that fit and were last changed before this moment, so that they fitted then as well. The oldest first.
pub async fn list_fitting(
    tx: &mut TenantTx,
    filter: &Filter,
    seen_at: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ConversationId>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations
        where tenant_id = current_tenant_id() and updated_at <= $1
            and ($2::uuid is null or channel_id = $2)
            and ($3::text is null or status = $3)
            and ($4::timestamptz is null or coalesce(last_message_at, created_at) < $4)
        order by created_at, id
        limit $5"#,
        seen_at,
        filter.channel_id.map(|id| id.0),
        filter.status.map(Status::as_str),
        filter.quiet_since,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

pub async fn count(tx: &mut TenantTx, ids: &[ConversationId], seen_at: DateTime<Utc>) -> Result<Counts> {
    let plain: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let counts = sqlx::query!(
        r#"select
            (select count(*) from messages where tenant_id = current_tenant_id() and conversation_id = any($1)) as "messages!",
            (select count(*) from assets where tenant_id = current_tenant_id() and conversation_id = any($1)) as "files!""#,
        &plain,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Counts {
        conversations: i64::try_from(ids.len()).unwrap_or(i64::MAX),
        messages: counts.messages,
        files: counts.files,
        seen_at,
    })
}

pub async fn delete(tx: &mut TenantTx, ids: &[ConversationId]) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "delete from conversations where tenant_id = current_tenant_id() and id = any($1)",
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
