//! HTTP that reads deals: list, board, one, its history.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{DealId, PipelineId, PipelineStageId};
use kernel::page::Page;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::{Deal, DealHistoryEntry};
use super::{COLUMNS, DealFilter, Wanted, store};
use crate::Context;
use crate::amounts::DealsTotal;
use crate::listing::Listing;
use crate::pipelines::{self, Pipeline};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_deal_board))
        .routes(routes!(list_deal_history))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DealPage {
    /// name, client_name, deal_value, probability, expected_close_date, created_at, updated_at, stage_changed_at or stage;
    /// with `-` before it the other way round. `-created_at` unless given.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List deals.
#[utoipa::path(get, path = "/crm/deals", operation_id = "list_deals", tag = "crm", params(DealFilter, DealPage),
    responses((status = 200, body = Page<Deal>), (status = 422, body = Problem)))]
pub async fn list_deals(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<DealFilter>,
    Query(page): Query<DealPage>,
) -> Result<Json<Page<Deal>>> {
    member.require(Permission::ReadCrm)?;
    let (sort, cursor) = (page.sort.as_deref(), page.cursor.as_deref());
    let listing = Listing::new(&COLUMNS, "-created_at", sort, cursor, page.limit)?;
    let wanted = filter.read(member.user_id().map(|id| id.0))?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::list(&mut tx, &wanted, &listing).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct BoardQuery {
    /// The default one unless given.
    pipeline_id: Option<PipelineId>,
    /// `me`, `none`, or a member's id.
    owner_id: Option<String>,
    /// Beginnings of words of the deal's or its client's name.
    q: Option<String>,
    /// Tags, separated by commas.
    tag: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DealBoard {
    pipeline: Pipeline,
    /// In the order of the pipeline's stages.
    columns: Vec<DealColumn>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DealColumn {
    stage_id: PipelineStageId,
    count: i64,
    /// Each currency by itself.
    totals: Vec<DealsTotal>,
    /// The first 50, those that came last at the top.
    items: Vec<Deal>,
    /// More of them: `GET /crm/deals?pipeline_stage_id=…&cursor=…`, with the same filters.
    next_cursor: Option<String>,
}

const SHOWN: i64 = 50;

/// A pipeline's deals, column by column.
#[utoipa::path(get, path = "/crm/deals/board", operation_id = "get_deal_board", tag = "crm", params(BoardQuery),
    responses((status = 200, body = DealBoard), (status = 404, body = Problem)))]
async fn get_deal_board(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<BoardQuery>,
) -> Result<Json<DealBoard>> {
    member.require(Permission::ReadCrm)?;
    let filter = DealFilter {
        q: query.q,
        owner_id: query.owner_id,
        tag: query.tag,
        ..DealFilter::default()
    };
    let mut wanted: Wanted = filter.read(member.user_id().map(|id| id.0))?;
    let listing = Listing::new(&COLUMNS, "-stage_changed_at", None, None, Some(SHOWN))?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let mut pipelines = pipelines::store::list(&mut tx).await?.into_iter();
    let is_wanted = |pipeline: &Pipeline| match query.pipeline_id {
        Some(id) => pipeline.id == id,
        None => pipeline.is_default,
    };
    let pipeline = pipelines.find(is_wanted).ok_or_else(|| not_found("pipeline"))?;
    let totals = store::totals(&mut tx, pipeline.id, &wanted).await?;
    wanted.filter.pipeline_id = Some(pipeline.id.0);
    let mut columns = Vec::new();
    for stage in &pipeline.stages {
        wanted.in_stage = Some(stage.id);
        let page = store::list(&mut tx, &wanted, &listing).await?;
        let own = totals.iter().filter(|(id, _)| *id == stage.id);
        let totals: Vec<DealsTotal> = own.map(|(_, total)| total.clone()).collect();
        columns.push(DealColumn {
            stage_id: stage.id,
            count: totals.iter().map(|total| total.count).sum(),
            totals,
            items: page.items,
            next_cursor: page.next_cursor,
        });
    }
    Ok(Json(DealBoard { pipeline, columns }))
}

/// Read a deal.
#[utoipa::path(get, path = "/crm/deals/{id}", operation_id = "get_deal", tag = "crm", params(("id" = DealId, Path)),
    responses((status = 200, body = Deal), (status = 404, body = Problem)))]
pub async fn get_deal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DealId>,
) -> Result<Json<Deal>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DealHistory {
    /// Oldest first.
    items: Vec<DealHistoryEntry>,
}

/// Every stage that a deal came into.
#[utoipa::path(get, path = "/crm/deals/{id}/history", operation_id = "list_deal_history", tag = "crm",
    params(("id" = DealId, Path)), responses((status = 200, body = DealHistory), (status = 404, body = Problem)))]
async fn list_deal_history(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DealId>,
) -> Result<Json<DealHistory>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    let items = store::history(&mut tx, id).await?;
    Ok(Json(DealHistory { items }))
}
