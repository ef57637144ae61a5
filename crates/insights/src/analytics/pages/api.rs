//! HTTP for the pages of analytics. Each is one answer: range, figures and charts; or a file of them.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::Query;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Context;
use crate::analytics::filter::AnalyticsQuery;
use crate::analytics::report::Page;
use crate::analytics::{counting, sheet};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_analytics_overview))
        .routes(routes!(get_analytics_ai))
        .routes(routes!(get_analytics_gaps))
        .routes(routes!(get_analytics_knowledge))
        .routes(routes!(get_analytics_team))
        .routes(routes!(get_analytics_channels))
        .routes(routes!(get_analytics_sales))
        .routes(routes!(get_analytics_usage))
}

/// Read the figures of the overview.
#[utoipa::path(get, path = "/analytics/overview", operation_id = "get_analytics_overview", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_overview(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let is_current = counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::overview(&mut tx, &question, is_current).await?;
    sheet::answer(page, "overview", &query, &headers)
}

/// Read the figures of what the bot does.
#[utoipa::path(get, path = "/analytics/ai", operation_id = "get_analytics_ai", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_ai(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let is_current = counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::ai(&mut tx, &question, is_current).await?;
    sheet::answer(page, "ai", &query, &headers)
}

/// Read the figures of gaps.
#[utoipa::path(get, path = "/analytics/gaps", operation_id = "get_analytics_gaps", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_gaps(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadKnowledge)?;
    let is_current = counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::gaps(&mut tx, &question, is_current).await?;
    sheet::answer(page, "gaps", &query, &headers)
}

/// Read the figures of the use of the knowledge.
#[utoipa::path(get, path = "/analytics/knowledge", operation_id = "get_analytics_knowledge", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_knowledge(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadKnowledge)?;
    let is_current = counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::knowledge(&mut tx, &question, is_current).await?;
    sheet::answer(page, "knowledge", &query, &headers)
}

/// Read the figures of the team.
#[utoipa::path(get, path = "/analytics/team", operation_id = "get_analytics_team", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_team(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let is_current = counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::team(&mut tx, &question, is_current).await?;
    sheet::answer(page, "team", &query, &headers)
}

/// Read the figures of channels and languages.
#[utoipa::path(get, path = "/analytics/channels", operation_id = "get_analytics_channels", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_channels(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let is_current = counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::channels(&mut tx, &question, is_current).await?;
    sheet::answer(page, "channels", &query, &headers)
}

/// Read the figures of sales.
#[utoipa::path(get, path = "/analytics/sales", operation_id = "get_analytics_sales", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_sales(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::sales(&mut tx, &question).await?;
    sheet::answer(page, "sales", &query, &headers)
}

/// Read the figures of the use and cost of models.
#[utoipa::path(get, path = "/analytics/usage", operation_id = "get_analytics_usage", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Page), (status = 422, body = Problem)))]
async fn get_analytics_usage(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AnalyticsQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let is_current = counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.clone().read(&mut tx).await?;
    let page = super::usage(&mut tx, &question, is_current).await?;
    sheet::answer(page, "usage", &query, &headers)
}
