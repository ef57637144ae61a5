//! HTTP for what each number is.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::extract::Json;
use serde::Serialize;

use super::{METRICS, Metric};
use crate::Context;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AnalyticsMetrics {
    pub items: &'static [Metric],
}

/// What each number of analytics is.
#[utoipa::path(get, path = "/analytics/metrics", operation_id = "list_analytics_metrics", tag = "analytics",
    responses((status = 200, body = AnalyticsMetrics)))]
pub async fn list_analytics_metrics(
    State(_): State<Context>,
    member: Member,
) -> Result<Json<AnalyticsMetrics>> {
    member.require(Permission::ReadConversations)?;
    Ok(Json(AnalyticsMetrics { items: METRICS }))
}
