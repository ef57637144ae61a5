//! HTTP for how a tenant's passages are held and found.

use access::{Member, Permission};
use axum::extract::State;
use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::extract::Json;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Plan, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_knowledge_index))
}

/// How the passages of documents and web sites are held and found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct IndexState {
    /// Where large bases are indexed on this server: `pgvector` or `qdrant`.
    backend: &'static str,
    /// Passages that serve.
    passages: usize,
    /// Of these in the index.
    indexed: usize,
    /// Held in memory, about: all of a small base, and of a large one an even sample with what is not in the index yet.
    held_in_memory: usize,
    /// False: all passages are held in memory and compared with each question.
    is_searched_by_index: bool,
    /// Of the ten nearest passages, the share that the index finds, 0 to 1; none before it was measured.
    recall_at_10: Option<f64>,
    /// So many of the passages were looked for.
    recall_questions: Option<usize>,
    measured_at: Option<DateTime<Utc>>,
}

/// How are the passages held and found?
#[utoipa::path(get, path = "/knowledge/index", operation_id = "get_knowledge_index", tag = "knowledge",
    responses((status = 200, body = IndexState)))]
async fn get_knowledge_index(State(ctx): State<Context>, member: Member) -> Result<Json<IndexState>> {
    member.require(Permission::ReadKnowledge)?;
    let large = &ctx.large;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let size = store::count(&mut tx, large.index.name()).await?;
    let recall = store::find_recall(&mut tx).await?;
    let recall = recall.filter(|recall| recall.index_name == large.index.name());
    let plan = large.plan(size.passages, size.indexed);
    Ok(Json(IndexState {
        backend: large.index.backend(),
        passages: size.passages,
        indexed: size.indexed,
        held_in_memory: plan.held(size.passages, size.indexed),
        is_searched_by_index: plan != Plan::Whole,
        recall_at_10: recall.as_ref().map(|recall| recall.recall_at_10),
        recall_questions: recall.as_ref().map(|recall| recall.questions),
        measured_at: recall.map(|recall| recall.measured_at),
    }))
}
