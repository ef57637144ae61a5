//! Working through the queue: how much is left, who asked, a pair that answers it already, and back again.

use access::{Member, Permission};
use axum::extract::State;
use kernel::error::{Problem, conflict};
use kernel::extract::{Json, Path};
use kernel::ids::{GapId, QaPairId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::ResolvedGap;
use super::{Counts, Gap, Occurrence, Status, store};
use crate::Context;
use crate::embedding;
use crate::qa_pairs::{self, Source};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(count_gaps))
        .routes(routes!(list_gap_occurrences))
        .routes(routes!(link_gap))
        .routes(routes!(reopen_gap))
}

/// How many gaps are open, resolved and dismissed.
#[utoipa::path(get, path = "/gaps/counts", operation_id = "count_gaps", tag = "gaps", responses((status = 200, body = Counts)))]
async fn count_gaps(State(ctx): State<Context>, member: Member) -> Result<Json<Counts>> {
    member.require(Permission::ReadKnowledge)?;
    Ok(Json(store::count(&mut ctx.db.tenant_read(&member).await?).await?))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Occurrences {
    items: Vec<Occurrence>,
}

const MOST_OCCURRENCES: i64 = 50;

/// Who asked it, and what they got: the newest 50 times.
#[utoipa::path(get, path = "/gaps/{id}/occurrences", operation_id = "list_gap_occurrences", tag = "gaps",
    params(("id" = GapId, Path)), responses((status = 200, body = Occurrences), (status = 404, body = Problem)))]
async fn list_gap_occurrences(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
) -> Result<Json<Occurrences>> {
    member.require(Permission::ReadKnowledge)?;
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    let items = store::list_occurrences(&mut tx, id, MOST_OCCURRENCES).await?;
    Ok(Json(Occurrences { items }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct LinkGap {
    /// The Q&A pair that answers the question.
    qa_id: QaPairId,
}

/// Close a gap by a Q&A pair that answers it already: the question becomes another phrasing of it.
#[utoipa::path(post, path = "/gaps/{id}/link", operation_id = "link_gap", tag = "gaps", params(("id" = GapId, Path)),
    request_body = LinkGap, responses((status = 200, body = ResolvedGap), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn link_gap(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
    Json(input): Json<LinkGap>,
) -> Result<Json<ResolvedGap>> {
    member.require(Permission::EditKnowledge)?;
    let gap = store::get(&mut ctx.db.tenant_read(&member).await?, id).await?;
    let mut tx = link(&ctx, &member, &[gap], input.qa_id).await?;
    store::close(&mut tx, id, Status::Resolved, Some(input.qa_id)).await?;
    let gap = store::get(&mut tx, id).await?;
    let since = ctx.db.clock.now() - qa_pairs::list::USED_WITHIN;
    let qa_pair = qa_pairs::store::get(&mut tx, input.qa_id, since).await?;
    tx.emit(Event::GapChanged { gap_id: id });
    tx.commit().await?;
    Ok(Json(ResolvedGap { gap, qa_pair }))
}

/// Begins the change that makes the gaps' questions phrasings of a pair. The caller closes the gaps and commits.
pub(super) async fn link(ctx: &Context, member: &Member, gaps: &[Gap], pair: QaPairId) -> Result<TenantTx> {
    // one that is too long or too many for the pair is closed all the same
    let fits = |gap: &&Gap| gap.question.trim().chars().count() <= qa_pairs::LONGEST_QUESTION;
    let gaps: Vec<&Gap> = gaps.iter().filter(fits).take(qa_pairs::MOST_PHRASINGS).collect();
    let choice = embedding::current(&mut ctx.db.tenant_read(member).await?).await?;
    let texts: Vec<String> = gaps.iter().map(|gap| gap.question.clone()).collect();
    let mut phrasings = qa_pairs::prepare_phrasings(ctx, member, &choice, &texts).await?;
    let since = ctx.db.clock.now() - qa_pairs::list::USED_WITHIN;
    let mut tx = ctx.db.tenant(member).await?;
    let change = embedding::begin_change(&mut tx, &choice).await?;
    let pair = qa_pairs::store::get(&mut tx, pair, since).await?;
    if !pair.is_active {
        return Err(conflict(
            "qa_pair_inactive",
            "This pair is off, so it would not answer. Turn it on first, or choose another one.",
        ));
    }
    if !change.fits {
        phrasings.iter_mut().for_each(|phrasing| phrasing.vector = None);
    }
    let is_complete = phrasings.iter().all(|phrasing| phrasing.vector.is_some());
    let room = qa_pairs::MOST_PHRASINGS.saturating_sub(pair.phrasings.len());
    for (gap, phrasing) in gaps.iter().zip(&phrasings).take(room) {
        qa_pairs::store::insert_phrasings(&mut tx, pair.id, std::slice::from_ref(phrasing), Some(gap.id))
            .await?;
    }
    change.finish(&mut tx, is_complete).await?;
    Ok(tx)
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct ReopenGap {
    /// Turns off the pair that was written for it, as if it had not been published.
    #[serde(default)]
    withdraw: bool,
}

/// Put a closed gap back into the queue. A phrasing that closed it is taken back.
#[utoipa::path(post, path = "/gaps/{id}/reopen", operation_id = "reopen_gap", tag = "gaps", params(("id" = GapId, Path)),
    request_body(content = Option<ReopenGap>, content_type = "application/json"),
    responses((status = 200, body = Gap), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn reopen_gap(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
    input: Option<Json<ReopenGap>>,
) -> Result<Json<Gap>> {
    member.require(Permission::EditKnowledge)?;
    let withdraw = input.is_some_and(|Json(input)| input.withdraw);
    let since = ctx.db.clock.now() - qa_pairs::list::USED_WITHIN;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    let closed = store::get(&mut tx, id).await?;
    store::reopen(&mut tx, id).await?;
    qa_pairs::store::delete_phrasing_of_gap(&mut tx, id).await?;
    if let Some(pair) = closed.resolved_qa_id.filter(|_| withdraw) {
        let written = qa_pairs::store::find(&mut tx, pair, since).await?;
        if let Some(mut written) = written.filter(|pair| pair.source == Source::Gap) {
            written.is_active = false;
            qa_pairs::store::update(&mut tx, &written, None).await?;
        }
    }
    let gap = store::get(&mut tx, id).await?;
    tx.emit(Event::GapChanged { gap_id: id });
    tx.commit().await?;
    Ok(Json(gap))
}
