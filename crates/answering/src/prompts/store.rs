//! All SQL for the library of prompts.

use kernel::error::{OnConstraint, conflict, not_found};
use kernel::ids::{AgentPromptId, ChannelId};
use kernel::{Error, Result, TenantTx};

use knowledge::versions::{ChannelPromptState, PromptState};

use super::AgentPrompt;

fn name_taken() -> Error {
    conflict(
        "name_taken",
        "There is a prompt of this name already. Choose another one.",
    )
}

/// By name.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<AgentPrompt>> {
    let prompts = sqlx::query_as!(
        AgentPrompt,
        r#"select p.id as "id: AgentPromptId", p.name, p.description, p.system_prompt, p.created_at, p.updated_at,
            array(select c.name from channels c where c.tenant_id = p.tenant_id and (c.settings ->> 'agent_prompt_id' = p.id::text
                    or exists (select from channel_agents g
                        where g.tenant_id = c.tenant_id and g.channel_id = c.id and g.agent_prompt_id = p.id))
                order by c.name) as "used_by!"
        from agent_prompts p
        where p.tenant_id = current_tenant_id()
        order by lower(p.name), p.id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(prompts)
}

pub async fn find(tx: &mut TenantTx, id: AgentPromptId) -> Result<Option<AgentPrompt>> {
    let all = list(tx).await?;
    Ok(all.into_iter().find(|prompt| prompt.id == id))
}

pub async fn get(tx: &mut TenantTx, id: AgentPromptId) -> Result<AgentPrompt> {
    find(tx, id).await?.ok_or_else(|| not_found("prompt"))
}

pub async fn insert(tx: &mut TenantTx, id: AgentPromptId, prompt: &PromptState) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into agent_prompts (tenant_id, id, name, description, system_prompt) values ($1, $2, $3, $4, $5)",
        tenant.0,
        id.0,
        prompt.name,
        prompt.description,
        prompt.system_prompt,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("agent_prompts_name_key", name_taken)?;
    Ok(())
}

pub async fn update(tx: &mut TenantTx, id: AgentPromptId, prompt: &PromptState) -> Result<()> {
    sqlx::query!(
        "update agent_prompts set name = $2, description = $3, system_prompt = $4
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        prompt.name,
        prompt.description,
        prompt.system_prompt,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("agent_prompts_name_key", name_taken)?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: AgentPromptId) -> Result<()> {
    sqlx::query!(
        "delete from agent_prompts where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A colleague's open form and designer's draft notice it by the revision.
pub async fn set_channel_prompt(tx: &mut TenantTx, id: ChannelId, prompt: &ChannelPromptState) -> Result<()> {
    sqlx::query!(
        "update channels set revision = revision + 1,
            settings = (settings - 'personality_prompt') || jsonb_strip_nulls(jsonb_build_object('personality_prompt', $2::text))
                || jsonb_build_object('agent_prompt_id', $3::uuid)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        prompt.personality_prompt,
        prompt.agent_prompt_id.map(|prompt| prompt.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
