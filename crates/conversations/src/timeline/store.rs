//! All SQL for the history of conversations.

use kernel::ids::{ConversationEventId, ConversationId};
use kernel::{Result, TenantTx};
use serde_json::Value;

use super::{Actor, ConversationEvent, Kind};

pub async fn insert(
    tx: &mut TenantTx,
    conversation: ConversationId,
    kind: Kind,
    actor: &Actor,
    data: Value,
) -> Result<()> {
    let (tenant, id, now) = (tx.tenant_id(), ConversationEventId::new(), tx.now());
    sqlx::query!(
        "insert into conversation_events (tenant_id, id, conversation_id, kind, actor_user_id, actor_name, data, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        id.0,
        conversation.0,
        kind.as_str(),
        actor.user_id.map(|id| id.0),
        actor.name,
        data,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest events, oldest of them first.
pub async fn list(
    tx: &mut TenantTx,
    conversation: ConversationId,
    limit: i64,
) -> Result<Vec<ConversationEvent>> {
    let mut events = sqlx::query_as!(
        ConversationEvent,
        r#"select id as "id: ConversationEventId", kind as "kind: Kind", actor_name, data, created_at
        from conversation_events
        where tenant_id = current_tenant_id() and conversation_id = $1
        order by id desc
        limit $2"#,
        conversation.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    events.reverse();
    Ok(events)
}
