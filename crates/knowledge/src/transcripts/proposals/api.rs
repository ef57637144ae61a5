//! HTTP for proposals: look through them, change, accept, dismiss.

use std::collections::HashMap;

use access::{Member, Permission};
use axum::extract::State;
use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::{Error, Problem, conflict, invalid};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ProposalId, QaPairId, TranscriptId, VersionId};
use kernel::page::{Page, PageQuery, Position};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accepting::{self, DraftChoice, Wish};
use super::{Outcome, QaProposal, Status, find_overlaps, store};
use crate::qa_pairs::detect;
use crate::{Context, transcripts};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_qa_proposals))
        .routes(routes!(update_qa_proposal))
        .routes(routes!(accept_qa_proposal))
        .routes(routes!(accept_qa_proposals))
        .routes(routes!(dismiss_qa_proposal))
        .routes(routes!(reopen_qa_proposal))
}

const MOST_AT_ONCE: usize = 200;

/// Proposals may quote this workspace's own conversations: only those who may read these look at them.
fn require(member: &Member, permission: Permission) -> Result<()> {
    member.require(permission)?;
    member.require(Permission::ReadConversations)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `proposed` unless given.
    status: Option<Status>,
    /// Only those of one import.
    transcript_id: Option<TranscriptId>,
}

/// List proposals: those of the newest import first, of each what was asked most. Like all about proposals, this needs
/// `conversations:read` too.
#[utoipa::path(get, path = "/qa-proposals", operation_id = "list_qa_proposals", tag = "transcripts", params(Filter, PageQuery),
    responses((status = 200, body = Page<QaProposal>)))]
async fn list_qa_proposals(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<Filter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<QaProposal>>> {
    require(&member, Permission::ReadKnowledge)?;
    let limit = page.limit();
    let status = filter.status.unwrap_or(Status::Proposed);
    let mut tx = ctx.db.tenant_read(&member).await?;
    let found = store::list(
        &mut tx,
        Some(status),
        filter.transcript_id,
        page.after()?,
        limit + 1,
    )
    .await?;
    Ok(Json(Page::cut(found, limit, |proposal| Position {
        at: proposal.created_at,
        id: proposal.id.0,
    })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct QaProposalPatch {
    question: Option<String>,
    answer: Option<String>,
    /// All other phrasings.
    phrasings: Option<Vec<String>>,
    category: Option<String>,
}

/// Change a proposal before it is accepted.
#[utoipa::path(patch, path = "/qa-proposals/{id}", operation_id = "update_qa_proposal", tag = "transcripts",
    params(("id" = ProposalId, Path)), request_body = QaProposalPatch,
    responses((status = 200, body = QaProposal), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_qa_proposal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ProposalId>,
    Json(patch): Json<QaProposalPatch>,
) -> Result<Json<QaProposal>> {
    require(&member, Permission::EditKnowledge)?;
    let old = store::get(&mut ctx.db.tenant_read(&member).await?, id).await?;
    let question = patch.question.clone().unwrap_or(old.question);
    // looked for before the transaction opens: an endpoint may be slow
    let overlap = find_overlaps(&ctx, &member, vec![vec![question]])
        .await?
        .pop()
        .flatten();
    let mut tx = ctx.db.tenant(&member).await?;
    let proposal = store::lock(&mut tx, id).await?;
    require_proposed(&proposal)?;
    let trim = |text: String| text.trim().to_owned();
    let changed = QaProposal {
        question: patch.question.map_or(proposal.question, trim),
        answer: patch.answer.map_or(proposal.answer, trim),
        phrasings: patch
            .phrasings
            .map_or(proposal.phrasings, |all| all.into_iter().map(trim).collect()),
        category: patch.category.map_or(proposal.category, trim),
        language: None,
        ..proposal
    };
    changed.as_new().check()?;
    let language = detect(&changed.question).or_else(|| detect(&changed.answer));
    store::update(&mut tx, &QaProposal { language, ..changed }, overlap).await?;
    let proposal = store::get(&mut tx, id).await?;
    transcripts::tell(&mut tx);
    tx.commit().await?;
    Ok(Json(proposal))
}

fn require_proposed(proposal: &QaProposal) -> Result<()> {
    match proposal.status {
        Status::Proposed => Ok(()),
        Status::Accepted => Err(conflict(
            "proposal_accepted",
            "This proposal has been accepted. Change the Q&A pair instead.",
        )),
        Status::Dismissed => Err(conflict(
            "proposal_dismissed",
            "This proposal was dismissed. Take it up again first.",
        )),
    }
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct AcceptQaProposal {
    /// `created` unless given.
    #[serde(default)]
    outcome: Outcome,
    /// The pair that was shown beside it, to write another one nevertheless.
    despite_id: Option<QaPairId>,
    /// Puts it into a draft instead of answering from it at once.
    draft: Option<DraftChoice>,
    /// The proposal's `updated_at` as it was read: what has changed since is not accepted. Without it, nothing is
    /// accepted that a model may still put into other words.
    updated_at: Option<DateTime<Utc>>,
}

/// Accept a proposal: it becomes a Q&A pair, or joins the one that answers the same. Accepting it again changes nothing.
#[utoipa::path(post, path = "/qa-proposals/{id}/accept", operation_id = "accept_qa_proposal", tag = "transcripts",
    params(("id" = ProposalId, Path)), request_body(content = Option<AcceptQaProposal>, content_type = "application/json"),
    responses((status = 200, body = QaProposal), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn accept_qa_proposal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ProposalId>,
    input: Option<Json<AcceptQaProposal>>,
) -> Result<Json<QaProposal>> {
    require(&member, Permission::EditKnowledge)?;
    let input = input.map(|Json(input)| input).unwrap_or_default();
    let wish = Wish {
        id,
        outcome: input.outcome,
        despite: input.despite_id,
        seen: input.updated_at,
    };
    let actor = member.actor().to_string();
    let accepted = accepting::accept(&ctx, &member, &actor, &[wish], input.draft.as_ref()).await?;
    match accepted.refused.into_iter().next() {
        Some(refusal) => Err(refusal.error),
        None => Ok(Json(
            store::get(&mut ctx.db.tenant_read(&member).await?, id).await?,
        )),
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct AcceptQaProposals {
    /// 1 to 200.
    ids: Vec<ProposalId>,
    draft: Option<DraftChoice>,
    /// What was read of them: what has changed since is left. Without it, so is all that a model may still put into
    /// other words.
    #[serde(default)]
    seen: Vec<SeenQaProposal>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct SeenQaProposal {
    id: ProposalId,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AcceptedQaProposals {
    accepted: Vec<ProposalId>,
    /// Those that somebody has to look at first.
    left: Vec<LeftQaProposal>,
    draft_id: Option<VersionId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LeftQaProposal {
    id: ProposalId,
    code: String,
    detail: String,
}

/// Accept many proposals as pairs of their own. What is answered already is left for somebody to decide.
#[utoipa::path(post, path = "/qa-proposals/accept", operation_id = "accept_qa_proposals", tag = "transcripts",
    request_body = AcceptQaProposals,
    responses((status = 200, body = AcceptedQaProposals), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn accept_qa_proposals(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<AcceptQaProposals>,
) -> Result<Json<AcceptedQaProposals>> {
    require(&member, Permission::EditKnowledge)?;
    let mut ids = input.ids;
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() || ids.len() > MOST_AT_ONCE || input.seen.len() > MOST_AT_ONCE {
        return Err(invalid("bad_ids", "Name 1 to 200 proposals."));
    }
    let seen: HashMap<ProposalId, DateTime<Utc>> = input
        .seen
        .into_iter()
        .map(|one| (one.id, one.updated_at))
        .collect();
    // the ones on top of the list first: ids grow from the least asked to the most asked
    let wishes = ids.into_iter().rev().map(|id| Wish {
        id,
        outcome: Outcome::Created,
        despite: None,
        seen: seen.get(&id).copied(),
    });
    let wishes: Vec<Wish> = wishes.collect();
    let actor = member.actor().to_string();
    let accepted = accepting::accept(&ctx, &member, &actor, &wishes, input.draft.as_ref()).await?;
    let left = accepted.refused.into_iter().map(|refusal| {
        let Error { code, detail, .. } = refusal.error;
        LeftQaProposal {
            id: refusal.id,
            code: code.to_string(),
            detail,
        }
    });
    Ok(Json(AcceptedQaProposals {
        left: left.collect(),
        accepted: accepted.done,
        draft_id: accepted.draft,
    }))
}

/// Dismiss a proposal: it is not proposed again.
#[utoipa::path(post, path = "/qa-proposals/{id}/dismiss", operation_id = "dismiss_qa_proposal", tag = "transcripts",
    params(("id" = ProposalId, Path)),
    responses((status = 200, body = QaProposal), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn dismiss_qa_proposal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ProposalId>,
) -> Result<Json<QaProposal>> {
    decide(&ctx, &member, id, Status::Dismissed).await
}

/// Take up again a proposal that was dismissed.
#[utoipa::path(post, path = "/qa-proposals/{id}/reopen", operation_id = "reopen_qa_proposal", tag = "transcripts",
    params(("id" = ProposalId, Path)),
    responses((status = 200, body = QaProposal), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn reopen_qa_proposal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ProposalId>,
) -> Result<Json<QaProposal>> {
    decide(&ctx, &member, id, Status::Proposed).await
}

async fn decide(ctx: &Context, member: &Member, id: ProposalId, status: Status) -> Result<Json<QaProposal>> {
    require(member, Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(member).await?;
    let proposal = store::lock(&mut tx, id).await?;
    if proposal.status == Status::Accepted {
        require_proposed(&proposal)?;
    }
    store::set_status(&mut tx, id, status).await?;
    let proposal = store::get(&mut tx, id).await?;
    transcripts::tell(&mut tx);
    tx.commit().await?;
    Ok(Json(proposal))
}
