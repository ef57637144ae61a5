//! All SQL for workflows in the bot's place.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::{ChannelId, ContactId, ConversationId, MessageId};
use kernel::{Reason, Result, TenantTx};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::api::{WebhookError, WebhookErrorCount};
use super::{ErrorType, Failure};

/// What a workflow is told of a conversation.
pub struct About {
    pub kind: String,
    pub language: Option<String>,
    pub contact_id: ContactId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

pub async fn get_about(tx: &mut TenantTx, conversation: ConversationId) -> Result<About> {
    let about = sqlx::query_as!(
        About,
        r#"select h.kind, c.language, p.id as "contact_id: ContactId", p.name, p.email, p.phone
        from conversations c
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    about.ok_or_else(|| not_found("conversation"))
}

/// One that is there already stays.
pub async fn insert_error(
    tx: &mut TenantTx,
    id: Uuid,
    channel: ChannelId,
    conversation: Option<ConversationId>,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into webhook_errors (tenant_id, id, channel_id, conversation_id, error_type, reason, occurred_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (tenant_id, id) do nothing",
        tenant.0,
        id,
        channel.0,
        conversation.map(|id| id.0),
        failure.error_type as ErrorType,
        json!(failure.reason),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the bot or its workflow has said to a message.
pub async fn find_answer(tx: &mut TenantTx, question: MessageId) -> Result<Option<String>> {
    let text = sqlx::query_scalar!(
        "select m.text_content from answers a
        join messages m on m.tenant_id = a.tenant_id and m.id = a.id
        where a.tenant_id = current_tenant_id() and a.question_message_id = $1 and a.mode = 'webhook'",
        question.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(text)
}

/// The newest 100 of a channel.
pub async fn list_errors(tx: &mut TenantTx, channel: ChannelId) -> Result<Vec<WebhookError>> {
    let errors = sqlx::query_as!(
        WebhookError,
        r#"select id, error_type as "error_type: ErrorType", reason as "reason: Json<Reason>", conversation_id as "conversation_id: ConversationId",
            occurred_at
        from webhook_errors
        where tenant_id = current_tenant_id() and channel_id = $1
        order by occurred_at desc, id desc
        limit 100"#,
        channel.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(errors)
}

/// How often each cause came in the last seven days.
pub async fn count_errors(
    tx: &mut TenantTx,
    channel: ChannelId,
    since: DateTime<Utc>,
) -> Result<Vec<WebhookErrorCount>> {
    let counts = sqlx::query_as!(
        WebhookErrorCount,
        r#"select error_type as "error_type: ErrorType", count(*) as "count!", max(occurred_at) as "last_at!"
        from webhook_errors
        where tenant_id = current_tenant_id() and channel_id = $1 and occurred_at >= $2
        group by error_type
        order by 2 desc"#,
        channel.0,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(counts)
}

/// How a channel's workflow is set.
pub struct BrainRow {
    pub brain: String,
    pub brain_url: Option<String>,
    pub brain_encrypted_header: Option<String>,
    pub brain_timeout_seconds: i32,
    pub brain_falls_back: bool,
}

pub async fn get(tx: &mut TenantTx, channel: ChannelId) -> Result<BrainRow> {
    let row = sqlx::query_as!(
        BrainRow,
        "select brain, brain_url, brain_encrypted_header, brain_timeout_seconds, brain_falls_back
        from channels where tenant_id = current_tenant_id() and id = $1",
        channel.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.ok_or_else(|| not_found("channel"))
}

pub async fn set(tx: &mut TenantTx, channel: ChannelId, row: &BrainRow) -> Result<()> {
    sqlx::query!(
        "update channels set brain = $2, brain_url = $3, brain_encrypted_header = $4, brain_timeout_seconds = $5, brain_falls_back = $6
        where tenant_id = current_tenant_id() and id = $1",
        channel.0,
        row.brain,
        row.brain_url,
        row.brain_encrypted_header,
        row.brain_timeout_seconds,
        row.brain_falls_back,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
