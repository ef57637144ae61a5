//! HTTP for API keys.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::{ApiKeyId, UserId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ApiKey, store};
use crate::member::Actor;
use crate::{Context, Member, Permission, audit};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(revoke_api_key))
        .routes(routes!(rotate_api_key))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ApiKeyList {
    items: Vec<ApiKey>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewApiKey {
    /// What it is for: `Shop import`.
    name: String,
    /// `conversations:read`, `conversations:write`, `knowledge:read`, `knowledge:write`, `ask`, `crm:read`,
    /// `crm:write`, `channels:manage`, `credentials:manage`, `api_keys:manage`, `members:manage`, `workspace:manage`.
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedApiKey {
    #[serde(flatten)]
    api_key: ApiKey,
    /// The key itself, shown this once.
    key: String,
}

/// List active API keys.
#[utoipa::path(get, path = "/api-keys", operation_id = "list_api_keys", tag = "api-keys", responses((status = 200, body = ApiKeyList)))]
async fn list_api_keys(State(ctx): State<Context>, member: Member) -> Result<Json<ApiKeyList>> {
    member.require(Permission::ManageApiKeys)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(ApiKeyList {
        items: store::list(&mut tx).await?,
    }))
}

/// Create an API key. It is shown once.
#[utoipa::path(post, path = "/api-keys", operation_id = "create_api_key", tag = "api-keys", request_body = NewApiKey,
    responses((status = 201, body = CreatedApiKey), (status = 422, body = Problem)))]
async fn create_api_key(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewApiKey>,
) -> Result<(StatusCode, Json<CreatedApiKey>)> {
    member.require(Permission::ManageApiKeys)?;
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
    }
    if input.scopes.is_empty() {
        return Err(invalid(
            "no_scopes",
            "Please choose at least one thing that the key may do.",
        ));
    }
    check_expiry(input.expires_at, ctx.db.clock.now())?;
    for scope in &input.scopes {
        let permission = Permission::ALL
            .iter()
            .find(|permission| permission.scope() == scope);
        let permission =
            permission.ok_or_else(|| invalid("unknown_scope", format!("There is no scope `{scope}`.")))?;
        // nobody can hand out more than they may do themselves
        member.require(*permission)?;
    }
    let mut tx = ctx.db.tenant(&member).await?;
    let created_by = person_behind(&mut tx, &member).await?;
    let (api_key, key) = super::create(&mut tx, name, &input.scopes, input.expires_at, created_by).await?;
    let subject = format!("api_key:{}", api_key.id);
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::ApiKeyCreated,
        &subject,
        json!({"name": name, "scopes": input.scopes, "expires_at": input.expires_at}),
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(CreatedApiKey { api_key, key })))
}

fn check_expiry(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    if expires_at.is_some_and(|at| at <= now) {
        return Err(invalid(
            "bad_expiry",
            "The key would have expired already. Choose a later day.",
        ));
    }
    Ok(())
}

/// Whose key it becomes: a key's key is that of the person who made the first one.
async fn person_behind(tx: &mut TenantTx, member: &Member) -> Result<Option<UserId>> {
    match member.actor() {
        Actor::User { id, .. } => Ok(Some(*id)),
        Actor::ApiKey { id, .. } => store::find_maker(tx, *id).await,
        // they may make none
        Actor::Operator { .. } => Ok(None),
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ApiKeyRotation {
    /// How long the old secret still counts: 0 (it ends now) to 168 hours, 24 unless given.
    #[serde(default = "a_day")]
    #[schema(required = false, minimum = 0, maximum = 168)]
    overlap_hours: i64,
    /// When the key expires; as before unless given, null: never.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Option<DateTime<Utc>>>,
}

fn a_day() -> i64 {
    24
}

/// Renew an API key: it keeps its name and scopes and gets a new secret, shown once. The old one goes on for a while.
#[utoipa::path(post, path = "/api-keys/{id}/rotate", operation_id = "rotate_api_key", tag = "api-keys",
    params(("id" = ApiKeyId, Path)), request_body = ApiKeyRotation,
    responses((status = 200, body = CreatedApiKey), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn rotate_api_key(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ApiKeyId>,
    Json(input): Json<ApiKeyRotation>,
) -> Result<Json<CreatedApiKey>> {
    member.require(Permission::ManageApiKeys)?;
    if !(0..=168).contains(&input.overlap_hours) {
        return Err(invalid(
            "bad_overlap",
            "The old secret can go on for 0 to 168 hours, a week.",
        ));
    }
    check_expiry(input.expires_at.flatten(), ctx.db.clock.now())?;
    let mut tx = ctx.db.tenant(&member).await?;
    let key = store::lock(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("API key"))?;
    // whoever gets the secret can do all that the key may
    for permission in Permission::ALL {
        if key.scopes.iter().any(|scope| scope == permission.scope()) {
            member.require(*permission)?;
        }
    }
    let expires_at = input.expires_at.unwrap_or(key.expires_at);
    if expires_at.is_some_and(|at| at <= tx.now()) {
        return Err(conflict(
            "api_key_expired",
            "This key has expired. Say with `expires_at` how long the renewed one is to live.",
        ));
    }
    let overlap = TimeDelta::hours(input.overlap_hours);
    let by = person_behind(&mut tx, &member).await?;
    let (api_key, secret) = super::rotate(&mut tx, &key, overlap, expires_at, by).await?;
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::ApiKeyRotated,
        &format!("api_key:{id}"),
        json!({"name": api_key.name, "overlap_hours": input.overlap_hours, "expires_at": api_key.expires_at}),
    )
    .await?;
    tx.commit().await?;
    Ok(Json(CreatedApiKey { api_key, key: secret }))
}

/// Revoke an API key.
#[utoipa::path(delete, path = "/api-keys/{id}", operation_id = "revoke_api_key", tag = "api-keys",
    params(("id" = ApiKeyId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn revoke_api_key(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageApiKeys)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if !store::revoke(&mut tx, id).await? {
        return Err(not_found("API key"));
    }
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::ApiKeyRevoked,
        &format!("api_key:{id}"),
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
