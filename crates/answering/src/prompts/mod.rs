//! The library of prompts: instructions that several channels can share, and that the playground can try.

pub mod api;
mod store;

use chrono::{DateTime, Utc};
use kernel::error::{conflict, invalid};
use kernel::ids::{AgentPromptId, ChannelId};
use kernel::{Result, TenantTx};
use knowledge::versions::{Change, ChannelPromptState, PromptState, Subject};
use serde::Serialize;

/// A prompt of the library.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AgentPrompt {
    pub id: AgentPromptId,
    pub name: String,
    pub description: String,
    /// `{{business.name}}`, `{{bot.name}}`, `{{visitor.language}}` and `{{today}}` are filled in.
    pub system_prompt: String,
    /// The channels that use it, by name.
    pub used_by: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Brings the prompts to the states that a version kept: writes, changes or deletes them.
///
/// # Errors
/// 409 when a channel still uses what is deleted.
pub async fn apply(tx: &mut TenantTx, changes: &[Change]) -> Result<()> {
    let (mut deleted, mut of_channels) = (Vec::new(), Vec::new());
    for change in changes.iter().filter(|change| change.subject.is_prompt()) {
        match (change.subject, change.after.clone()) {
            (Subject::AgentPrompt, Some(after)) => {
                write(tx, change.subject_id.into(), serde_json::from_value(after)?).await?;
            }
            (Subject::AgentPrompt, None) => deleted.push(AgentPromptId(change.subject_id)),
            (Subject::ChannelPrompt, Some(after)) => {
                of_channels.push((ChannelId(change.subject_id), serde_json::from_value(after)?));
            }
            (Subject::ChannelPrompt, None) | (Subject::QaPair, _) => {}
        }
    }
    // a channel may begin to use what comes, and leave what goes
    for (id, prompt) in of_channels {
        set_channel_prompt(tx, id, &prompt).await?;
    }
    for id in deleted {
        delete_unused(tx, id).await?;
    }
    Ok(())
}

async fn write(tx: &mut TenantTx, id: AgentPromptId, prompt: PromptState) -> Result<()> {
    let prompt = prompt.checked()?;
    match store::find(tx, id).await? {
        Some(_) => store::update(tx, id, &prompt).await,
        None => store::insert(tx, id, &prompt).await,
    }
}

async fn set_channel_prompt(tx: &mut TenantTx, id: ChannelId, prompt: &ChannelPromptState) -> Result<()> {
    require(tx, prompt.agent_prompt_id).await?;
    store::set_channel_prompt(tx, id, prompt).await
}

/// A channel names a prompt of the library that is there, or none.
///
/// # Errors
/// 422 otherwise.
pub async fn require(tx: &mut TenantTx, named: Option<AgentPromptId>) -> Result<()> {
    match named {
        Some(id) if store::find(tx, id).await?.is_none() => Err(invalid(
            "unknown_prompt",
            "The library has no such prompt (`agent_prompt_id`). Choose another one, or null for the channel's own.",
        )),
        _ => Ok(()),
    }
}

async fn delete_unused(tx: &mut TenantTx, id: AgentPromptId) -> Result<()> {
    let Some(prompt) = store::find(tx, id).await? else {
        return Ok(());
    };
    if !prompt.used_by.is_empty() {
        return Err(conflict(
            "prompt_in_use",
            format!(
                "{} uses this prompt, “{}”. Choose another one there first.",
                prompt.used_by.join(", "),
                prompt.name
            ),
        ));
    }
    store::delete(tx, id).await
}
