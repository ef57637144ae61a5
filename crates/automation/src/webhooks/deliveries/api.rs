//! HTTP for what was sent: the log, a test, and sending once more.

use access::Member;
use axum::extract::State;
use chrono::{DateTime, SecondsFormat, Utc};
use kernel::error::{Problem, conflict, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Delivery, Details, Status, store};
use crate::Context;
use crate::webhooks::sending::{self, Target};
use crate::webhooks::{endpoints, jobs, may_manage};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_webhook_deliveries))
        .routes(routes!(get_webhook_delivery))
        .routes(routes!(replay_webhook_delivery))
        .routes(routes!(recover_webhook_deliveries))
        .routes(routes!(test_webhook_endpoint))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    status: Option<Status>,
}

/// List what was sent to an endpoint, newest first. It is kept for 30 days.
#[utoipa::path(get, path = "/webhook-endpoints/{id}/deliveries", operation_id = "list_webhook_deliveries", tag = "webhooks",
    params(("id" = WebhookEndpointId, Path), DeliveryQuery, PageQuery),
    responses((status = 200, body = Page<Delivery>), (status = 404, body = Problem)))]
async fn list_webhook_deliveries(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookEndpointId>,
    Query(query): Query<DeliveryQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Delivery>>> {
    may_manage(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    endpoints::store::exists(&mut tx, id).await?;
    let rows = store::list(&mut tx, id, query.status, page.after()?, page.limit() + 1).await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| Position {
        at: row.created_at,
        id: row.id.0,
    })))
}

/// Show what was sent, and what came of each attempt.
#[utoipa::path(get, path = "/webhook-deliveries/{id}", operation_id = "get_webhook_delivery", tag = "webhooks",
    params(("id" = WebhookDeliveryId, Path)), responses((status = 200, body = Details), (status = 404, body = Problem)))]
async fn get_webhook_delivery(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookDeliveryId>,
) -> Result<Json<Details>> {
    may_manage(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

/// Send once more: the same id and body, whatever came of it before.
#[utoipa::path(post, path = "/webhook-deliveries/{id}/replay", operation_id = "replay_webhook_delivery", tag = "webhooks",
    params(("id" = WebhookDeliveryId, Path)),
    responses((status = 200, body = Details), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn replay_webhook_delivery(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookDeliveryId>,
) -> Result<Json<Details>> {
    may_manage(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let endpoint = store::get(&mut tx, id).await?.delivery.endpoint_id;
    require_enabled(&mut tx, endpoint).await?;
    store::begin_again(&mut tx, id).await?;
    jobs::wake(&mut tx, endpoint).await?;
    let details = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(details))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct RecoverWebhooks {
    since: DateTime<Utc>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RecoveredWebhooks {
    count: u64,
}

/// Send everything once more that has failed since.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/recover", operation_id = "recover_webhook_deliveries", tag = "webhooks",
    params(("id" = WebhookEndpointId, Path)), request_body = RecoverWebhooks,
    responses((status = 200, body = RecoveredWebhooks), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn recover_webhook_deliveries(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookEndpointId>,
    Json(input): Json<RecoverWebhooks>,
) -> Result<Json<RecoveredWebhooks>> {
    may_manage(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    require_enabled(&mut tx, id).await?;
    let count = store::recover(&mut tx, id, input.since).await?;
    jobs::wake(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(RecoveredWebhooks { count }))
}

async fn require_enabled(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<()> {
    if endpoints::store::get(tx, id).await?.is_enabled {
        return Ok(());
    }
    Err(conflict(
        "webhook_disabled",
        "This webhook is switched off. Enable it first.",
    ))
}

/// Send a test now, also while the endpoint is off, and say what came of it. It is not tried again.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/test", operation_id = "test_webhook_endpoint", tag = "webhooks",
    params(("id" = WebhookEndpointId, Path)),
    responses((status = 200, body = Details), (status = 404, body = Problem), (status = 429, body = Problem)))]
async fn test_webhook_endpoint(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebhookEndpointId>,
) -> Result<Json<Details>> {
    may_manage(&member)?;
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant_read(&member).await?;
    let sealed = endpoints::store::find_sealed(&mut tx, id).await?;
    let target = Target::open(&tx, &ctx.master_key, &sealed.ok_or_else(|| not_found("webhook"))?)?;
    drop(tx);
    ctx.test_limit.check(member.tenant_id(), now)?;
    let (delivery, event) = (WebhookDeliveryId::new(), Uuid::now_v7());
    let body = json!({
        "type": "webhook.test",
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "data": {"tenant_id": member.tenant_id(), "endpoint_id": id},
    });
    let body = body.to_string();
    let attempt = sending::send(&ctx, &target, event, &body).await;
    let mut tx = ctx.db.tenant(&member).await?;
    endpoints::store::exists(&mut tx, id).await?;
    store::insert_test(&mut tx, delivery, id, event, &body, &attempt).await?;
    let details = store::get(&mut tx, delivery).await?;
    tx.commit().await?;
    Ok(Json(details))
}
