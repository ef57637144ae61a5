//! All SQL for the agents of channels.

use chrono::{DateTime, Utc};
use kernel::error::{Error, OnConstraint, conflict, not_found};
use kernel::ids::{AgentPromptId, ChannelAgentId, ChannelId, ConversationId};
use kernel::{Result, TenantTx};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AgentDraft, ChannelAgent, Known};

struct Row {
    id: ChannelAgentId,
    channel_id: ChannelId,
    agent_id: String,
    name: String,
    description: String,
    agent_prompt_id: AgentPromptId,
    prompt_name: String,
    conditions: Value,
    offers_booking: bool,
    ai_model: Option<String>,
    ai_temperature: Option<f64>,
    is_active: bool,
    position: i32,
    created_at: DateTime<Utc>,
}

impl TryFrom<Row> for ChannelAgent {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            channel_id: row.channel_id,
            draft: AgentDraft {
                agent_id: row.agent_id,
                name: row.name,
                description: row.description,
                agent_prompt_id: row.agent_prompt_id,
                conditions: serde_json::from_value(row.conditions)?,
                offers_booking: row.offers_booking,
                ai_model: row.ai_model,
                ai_temperature: row.ai_temperature,
                is_active: row.is_active,
            },
            prompt_name: row.prompt_name,
            position: row.position,
            created_at: row.created_at,
        })
    }
}

/// Those of a channel, in the order in which they are asked.
pub async fn list(tx: &mut TenantTx, channel: ChannelId) -> Result<Vec<ChannelAgent>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select g.id as "id: ChannelAgentId", g.channel_id as "channel_id: ChannelId", g.agent_id, g.name, g.description,
            g.agent_prompt_id as "agent_prompt_id: AgentPromptId", p.name as prompt_name, g.conditions, g.offers_booking, g.ai_model,
            g.ai_temperature::float8 as ai_temperature, g.is_active, g.position, g.created_at
        from channel_agents g
        join agent_prompts p on p.tenant_id = g.tenant_id and p.id = g.agent_prompt_id
        where g.tenant_id = current_tenant_id() and g.channel_id = $1
        order by g.position, g.id"#,
        channel.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// # Errors
/// 404 for an agent that the channel does not have.
pub async fn get(tx: &mut TenantTx, channel: ChannelId, id: ChannelAgentId) -> Result<ChannelAgent> {
    let all = list(tx, channel).await?;
    all.into_iter()
        .find(|agent| agent.id == id)
        .ok_or_else(|| not_found("agent"))
}

/// # Errors
/// 404 for a channel that is not there.
pub async fn require_channel(tx: &mut TenantTx, channel: ChannelId) -> Result<()> {
    let is_known = sqlx::query_scalar!(
        r#"select exists (select from channels where tenant_id = current_tenant_id() and id = $1) as "is_known!""#,
        channel.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    is_known.then_some(()).ok_or_else(|| not_found("channel"))
}

/// Who changes which agents a channel has, or their order, takes turns.
///
/// # Errors
/// 404 for a channel that is not there.
pub async fn lock_channel(tx: &mut TenantTx, channel: ChannelId) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select id from channels where tenant_id = current_tenant_id() and id = $1 for no key update",
        channel.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(|_| ()).ok_or_else(|| not_found("channel"))
}

/// What an active agent speaks from.
pub struct Speaker {
    pub agent_id: String,
    pub name: String,
    pub conditions: Value,
    pub system_prompt: String,
    pub offers_booking: bool,
    pub ai_model: Option<String>,
    pub ai_temperature: Option<f64>,
}

/// Those of a channel that may speak, with the library's texts.
pub async fn list_speakers(tx: &mut TenantTx, channel: ChannelId) -> Result<Vec<Speaker>> {
    let speakers = sqlx::query_as!(
        Speaker,
        r#"select g.agent_id, g.name, g.conditions, p.system_prompt, g.offers_booking, g.ai_model,
            g.ai_temperature::float8 as ai_temperature
        from channel_agents g
        join agent_prompts p on p.tenant_id = g.tenant_id and p.id = g.agent_prompt_id
        where g.tenant_id = current_tenant_id() and g.channel_id = $1 and g.is_active
        order by g.position, g.id"#,
        channel.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(speakers)
}

fn taken() -> Error {
    conflict(
        "agent_taken",
        "This channel has an agent of that `agent_id` already. Choose another word.",
    )
}

/// Behind the others of its channel.
pub async fn insert(
    tx: &mut TenantTx,
    channel: ChannelId,
    id: ChannelAgentId,
    draft: &AgentDraft,
) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into channel_agents (tenant_id, id, channel_id, agent_id, name, description, agent_prompt_id, conditions,
            offers_booking, ai_model, ai_temperature, is_active, created_at, position)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::float8::numeric, $12, $13, coalesce(max(g.position) + 1, 0)
        from channel_agents g
        where g.tenant_id = $1 and g.channel_id = $3",
        tenant.0,
        id.0,
        channel.0,
        draft.agent_id,
        draft.name,
        draft.description,
        draft.agent_prompt_id.0,
        json!(draft.conditions),
        draft.offers_booking,
        draft.ai_model,
        draft.ai_temperature,
        draft.is_active,
        now,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("channel_agents_agent_key", taken)?;
    Ok(())
}

pub async fn update(tx: &mut TenantTx, id: ChannelAgentId, draft: &AgentDraft) -> Result<()> {
    sqlx::query!(
        "update channel_agents set agent_id = $2, name = $3, description = $4, agent_prompt_id = $5, conditions = $6,
            offers_booking = $7, ai_model = $8, ai_temperature = $9::float8::numeric, is_active = $10
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        draft.agent_id,
        draft.name,
        draft.description,
        draft.agent_prompt_id.0,
        json!(draft.conditions),
        draft.offers_booking,
        draft.ai_model,
        draft.ai_temperature,
        draft.is_active,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("channel_agents_agent_key", taken)?;
    Ok(())
}

/// All of a channel take these places.
pub async fn reorder(tx: &mut TenantTx, channel: ChannelId, ids: &[ChannelAgentId]) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update channel_agents g set position = o.place - 1
        from unnest($2::uuid[]) with ordinality as o (id, place)
        where g.tenant_id = current_tenant_id() and g.channel_id = $1 and g.id = o.id",
        channel.0,
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: ChannelAgentId) -> Result<()> {
    sqlx::query!(
        "delete from channel_agents where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What conditions can read of a conversation, and which agent has answered last in it.
pub async fn find_known(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Known>> {
    let known = sqlx::query_as!(
        Known,
        r#"select automation_facts(c.id) || jsonb_build_object('lifecycle_stage', (
                select k.lifecycle_stage from crm_clients k
                where k.tenant_id = c.tenant_id and k.contact_id = c.contact_id and k.merged_into is null
                limit 1
            )) as "facts!",
            (
                select a.agent ->> 'agent_id'
                from answers a
                join messages m on m.tenant_id = a.tenant_id and m.id = a.id
                where a.tenant_id = c.tenant_id and a.conversation_id = c.id and a.agent is not null
                order by m.seq desc
                limit 1
            ) as before
        from conversations c
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(known)
}
