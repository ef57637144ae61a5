//! All SQL for conversations that were held before.

use chrono::{DateTime, Utc};
use kernel::ids::{ContactId, ConversationId, MessageId};
use kernel::{Result, TenantTx};

use super::Colleague;

pub async fn name_contact(tx: &mut TenantTx, id: ContactId, name: &str, email: &str) -> Result<()> {
    sqlx::query!(
        "update contacts set name = $2, email = $3 where id = $1",
        id.0,
        name,
        email
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// By a colleague, or else by the bot.
pub async fn insert_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    colleague: Option<&Colleague>,
    text: &str,
) -> Result<()> {
    let (tenant, id) = (tx.tenant_id(), MessageId::new());
    sqlx::query!(
        "insert into messages (tenant_id, id, conversation_id, seq, sender_type, sender_user_id, sender_name, text_content)
        values ($1, $2, $3, 0, $4, $5, $6, $7)",
        tenant.0,
        id.0,
        conversation.0,
        if colleague.is_some() { "agent" } else { "ai" },
        colleague.map(|who| who.user_id.0),
        colleague.map(|who| who.name.as_str()),
        text,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives the conversation its own times: the last message at `ended_at`, two minutes from one to the next. It was handed
/// over where the bot spoke last.
pub async fn move_back(tx: &mut TenantTx, id: ConversationId, ended_at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "with moved as (
            update messages m
            set sent_at = $2::timestamptz - (c.last_seq - m.seq) * interval '2 minutes',
                created_at = $2::timestamptz - (c.last_seq - m.seq) * interval '2 minutes'
            from conversations c
            where c.id = $1 and m.conversation_id = c.id
            returning m.sent_at, m.sender_type
        ), handed_over as (
            select coalesce(max(sent_at) filter (where sender_type = 'ai'), $2) as at from moved
        ), escalation as (
            update escalations set created_at = (select at from handed_over) where conversation_id = $1
        ), event as (
            update conversation_events set created_at = (select at from handed_over) where conversation_id = $1
        ), contact as (
            update contacts k
            set created_at = (select min(sent_at) from moved), last_interaction_at = $2
            from conversations c
            where c.id = $1 and k.id = c.contact_id
        )
        update conversations
        set created_at = (select min(sent_at) from moved),
            last_message_at = $2,
            awaiting_reply_since = case when awaiting_reply_since is not null then $2 end,
            escalated_at = case when escalated_at is not null then (select at from handed_over) end,
            resolved_at = case when resolved_at is not null then $2 end,
            waiting_since = case when waiting_since is not null then $2 end
        where id = $1",
        id.0,
        ended_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
