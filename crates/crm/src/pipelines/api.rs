//! HTTP for pipelines.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::{Json, Path};
use kernel::ids::PipelineId;
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change::{self, StageInput};
use super::{Pipeline, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_pipelines, create_pipeline))
        .routes(routes!(update_pipeline, delete_pipeline))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PipelineList {
    items: Vec<Pipeline>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPipeline {
    /// 1 to 60 characters.
    name: String,
    /// The usual six unless given.
    stages: Option<Vec<StageInput>>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PipelinePatch {
    name: Option<String>,
    /// True alone: another one becomes the default in its place.
    is_default: Option<bool>,
    /// All stages in their order. One that is left out goes.
    stages: Option<Vec<StageInput>>,
}

/// List pipelines with their stages and how many deals are in each.
#[utoipa::path(get, path = "/crm/pipelines", operation_id = "list_pipelines", tag = "crm",
    responses((status = 200, body = PipelineList)))]
async fn list_pipelines(State(ctx): State<Context>, member: Member) -> Result<Json<PipelineList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx).await?;
    Ok(Json(PipelineList { items }))
}

/// Create a pipeline.
#[utoipa::path(post, path = "/crm/pipelines", operation_id = "create_pipeline", tag = "crm", request_body = NewPipeline,
    responses((status = 201, body = Pipeline), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_pipeline(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewPipeline>,
) -> Result<(StatusCode, Json<Pipeline>)> {
    member.require(Permission::ManageWorkspace)?;
    let name = change::check_name(&input.name)?;
    let stages = input.stages.unwrap_or_else(change::usual_stages);
    let columns = change::columns(&stages, None)?;
    let id = PipelineId::new();
    let mut tx = ctx.db.tenant(&member).await?;
    store::insert(&mut tx, id, &name).await?;
    store::replace_stages(&mut tx, id, &columns).await?;
    note(&mut tx, &member, Action::PipelineCreated, id, &name).await?;
    let pipeline = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(pipeline)))
}

/// Change a pipeline: its name, whether it is the default, or all of its stages.
#[utoipa::path(patch, path = "/crm/pipelines/{id}", operation_id = "update_pipeline", tag = "crm",
    params(("id" = PipelineId, Path)), request_body = PipelinePatch,
    responses((status = 200, body = Pipeline), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_pipeline(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<PipelineId>,
    Json(patch): Json<PipelinePatch>,
) -> Result<Json<Pipeline>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock(&mut tx).await?;
    let before = store::get(&mut tx, id).await?;
    if let Some(name) = &patch.name {
        store::rename(&mut tx, id, &change::check_name(name)?).await?;
    }
    match patch.is_default {
        Some(true) => store::make_default(&mut tx, id).await?,
        Some(false) if before.is_default => return Err(default_stays()),
        _ => {}
    }
    if let Some(stages) = &patch.stages {
        let columns = change::columns(stages, Some(&before))?;
        store::replace_stages(&mut tx, id, &columns).await?;
        tx.emit(Event::DealChanged { deal_id: None });
    }
    let after = store::get(&mut tx, id).await?;
    if after != before {
        note(&mut tx, &member, Action::PipelineChanged, id, &after.name).await?;
    }
    tx.commit().await?;
    Ok(Json(after))
}

/// Delete a pipeline in which there are no deals.
#[utoipa::path(delete, path = "/crm/pipelines/{id}", operation_id = "delete_pipeline", tag = "crm",
    params(("id" = PipelineId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_pipeline(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<PipelineId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock(&mut tx).await?;
    let pipeline = store::get(&mut tx, id).await?;
    if pipeline.stages.iter().any(|stage| stage.deals > 0) {
        return Err(conflict(
            "pipeline_in_use",
            "There are deals in this pipeline. Move them to another one first.",
        ));
    }
    let all = store::list(&mut tx).await?;
    let next = all.iter().find(|other| other.id != id);
    let next = next.ok_or_else(|| {
        conflict(
            "last_pipeline",
            "This is the only pipeline. Make another one before you delete it.",
        )
    })?;
    store::delete(&mut tx, id).await?;
    if pipeline.is_default {
        store::make_default(&mut tx, next.id).await?;
    }
    note(&mut tx, &member, Action::PipelineDeleted, id, &pipeline.name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn default_stays() -> kernel::Error {
    invalid(
        "default_needed",
        "One pipeline is the default. Make another one the default instead.",
    )
}

async fn note(tx: &mut TenantTx, member: &Member, action: Action, id: PipelineId, name: &str) -> Result<()> {
    audit::record_by(
        tx,
        member,
        action,
        &format!("pipeline:{id}"),
        json!({"name": name}),
    )
    .await
}
