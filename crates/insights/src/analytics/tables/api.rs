//! HTTP for the tables of days and months.

use access::{Member, Permission};
use axum::extract::State;
use chrono::NaiveDate;
use kernel::Result;
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::page::{Page, PageQuery};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store;
use crate::Context;
use crate::analytics::counting;
use crate::analytics::range::Days;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(list_analytics_rows))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct RowsQuery {
    /// Thirty days up to `to` unless given; of months those that begin in the range.
    from: Option<NaiveDate>,
    /// Today unless given.
    to: Option<NaiveDate>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AnalyticsRows {
    /// As the columns are.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    next_cursor: Option<String>,
}

/// List the rows of one of the tables `analytics_…`, the newest period first.
#[utoipa::path(get, path = "/analytics/tables/{name}", operation_id = "list_analytics_rows", tag = "analytics",
    params(("name" = String, Path, description = "`daily`, `deal_metrics`, `client_metrics`, `revenue_metrics`, `chatbot_effectiveness` or `channel_performance`"),
        RowsQuery, PageQuery),
    responses((status = 200, body = AnalyticsRows), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_analytics_rows(
    State(ctx): State<Context>,
    member: Member,
    Path(name): Path<String>,
    Query(query): Query<RowsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<AnalyticsRows>> {
    let table = store::find(&name).ok_or_else(|| not_found("table"))?;
    member.require(if table.is_of_sales {
        Permission::ReadCrm
    } else {
        Permission::ReadConversations
    })?;
    let after = page.after()?;
    counting::refresh(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let workspace = counting::store::workspace(&mut tx).await?;
    let days = Days::read(query.from, query.to, workspace.today)?;
    let rows = store::list(
        &mut tx,
        table,
        days,
        &workspace.time_zone,
        after,
        page.limit() + 1,
    )
    .await?;
    let page = Page::cut(rows, page.limit(), |row| row.position);
    Ok(Json(AnalyticsRows {
        items: page.items.into_iter().map(|row| row.columns).collect(),
        next_cursor: page.next_cursor,
    }))
}
