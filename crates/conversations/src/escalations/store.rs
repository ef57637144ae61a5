//! All SQL for escalations.

use kernel::error::{OnConstraint, conflict};
use kernel::ids::{ConversationId, EscalationId};
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

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

/// After an escalation was opened: the conversation is with people.
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
    follow(tx, conversation).await
}

const SELECT: &str =
    "select e.id, e.conversation_id, e.reason, e.summary, e.status, e.assigned_to, a.name as assignee_name,
        e.created_at, e.resolved_at
    from escalations e
    left join memberships a on a.tenant_id = e.tenant_id and a.user_id = e.assigned_to
    where e.tenant_id = current_tenant_id()";

pub async fn find_open(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Escalation>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query
        .push(" and e.status <> 'resolved' and e.conversation_id = ")
        .push_bind(conversation.0);
    Ok(query.build_query_as().fetch_optional(&mut **tx).await?)
}

pub async fn find(tx: &mut TenantTx, id: EscalationId) -> Result<Option<Escalation>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and e.id = ").push_bind(id.0);
    Ok(query.build_query_as().fetch_optional(&mut **tx).await?)
}

/// All of a conversation, newest first.
pub async fn list(tx: &mut TenantTx, conversation: ConversationId) -> Result<Vec<Escalation>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and e.conversation_id = ").push_bind(conversation.0);
    query.push(" order by e.created_at desc, e.id desc limit 200");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// Writes what members may change.
pub async fn update(tx: &mut TenantTx, escalation: &Escalation) -> Result<()> {
    sqlx::query!(
        "update escalations
        set summary = $2, status = $3, assigned_to = $4, resolved_at = case when $3 = 'resolved' then coalesce(resolved_at, now()) end
        where tenant_id = current_tenant_id() and id = $1",
        escalation.id.0,
        escalation.summary,
        escalation.status,
        escalation.assigned_to.map(|user| user.0),
    )
    .execute(&mut **tx)
    .await
    .on_constraint("escalations_one_open", || {
        conflict("another_escalation", "Another escalation of this conversation is open. Change that one.")
    })?;
    Ok(())
}

/// The escalation that was closed last, if that was within a quarter of an hour and none is open. False: there is none.
pub async fn reopen_recent(tx: &mut TenantTx, conversation: ConversationId) -> Result<bool> {
    let done = sqlx::query!(
        "update escalations e
        set status = case when e.assigned_to is null then 'pending' else 'in_progress' end, resolved_at = null
        where e.tenant_id = current_tenant_id() and e.id = (
                select l.id from escalations l
                where l.tenant_id = current_tenant_id() and l.conversation_id = $1
                order by l.created_at desc, l.id desc
                limit 1
            )
            and e.status = 'resolved' and e.resolved_at > now() - interval '15 minutes'",
        conversation.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whoever has the conversation has its open escalation.
pub async fn follow(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    sqlx::query!(
        "update escalations e set assigned_to = c.assigned_to
        from conversations c
        where e.tenant_id = current_tenant_id() and e.conversation_id = $1 and e.status <> 'resolved'
            and c.tenant_id = e.tenant_id and c.id = e.conversation_id and c.assigned_to is distinct from e.assigned_to",
        conversation.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
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
