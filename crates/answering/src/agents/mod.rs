//! Several agents on a channel: each with a prompt of the library and a rule for when it speaks.
//!
//! [`choose`] says which one a turn is meant for: the first, in the channel's order, whose conditions hold; else the one
//! that has answered last; else none, and the channel's own prompt counts. [`route`] does so for a turn and puts the agent's
//! settings in the place of the channel's. Not here: the texts, which are the library's ([`crate::prompts`]) and are kept
//! in versions there; and workflows that answer in the bot's place, which see to themselves.

pub mod api;
mod check;
pub mod store;

use std::sync::Arc;

use automation::rules::conditions::Conditions;
use automation::rules::fields;
use chrono::{DateTime, Utc};
use conversations::messages::{AnsweringAgent, SenderType};
use kernel::error::internal;
use kernel::ids::{AgentPromptId, ChannelAgentId, ChannelId, ConversationId};
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Context;
use crate::bots::Bot;
use crate::intent;
use crate::pipeline::{self, Turn};

/// An agent of a channel, as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ChannelAgent {
    pub id: ChannelAgentId,
    pub channel_id: ChannelId,
    #[serde(flatten)]
    pub draft: AgentDraft,
    /// The prompt's name in the library.
    pub prompt_name: String,
    /// The first whose conditions hold speaks.
    pub position: i32,
    pub created_at: DateTime<Utc>,
}

/// What somebody writes down as an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ChannelAgentDraft)]
pub struct AgentDraft {
    /// The channel's own word for it, 1 to 60 small letters, digits, hyphens and underscores.
    pub agent_id: String,
    /// 1 to 100 characters.
    pub name: String,
    #[serde(default)]
    #[schema(required = false)]
    pub description: String,
    /// A prompt of the library. Without a model it has no effect.
    pub agent_prompt_id: AgentPromptId,
    /// When it speaks, on the fields that the list of agents names; none: in every turn that reaches it.
    #[serde(default)]
    #[schema(required = false)]
    pub conditions: Conditions,
    /// False: it offers no meetings, neither the channel's booking link nor times of the built-in scheduler.
    #[serde(default = "yes")]
    #[schema(required = false)]
    pub offers_booking: bool,
    /// Another model of the channel's provider; null: the channel's.
    #[serde(default)]
    pub ai_model: Option<String>,
    /// 0 to 1; null: the channel's.
    #[serde(default)]
    pub ai_temperature: Option<f64>,
    #[serde(default = "yes")]
    #[schema(required = false)]
    pub is_active: bool,
}

fn yes() -> bool {
    true
}

/// An active agent, ready to speak.
#[derive(Debug, Clone)]
pub struct Agent {
    pub agent_id: String,
    pub name: String,
    pub conditions: Conditions,
    /// The library's text, filled in.
    pub prompt: String,
    pub offers_booking: bool,
    pub ai_model: Option<String>,
    pub ai_temperature: Option<f64>,
}

/// Why an agent speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChannelAgentReason)]
pub enum Because {
    /// Its conditions hold.
    Rule,
    /// It has answered before, and no other agent's conditions hold.
    Stays,
}

/// The agent that a turn was given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub agent: AnsweringAgent,
    pub because: Because,
    pub offers_booking: bool,
}

/// The same beside everything else: patterns may take their time.
async fn chosen(
    agents: &Arc<[Agent]>,
    facts: &Value,
    before: Option<&str>,
) -> Result<Option<(Agent, Because)>> {
    let (agents, facts, before) = (Arc::clone(agents), facts.clone(), before.map(str::to_owned));
    let choose =
        move || choose(&agents, &facts, before.as_deref()).map(|(agent, because)| (agent.clone(), because));
    tokio::task::spawn_blocking(choose).await.map_err(internal)
}

/// Which agent a turn with these facts is meant for; `before` is the one that has answered last, by the channel's word.
pub fn choose<'a>(agents: &'a [Agent], facts: &Value, before: Option<&str>) -> Option<(&'a Agent, Because)> {
    let fields = fields::of_turn();
    let asked = |agent: &&Agent| agent.conditions.hold_among(&fields, facts);
    if let Some(agent) = agents.iter().find(asked) {
        return Some((agent, Because::Rule));
    }
    let stays = |agent: &&Agent| Some(agent.agent_id.as_str()) == before;
    agents.iter().find(stays).map(|agent| (agent, Because::Stays))
}

/// What is known of a conversation when the bot is to speak in it.
#[derive(Debug, Clone)]
pub struct Known {
    pub facts: Value,
    /// The agent that has answered last.
    pub before: Option<String>,
}

/// The turn in the words of the agent that it is meant for. None: the channel's own prompt counts.
///
/// Without a conversation, as in the playground, the visitor's earlier lines are gone through in their order.
pub async fn route(
    ctx: &Context,
    proof: &impl TenantProof,
    bot: &Bot,
    conversation: Option<ConversationId>,
    turn: &Turn,
) -> Result<Option<Turn>> {
    if bot.agents.is_empty() {
        return Ok(None);
    }
    let mut tx = ctx.db.tenant_read(proof).await?;
    let is_open = is_open(&mut tx).await?;
    let known = match conversation {
        Some(id) => store::find_known(&mut tx, id).await?,
        None => None,
    };
    drop(tx);
    let Known { facts, mut before } = known.unwrap_or_else(|| Known {
        facts: json!({}),
        before: None,
    });
    if conversation.is_none() {
        let said = turn
            .recent
            .iter()
            .filter(|said| said.sender_type == SenderType::User);
        for line in said {
            let facts = with_words(facts.clone(), &line.text, None, is_open);
            let chosen = chosen(&bot.agents, &facts, before.as_deref()).await?;
            before = chosen.map(|(agent, _)| agent.agent_id);
        }
    }
    let language = pipeline::language_of(turn);
    let language = (!language.is_unknown()).then(|| language.code());
    let facts = with_words(facts, &turn.question(), language, is_open);
    let chosen = chosen(&bot.agents, &facts, before.as_deref()).await?;
    Ok(chosen.map(|(agent, because)| agent.speak(turn, because)))
}

pub(crate) async fn is_open(tx: &mut TenantTx) -> Result<bool> {
    let now = tx.now();
    Ok(conversations::settings::get(tx).await?.schedule().is_open(now))
}

/// The facts of a turn: those of its conversation, with what its words tell.
fn with_words(mut facts: Value, text: &str, language: Option<&str>, is_open: bool) -> Value {
    facts["text"] = json!(text);
    facts["intent"] = json!(intent::wish(text));
    facts["is_open"] = json!(is_open);
    let detected = || {
        let language = knowledge::language::detect(text);
        (!language.is_unknown()).then(|| language.code().to_owned())
    };
    if let Some(language) = language.map(str::to_owned).or_else(detected) {
        facts["language"] = json!(language);
    }
    facts
}

impl Agent {
    /// The turn with this agent's settings in the place of the channel's.
    fn speak(&self, turn: &Turn, because: Because) -> Turn {
        let mut turn = turn.clone();
        let settings = Arc::make_mut(&mut turn.settings);
        settings.personality_prompt.clone_from(&self.prompt);
        if !self.offers_booking {
            settings.booking_url = None;
        }
        if let Some(model) = &self.ai_model {
            turn.options.model = Some(model.clone());
        }
        turn.options.temperature = self.ai_temperature.unwrap_or(turn.options.temperature);
        let agent = AnsweringAgent {
            agent_id: self.agent_id.clone(),
            name: self.name.clone(),
        };
        turn.agent = Some(Arc::new(Chosen {
            agent,
            because,
            offers_booking: self.offers_booking,
        }));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(id: &str, conditions: Value) -> Agent {
        Agent {
            agent_id: id.to_owned(),
            name: id.to_owned(),
            conditions: serde_json::from_value(conditions).unwrap(),
            prompt: String::new(),
            offers_booking: true,
            ai_model: None,
            ai_temperature: None,
        }
    }

    fn on(field: &str, op: &str, value: Value) -> Value {
        json!({"all": [{"field": field, "op": op, "value": value}]})
    }

    #[test]
    fn the_first_rule_counts_then_who_spoke_before_then_nobody() {
        let agents = [
            agent("sales", on("intent", "is", json!(["price", "quote"]))),
            agent("french", on("language", "is", json!("fr"))),
        ];
        let choose = |text: &str, before: Option<&str>| {
            let facts = with_words(json!({}), text, None, true);
            choose(&agents, &facts, before).map(|(agent, because)| (agent.agent_id.clone(), because))
        };
        let sales = |because| Some(("sales".to_owned(), because));
        assert_eq!(choose("How much is the table?", None), sales(Because::Rule));
        assert_eq!(
            choose("Combien coûte la table ?", Some("french")),
            sales(Because::Rule)
        );
        assert_eq!(
            choose("Is it made of solid oak wood?", Some("sales")),
            sales(Because::Stays)
        );
        assert_eq!(
            choose("Est-ce que vous livrez en Belgique ?", Some("sales")),
            Some(("french".to_owned(), Because::Rule))
        );
        assert_eq!(choose("Is it made of solid oak wood?", None), None);
        assert_eq!(choose("Is it made of solid oak wood?", Some("gone")), None);
    }
}
