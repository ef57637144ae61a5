//! HTTP for the library of prompts.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::AgentPromptId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use knowledge::versions::PromptState;

use super::{AgentPrompt, delete_unused, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_agent_prompts, create_agent_prompt))
        .routes(routes!(update_agent_prompt, delete_agent_prompt))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AgentPrompts {
    items: Vec<AgentPrompt>,
}

/// List the prompts of the library, by name.
#[utoipa::path(get, path = "/agent-prompts", operation_id = "list_agent_prompts", tag = "agent-prompts",
    responses((status = 200, body = AgentPrompts)))]
async fn list_agent_prompts(State(ctx): State<Context>, member: Member) -> Result<Json<AgentPrompts>> {
    member.require(Permission::ReadKnowledge)?;
    let items = store::list(&mut ctx.db.tenant_read(&member).await?).await?;
    Ok(Json(AgentPrompts { items }))
}

/// Add a prompt to the library.
#[utoipa::path(post, path = "/agent-prompts", operation_id = "create_agent_prompt", tag = "agent-prompts", request_body = PromptState,
    responses((status = 201, body = AgentPrompt), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_agent_prompt(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<PromptState>,
) -> Result<(StatusCode, Json<AgentPrompt>)> {
    member.require(Permission::ManageChannels)?;
    let (id, prompt) = (AgentPromptId::new(), input.checked()?);
    let mut tx = ctx.db.tenant(&member).await?;
    store::insert(&mut tx, id, &prompt).await?;
    note(&mut tx, &member, Action::AgentPromptCreated, id, &prompt.name).await?;
    let prompt = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(prompt)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct AgentPromptPatch {
    name: Option<String>,
    description: Option<String>,
    system_prompt: Option<String>,
}

/// Change a prompt. Channels that use it follow within seconds.
#[utoipa::path(patch, path = "/agent-prompts/{id}", operation_id = "update_agent_prompt", tag = "agent-prompts",
    params(("id" = AgentPromptId, Path)), request_body = AgentPromptPatch,
    responses((status = 200, body = AgentPrompt), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update_agent_prompt(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<AgentPromptId>,
    Json(patch): Json<AgentPromptPatch>,
) -> Result<Json<AgentPrompt>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let old = store::get(&mut tx, id).await?;
    let changed = PromptState {
        name: patch.name.unwrap_or(old.name),
        description: patch.description.unwrap_or(old.description),
        system_prompt: patch.system_prompt.unwrap_or(old.system_prompt),
    };
    store::update(&mut tx, id, &changed.checked()?).await?;
    let prompt = store::get(&mut tx, id).await?;
    note(&mut tx, &member, Action::AgentPromptUpdated, id, &prompt.name).await?;
    tx.commit().await?;
    Ok(Json(prompt))
}

/// Delete a prompt that no channel uses.
#[utoipa::path(delete, path = "/agent-prompts/{id}", operation_id = "delete_agent_prompt", tag = "agent-prompts",
    params(("id" = AgentPromptId, Path)), responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_agent_prompt(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<AgentPromptId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let prompt = store::get(&mut tx, id).await?;
    delete_unused(&mut tx, id).await?;
    note(&mut tx, &member, Action::AgentPromptDeleted, id, &prompt.name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn note(
    tx: &mut TenantTx,
    member: &Member,
    action: Action,
    id: AgentPromptId,
    name: &str,
) -> Result<()> {
    let subject = format!("agent_prompt:{id}");
    audit::record_by(tx, member, action, &subject, json!({"name": name})).await
}
