//! HTTP for training sets. Examples quote visitors, so whoever reads them may read conversations too.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{TrainingExampleId, TrainingSetId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantTx};
use knowledge::versions::LONGEST_PROMPT;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::export::{self, Format};
use super::gather::{TrainingCounts, gather};
use super::{Filter, Status, TrainingExample, TrainingSet, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_training_sets, create_training_set))
        .routes(routes!(preview_training_set))
        .routes(routes!(
            get_training_set,
            update_training_set,
            delete_training_set
        ))
        .routes(routes!(list_training_examples))
        .routes(routes!(update_training_example))
        .routes(routes!(freeze_training_set))
        .routes(routes!(export_training_set))
        .routes(routes!(estimate_training))
}

fn may_look(member: &Member) -> Result<()> {
    member.require(Permission::ManageCredentials)?;
    member.require(Permission::ReadConversations)
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TrainingSets {
    items: Vec<TrainingSet>,
}

/// List training sets by name.
#[utoipa::path(get, path = "/training-sets", operation_id = "list_training_sets", tag = "models",
    responses((status = 200, body = TrainingSets)))]
async fn list_training_sets(State(ctx): State<Context>, member: Member) -> Result<Json<TrainingSets>> {
    may_look(&member)?;
    let items = store::list(&mut ctx.db.tenant_read(&member).await?).await?;
    Ok(Json(TrainingSets { items }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TrainingPreviewRequest {
    #[serde(default)]
    filter: Filter,
}

/// What a set would hold.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TrainingPreview {
    counts: TrainingCounts,
    /// The first of them.
    examples: Vec<TrainingExample>,
}

const SHOWN: usize = 20;

/// See what a filter finds. Nothing is stored.
#[utoipa::path(post, path = "/training-sets/preview", operation_id = "preview_training_set", tag = "models",
    request_body = TrainingPreviewRequest, responses((status = 200, body = TrainingPreview), (status = 422, body = Problem)))]
async fn preview_training_set(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<TrainingPreviewRequest>,
) -> Result<Json<TrainingPreview>> {
    may_look(&member)?;
    let found = gather(&mut ctx.db.tenant_read(&member).await?, &input.filter).await?;
    Ok(Json(TrainingPreview {
        counts: found.counts(),
        examples: found
            .examples
            .iter()
            .take(SHOWN)
            .map(|clean| clean.preview())
            .collect(),
    }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewTrainingSet {
    name: String,
    #[serde(default)]
    filter: Filter,
    /// Stands before each example. The model should be asked with the same words later.
    #[serde(default)]
    system_prompt: String,
}

/// Put a training set together: a draft, until it is frozen.
#[utoipa::path(post, path = "/training-sets", operation_id = "create_training_set", tag = "models",
    request_body = NewTrainingSet,
    responses((status = 201, body = TrainingSet), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_training_set(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewTrainingSet>,
) -> Result<(StatusCode, Json<TrainingSet>)> {
    may_look(&member)?;
    let (name, prompt) = check(&input.name, &input.system_prompt)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let found = gather(&mut tx, &input.filter).await?;
    if found.examples.is_empty() {
        return Err(invalid(
            "no_examples",
            "Nothing that the team has approved fits this filter. Widen it.",
        ));
    }
    let actor = member.actor().to_string();
    let id = store::insert(&mut tx, name, &input.filter, prompt, &actor).await?;
    store::insert_examples(&mut tx, id, &found.examples).await?;
    let details = json!({"name": name, "examples": found.examples.len()});
    audit::record_by(
        &mut tx,
        &member,
        Action::TrainingSetCreated,
        &subject(id),
        details,
    )
    .await?;
    let set = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(set)))
}

fn check<'a>(name: &'a str, prompt: &'a str) -> Result<(&'a str, &'a str)> {
    let (name, prompt) = (name.trim(), prompt.trim());
    if name.is_empty() || name.chars().count() > 100 {
        return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
    }
    if prompt.chars().count() > LONGEST_PROMPT {
        return Err(invalid(
            "bad_system_prompt",
            "`system_prompt` has at most 20,000 characters.",
        ));
    }
    Ok((name, prompt))
}

fn subject(id: TrainingSetId) -> String {
    format!("training_set:{id}")
}

/// Read a training set, without its examples.
#[utoipa::path(get, path = "/training-sets/{id}", operation_id = "get_training_set", tag = "models",
    params(("id" = TrainingSetId, Path)), responses((status = 200, body = TrainingSet), (status = 404, body = Problem)))]
async fn get_training_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TrainingSetId>,
) -> Result<Json<TrainingSet>> {
    may_look(&member)?;
    Ok(Json(
        store::get(&mut ctx.db.tenant_read(&member).await?, id).await?,
    ))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TrainingSetPatch {
    name: Option<String>,
    /// Of a draft.
    system_prompt: Option<String>,
}

/// Rename a training set, or change what stands before its examples while it is a draft.
#[utoipa::path(patch, path = "/training-sets/{id}", operation_id = "update_training_set", tag = "models",
    params(("id" = TrainingSetId, Path)), request_body = TrainingSetPatch,
    responses((status = 200, body = TrainingSet), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_training_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TrainingSetId>,
    Json(patch): Json<TrainingSetPatch>,
) -> Result<Json<TrainingSet>> {
    may_look(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let old = store::lock(&mut tx, id).await?;
    let prompt = patch.system_prompt.as_deref().unwrap_or(&old.system_prompt);
    let (name, prompt) = check(patch.name.as_deref().unwrap_or(&old.name), prompt)?;
    if prompt != old.system_prompt {
        must_be_draft(&old)?;
    }
    store::update(&mut tx, id, name, prompt).await?;
    finish(tx, &member, id, json!({"name": name})).await
}

fn must_be_draft(set: &TrainingSet) -> Result<()> {
    match set.status {
        Status::Draft => Ok(()),
        Status::Frozen => Err(conflict(
            "set_frozen",
            "This set is frozen: versions name its data. Make another set.",
        )),
    }
}

async fn finish(
    mut tx: TenantTx,
    member: &Member,
    id: TrainingSetId,
    details: Value,
) -> Result<Json<TrainingSet>> {
    let set = store::get(&mut tx, id).await?;
    audit::record_by(&mut tx, member, Action::TrainingSetChanged, &subject(id), details).await?;
    tx.commit().await?;
    Ok(Json(set))
}

/// Delete a training set that no version was trained on.
#[utoipa::path(delete, path = "/training-sets/{id}", operation_id = "delete_training_set", tag = "models",
    params(("id" = TrainingSetId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_training_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TrainingSetId>,
) -> Result<StatusCode> {
    may_look(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let set = store::lock(&mut tx, id).await?;
    if set.is_used {
        return Err(conflict(
            "set_in_use",
            "A model version was trained on this set. Delete the version first.",
        ));
    }
    store::delete(&mut tx, id).await?;
    let details = json!({"name": set.name});
    audit::record_by(
        &mut tx,
        &member,
        Action::TrainingSetDeleted,
        &subject(id),
        details,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The examples of a training set, those of gaps first, then what is approved, then what was liked.
#[utoipa::path(get, path = "/training-sets/{id}/examples", operation_id = "list_training_examples", tag = "models",
    params(("id" = TrainingSetId, Path), PageQuery),
    responses((status = 200, body = Page<TrainingExample>), (status = 404, body = Problem)))]
async fn list_training_examples(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TrainingSetId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<TrainingExample>>> {
    may_look(&member)?;
    let limit = page.limit();
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    let after = page.after()?.map(|position| position.id);
    let found = store::list_examples(&mut tx, id, after, limit + 1).await?;
    // ids are in the order of the examples
    Ok(Json(Page::cut(found, limit, |example| Position {
        at: DateTime::UNIX_EPOCH,
        id: example.id.0,
    })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TrainingExamplePatch {
    is_left_out: bool,
}

/// Leave an example out of a draft, or take it in again.
#[utoipa::path(patch, path = "/training-sets/{id}/examples/{example_id}", operation_id = "update_training_example", tag = "models",
    params(("id" = TrainingSetId, Path), ("example_id" = TrainingExampleId, Path)), request_body = TrainingExamplePatch,
    responses((status = 200, body = TrainingSet), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update_training_example(
    State(ctx): State<Context>,
    member: Member,
    Path((id, example)): Path<(TrainingSetId, TrainingExampleId)>,
    Json(patch): Json<TrainingExamplePatch>,
) -> Result<Json<TrainingSet>> {
    may_look(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::leave_out(&mut tx, id, example, patch.is_left_out).await?;
    let set = store::lock(&mut tx, id).await?;
    must_be_draft(&set)?;
    let details = json!({"name": set.name, "left_out": patch.is_left_out});
    finish(tx, &member, id, details).await
}

/// Freeze a training set: its examples stay as they are, and a digest names them.
#[utoipa::path(post, path = "/training-sets/{id}/freeze", operation_id = "freeze_training_set", tag = "models",
    params(("id" = TrainingSetId, Path)),
    responses((status = 200, body = TrainingSet), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn freeze_training_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TrainingSetId>,
) -> Result<Json<TrainingSet>> {
    may_look(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let set = store::lock(&mut tx, id).await?;
    must_be_draft(&set)?;
    if set.examples == 0 {
        return Err(invalid(
            "no_examples",
            "All examples of this set are left out. Take some in again first.",
        ));
    }
    let examples = store::all_examples(&mut tx, id).await?;
    let kept = examples.iter().filter(|example| !example.is_left_out).count();
    let digest = export::digest(&export::lines(Format::Openai, &set.system_prompt, &examples));
    store::freeze(&mut tx, id, &digest, kept).await?;
    let details = json!({"name": set.name, "examples": kept, "digest": digest});
    audit::record_by(&mut tx, &member, Action::TrainingSetFrozen, &subject(id), details).await?;
    let set = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(set))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// A training set as a file, a line of JSON for each example that is not left out.
#[utoipa::path(get, path = "/training-sets/{id}/export", operation_id = "export_training_set", tag = "models",
    params(("id" = TrainingSetId, Path), ExportQuery),
    responses((status = 200, body = String, content_type = "application/jsonl"), (status = 404, body = Problem)))]
async fn export_training_set(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TrainingSetId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    may_look(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let set = store::get(&mut tx, id).await?;
    let examples = store::all_examples(&mut tx, id).await?;
    let details = json!({"name": set.name, "examples": set.examples, "format": query.format.as_str()});
    audit::record_by(
        &mut tx,
        &member,
        Action::TrainingSetExported,
        &subject(id),
        details,
    )
    .await?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"training-set.jsonl\"",
        ),
    ];
    let lines = export::lines(query.format, &set.system_prompt, &examples);
    Ok((headers, lines).into_response())
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct EstimateQuery {
    /// How often the examples are gone through: 1 to 50, 3 unless given.
    epochs: Option<u32>,
    /// Of a million tokens of training, as the provider lists it.
    price: Option<f64>,
}

/// What training on a set reads, and costs as far as prices are known. Tokens are estimated rather too high.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TrainingEstimate {
    examples: i64,
    /// Of one round.
    tokens: u64,
    trained_tokens: u64,
    /// In the currency of the price.
    cost: Option<f64>,
}

/// Estimate what training on a set costs.
#[utoipa::path(get, path = "/training-sets/{id}/estimate", operation_id = "estimate_training", tag = "models",
    params(("id" = TrainingSetId, Path), EstimateQuery),
    responses((status = 200, body = TrainingEstimate), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn estimate_training(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TrainingSetId>,
    Query(query): Query<EstimateQuery>,
) -> Result<Json<TrainingEstimate>> {
    may_look(&member)?;
    let epochs = check_epochs(query.epochs)?.unwrap_or(3);
    if query.price.is_some_and(|price| !(0.0..=1e6).contains(&price)) {
        return Err(invalid("bad_price", "`price` lies between 0 and 1,000,000."));
    }
    let mut tx = ctx.db.tenant_read(&member).await?;
    let set = store::get(&mut tx, id).await?;
    let examples = store::all_examples(&mut tx, id).await?;
    let tokens = export::tokens(&export::lines(Format::Openai, &set.system_prompt, &examples));
    let trained_tokens = tokens * u64::from(epochs);
    Ok(Json(TrainingEstimate {
        examples: set.examples,
        tokens,
        trained_tokens,
        cost: query
            .price
            .map(|price| trained_tokens as f64 * price / 1_000_000.0),
    }))
}

/// None: the provider decides.
pub(crate) fn check_epochs(epochs: Option<u32>) -> Result<Option<u32>> {
    match epochs {
        None | Some(1..=50) => Ok(epochs),
        Some(_) => Err(invalid("bad_epochs", "`epochs` lies between 1 and 50.")),
    }
}
