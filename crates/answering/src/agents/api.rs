//! HTTP for the agents of channels.

use std::collections::BTreeSet;

use access::audit::{self, Action};
use access::{Member, Permission};
use automation::rules::conditions::Conditions;
use automation::rules::fields::{self, FieldWithOps};
use axum::extract::State;
use axum::http::StatusCode;
use conversations::messages::AnsweringAgent;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::{Json, Path, present};
use kernel::ids::{AgentPromptId, ChannelAgentId, ChannelId, LabelId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AgentDraft, Because, ChannelAgent, check, store};
use crate::Context;
use crate::api::check_question;
use crate::bots::{self, Which};

/// More than a team can tell apart, and few enough to be looked at with every message.
const MOST: usize = 20;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_channel_agents, create_channel_agent))
        .routes(routes!(order_channel_agents))
        .routes(routes!(try_channel_agents))
        .routes(routes!(update_channel_agent, delete_channel_agent))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelAgentList {
    items: Vec<ChannelAgent>,
    /// What their conditions can look at.
    fields: Vec<FieldWithOps>,
}

/// What is sent is changed, each as a whole.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChannelAgentPatch {
    agent_id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    agent_prompt_id: Option<AgentPromptId>,
    conditions: Option<Conditions>,
    offers_booking: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    ai_model: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    ai_temperature: Option<Option<f64>>,
    is_active: Option<bool>,
}

impl ChannelAgentPatch {
    fn apply(self, before: AgentDraft) -> AgentDraft {
        AgentDraft {
            agent_id: self.agent_id.unwrap_or(before.agent_id),
            name: self.name.unwrap_or(before.name),
            description: self.description.unwrap_or(before.description),
            agent_prompt_id: self.agent_prompt_id.unwrap_or(before.agent_prompt_id),
            conditions: self.conditions.unwrap_or(before.conditions),
            offers_booking: self.offers_booking.unwrap_or(before.offers_booking),
            ai_model: self.ai_model.unwrap_or(before.ai_model),
            ai_temperature: self.ai_temperature.unwrap_or(before.ai_temperature),
            is_active: self.is_active.unwrap_or(before.is_active),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChannelAgentOrder {
    /// All of the channel's, the one that is asked first in front.
    ids: Vec<ChannelAgentId>,
}

/// A message to try, with what would be known of its conversation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChannelAgentTrial {
    /// What a visitor would write.
    text: String,
    page_url: Option<String>,
    #[serde(default)]
    labels: Vec<LabelId>,
    lifecycle_stage: Option<String>,
    /// Whether people are there; as it is now unless given.
    is_open: Option<bool>,
    /// The agent that has answered before, by its `agent_id`.
    before: Option<String>,
}

/// Who would answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelAgentTrialResult {
    /// Null: the channel's own prompt counts.
    agent: Option<AnsweringAgent>,
    because: Option<Because>,
    /// What the conditions looked at.
    #[schema(value_type = Object)]
    facts: Value,
}

/// List a channel's agents in the order in which they are asked, with what their conditions can look at.
#[utoipa::path(get, path = "/channels/{id}/agents", operation_id = "list_channel_agents", tag = "agent-prompts",
    params(("id" = ChannelId, Path)), responses((status = 200, body = ChannelAgentList), (status = 404, body = Problem)))]
async fn list_channel_agents(
    State(ctx): State<Context>,
    member: Member,
    Path(channel): Path<ChannelId>,
) -> Result<Json<ChannelAgentList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::require_channel(&mut tx, channel).await?;
    Ok(Json(listed(&mut tx, channel).await?))
}

async fn listed(tx: &mut TenantTx, channel: ChannelId) -> Result<ChannelAgentList> {
    Ok(ChannelAgentList {
        items: store::list(tx, channel).await?,
        fields: fields::with_ops(fields::of_turn()),
    })
}

/// Add an agent to a channel, behind the others.
#[utoipa::path(post, path = "/channels/{id}/agents", operation_id = "create_channel_agent", tag = "agent-prompts",
    params(("id" = ChannelId, Path)), request_body = AgentDraft,
    responses((status = 201, body = ChannelAgent), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn create_channel_agent(
    State(ctx): State<Context>,
    member: Member,
    Path(channel): Path<ChannelId>,
    Json(input): Json<AgentDraft>,
) -> Result<(StatusCode, Json<ChannelAgent>)> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_channel(&mut tx, channel).await?;
    let draft = check::draft(&mut tx, input).await?;
    if store::list(&mut tx, channel).await?.len() >= MOST {
        return Err(conflict(
            "too_many_agents",
            "A channel has 20 agents at most. Delete one that is no longer used.",
        ));
    }
    let id = ChannelAgentId::new();
    store::insert(&mut tx, channel, id, &draft).await?;
    let agent = store::get(&mut tx, channel, id).await?;
    let details = json!({"name": draft.name, "agent_id": draft.agent_id});
    note(&mut tx, &member, Action::ChannelAgentCreated, id, details).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(agent)))
}

/// Change an agent. The next turn follows within seconds.
#[utoipa::path(patch, path = "/channels/{id}/agents/{agent}", operation_id = "update_channel_agent", tag = "agent-prompts",
    params(("id" = ChannelId, Path), ("agent" = ChannelAgentId, Path)), request_body = ChannelAgentPatch,
    responses((status = 200, body = ChannelAgent), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn update_channel_agent(
    State(ctx): State<Context>,
    member: Member,
    Path((channel, id)): Path<(ChannelId, ChannelAgentId)>,
    Json(patch): Json<ChannelAgentPatch>,
) -> Result<Json<ChannelAgent>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx, channel, id).await?.draft;
    let draft = check::draft(&mut tx, patch.apply(before.clone())).await?;
    if draft != before {
        store::update(&mut tx, id, &draft).await?;
        let mut details = audit::changes(&before, &draft)?;
        details["name"] = json!(draft.name);
        note(&mut tx, &member, Action::ChannelAgentChanged, id, details).await?;
    }
    let agent = store::get(&mut tx, channel, id).await?;
    tx.commit().await?;
    Ok(Json(agent))
}

/// Decide which agent of a channel is asked first.
#[utoipa::path(post, path = "/channels/{id}/agents/order", operation_id = "order_channel_agents", tag = "agent-prompts",
    params(("id" = ChannelId, Path)), request_body = ChannelAgentOrder,
    responses((status = 200, body = ChannelAgentList), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn order_channel_agents(
    State(ctx): State<Context>,
    member: Member,
    Path(channel): Path<ChannelId>,
    Json(input): Json<ChannelAgentOrder>,
) -> Result<Json<ChannelAgentList>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_channel(&mut tx, channel).await?;
    let known = store::list(&mut tx, channel).await?;
    let known: BTreeSet<ChannelAgentId> = known.iter().map(|agent| agent.id).collect();
    if input.ids.len() != known.len() || BTreeSet::from_iter(input.ids.iter().copied()) != known {
        return Err(invalid(
            "not_all_agents",
            "Name every agent of the channel once, the one that is asked first in front.",
        ));
    }
    store::reorder(&mut tx, channel, &input.ids).await?;
    let list = listed(&mut tx, channel).await?;
    let order: Vec<&str> = list.items.iter().map(|agent| agent.draft.name.as_str()).collect();
    let (subject, details) = (format!("channel:{channel}"), json!({"order": order}));
    audit::record_by(&mut tx, &member, Action::ChannelAgentChanged, &subject, details).await?;
    tx.commit().await?;
    Ok(Json(list))
}

/// Delete an agent. Conversations that it was in are answered by the others, or as the channel says.
#[utoipa::path(delete, path = "/channels/{id}/agents/{agent}", operation_id = "delete_channel_agent", tag = "agent-prompts",
    params(("id" = ChannelId, Path), ("agent" = ChannelAgentId, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn delete_channel_agent(
    State(ctx): State<Context>,
    member: Member,
    Path((channel, id)): Path<(ChannelId, ChannelAgentId)>,
) -> Result<StatusCode> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let agent = store::get(&mut tx, channel, id).await?;
    store::delete(&mut tx, id).await?;
    let details = json!({"name": agent.draft.name});
    note(&mut tx, &member, Action::ChannelAgentDeleted, id, details).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say which agent a message would be answered by. Nothing is said and nothing is kept.
#[utoipa::path(post, path = "/channels/{id}/agents/try", operation_id = "try_channel_agents", tag = "agent-prompts",
    params(("id" = ChannelId, Path)), request_body = ChannelAgentTrial,
    responses((status = 200, body = ChannelAgentTrialResult), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn try_channel_agents(
    State(ctx): State<Context>,
    member: Member,
    Path(channel): Path<ChannelId>,
    Json(trial): Json<ChannelAgentTrial>,
) -> Result<Json<ChannelAgentTrialResult>> {
    member.require(Permission::AskQuestions)?;
    let text = check_question(&trial.text)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let bot = bots::get(&mut tx, Which::Channel(channel)).await?;
    let is_open = match trial.is_open {
        Some(is_open) => is_open,
        None => super::is_open(&mut tx).await?,
    };
    let known =
        json!({"page_url": trial.page_url, "labels": trial.labels, "lifecycle_stage": trial.lifecycle_stage});
    let facts = super::with_words(known, text, None, is_open);
    drop(tx);
    let chosen = super::chosen(&bot.agents, &facts, trial.before.as_deref()).await?;
    let because = chosen.as_ref().map(|(_, because)| *because);
    let agent = chosen.map(|(agent, _)| AnsweringAgent {
        agent_id: agent.agent_id,
        name: agent.name,
    });
    Ok(Json(ChannelAgentTrialResult {
        agent,
        because,
        facts,
    }))
}

async fn note(
    tx: &mut TenantTx,
    member: &Member,
    action: Action,
    id: ChannelAgentId,
    details: Value,
) -> Result<()> {
    audit::record_by(tx, member, action, &format!("channel_agent:{id}"), details).await
}
