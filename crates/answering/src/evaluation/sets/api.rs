//! HTTP for evaluation sets.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, invalid};
use kernel::extract::{Bytes, Json, Path, Query};
use kernel::ids::{EvaluationCaseId, EvaluationRunId, EvaluationSetId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantTx};
use knowledge::versions;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CaseResult, EvaluationCase, EvaluationSet, NewEvaluationCase, Score, csv, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_evaluation_sets, create_evaluation_set))
        .routes(routes!(
            get_evaluation_set,
            update_evaluation_set,
            delete_evaluation_set
        ))
        .routes(routes!(add_evaluation_cases))
        .routes(routes!(import_evaluation_cases))
        .routes(routes!(delete_evaluation_case))
        .routes(routes!(list_evaluation_runs, run_evaluation))
        .routes(routes!(get_evaluation_run))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EvaluationSets {
    items: Vec<EvaluationSet>,
}

/// List evaluation sets by name.
#[utoipa::path(get, path = "/evaluation-sets", operation_id = "list_evaluation_sets", tag = "evaluation",
    responses((status = 200, body = EvaluationSets)))]
async fn list_evaluation_sets(State(ctx): State<Context>, member: Member) -> Result<Json<EvaluationSets>> {
    member.require(Permission::ReadKnowledge)?;
    let items = store::list(&mut ctx.db.tenant_read(&member).await?).await?;
    Ok(Json(EvaluationSets { items }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewEvaluationSet {
    name: String,
    #[serde(default)]
    description: String,
    /// At most 5,000.
    #[serde(default)]
    cases: Vec<NewEvaluationCase>,
}

/// A set with its questions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EvaluationSetWithCases {
    #[serde(flatten)]
    set: EvaluationSet,
    cases: Vec<EvaluationCase>,
}

/// Make an evaluation set.
#[utoipa::path(post, path = "/evaluation-sets", operation_id = "create_evaluation_set", tag = "evaluation",
    request_body = NewEvaluationSet,
    responses((status = 201, body = EvaluationSetWithCases), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_evaluation_set(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewEvaluationSet>,
) -> Result<(StatusCode, Json<EvaluationSetWithCases>)> {
    member.require(Permission::EditKnowledge)?;
    let (name, description) = check(&input.name, &input.description)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let id = store::insert(&mut tx, name, description).await?;
    super::add(&mut tx, id, input.cases).await?;
    Ok((StatusCode::CREATED, Json(finish(tx, id).await?)))
}

fn check<'a>(name: &'a str, description: &'a str) -> Result<(&'a str, &'a str)> {
    let (name, description) = (name.trim(), description.trim());
    if name.is_empty() || name.chars().count() > 100 {
        return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
    }
    if description.chars().count() > 500 {
        return Err(invalid(
            "bad_description",
            "A description has at most 500 characters.",
        ));
    }
    Ok((name, description))
}

async fn finish(mut tx: TenantTx, id: EvaluationSetId) -> Result<EvaluationSetWithCases> {
    let set = store::get(&mut tx, id).await?;
    let cases = store::list_cases(&mut tx, id).await?;
    versions::tell(&mut tx);
    tx.commit().await?;
    Ok(EvaluationSetWithCases { set, cases })
}

/// Read an evaluation set with its questions.
#[utoipa::path(get, path = "/evaluation-sets/{id}", operation_id = "get_evaluation_set", tag = "evaluation",
    params(("id" = EvaluationSetId, Path)), responses((status = 200, body = EvaluationSetWithCases), (status = 404, body = Problem)))]
async fn get_evaluation_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationSetId>,
) -> Result<Json<EvaluationSetWithCases>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let set = store::get(&mut tx, id).await?;
    let cases = store::list_cases(&mut tx, id).await?;
    Ok(Json(EvaluationSetWithCases { set, cases }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct EvaluationSetPatch {
    name: Option<String>,
    description: Option<String>,
}

/// Rename or describe an evaluation set.
#[utoipa::path(patch, path = "/evaluation-sets/{id}", operation_id = "update_evaluation_set", tag = "evaluation",
    params(("id" = EvaluationSetId, Path)), request_body = EvaluationSetPatch,
    responses((status = 200, body = EvaluationSetWithCases), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_evaluation_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationSetId>,
    Json(patch): Json<EvaluationSetPatch>,
) -> Result<Json<EvaluationSetWithCases>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let old = store::get(&mut tx, id).await?;
    let name = patch.name.unwrap_or(old.name);
    let description = patch.description.unwrap_or(old.description);
    let (name, description) = check(&name, &description)?;
    store::update(&mut tx, id, name, description).await?;
    Ok(Json(finish(tx, id).await?))
}

/// Delete an evaluation set with its history.
#[utoipa::path(delete, path = "/evaluation-sets/{id}", operation_id = "delete_evaluation_set", tag = "evaluation",
    params(("id" = EvaluationSetId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_evaluation_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationSetId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::get(&mut tx, id).await?;
    store::delete(&mut tx, id).await?;
    versions::tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewEvaluationCases {
    cases: Vec<NewEvaluationCase>,
}

/// Add questions to a set. A question that it has already gets the new expectation.
#[utoipa::path(post, path = "/evaluation-sets/{id}/cases", operation_id = "add_evaluation_cases", tag = "evaluation",
    params(("id" = EvaluationSetId, Path)), request_body = NewEvaluationCases,
    responses((status = 200, body = EvaluationSetWithCases), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn add_evaluation_cases(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationSetId>,
    Json(input): Json<NewEvaluationCases>,
) -> Result<Json<EvaluationSetWithCases>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::get(&mut tx, id).await?;
    super::add(&mut tx, id, input.cases).await?;
    Ok(Json(finish(tx, id).await?))
}

/// Add questions from CSV: `question`, and `expected_text` or `expected_source`; with neither, the bot must decline.
#[utoipa::path(post, path = "/evaluation-sets/{id}/import", operation_id = "import_evaluation_cases", tag = "evaluation",
    params(("id" = EvaluationSetId, Path)), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = EvaluationSetWithCases), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn import_evaluation_cases(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationSetId>,
    Bytes(body): Bytes,
) -> Result<Json<EvaluationSetWithCases>> {
    member.require(Permission::EditKnowledge)?;
    let cases = csv::read(&body)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::get(&mut tx, id).await?;
    super::add(&mut tx, id, cases).await?;
    Ok(Json(finish(tx, id).await?))
}

/// Take a question out of a set.
#[utoipa::path(delete, path = "/evaluation-sets/{id}/cases/{case_id}", operation_id = "delete_evaluation_case", tag = "evaluation",
    params(("id" = EvaluationSetId, Path), ("case_id" = EvaluationCaseId, Path)),
    responses((status = 200, body = EvaluationSetWithCases), (status = 404, body = Problem)))]
async fn delete_evaluation_case(
    State(ctx): State<Context>,
    member: Member,
    Path((id, case)): Path<(EvaluationSetId, EvaluationCaseId)>,
) -> Result<Json<EvaluationSetWithCases>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::delete_case(&mut tx, id, case).await?;
    Ok(Json(finish(tx, id).await?))
}

/// The history of a set's scores, the newest first.
#[utoipa::path(get, path = "/evaluation-sets/{id}/runs", operation_id = "list_evaluation_runs", tag = "evaluation",
    params(("id" = EvaluationSetId, Path), PageQuery), responses((status = 200, body = Page<Score>), (status = 404, body = Problem)))]
async fn list_evaluation_runs(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationSetId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Score>>> {
    member.require(Permission::ReadKnowledge)?;
    let limit = page.limit();
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    let found = store::list_runs(&mut tx, id, page.after()?, limit + 1).await?;
    Ok(Json(Page::cut(found, limit, |run| Position {
        at: run.created_at,
        id: run.id.0,
    })))
}

/// A score with every question's result.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EvaluationRun {
    #[serde(flatten)]
    score: Score,
    results: Vec<CaseResult>,
}

/// Ask all questions of a set now, without a model, and keep the score.
#[utoipa::path(post, path = "/evaluation-sets/{id}/runs", operation_id = "run_evaluation", tag = "evaluation",
    params(("id" = EvaluationSetId, Path)),
    responses((status = 201, body = EvaluationRun), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn run_evaluation(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationSetId>,
) -> Result<(StatusCode, Json<EvaluationRun>)> {
    member.require(Permission::EditKnowledge)?;
    // goes on if the caller leaves: the score is kept
    let work = tokio::spawn(async move {
        let score = super::run(&ctx, &member, id).await?;
        read(&ctx, &member, score.id).await
    });
    let run = work.await.map_err(kernel::error::internal)??;
    Ok((StatusCode::CREATED, Json(run)))
}

/// Read a run with every question's result.
#[utoipa::path(get, path = "/evaluation-runs/{id}", operation_id = "get_evaluation_run", tag = "evaluation",
    params(("id" = EvaluationRunId, Path)), responses((status = 200, body = EvaluationRun), (status = 404, body = Problem)))]
async fn get_evaluation_run(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EvaluationRunId>,
) -> Result<Json<EvaluationRun>> {
    member.require(Permission::ReadKnowledge)?;
    Ok(Json(read(&ctx, &member, id).await?))
}

async fn read(ctx: &Context, member: &Member, id: EvaluationRunId) -> Result<EvaluationRun> {
    let (score, results) = store::get_run(&mut ctx.db.tenant_read(member).await?, id).await?;
    Ok(EvaluationRun { score, results })
}
