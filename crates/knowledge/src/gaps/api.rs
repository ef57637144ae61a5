//! HTTP for gaps: list, resolve by writing the answer, dismiss. Other ways out are in [`super::triage`].

use access::{Member, Permission};
use axum::extract::State;
use kernel::error::Problem;
use kernel::extract::{Json, Path, Query};
use kernel::ids::GapId;
use kernel::page::{Page, PageQuery, Position};
use kernel::{Event, Result};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Gap, Status, store};
use crate::Context;
use crate::qa_pairs::{self, NewQaPair, QaPair, Source};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_gaps))
        .routes(routes!(resolve_gap))
        .routes(routes!(dismiss_gap))
        .merge(super::triage::routes())
        .merge(super::clusters::api::routes())
        .merge(super::disliked::api::routes())
        .merge(super::effects::api::routes())
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct GapQuery {
    /// `open` unless given.
    status: Option<Status>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List gaps, the most lately asked first.
#[utoipa::path(get, path = "/gaps", operation_id = "list_gaps", tag = "gaps", params(GapQuery), responses((status = 200, body = Page<Gap>)))]
async fn list_gaps(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<GapQuery>,
) -> Result<Json<Page<Gap>>> {
    member.require(Permission::ReadKnowledge)?;
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let mut tx = ctx.db.tenant_read(&member).await?;
    let rows = store::list(
        &mut tx,
        query.status.unwrap_or(Status::Open),
        page.after()?,
        page.limit() + 1,
    )
    .await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| Position {
        at: row.last_asked_at,
        id: row.id.0,
    })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ResolveGap {
    answer: String,
    /// A better wording of the question; the visitor's own unless given.
    question: Option<String>,
    category: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResolvedGap {
    pub gap: Gap,
    pub qa_pair: QaPair,
}

/// Write the answer: it becomes a Q&A pair, answered from at once, and the gap is closed.
#[utoipa::path(post, path = "/gaps/{id}/resolve", operation_id = "resolve_gap", tag = "gaps", params(("id" = GapId, Path)),
    request_body = ResolveGap, responses((status = 200, body = ResolvedGap), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn resolve_gap(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
    Json(input): Json<ResolveGap>,
) -> Result<Json<ResolvedGap>> {
    member.require(Permission::EditKnowledge)?;
    let gap = store::get(&mut ctx.db.tenant_read(&member).await?, id).await?;
    let question = input
        .question
        .filter(|question| !question.trim().is_empty())
        .unwrap_or(gap.question);
    let new = NewQaPair {
        question,
        answer: input.answer,
        category: input.category,
        language: None,
        phrasings: Vec::new(),
        is_active: None,
    };
    let mut prepared = qa_pairs::prepare(&ctx, &member, vec![new]).await?;
    let mut tx = ctx.db.tenant(&member).await?;
    qa_pairs::insert(&mut tx, &mut prepared, Source::Gap).await?;
    let written = prepared.pairs.first().map(|pair| pair.id);
    store::close(&mut tx, id, Status::Resolved, written).await?;
    let gap = store::get(&mut tx, id).await?;
    let written = written.unwrap_or_else(kernel::ids::QaPairId::new);
    let qa_pair = qa_pairs::store::get(&mut tx, written, ctx.db.clock.now()).await?;
    tx.emit(Event::GapChanged { gap_id: id });
    tx.commit().await?;
    Ok(Json(ResolvedGap { gap, qa_pair }))
}

/// Dismiss a gap: the question needs no answer.
#[utoipa::path(post, path = "/gaps/{id}/dismiss", operation_id = "dismiss_gap", tag = "gaps", params(("id" = GapId, Path)),
    responses((status = 200, body = Gap), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn dismiss_gap(State(ctx): State<Context>, member: Member, Path(id): Path<GapId>) -> Result<Json<Gap>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::close(&mut tx, id, Status::Dismissed, None).await?;
    let gap = store::get(&mut tx, id).await?;
    tx.emit(Event::GapChanged { gap_id: id });
    tx.commit().await?;
    Ok(Json(gap))
}
