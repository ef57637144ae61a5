//! All SQL for the keys of repeated requests.

use kernel::ids::{ChannelId, ConversationId, MessageId};
use kernel::{Result, TenantTx};

/// False: it was used before. Waits for a transaction that is just using it.
pub async fn insert(tx: &mut TenantTx, channel: ChannelId, key: &str, request: &[u8]) -> Result<bool> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into idempotency_keys (tenant_id, channel_id, key, request) values ($1, $2, $3, $4)
        on conflict (tenant_id, channel_id, key) do nothing",
        tenant.0,
        channel.0,
        key,
        request,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What became of a key.
pub struct Used {
    pub request: Vec<u8>,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
}

pub async fn find(tx: &mut TenantTx, channel: ChannelId, key: &str) -> Result<Option<Used>> {
    let used = sqlx::query_as!(
        Used,
        r#"select k.request, m.id as "message_id: MessageId", m.conversation_id as "conversation_id: ConversationId"
        from idempotency_keys k
        join messages m on m.tenant_id = k.tenant_id and m.id = k.message_id
        where k.tenant_id = current_tenant_id() and k.channel_id = $1 and k.key = $2"#,
        channel.0,
        key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(used)
}

pub async fn set_message(tx: &mut TenantTx, channel: ChannelId, key: &str, message: MessageId) -> Result<()> {
    sqlx::query!(
        "update idempotency_keys set message_id = $3
        where tenant_id = current_tenant_id() and channel_id = $1 and key = $2",
        channel.0,
        key,
        message.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete_old(tx: &mut TenantTx, days: i32) -> Result<u64> {
    let now = tx.now();
    let done = sqlx::query!(
        "delete from idempotency_keys
        where tenant_id = current_tenant_id() and created_at < $1::timestamptz - make_interval(days => $2)",
        now,
        days,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
