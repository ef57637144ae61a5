//! HTTP for endpoints.

use access::Member;
use access::audit::{self, Action};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::WebhookEndpointId;
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{DisabledReason, Endpoint, NewSecret, disable, store};
use crate::Context;
use crate::webhooks::{EventType, deliveries, jobs, may_manage, sending};

/// More than a tenant needs.
const MOST: i64 = 50;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_webhook_endpoints, create_webhook_endpoint))
        .routes(routes!(update_webhook_endpoint, delete_webhook_endpoint))
        .routes(routes!(renew_webhook_secret))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WebhookEndpointList {
    items: Vec<Endpoint>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewWebhookEndpoint {
    url: String,
    #[serde(default)]
    description: String,
    event_types: Vec<EventType>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct WebhookEndpointPatch {
    url: Option<String>,
    description: Option<String>,
    event_types: Option<Vec<EventType>>,
    /// True enables an endpoint that was switched off, by hand or by itself.
    is_enabled: Option<bool>,
}

/// An endpoint with its secret, which is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WebhookEndpointWithSecret {
    /// `whsec_…`, for the receiver.
    secret: String,
    endpoint: Endpoint,
}

/// List the endpoints of outgoing webhooks.
#[utoipa::path(get, path = "/webhook-endpoints", operation_id = "list_webhook_endpoints", tag = "webhooks",
    responses((status = 200, body = WebhookEndpointList)))]
async fn list_webhook_endpoints(
    State(ctx): State<Context>,
    member: Member,
) -> Result<Json<WebhookEndpointList>> {
    may_manage(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx).await?;
    Ok(Json(WebhookEndpointList { items }))
}

/// Add an endpoint. Its secret is sealed and never shown again.
#[utoipa::path(post, path = "/webhook-endpoints", operation_id = "create_webhook_endpoint", tag = "webhooks",
    request_body = NewWebhookEndpoint,
    responses((status = 201, body = WebhookEndpointWithSecret), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_webhook_endpoint(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewWebhookEndpoint>,
) -> Result<(StatusCode, Json<WebhookEndpointWithSecret>)> {
    may_manage(&member)?;
    member.require_own()?;
    let id = WebhookEndpointId::new();
    let secret = NewSecret::make(&ctx.master_key, member.tenant_id(), id)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let endpoint = Endpoint {
        id,
        url: checked_url(&ctx, &input.url)?,
        description: checked_description(&input.description)?,
        event_types: checked_types(input.event_types)?,
        secret_last4: secret.last4.clone(),
        previous_secret_until: None,
        is_enabled: true,
        disabled_reason: None,
        disabled_at: None,
        failing_since: None,
        paused_until: None,
        created_at: tx.now(),
    };
    if store::count(&mut tx).await? >= MOST {
        return Err(conflict(
            "too_many_webhooks",
            "A workspace has 50 webhooks at most.",
        ));
    }
    store::insert(&mut tx, &endpoint, &secret).await?;
    let details = json!({"name": endpoint.url, "event_types": endpoint.event_types});
    audit::record_by(&mut tx, &member, Action::WebhookCreated, &subject(id), details).await?;
    tx.commit().await?;
    let secret = secret.text;
    Ok((
        StatusCode::CREATED,
        Json(WebhookEndpointWithSecret { secret, endpoint }),
    ))
}

/// Change an endpoint, or switch it off and on.
#[utoipa::path(patch, path = "/webhook-endpoints/{id}", operation_id = "update_webhook_endpoint", tag = "webhooks",
    params(("id" = WebhookEndpointId, Path)), request_body = WebhookEndpointPatch,
    responses((status = 200, body = Endpoint), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_webhook_endpoint(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookEndpointId>,
    Json(patch): Json<WebhookEndpointPatch>,
) -> Result<Json<Endpoint>> {
    may_manage(&member)?;
    member.require_own()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx, id).await?;
    let after = patched(&ctx, &before, patch)?;
    store::update(&mut tx, &after).await?;
    switch(&mut tx, &before, &after).await?;
    let after = store::get(&mut tx, id).await?;
    if after != before {
        let mut details = audit::changes(&before, &after)?;
        details["name"] = json!(after.url);
        audit::record_by(&mut tx, &member, Action::WebhookChanged, &subject(id), details).await?;
    }
    tx.commit().await?;
    Ok(Json(after))
}

fn patched(ctx: &Context, before: &Endpoint, patch: WebhookEndpointPatch) -> Result<Endpoint> {
    let mut after = before.clone();
    if let Some(url) = patch.url {
        after.url = checked_url(ctx, &url)?;
        if after.url != before.url {
            (after.failing_since, after.paused_until) = (None, None);
        }
    }
    if let Some(description) = patch.description {
        after.description = checked_description(&description)?;
    }
    if let Some(event_types) = patch.event_types {
        after.event_types = checked_types(event_types)?;
    }
    if patch.is_enabled == Some(true) && !before.is_enabled {
        after.is_enabled = true;
        (after.disabled_reason, after.disabled_at) = (None, None);
        (after.failing_since, after.paused_until) = (None, None);
    }
    after.is_enabled = patch.is_enabled.unwrap_or(after.is_enabled);
    Ok(after)
}

async fn switch(tx: &mut TenantTx, before: &Endpoint, after: &Endpoint) -> Result<()> {
    match (before.is_enabled, after.is_enabled) {
        (true, false) => disable(tx, after.id, DisabledReason::ByHand).await,
        // what waits for another try at the old address goes to the new one now
        (_, true) if before.url != after.url => {
            deliveries::store::hurry(tx, after.id).await?;
            jobs::wake(tx, after.id).await
        }
        _ => Ok(()),
    }
}

/// Delete an endpoint, with the log of what was sent to it.
#[utoipa::path(delete, path = "/webhook-endpoints/{id}", operation_id = "delete_webhook_endpoint", tag = "webhooks",
    params(("id" = WebhookEndpointId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_webhook_endpoint(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookEndpointId>,
) -> Result<StatusCode> {
    may_manage(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let url = store::delete(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("webhook"))?;
    let details = json!({"name": url});
    audit::record_by(&mut tx, &member, Action::WebhookDeleted, &subject(id), details).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new secret. The one before it signs too for another 24 hours.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/secret", operation_id = "renew_webhook_secret", tag = "webhooks",
    params(("id" = WebhookEndpointId, Path)),
    responses((status = 200, body = WebhookEndpointWithSecret), (status = 404, body = Problem)))]
async fn renew_webhook_secret(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookEndpointId>,
) -> Result<Json<WebhookEndpointWithSecret>> {
    may_manage(&member)?;
    member.require_own()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx, id).await?;
    let secret = NewSecret::make(&ctx.master_key, member.tenant_id(), id)?;
    store::renew_secret(&mut tx, id, &secret).await?;
    let details = json!({"name": before.url});
    audit::record_by(
        &mut tx,
        &member,
        Action::WebhookSecretRenewed,
        &subject(id),
        details,
    )
    .await?;
    let endpoint = store::get(&mut tx, id).await?;
    tx.commit().await?;
    let secret = secret.text;
    Ok(Json(WebhookEndpointWithSecret { secret, endpoint }))
}

/// As the audit log names it.
pub fn subject(id: WebhookEndpointId) -> String {
    format!("webhook_endpoint:{id}")
}

fn checked_url(ctx: &Context, url: &str) -> Result<String> {
    let url = sending::check(ctx, url.trim())?;
    if url.as_str().len() > 2_000 {
        return Err(invalid("bad_url", "The address has 2,000 characters at most."));
    }
    Ok(url.into())
}

fn checked_description(text: &str) -> Result<String> {
    match text.trim() {
        text if text.chars().count() > 200 => Err(invalid(
            "bad_description",
            "The description has 200 characters at most.",
        )),
        text => Ok(text.to_owned()),
    }
}

fn checked_types(mut kinds: Vec<EventType>) -> Result<Vec<EventType>> {
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return Err(invalid("no_event_types", "Choose at least one kind of event."));
    }
    Ok(kinds)
}
