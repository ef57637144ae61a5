//! HTTP for the figures of sales.

use access::{Member, Permission};
use axum::extract::State;
use chrono::NaiveDate;
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{SalesSummary, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_sales_summary))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SummaryQuery {
    /// The first day of this month unless given.
    from: Option<NaiveDate>,
    /// Today unless given.
    to: Option<NaiveDate>,
}

/// The figures of sales.
#[utoipa::path(get, path = "/crm/summary", operation_id = "get_sales_summary", tag = "crm", params(SummaryQuery),
    responses((status = 200, body = SalesSummary), (status = 422, body = Problem)))]
async fn get_sales_summary(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<SalesSummary>> {
    member.require(Permission::ReadCrm)?;
    if let (Some(from), Some(to)) = (query.from, query.to)
        && from > to
    {
        return Err(invalid("bad_range", "The first day is after the last one."));
    }
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::summary(&mut tx, query.from, query.to).await?))
}
