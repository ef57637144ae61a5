//! HTTP for the table of Q&A pairs: list, facets, export.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Query};
use kernel::page::Page;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Facets, Filter, Place, Sort, USED_WITHIN, store};
use crate::Context;
use crate::qa_pairs::{QaPair, Source, csv};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_qa_pair_facets))
        .routes(routes!(export_qa_pairs))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QaPairQuery {
    category: Option<String>,
    /// ISO 639-1, or `none` for pairs whose language is not known.
    language: Option<String>,
    is_active: Option<bool>,
    source: Option<Source>,
    /// Part of question, answer or another phrasing.
    q: Option<String>,
    /// `created` unless given.
    #[param(inline)]
    sort: Option<Sort>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List Q&A pairs, the newest first unless sorted otherwise.
#[utoipa::path(get, path = "/qa-pairs", operation_id = "list_qa_pairs", tag = "qa-pairs", params(QaPairQuery),
    responses((status = 200, body = Page<QaPair>), (status = 422, body = Problem)))]
pub async fn list_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<QaPairQuery>,
) -> Result<Json<Page<QaPair>>> {
    member.require(Permission::ReadKnowledge)?;
    let sort = query.sort.unwrap_or_default();
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let cursor = query.cursor.as_deref();
    let after = cursor.map(|text| Place::decode(text, sort)).transpose()?;
    let filter = Filter {
        category: query.category,
        language: query.language,
        is_active: query.is_active,
        source: query.source,
        q: query.q,
    };
    let since = ctx.db.clock.now() - USED_WITHIN;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let mut items = store::list(&mut tx, &filter, sort, after.as_ref(), since, limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > wanted;
    items.truncate(wanted);
    let last = items.last().filter(|_| has_more);
    let next_cursor = last.map(|last| Place::of(last, sort).encode()).transpose()?;
    Ok(Json(Page { items, next_cursor }))
}

/// What the list can be narrowed to, with counts.
#[utoipa::path(get, path = "/qa-pairs/facets", operation_id = "list_qa_pair_facets", tag = "qa-pairs",
    responses((status = 200, body = Facets)))]
async fn list_qa_pair_facets(State(ctx): State<Context>, member: Member) -> Result<Json<Facets>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::facets(&mut tx).await?))
}

/// Export Q&A pairs as CSV: all, or those of a filter.
#[utoipa::path(get, path = "/qa-pairs/export", operation_id = "export_qa_pairs", tag = "qa-pairs", params(Filter),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn export_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<Filter>,
) -> Result<Response> {
    member.require(Permission::ReadKnowledge)?;
    let since = ctx.db.clock.now() - USED_WITHIN;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let pairs = store::list(&mut tx, &filter, Sort::Created, None, since, i64::MAX).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"qa-pairs.csv\"",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, csv::write(&pairs)?).into_response())
}
