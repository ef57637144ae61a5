//! All SQL for escalations.

use kernel::error::OnConstraint;
use kernel::ids::{ConversationId, EscalationId};
use kernel::{Result, TenantTx};

use super::{Escalation, Reason};
use crate::inbox::store::another_open;

/// False if one is open already.
pub async fn insert(
    tx: &mut TenantTx,
    conversation: ConversationId,
    reason: Reason,
    summary: &str,
) -> Result<bool> {
    let (tenant, id) = (tx.tenant_id(), EscalationId::new());
    let done = sqlx::query!(
        "insert into escalations (tenant_id, id, conversation_id, reason, summary) values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, conversation_id) where status <> 'resolved' do nothing",
        tenant.0,
        id.0,
        conversation.0,
        reason.as_str(),
        summary,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn mark_conversation(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    sqlx::query!(
        "update conversations
        set status = 'escalated', ai_paused = true, escalated_at = coalesce(escalated_at, now()), resolved_at = null
        where tenant_id = current_tenant_id() and id = $1",
        conversation.0,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("conversations_one_open", another_open)?;
    Ok(())
}

pub async fn find_open(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Escalation>> {
    let found = sqlx::query_as!(
        Escalation,
        r#"select id as "id: EscalationId", reason as "reason: Reason", summary, status, created_at
        from escalations
        where tenant_id = current_tenant_id() and conversation_id = $1 and status <> 'resolved'"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn close(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    sqlx::query!(
        "update escalations set status = 'resolved', resolved_at = now()
        where tenant_id = current_tenant_id() and conversation_id = $1 and status <> 'resolved'",
        conversation.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
