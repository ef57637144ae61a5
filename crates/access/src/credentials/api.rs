//! HTTP for model credentials. Testing one is done by `answering`, which can talk to models.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::TenantProof;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::CredentialId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Credential, Provider, context, store};
use crate::audit::{self, Action};
use crate::{Context, Member, Permission};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_llm_credentials, create_llm_credential))
        .routes(routes!(update_llm_credential, delete_llm_credential))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CredentialList {
    items: Vec<Credential>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewCredential {
    pub provider: Provider,
    /// The provider's name of the model.
    pub model: String,
    /// The key. A local server may need none: send an empty string.
    pub key: String,
    /// Only for `openai_compatible`: `http://127.0.0.1:11434/v1`.
    pub base_url: Option<String>,
    pub label: Option<String>,
    #[serde(default = "yes")]
    pub is_default: bool,
    pub input_price: Option<f64>,
    pub output_price: Option<f64>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct CredentialPatch {
    model: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    label: Option<Option<String>>,
    is_default: Option<bool>,
    is_active: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    input_price: Option<Option<f64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    output_price: Option<Option<f64>>,
}

/// List model credentials.
#[utoipa::path(get, path = "/llm-credentials", operation_id = "list_llm_credentials", tag = "llm-credentials",
    responses((status = 200, body = CredentialList)))]
async fn list_llm_credentials(State(ctx): State<Context>, member: Member) -> Result<Json<CredentialList>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(CredentialList {
        items: store::list(&mut tx).await?,
    }))
}

/// Add a model credential. The key is sealed and never shown again.
#[utoipa::path(post, path = "/llm-credentials", operation_id = "create_llm_credential", tag = "llm-credentials",
    request_body = NewCredential, responses((status = 201, body = Credential), (status = 422, body = Problem)))]
async fn create_llm_credential(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewCredential>,
) -> Result<(StatusCode, Json<Credential>)> {
    member.require(Permission::ManageCredentials)?;
    let credential = check(&ctx, &input)?;
    let sealed = ctx
        .master_key
        .seal(&context(member.tenant_id(), credential.id), input.key.trim())?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::insert(&mut tx, &credential, &sealed).await?;
    let subject = format!("llm_credential:{}", credential.id);
    let details = json!({"provider": credential.provider, "model": credential.model});
    audit::record_by(&mut tx, &member, Action::LlmCredentialCreated, &subject, details).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(credential)))
}

/// What may be stored: a model, a key where one is needed, an address that may be called.
pub fn check(ctx: &Context, input: &NewCredential) -> Result<Credential> {
    let model = input.model.trim();
    let key = input.key.trim();
    let base_url = match (&input.base_url, input.provider) {
        (Some(url), _) => Some(
            ctx.outbound
                .check(url.trim())?
                .to_string()
                .trim_end_matches('/')
                .to_owned(),
        ),
        (None, Provider::OpenaiCompatible) => {
            return Err(invalid(
                "base_url_missing",
                "An OpenAI-compatible server needs its base URL, such as http://127.0.0.1:11434/v1.",
            ));
        }
        (None, _) => None,
    };
    if key.is_empty() && input.provider != Provider::OpenaiCompatible {
        return Err(invalid("key_missing", "Please paste the provider's API key."));
    }
    let last4: String = key
        .chars()
        .rev()
        .take(4)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let credential = Credential {
        id: CredentialId::new(),
        provider: input.provider,
        model: model.to_owned(),
        base_url,
        key_last4: if key.chars().count() >= 12 {
            last4
        } else {
            String::new()
        },
        label: input
            .label
            .as_deref()
            .map(str::trim)
            .filter(|label| !label.is_empty())
            .map(str::to_owned),
        is_default: input.is_default,
        is_active: true,
        input_price: input.input_price,
        output_price: input.output_price,
    };
    check_values(&credential)?;
    Ok(credential)
}

fn check_values(credential: &Credential) -> Result<()> {
    let model = credential.model.trim();
    if model.is_empty() || model.len() > 200 {
        return Err(invalid(
            "bad_model",
            "Please name the model as the provider does.",
        ));
    }
    let is_price = |price: Option<f64>| price.is_none_or(|price| (0.0..100_000.0).contains(&price));
    if !is_price(credential.input_price) || !is_price(credential.output_price) {
        return Err(invalid(
            "bad_price",
            "A price per million tokens lies between 0 and 100,000.",
        ));
    }
    Ok(())
}

/// Change a model credential.
#[utoipa::path(patch, path = "/llm-credentials/{id}", operation_id = "update_llm_credential", tag = "llm-credentials",
    params(("id" = CredentialId, Path)), request_body = CredentialPatch,
    responses((status = 200, body = Credential), (status = 404, body = Problem)))]
async fn update_llm_credential(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CredentialId>,
    Json(patch): Json<CredentialPatch>,
) -> Result<Json<Credential>> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let (mut credential, _) = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("credential"))?;
    let before = credential.clone();
    credential.model = patch.model.unwrap_or(credential.model);
    credential.label = patch.label.unwrap_or(credential.label);
    credential.is_default = patch.is_default.unwrap_or(credential.is_default);
    credential.is_active = patch.is_active.unwrap_or(credential.is_active);
    credential.input_price = patch.input_price.unwrap_or(credential.input_price);
    credential.output_price = patch.output_price.unwrap_or(credential.output_price);
    check_values(&credential)?;
    store::update(&mut tx, &credential).await?;
    if credential != before {
        let details = audit::changes(&before, &credential)?;
        let subject = format!("llm_credential:{id}");
        audit::record_by(&mut tx, &member, Action::LlmCredentialChanged, &subject, details).await?;
    }
    tx.commit().await?;
    Ok(Json(credential))
}

/// Delete a model credential.
#[utoipa::path(delete, path = "/llm-credentials/{id}", operation_id = "delete_llm_credential", tag = "llm-credentials",
    params(("id" = CredentialId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_llm_credential(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CredentialId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let name = store::delete(&mut tx, id).await?;
    let details = json!({"name": name.ok_or_else(|| not_found("credential"))?});
    let subject = format!("llm_credential:{id}");
    audit::record_by(&mut tx, &member, Action::LlmCredentialDeleted, &subject, details).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
