//! HTTP for model versions.

use access::audit::{self, Action};
use access::credentials::{self, Credential};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::{Json, Path, Query, present};
use kernel::ids::{CredentialId, ModelVersionId, TrainingSetId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, NewVersion};
use super::{Kind, ModelVersion, ModelVersionEvent, Origin, Status, check_model, tuning};
use crate::training::api::check_epochs;
use crate::training::export::{self, Format};
use crate::training::{self, store as sets};
use crate::{Context, promise};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_model_versions, register_model_version))
        .routes(routes!(tune_model))
        .routes(routes!(
            get_model_version,
            update_model_version,
            delete_model_version
        ))
        .routes(routes!(activate_model_version))
        .routes(routes!(deactivate_model_version))
        .routes(routes!(refresh_model_version))
        .routes(routes!(cancel_model_version))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ModelVersions {
    items: Vec<ModelVersion>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ModelVersionQuery {
    /// Only those of this kind.
    #[param(inline)]
    kind: Option<Kind>,
}

/// List model versions, the newest first.
#[utoipa::path(get, path = "/model-versions", operation_id = "list_model_versions", tag = "models",
    params(ModelVersionQuery), responses((status = 200, body = ModelVersions)))]
async fn list_model_versions(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<ModelVersionQuery>,
) -> Result<Json<ModelVersions>> {
    member.require(Permission::ManageCredentials)?;
    let items = store::list(&mut ctx.db.tenant_read(&member).await?, query.kind).await?;
    Ok(Json(ModelVersions { items }))
}

/// A chat model that is there already: tuned elsewhere, or bought.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewModelVersion {
    /// The provider's name of it.
    model_name: String,
    /// What it was made from.
    #[serde(default)]
    base_model: String,
    /// `v2` and so on, unless given.
    version: Option<String>,
    #[serde(default)]
    note: String,
    /// By which it is called; it names the provider. Without one the version cannot be activated.
    credential_id: Option<CredentialId>,
    /// Per million tokens, in place of the credential's.
    input_price: Option<f64>,
    output_price: Option<f64>,
}

/// Register a model by hand.
#[utoipa::path(post, path = "/model-versions", operation_id = "register_model_version", tag = "models",
    request_body = NewModelVersion,
    responses((status = 201, body = ModelVersion), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn register_model_version(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewModelVersion>,
) -> Result<(StatusCode, Json<ModelVersion>)> {
    member.require(Permission::ManageCredentials)?;
    let model = check_model(&input.model_name)?;
    let version = input.version.as_deref().map(check_version).transpose()?;
    check_prices(input.input_price, input.output_price)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if let Some(id) = input.credential_id {
        get_credential(&mut tx, id).await?;
    }
    let actor = member.actor().to_string();
    let new = NewVersion {
        origin: Origin::Registered,
        status: Status::Ready,
        model_name: model,
        base_model: input.base_model.trim(),
        version,
        training_set: None,
        training_dataset_id: None,
        note: check_note(&input.note)?,
        credential: input.credential_id,
        input_price: input.input_price,
        output_price: input.output_price,
        metrics: json!({}),
        actor: &actor,
    };
    let id = store::insert_chat(&mut tx, &new).await?;
    let version = finish(tx, &member, id, Action::ModelVersionRegistered, json!({})).await?;
    Ok((StatusCode::CREATED, version))
}

async fn get_credential(tx: &mut TenantTx, id: CredentialId) -> Result<Credential> {
    let found = credentials::store::find(tx, id).await?;
    found.map(|(credential, _)| credential).ok_or_else(|| {
        invalid(
            "unknown_credential",
            "There is no such model credential. Choose one from the list.",
        )
    })
}

fn check_version(version: &str) -> Result<&str> {
    let version = version.trim();
    match version.chars().count() {
        1..=50 => Ok(version),
        _ => Err(invalid("bad_version", "A version has 1 to 50 characters.")),
    }
}

fn check_note(note: &str) -> Result<&str> {
    let note = note.trim();
    if note.chars().count() > 1_000 {
        return Err(invalid("bad_note", "A note has at most 1,000 characters."));
    }
    Ok(note)
}

fn check_prices(input: Option<f64>, output: Option<f64>) -> Result<()> {
    let is_price = |price: f64| (0.0..=1e6).contains(&price);
    if [input, output].into_iter().flatten().all(is_price) {
        return Ok(());
    }
    Err(invalid("bad_price", "A price lies between 0 and 1,000,000."))
}

/// Writes the deed down and gives the version as it is now.
async fn finish(
    mut tx: TenantTx,
    member: &Member,
    id: ModelVersionId,
    action: Action,
    details: Value,
) -> Result<Json<ModelVersion>> {
    let version = store::get(&mut tx, id).await?;
    let mut told = json!({"name": version.model_name, "version": version.version});
    if let (Some(told), Value::Object(details)) = (told.as_object_mut(), details) {
        told.extend(details);
    }
    audit::record_by(&mut tx, member, action, &format!("model_version:{id}"), told).await?;
    tx.commit().await?;
    Ok(Json(version))
}

/// Fine-tuning at the provider of a credential.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewTuningRun {
    /// It is frozen, and has ten examples or more.
    training_set_id: TrainingSetId,
    credential_id: CredentialId,
    /// The model to start from; the credential's own unless given.
    base_model: Option<String>,
    /// Becomes part of the model's name: up to 40 letters, digits, `-` and `_`.
    suffix: Option<String>,
    /// How often the examples are gone through, 1 to 50; the provider decides unless given.
    epochs: Option<u32>,
    /// Of a million tokens of training, to reckon what it has cost.
    training_price: Option<f64>,
    version: Option<String>,
    #[serde(default)]
    note: String,
}

/// Providers take no fewer.
const FEWEST_EXAMPLES: i64 = 10;

/// Start fine-tuning on a frozen set. The provider charges for it.
#[utoipa::path(post, path = "/model-versions/tune", operation_id = "tune_model", tag = "models",
    request_body = NewTuningRun,
    responses((status = 201, body = ModelVersion), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn tune_model(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewTuningRun>,
) -> Result<(StatusCode, Json<ModelVersion>)> {
    member.require(Permission::ManageCredentials)?;
    member.require(Permission::ReadConversations)?;
    let version = input.version.as_deref().map(check_version).transpose()?;
    let suffix = input.suffix.as_deref().map(check_suffix).transpose()?.flatten();
    let epochs = check_epochs(input.epochs)?;
    check_prices(input.training_price, None)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if store::is_tuning(&mut tx).await? {
        return Err(conflict(
            "tuning_under_way",
            "A model is being trained, and each training costs. Wait for its end, or cancel it.",
        ));
    }
    let set = sets::lock(&mut tx, input.training_set_id).await?;
    let credential = get_credential(&mut tx, input.credential_id).await?;
    may_tune(&credential, &set)?;
    let base = check_model(input.base_model.as_deref().unwrap_or(&credential.model))?;
    let examples = sets::all_examples(&mut tx, set.id).await?;
    let lines = export::lines(Format::Openai, &set.system_prompt, &examples);
    let actor = member.actor().to_string();
    let new = NewVersion {
        origin: Origin::Tuned,
        status: Status::Training,
        model_name: base,
        base_model: base,
        version,
        training_set: Some(set.id),
        training_dataset_id: set.digest.as_deref(),
        note: check_note(&input.note)?,
        credential: Some(credential.id),
        input_price: None,
        output_price: None,
        metrics: json!({"examples": set.examples, "estimated_tokens": export::tokens(&lines), "epochs": epochs,
            "suffix": suffix, "training_price": input.training_price}),
        actor: &actor,
    };
    let id = store::insert_chat(&mut tx, &new).await?;
    tuning::enqueue(&mut tx, id, None).await?;
    let details = json!({"training_set": set.name, "examples": set.examples});
    let version = finish(tx, &member, id, Action::ModelTuningStarted, details).await?;
    Ok((StatusCode::CREATED, version))
}

/// None: an empty one.
fn check_suffix(suffix: &str) -> Result<Option<&str>> {
    let suffix = suffix.trim();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if suffix.len() > 40 || !suffix.bytes().all(is_part) {
        return Err(invalid(
            "bad_suffix",
            "`suffix` has up to 40 letters, digits, `-` and `_`.",
        ));
    }
    Ok(Some(suffix).filter(|suffix| !suffix.is_empty()))
}

fn may_tune(credential: &Credential, set: &training::TrainingSet) -> Result<()> {
    if !tuning::is_offered(credential.provider) {
        return Err(invalid(
            "no_tuning",
            "Fine-tuning is not offered here for this provider. Export the set, train there and register the model by hand.",
        ));
    }
    if !credential.is_active {
        return Err(invalid(
            "credential_inactive",
            "This model is switched off. Choose another one.",
        ));
    }
    if set.status != training::Status::Frozen {
        return Err(conflict(
            "set_not_frozen",
            "Freeze the training set first, so that the version names its data.",
        ));
    }
    if set.examples < FEWEST_EXAMPLES {
        return Err(invalid(
            "too_few_examples",
            "Providers want ten examples or more. Make a larger set.",
        ));
    }
    Ok(())
}

/// A version with what happened while it was trained.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ModelVersionWithEvents {
    #[serde(flatten)]
    version: ModelVersion,
    /// The newest first, up to 100.
    events: Vec<ModelVersionEvent>,
}

/// Read a model version with what happened while it was trained.
#[utoipa::path(get, path = "/model-versions/{id}", operation_id = "get_model_version", tag = "models",
    params(("id" = ModelVersionId, Path)), responses((status = 200, body = ModelVersionWithEvents), (status = 404, body = Problem)))]
async fn get_model_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ModelVersionId>,
) -> Result<Json<ModelVersionWithEvents>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let version = store::get(&mut tx, id).await?;
    let events = store::list_events(&mut tx, id, 100).await?;
    Ok(Json(ModelVersionWithEvents { version, events }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ModelVersionPatch {
    /// Of a registered one.
    model_name: Option<String>,
    version: Option<String>,
    note: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CredentialId>)]
    credential_id: Option<Option<CredentialId>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    input_price: Option<Option<f64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    output_price: Option<Option<f64>>,
    /// It is kept for the record and can no longer be activated; or it can again.
    is_deprecated: Option<bool>,
}

/// Change what is known of a model version.
#[utoipa::path(patch, path = "/model-versions/{id}", operation_id = "update_model_version", tag = "models",
    params(("id" = ModelVersionId, Path)), request_body = ModelVersionPatch,
    responses((status = 200, body = ModelVersion), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_model_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ModelVersionId>,
    Json(patch): Json<ModelVersionPatch>,
) -> Result<Json<ModelVersion>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::lock(&mut tx, id).await?;
    if let Some(Some(credential)) = patch.credential_id {
        get_credential(&mut tx, credential).await?;
    }
    let after = patch.apply(before.clone())?;
    store::update(&mut tx, &after).await?;
    let changes = audit::changes(&before, &after)?;
    finish(tx, &member, id, Action::ModelVersionChanged, changes).await
}

impl ModelVersionPatch {
    fn apply(self, mut version: ModelVersion) -> Result<ModelVersion> {
        if let Some(name) = self.model_name {
            if version.origin != Origin::Registered {
                return Err(conflict(
                    "not_registered",
                    "Only the model of a version that was registered by hand can be changed.",
                ));
            }
            version.model_name = check_model(&name)?.to_owned();
        }
        if let Some(name) = self.version {
            version.version = check_version(&name)?.to_owned();
        }
        if let Some(note) = self.note {
            version.note = check_note(&note)?.to_owned();
        }
        if version.kind == Kind::Chat && version.status != Status::Training {
            version.credential_id = self.credential_id.unwrap_or(version.credential_id);
        }
        version.input_price = self.input_price.unwrap_or(version.input_price);
        version.output_price = self.output_price.unwrap_or(version.output_price);
        check_prices(version.input_price, version.output_price)?;
        version.status = match (self.is_deprecated, version.status) {
            (Some(true), Status::Ready) if version.is_active => {
                return Err(conflict(
                    "version_active",
                    "This version is active. Activate another one first, or none.",
                ));
            }
            (Some(true), Status::Ready) => Status::Deprecated,
            (Some(false), Status::Deprecated) => Status::Ready,
            (_, status) => status,
        };
        Ok(version)
    }
}

/// Delete a model version. What the provider has stays there.
#[utoipa::path(delete, path = "/model-versions/{id}", operation_id = "delete_model_version", tag = "models",
    params(("id" = ModelVersionId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_model_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ModelVersionId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let version = store::lock(&mut tx, id).await?;
    if version.is_active || version.status == Status::Training {
        return Err(conflict(
            "version_in_use",
            "This version is active or being trained. Deactivate or cancel it first.",
        ));
    }
    store::delete(&mut tx, id).await?;
    let details = json!({"name": version.model_name, "version": version.version});
    let subject = format!("model_version:{id}");
    audit::record_by(&mut tx, &member, Action::ModelVersionDeleted, &subject, details).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Use this version from now on, in place of the active one of its kind. Going back is activating the one before.
#[utoipa::path(post, path = "/model-versions/{id}/activate", operation_id = "activate_model_version", tag = "models",
    params(("id" = ModelVersionId, Path)),
    responses((status = 200, body = ModelVersion), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn activate_model_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ModelVersionId>,
) -> Result<Json<ModelVersion>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let version = lock(&mut tx, id).await?;
    may_activate(&mut tx, &version).await?;
    store::activate(&mut tx, id, version.kind).await?;
    finish(tx, &member, id, Action::ModelVersionActivated, json!({})).await
}

/// The knowledge's lock comes before that of a version that helps to search it.
async fn lock(tx: &mut TenantTx, id: ModelVersionId) -> Result<ModelVersion> {
    if store::get(tx, id).await?.kind == Kind::Retrieval {
        knowledge::embedding::store::lock(tx).await?;
    }
    store::lock(tx, id).await
}

async fn may_activate(tx: &mut TenantTx, version: &ModelVersion) -> Result<()> {
    if version.status != Status::Ready {
        return Err(conflict(
            "not_ready",
            "Only a version that is ready can be activated.",
        ));
    }
    if version.kind == Kind::Retrieval {
        return crate::adapting::may_serve(tx, version.id).await;
    }
    let credential = match version.credential_id {
        Some(id) => credentials::store::find(tx, id).await?,
        None => None,
    };
    if credential.is_none_or(|(credential, _)| !credential.is_active) {
        return Err(conflict(
            "no_credential",
            "This version has no key by which it can be called, or the key is switched off. Choose one first.",
        ));
    }
    Ok(())
}

/// Use no version of this kind: answers are made as they were before there was one.
#[utoipa::path(post, path = "/model-versions/{id}/deactivate", operation_id = "deactivate_model_version", tag = "models",
    params(("id" = ModelVersionId, Path)),
    responses((status = 200, body = ModelVersion), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn deactivate_model_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ModelVersionId>,
) -> Result<Json<ModelVersion>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let version = lock(&mut tx, id).await?;
    if !version.is_active {
        return Err(conflict("not_active", "This version is not active."));
    }
    store::deactivate(&mut tx, version.kind).await?;
    let done = finish(tx, &member, id, Action::ModelVersionDeactivated, json!({})).await?;
    // the search model alone serves: the labels say anew how far its confidence can be trusted
    if version.kind == Kind::Retrieval
        && let Err(error) = promise::refit(&ctx, &member).await
    {
        error.log();
    }
    Ok(done)
}

fn must_be_tuned_now(version: &ModelVersion) -> Result<()> {
    if version.origin == Origin::Tuned && version.status == Status::Training {
        return Ok(());
    }
    Err(conflict(
        "not_training",
        "No provider is training this version. Look at how it ended.",
    ))
}

/// Ask the provider now how far it is, instead of waiting for the next time.
#[utoipa::path(post, path = "/model-versions/{id}/refresh", operation_id = "refresh_model_version", tag = "models",
    params(("id" = ModelVersionId, Path)),
    responses((status = 202, body = ModelVersion), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn refresh_model_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ModelVersionId>,
) -> Result<(StatusCode, Json<ModelVersion>)> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let version = store::lock(&mut tx, id).await?;
    must_be_tuned_now(&version)?;
    tuning::enqueue(&mut tx, id, None).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(version)))
}

/// Have the provider stop training.
#[utoipa::path(post, path = "/model-versions/{id}/cancel", operation_id = "cancel_model_version", tag = "models",
    params(("id" = ModelVersionId, Path)),
    responses((status = 202, body = ModelVersion), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel_model_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ModelVersionId>,
) -> Result<(StatusCode, Json<ModelVersion>)> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let version = store::lock(&mut tx, id).await?;
    must_be_tuned_now(&version)?;
    store::request_cancel(&mut tx, id).await?;
    tuning::enqueue(&mut tx, id, None).await?;
    let version = finish(tx, &member, id, Action::ModelTuningCancelled, json!({})).await?;
    Ok((StatusCode::ACCEPTED, version))
}
