//! HTTP for what each number is.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::extract::Json;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{METRICS, Metric};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(list_analytics_metrics))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AnalyticsMetrics {
    #[schema(value_type = Vec<Metric>)]
    items: &'static [Metric],
}

/// What each number of analytics is.
#[utoipa::path(get, path = "/analytics/metrics", operation_id = "list_analytics_metrics", tag = "analytics",
    responses((status = 200, body = AnalyticsMetrics)))]
async fn list_analytics_metrics(State(_): State<Context>, member: Member) -> Result<Json<AnalyticsMetrics>> {
    member.require(Permission::ReadConversations)?;
    Ok(Json(AnalyticsMetrics { items: METRICS }))
}
