//! The library of prompts: instructions that several channels can share, and that the playground can try.

pub mod api;
mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::AgentPromptId;
use kernel::{Result, TenantTx};
use knowledge::versions::PromptState;
use serde::{Deserialize, Serialize};

use crate::settings::LONGEST_PROMPT;

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

#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct NewAgentPrompt {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub system_prompt: String,
}

/// Brings a prompt to a state that a version kept: writes, changes or deletes it.
pub async fn apply(tx: &mut TenantTx, id: AgentPromptId, state: Option<PromptState>) -> Result<()> {
    let Some(state) = state else {
        return store::delete(tx, id).await;
    };
    let prompt = NewAgentPrompt {
        name: state.name,
        description: state.description,
        system_prompt: state.system_prompt,
    };
    let prompt = prompt.checked()?;
    match store::find(tx, id).await? {
        Some(_) => store::update(tx, id, &prompt).await,
        None => store::insert(tx, id, &prompt).await,
    }
}

impl NewAgentPrompt {
    /// Trimmed and within its limits.
    fn checked(self) -> Result<Self> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
        }
        if self.description.chars().count() > 500 {
            return Err(invalid(
                "bad_description",
                "A description has at most 500 characters.",
            ));
        }
        let system_prompt = self.system_prompt.trim().to_owned();
        if system_prompt.is_empty() || system_prompt.chars().count() > LONGEST_PROMPT {
            return Err(invalid("bad_prompt", "A prompt has 1 to 20,000 characters."));
        }
        Ok(Self {
            name,
            description: self.description.trim().to_owned(),
            system_prompt,
        })
    }
}
