//! HTTP for clusters of gaps: what most visitors wait for, answered once for all of its wordings.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::{Error, Problem, conflict, invalid};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{GapId, QaPairId};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Cluster, Gap, Status, close, list_gaps, store};
use crate::Context;
use crate::gaps::triage;
use crate::qa_pairs::{self, LONGEST_QUESTION, MOST_PHRASINGS, NewQaPair, QaPair, Source};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_gap_clusters))
        .routes(routes!(get_gap_cluster))
        .routes(routes!(resolve_gap_cluster))
        .routes(routes!(link_gap_cluster))
        .routes(routes!(dismiss_gap_cluster))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Limit {
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct GapClusters {
    items: Vec<Cluster>,
    /// How many there are in all.
    total: i64,
}

/// List what is asked in vain, the questions that most visitors wait for first.
#[utoipa::path(get, path = "/gap-clusters", operation_id = "list_gap_clusters", tag = "gaps", params(Limit),
    responses((status = 200, body = GapClusters)))]
async fn list_gap_clusters(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<Limit>,
) -> Result<Json<GapClusters>> {
    member.require(Permission::ReadKnowledge)?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let mut tx = ctx.db.tenant_read(&member).await?;
    let (items, total) = store::list_open(&mut tx, limit).await?;
    Ok(Json(GapClusters { items, total }))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct GapsOfCluster {
    items: Vec<Gap>,
}

/// Read all open wordings of what a gap asks, the most asked first; those that were answered where none is open.
#[utoipa::path(get, path = "/gap-clusters/{id}", operation_id = "get_gap_cluster", tag = "gaps",
    params(("id" = GapId, Path, description = "Any gap of the cluster.")),
    responses((status = 200, body = GapsOfCluster), (status = 404, body = Problem)))]
async fn get_gap_cluster(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
) -> Result<Json<GapsOfCluster>> {
    member.require(Permission::ReadKnowledge)?;
    let items = list_gaps(&mut ctx.db.tenant_read(&member).await?, id).await?;
    Ok(Json(GapsOfCluster { items }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ResolveGapCluster {
    answer: String,
    /// A better wording of the question; the most asked one unless given.
    question: Option<String>,
    category: Option<String>,
    /// The gaps of the cluster that this answers; the one in the path alone unless given. The others stay open.
    gap_ids: Option<Vec<GapId>>,
}

/// What closed the gaps.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ResolvedGapCluster {
    qa_pair: QaPair,
    closed: Vec<GapId>,
}

/// Write the answer once: it becomes a Q&A pair with all wordings, answered from at once, and the gaps are closed.
#[utoipa::path(post, path = "/gap-clusters/{id}/resolve", operation_id = "resolve_gap_cluster", tag = "gaps",
    params(("id" = GapId, Path, description = "Any gap of the cluster.")), request_body = ResolveGapCluster,
    responses((status = 200, body = ResolvedGapCluster), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn resolve_gap_cluster(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
    Json(input): Json<ResolveGapCluster>,
) -> Result<Json<ResolvedGapCluster>> {
    member.require(Permission::EditKnowledge)?;
    let gaps = open_gaps(&ctx, &member, id, input.gap_ids.as_deref()).await?;
    let question = input.question.filter(|question| !question.trim().is_empty());
    let question = question.unwrap_or_else(|| gaps[0].question.clone());
    let new = NewQaPair {
        phrasings: other_wordings(&gaps, &question),
        question,
        answer: input.answer,
        category: input.category,
        language: None,
        is_active: None,
    };
    let mut prepared = qa_pairs::prepare(&ctx, &member, vec![new]).await?;
    let pair = prepared.pairs[0].id;
    let mut tx = ctx.db.tenant(&member).await?;
    qa_pairs::insert(&mut tx, &mut prepared, Source::Gap).await?;
    let closed = close(&mut tx, &ids(&gaps), Status::Resolved, Some(pair)).await?;
    if closed.len() < gaps.len() {
        return Err(closed_meanwhile());
    }
    let qa_pair = qa_pairs::store::get(&mut tx, pair, ctx.db.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(ResolvedGapCluster { qa_pair, closed }))
}

/// Each once, in any case; what is too long to be a phrasing is closed all the same.
fn other_wordings(gaps: &[Gap], question: &str) -> Vec<String> {
    let mut known = vec![question.trim().to_lowercase()];
    let mut others = Vec::new();
    for gap in gaps {
        let wording = gap.question.trim();
        let folded = wording.to_lowercase();
        if wording.chars().count() <= LONGEST_QUESTION && !known.contains(&folded) {
            known.push(folded);
            others.push(wording.to_owned());
        }
    }
    others.truncate(MOST_PHRASINGS);
    others
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct LinkGapCluster {
    /// The Q&A pair that answers the questions.
    qa_id: QaPairId,
    /// Which gaps of the cluster; the one in the path alone unless given.
    gap_ids: Option<Vec<GapId>>,
}

/// Close a cluster by a Q&A pair that answers it already: its wordings become phrasings of the pair.
#[utoipa::path(post, path = "/gap-clusters/{id}/link", operation_id = "link_gap_cluster", tag = "gaps",
    params(("id" = GapId, Path, description = "Any gap of the cluster.")), request_body = LinkGapCluster,
    responses((status = 200, body = ResolvedGapCluster), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn link_gap_cluster(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
    Json(input): Json<LinkGapCluster>,
) -> Result<Json<ResolvedGapCluster>> {
    member.require(Permission::EditKnowledge)?;
    let gaps = open_gaps(&ctx, &member, id, input.gap_ids.as_deref()).await?;
    let mut tx = triage::link(&ctx, &member, &gaps, input.qa_id).await?;
    let closed = close(&mut tx, &ids(&gaps), Status::Resolved, Some(input.qa_id)).await?;
    if closed.len() < gaps.len() {
        return Err(closed_meanwhile());
    }
    let since = ctx.db.clock.now() - qa_pairs::list::USED_WITHIN;
    let qa_pair = qa_pairs::store::get(&mut tx, input.qa_id, since).await?;
    tx.commit().await?;
    Ok(Json(ResolvedGapCluster { qa_pair, closed }))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct DismissGapCluster {
    /// Which gaps of the cluster; the one in the path alone unless given.
    gap_ids: Option<Vec<GapId>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DismissedGapCluster {
    closed: Vec<GapId>,
}

/// Dismiss a cluster: these questions need no answer.
#[utoipa::path(post, path = "/gap-clusters/{id}/dismiss", operation_id = "dismiss_gap_cluster", tag = "gaps",
    params(("id" = GapId, Path, description = "Any gap of the cluster.")),
    request_body(content = Option<DismissGapCluster>, content_type = "application/json"),
    responses((status = 200, body = DismissedGapCluster), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn dismiss_gap_cluster(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
    input: Option<Json<DismissGapCluster>>,
) -> Result<Json<DismissedGapCluster>> {
    member.require(Permission::EditKnowledge)?;
    let chosen = input.and_then(|Json(input)| input.gap_ids);
    let gaps = open_gaps(&ctx, &member, id, chosen.as_deref()).await?;
    let mut tx = ctx.db.tenant(&member).await?;
    let closed = close(&mut tx, &ids(&gaps), Status::Dismissed, None).await?;
    tx.commit().await?;
    Ok(Json(DismissedGapCluster { closed }))
}

/// The open gaps of a cluster that are meant; at least one.
async fn open_gaps(ctx: &Context, member: &Member, id: GapId, chosen: Option<&[GapId]>) -> Result<Vec<Gap>> {
    // never those that came in since somebody looked
    let chosen = chosen.unwrap_or(std::slice::from_ref(&id));
    let mut gaps = list_gaps(&mut ctx.db.tenant_read(member).await?, id).await?;
    gaps.retain(|gap| gap.status == Status::Open);
    if gaps.is_empty() {
        return Err(closed_meanwhile());
    }
    gaps.retain(|gap| chosen.contains(&gap.id));
    if gaps.len() < chosen.len() || gaps.is_empty() {
        return Err(invalid(
            "not_in_cluster",
            "`gap_ids` names open gaps of this cluster. Read it again: some may have been dealt with, or asked anew.",
        ));
    }
    Ok(gaps)
}

fn ids(gaps: &[Gap]) -> Vec<GapId> {
    gaps.iter().map(|gap| gap.id).collect()
}

fn closed_meanwhile() -> Error {
    conflict(
        "gap_closed",
        "Somebody has dealt with these questions already. Read the list again.",
    )
}
