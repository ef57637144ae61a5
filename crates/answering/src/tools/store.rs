//! All SQL for tools: permissions and calls.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::{ChannelId, ContactId, ConversationId, OrderId, ToolCallId};
use kernel::{Result, TenantTx};
use serde_json::Value;

use super::approvals::ToolCall;
use super::{AskedBy, NewCall, Outcome, Permission, Permissions, Tool};

/// What a channel says; what it does not say has its default.
pub async fn permissions(tx: &mut TenantTx, channel: ChannelId) -> Result<Permissions> {
    let rows = sqlx::query!(
        r#"select tool as "tool: Tool", permission as "permission: Permission" from channel_tools
        where tenant_id = current_tenant_id() and channel_id = $1"#,
        channel.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Permissions(
        rows.into_iter().map(|row| (row.tool, row.permission)).collect(),
    ))
}

/// # Errors
/// 404 for a channel that does not exist.
pub async fn lock_channel(tx: &mut TenantTx, channel: ChannelId) -> Result<String> {
    let name = sqlx::query_scalar!(
        "select name from channels where tenant_id = current_tenant_id() and id = $1 for update",
        channel.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    name.ok_or_else(|| not_found("channel"))
}

/// # Errors
/// 404 for a channel that does not exist.
pub async fn channel_settings(tx: &mut TenantTx, channel: ChannelId) -> Result<Value> {
    let settings = sqlx::query_scalar!(
        "select settings from channels where tenant_id = current_tenant_id() and id = $1",
        channel.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    settings.ok_or_else(|| not_found("channel"))
}

/// Takes the place of all that the channel said before.
pub async fn set_permissions(
    tx: &mut TenantTx,
    channel: ChannelId,
    chosen: &[(Tool, Permission)],
) -> Result<()> {
    let tenant = tx.tenant_id();
    let tools: Vec<String> = chosen.iter().map(|(tool, _)| tool.as_str().to_owned()).collect();
    let permissions: Vec<String> = chosen
        .iter()
        .map(|(_, permission)| permission.as_str().to_owned())
        .collect();
    sqlx::query!(
        "delete from channel_tools where tenant_id = current_tenant_id() and channel_id = $1 and tool <> all($2)",
        channel.0,
        &tools,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into channel_tools (tenant_id, channel_id, tool, permission)
        select $1, $2, tool, permission from unnest($3::text[], $4::text[]) as chosen (tool, permission)
        on conflict (tenant_id, channel_id, tool) do update set permission = excluded.permission",
        tenant.0,
        channel.0,
        &tools,
        &permissions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn find_contact(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<ContactId>> {
    let contact = sqlx::query_scalar!(
        r#"select contact_id as "id: ContactId" from conversations where tenant_id = current_tenant_id() and id = $1"#,
        conversation.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(contact)
}

pub async fn find_channel(tx: &mut TenantTx, conversation: ConversationId) -> Result<ChannelId> {
    let channel = sqlx::query_scalar!(
        r#"select channel_id as "id: ChannelId" from conversations where tenant_id = current_tenant_id() and id = $1"#,
        conversation.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    channel.ok_or_else(|| not_found("conversation"))
}

/// Orders of which the conversation's visitor waits to hear whether they are called off.
pub async fn list_waiting_orders(tx: &mut TenantTx, conversation: ConversationId) -> Result<Vec<OrderId>> {
    let orders = sqlx::query_scalar!(
        r#"select order_id as "id!: OrderId" from tool_calls
        where tenant_id = current_tenant_id() and conversation_id = $1 and outcome = 'pending' and tool = 'cancel_order'
            and order_id is not null"#,
        conversation.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(orders)
}

/// False: the same waits already.
pub async fn insert(
    tx: &mut TenantTx,
    id: ToolCallId,
    conversation: ConversationId,
    call: &NewCall,
) -> Result<bool> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    let tool: String = call.tool.chars().take(64).collect();
    let done = sqlx::query!(
        "insert into tool_calls (tenant_id, id, conversation_id, tool, arguments, asked_by, outcome, detail, verified_by, order_id,
            needed_approval, ms, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $7 = 'pending', $11, $12)
        on conflict (tenant_id, conversation_id, tool, coalesce(order_id, conversation_id), coalesce(arguments ->> 'label', ''))
            where outcome = 'pending' do nothing",
        tenant.0,
        id.0,
        conversation.0,
        tool,
        call.arguments,
        call.asked_by as AskedBy,
        call.outcome.as_str(),
        call.detail,
        call.verified_by,
        call.order_id.map(|id| id.0),
        call.ms,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Newest first.
pub async fn list(tx: &mut TenantTx, conversation: ConversationId) -> Result<Vec<ToolCall>> {
    let calls = sqlx::query_as!(
        ToolCall,
        r#"select t.id as "id: ToolCallId", t.conversation_id as "conversation_id: ConversationId", t.tool, t.arguments,
            t.asked_by as "asked_by: AskedBy", t.outcome as "outcome: Outcome", t.detail, t.verified_by,
            t.order_id as "order_id: OrderId", o.order_number as "order_number?", t.needed_approval, t.decided_by_name, t.decided_at,
            t.ms, t.created_at
        from tool_calls t
        left join crm_orders o on o.tenant_id = t.tenant_id and o.id = t.order_id
        where t.tenant_id = current_tenant_id() and t.conversation_id = $1
        order by t.created_at desc, t.id desc
        limit 200"#,
        conversation.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(calls)
}

pub async fn get(tx: &mut TenantTx, id: ToolCallId) -> Result<ToolCall> {
    let call = sqlx::query_as!(
        ToolCall,
        r#"select t.id as "id: ToolCallId", t.conversation_id as "conversation_id: ConversationId", t.tool, t.arguments,
            t.asked_by as "asked_by: AskedBy", t.outcome as "outcome: Outcome", t.detail, t.verified_by,
            t.order_id as "order_id: OrderId", o.order_number as "order_number?", t.needed_approval, t.decided_by_name, t.decided_at,
            t.ms, t.created_at
        from tool_calls t
        left join crm_orders o on o.tenant_id = t.tenant_id and o.id = t.order_id
        where t.tenant_id = current_tenant_id() and t.id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    call.ok_or_else(|| not_found("tool call"))
}

/// Whether others of the conversation wait for a person.
pub async fn has_pending(tx: &mut TenantTx, conversation: ConversationId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from tool_calls
            where tenant_id = current_tenant_id() and conversation_id = $1 and outcome = 'pending') as "yes!""#,
        conversation.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Whoever decided.
pub struct Decision<'a> {
    pub outcome: Outcome,
    pub detail: Option<&'static str>,
    pub user: Option<kernel::ids::UserId>,
    pub name: Option<&'a str>,
    pub at: DateTime<Utc>,
}

/// False: somebody else was faster.
pub async fn decide(tx: &mut TenantTx, id: ToolCallId, decision: &Decision<'_>) -> Result<bool> {
    let done = sqlx::query!(
        "update tool_calls set outcome = $2, detail = $3, decided_by = $4, decided_by_name = $5, decided_at = $6
        where tenant_id = current_tenant_id() and id = $1 and outcome = 'pending'",
        id.0,
        decision.outcome.as_str(),
        decision.detail,
        decision.user.map(|user| user.0),
        decision.name,
        decision.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a person has written in the conversation since then.
pub async fn has_human_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    since: DateTime<Utc>,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from messages
            where tenant_id = current_tenant_id() and conversation_id = $1 and sender_type = 'agent' and sent_at >= $2) as "yes!""#,
        conversation.0,
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
