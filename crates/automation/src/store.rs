//! SQL that reads what others own: whether a label, a member or a channel that somebody names is there.

use kernel::error::invalid;
use kernel::ids::{ChannelId, ConversationId, LabelId, UserId};
use kernel::{Result, TenantTx};

/// Those of them that are there.
pub async fn known_labels(tx: &mut TenantTx, labels: &[LabelId]) -> Result<Vec<LabelId>> {
    let ids: Vec<uuid::Uuid> = labels.iter().map(|label| label.0).collect();
    let known = sqlx::query_scalar!(
        r#"select id as "id: LabelId" from labels where tenant_id = current_tenant_id() and id = any($1)"#,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(known)
}

/// # Errors
/// 422 for a label that is not there, or none.
pub async fn require_label(tx: &mut TenantTx, label: Option<LabelId>) -> Result<()> {
    match known_labels(tx, label.as_slice()).await?.is_empty() {
        false => Ok(()),
        true => Err(invalid(
            "no_such_label",
            "There is no such label (`label_id`). Choose one of the workspace's labels.",
        )),
    }
}

/// A member who answers visitors: whoever only looks on is given nothing.
pub async fn may_be_assigned(tx: &mut TenantTx, user: UserId) -> Result<bool> {
    let may = sqlx::query_scalar!(
        r#"select exists (select from memberships
            where tenant_id = current_tenant_id() and user_id = $1 and role <> 'viewer') as "may!""#,
        user.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(may)
}

/// # Errors
/// 422 for somebody who is no member or may not reply, or nobody.
pub async fn require_assignee(tx: &mut TenantTx, user: Option<UserId>) -> Result<()> {
    let may = match user {
        Some(user) => may_be_assigned(tx, user).await?,
        None => false,
    };
    match may {
        true => Ok(()),
        false => Err(invalid(
            "not_a_member",
            "Only a member who may reply can be given conversations (`user_id`). Choose one of the team.",
        )),
    }
}

/// # Errors
/// 422 for a channel that is not there.
pub async fn require_channel(tx: &mut TenantTx, channel: ChannelId) -> Result<()> {
    let is_known = sqlx::query_scalar!(
        r#"select exists (select from channels where tenant_id = current_tenant_id() and id = $1) as "is_known!""#,
        channel.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    match is_known {
        true => Ok(()),
        false => Err(invalid(
            "no_such_channel",
            "There is no such channel. Choose one of the workspace's channels.",
        )),
    }
}

/// How often rules have replied in a conversation within the last hour, as far as its newest messages tell.
pub async fn count_replies(tx: &mut TenantTx, conversation: ConversationId) -> Result<i64> {
    let now = tx.now();
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
        from (
            select sender_type, client_message_id, sent_at from messages
            where tenant_id = current_tenant_id() and conversation_id = $1
            order by seq desc
            limit 200
        ) m
        where m.sender_type = 'ai' and m.client_message_id like 'rule:%' and m.sent_at > $2::timestamptz - interval '1 hour'"#,
        conversation.0,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}
