//! HTTP: retrieval that learns from this workspace's own questions.

use access::audit::Action;
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict};
use kernel::extract::Json;
use kernel::ids::ModelVersionId;
use kernel::{Result, TenantTx};
use knowledge::adapters::trial::FEWEST_QUESTIONS;
use knowledge::adapters::{Status, Version, store};
use knowledge::embedding;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{TrainRetrieval, too_few};
use super::labels::{self, Counts};
use crate::{Context, promise, publishing};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_retrieval_model))
        .routes(routes!(train_retrieval_model))
        .routes(routes!(roll_back_retrieval_model))
}

/// What retrieval has learned from this workspace's own questions, and what there is to learn from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RetrievalModel {
    /// The search model that a version would be trained for.
    base_model: String,
    labels: Counts,
    /// So many questions with a known answer are needed.
    questions_needed: usize,
    /// The version that serves; null: the search model alone.
    active: Option<ModelVersionId>,
    /// The version that would serve after a roll-back; null: the search model alone.
    before: Option<ModelVersionId>,
    /// Newest first.
    versions: Vec<Version>,
}

/// What has retrieval learned?
#[utoipa::path(get, path = "/retrieval-model", operation_id = "get_retrieval_model", tag = "knowledge",
    responses((status = 200, body = RetrievalModel)))]
async fn get_retrieval_model(State(ctx): State<Context>, member: Member) -> Result<Json<RetrievalModel>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(describe(&mut tx).await?))
}

/// Learn from thumbs, closed gaps and evaluation sets, and try what was learned on held-back questions. It serves as soon as
/// it is clearly better there; until then, and otherwise, nothing changes.
#[utoipa::path(post, path = "/retrieval-model/train", operation_id = "train_retrieval_model", tag = "knowledge",
    responses((status = 202, body = RetrievalModel), (status = 409, body = Problem)))]
async fn train_retrieval_model(
    State(ctx): State<Context>,
    member: Member,
) -> Result<(StatusCode, Json<RetrievalModel>)> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let state = embedding::store::lock(&mut tx).await?;
    let now = describe(&mut tx).await?;
    if now
        .versions
        .iter()
        .any(|version| version.status == Status::Training)
    {
        return Err(conflict(
            "training_runs",
            "A version is being trained already. Wait until it has ended.",
        ));
    }
    if state.embedder == embedding::EmbedderChoice::Local && !ctx.knowledge.embedders.has_local() {
        return Err(conflict(
            "no_search_model",
            "There is no search model on this server, so questions are compared by their words alone. Choose a model first.",
        ));
    }
    if now.labels.questions < FEWEST_QUESTIONS {
        return Err(too_few());
    }
    let id = store::insert(&mut tx, &now.base_model, &member.actor().to_string()).await?;
    super::record(
        &mut tx,
        &member.actor().to_string(),
        Action::RetrievalTrainingStarted,
        id,
    )
    .await?;
    TrainRetrieval::enqueue(&mut tx, id).await?;
    let started = describe(&mut tx).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

/// Let the version before the active one serve again, or the search model alone if there was none.
#[utoipa::path(post, path = "/retrieval-model/roll-back", operation_id = "roll_back_retrieval_model", tag = "knowledge",
    responses((status = 200, body = RetrievalModel), (status = 409, body = Problem)))]
async fn roll_back_retrieval_model(
    State(ctx): State<Context>,
    member: Member,
) -> Result<Json<RetrievalModel>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    let now = describe(&mut tx).await?;
    let Some(active) = now.active else {
        return Err(conflict(
            "nothing_to_roll_back",
            "The search model alone serves already.",
        ));
    };
    let actor = member.actor().to_string();
    match now.before {
        Some(before) => super::activate(&mut tx, &actor, before).await?,
        None => {
            store::deactivate(&mut tx).await?;
            super::record(&mut tx, &actor, Action::ModelVersionDeactivated, active).await?;
        }
    }
    tx.commit().await?;
    refit(&ctx, &member, now.before.is_none()).await;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(describe(&mut tx).await?))
}

/// Without a version the labels say anew how far the confidence can be trusted. Where that fails, the night tries again.
async fn refit(ctx: &Context, member: &Member, is_alone: bool) {
    if is_alone && let Err(error) = promise::refit(ctx, member).await {
        error.log();
    }
}

async fn describe(tx: &mut TenantTx) -> Result<RetrievalModel> {
    let base_model = embedding::current(tx).await?.name();
    let asked = publishing::list_past_questions(tx, publishing::MOST_QUESTIONS).await?;
    let versions = store::list(tx).await?;
    let active = versions.iter().find(|version| version.is_active);
    Ok(RetrievalModel {
        base_model,
        labels: labels::count(&asked),
        questions_needed: FEWEST_QUESTIONS,
        active: active.map(|version| version.id),
        before: active
            .and_then(|active| super::before(active, &versions))
            .map(|version| version.id),
        versions,
    })
}
