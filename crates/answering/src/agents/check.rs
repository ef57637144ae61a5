//! What an agent must hold before it is stored.

use automation::rules::{check, fields};
use kernel::error::invalid;
use kernel::{Result, TenantTx};

use super::AgentDraft;
use crate::prompts;

const LONGEST_ID: usize = 60;
const LONGEST_NAME: usize = 100;
const LONGEST_DESCRIPTION: usize = 1_000;
const LONGEST_MODEL: usize = 200;

/// The agent as it is stored.
pub async fn draft(tx: &mut TenantTx, mut draft: AgentDraft) -> Result<AgentDraft> {
    for text in [&mut draft.agent_id, &mut draft.name, &mut draft.description] {
        *text = text.trim().to_owned();
    }
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if !(1..=LONGEST_ID).contains(&draft.agent_id.len()) || !draft.agent_id.chars().all(is_plain) {
        return Err(invalid(
            "bad_agent_id",
            "`agent_id` has 1 to 60 small letters, digits, hyphens and underscores, such as `sales`.",
        ));
    }
    if !(1..=LONGEST_NAME).contains(&draft.name.chars().count()) {
        return Err(invalid("bad_name", "An agent's name has 1 to 100 characters."));
    }
    if draft.description.chars().count() > LONGEST_DESCRIPTION {
        return Err(invalid(
            "bad_description",
            "A description has 1,000 characters at most.",
        ));
    }
    prompts::require(tx, Some(draft.agent_prompt_id)).await?;
    check::conditions(tx, &fields::of_turn(), &draft.conditions).await?;
    let model = draft.ai_model.take().map(|model| model.trim().to_owned());
    draft.ai_model = model.filter(|model| !model.is_empty());
    if draft
        .ai_model
        .as_ref()
        .is_some_and(|model| model.chars().count() > LONGEST_MODEL)
    {
        return Err(invalid("bad_model", "`ai_model` has 200 characters at most."));
    }
    if draft
        .ai_temperature
        .is_some_and(|temperature| !(0.0..=1.0).contains(&temperature))
    {
        return Err(invalid(
            "bad_temperature",
            "`ai_temperature` lies between 0 and 1.",
        ));
    }
    // as it is kept
    draft.ai_temperature = draft
        .ai_temperature
        .map(|number| (number * 100.0).round() / 100.0);
    Ok(draft)
}
