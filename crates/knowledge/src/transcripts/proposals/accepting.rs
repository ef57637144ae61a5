//! Accepting a proposal: it becomes a pair, or joins the one that answers the same, at once or in a draft.
//!
//! What is answered already is not written a second time: [`OVERLAP`] is looked at again under the knowledge's lock, and
//! a proposal that was accepted is accepted once, however often somebody clicks.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::error::{Error, conflict, invalid};
use kernel::ids::{ProposalId, QaPairId, VersionId};
use kernel::{Result, TenantProof, TenantTx};
use serde::Deserialize;

use super::{Near, OVERLAP, Outcome, QaProposal, Status, find_overlaps, store};
use crate::embedding::{self, EmbedderChoice};
use crate::qa_pairs::{self, Batch, MOST_PHRASINGS, Phrasing, Prepared, QaPair, Source};
use crate::retrieval::cosine;
use crate::retrieval::text::fold;
use crate::versions::{self, MOST_CHANGES, PairState, Subject};
use crate::{Context, transcripts};

/// Where accepted proposals go instead of being answered from at once.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[schema(as = DraftChoice)]
pub struct DraftChoice {
    /// Null: a new draft.
    pub id: Option<VersionId>,
    /// Of a new draft.
    #[serde(default)]
    pub title: String,
}

/// One proposal to accept.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub id: ProposalId,
    pub outcome: Outcome,
    /// The pair that whoever accepts it has seen beside it, and wants another one nevertheless.
    pub despite: Option<QaPairId>,
    /// The `updated_at` of what was read. None: only what no model rewrites any more is accepted.
    pub seen: Option<DateTime<Utc>>,
}

/// Why one was not accepted.
#[derive(Debug)]
pub struct Refusal {
    pub id: ProposalId,
    pub error: Error,
}

/// What became of the wishes.
#[derive(Debug, Default)]
pub struct Accepted {
    pub done: Vec<ProposalId>,
    pub refused: Vec<Refusal>,
    pub draft: Option<VersionId>,
}

/// What was worked out before the transaction opened.
struct Ready {
    proposal: QaProposal,
    prepared: Prepared,
    near: Option<Near>,
}

/// Accepts what can be accepted, in one transaction and thus one version.
pub async fn accept(
    ctx: &Context,
    proof: &impl TenantProof,
    actor: &str,
    wishes: &[Wish],
    draft: Option<&DraftChoice>,
) -> Result<Accepted> {
    let (choice, mut ready) = prepare(ctx, proof, wishes).await?;
    let mut tx = ctx.db.tenant(proof).await?;
    let change = embedding::begin_change(&mut tx, &choice).await?;
    let draft = match draft {
        Some(wanted) => Some(open_draft(&mut tx, wanted, actor).await?),
        None => None,
    };
    let mut accepted = Accepted {
        draft,
        ..Accepted::default()
    };
    // what stands in a draft is not found among the pairs
    let mut drafted: Vec<Vec<f32>> = Vec::new();
    for wish in wishes {
        let Some(mut one) = ready.remove(&wish.id) else {
            continue;
        };
        let proposal = store::lock(&mut tx, wish.id).await?;
        match refusal(&mut tx, &proposal, &one, wish).await? {
            Verdict::Done => accepted.done.push(wish.id),
            Verdict::Refused(error) => accepted.refused.push(Refusal { id: wish.id, error }),
            Verdict::Go(None) if is_near_any(&one.prepared, &drafted) => accepted.refused.push(Refusal {
                id: wish.id,
                error: already_in_draft(),
            }),
            Verdict::Go(target) => {
                if !change.fits {
                    forget_vectors(&mut one.prepared);
                }
                let vector = one.prepared.vector.clone().filter(|_| draft.is_some());
                drafted.extend(vector.filter(|_| target.is_none()));
                let pair = write(
                    &mut tx,
                    &choice,
                    one.prepared,
                    target.as_ref(),
                    wish.outcome,
                    draft,
                )
                .await?;
                store::set_accepted(&mut tx, wish.id, wish.outcome, pair, draft).await?;
                accepted.done.push(wish.id);
            }
        }
    }
    if let Some(draft) = draft
        && versions::store::count_changes(&mut tx, draft).await? > MOST_CHANGES
    {
        return Err(invalid(
            "too_many_changes",
            "A draft holds at most 5,000 changes. Publish it, then go on.",
        ));
    }
    transcripts::tell(&mut tx);
    tx.commit().await?;
    Ok(accepted)
}

/// Embeds the proposals and looks for what answers them already, outside of any transaction.
async fn prepare(
    ctx: &Context,
    proof: &impl TenantProof,
    wishes: &[Wish],
) -> Result<(EmbedderChoice, HashMap<ProposalId, Ready>)> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let mut proposals = Vec::new();
    for wish in wishes {
        proposals.push(store::get(&mut tx, wish.id).await?);
    }
    drop(tx);
    let batch = qa_pairs::prepare(ctx, proof, proposals.iter().map(QaProposal::as_new).collect()).await?;
    let questions = proposals
        .iter()
        .map(|proposal| vec![proposal.question.clone()])
        .collect();
    let near = find_overlaps(ctx, proof, questions).await?;
    let ready = proposals.into_iter().zip(batch.pairs).zip(near);
    let ready = ready.map(|((proposal, prepared), near)| {
        (
            proposal.id,
            Ready {
                proposal,
                prepared,
                near,
            },
        )
    });
    Ok((batch.choice, ready.collect()))
}

enum Verdict {
    /// It was accepted before.
    Done,
    Refused(Error),
    /// With the pair that it joins.
    Go(Option<QaPair>),
}

async fn refusal(tx: &mut TenantTx, proposal: &QaProposal, ready: &Ready, wish: &Wish) -> Result<Verdict> {
    match proposal.status {
        Status::Accepted => return Ok(Verdict::Done),
        Status::Dismissed => {
            let detail = "This proposal was dismissed. Take it up again first.";
            return Ok(Verdict::Refused(conflict("proposal_dismissed", detail)));
        }
        Status::Proposed => {}
    }
    if has_changed(tx, proposal, ready, wish).await? {
        let detail = "Somebody, or the model, has changed this proposal since you read it. Look at it again.";
        return Ok(Verdict::Refused(conflict("proposal_changed", detail)));
    }
    if wish.outcome == Outcome::Created {
        let near = match find_near(tx, &ready.prepared).await? {
            Some(near) => Some(near),
            None => ready.near,
        };
        return match near.filter(|near| Some(near.id) != wish.despite) {
            Some(near) => {
                store::set_overlap(tx, proposal.id, near).await?;
                Ok(Verdict::Refused(already_answered()))
            }
            None => Ok(Verdict::Go(None)),
        };
    }
    let target = match &proposal.overlap {
        Some(overlap) => qa_pairs::store::find(tx, overlap.id, tx.now())
            .await?
            .filter(|pair| pair.is_active),
        None => None,
    };
    Ok(match target {
        Some(pair) => Verdict::Go(Some(pair)),
        None => Verdict::Refused(conflict(
            "nothing_to_join",
            "The pair that answered the same is gone or off. Accept this as a pair of its own.",
        )),
    })
}

/// Whether it is another one than was read, or may be.
async fn has_changed(tx: &mut TenantTx, proposal: &QaProposal, ready: &Ready, wish: &Wish) -> Result<bool> {
    let prepared = &ready.proposal;
    if proposal.question != prepared.question || proposal.answer != prepared.answer {
        return Ok(true);
    }
    let Some(seen) = wish.seen else {
        let import = transcripts::store::find_status(tx, proposal.transcript_id).await?;
        return Ok(import.is_some_and(|(status, ..)| status == transcripts::Status::Wording));
    };
    Ok(proposal.updated_at > seen)
}

/// Also what was written since, a moment ago or by the wish before; not what waits in drafts.
async fn find_near(tx: &mut TenantTx, prepared: &Prepared) -> Result<Option<Near>> {
    let Some(vector) = &prepared.vector else {
        return Ok(None);
    };
    let found = qa_pairs::store::find_most_similar(tx, vector, f64::from(OVERLAP)).await?;
    Ok(found.map(|found| Near {
        id: found.id,
        similarity: found.similarity as f32,
    }))
}

fn already_answered() -> Error {
    conflict(
        "already_answered",
        "A Q&A pair answers nearly the same already. Compare both: add this as a phrasing, replace the answer, or keep both.",
    )
}

fn is_near_any(prepared: &Prepared, others: &[Vec<f32>]) -> bool {
    let near = |vector: &[f32]| {
        others
            .iter()
            .any(|other| cosine(vector, other).is_some_and(|near| near >= OVERLAP))
    };
    prepared.vector.as_deref().is_some_and(near)
}

fn already_in_draft() -> Error {
    conflict(
        "already_in_draft",
        "This draft has nearly the same already. Publish it, then compare both.",
    )
}

fn forget_vectors(prepared: &mut Prepared) {
    prepared.vector = None;
    prepared
        .phrasings
        .iter_mut()
        .for_each(|phrasing| phrasing.vector = None);
}

async fn open_draft(tx: &mut TenantTx, wanted: &DraftChoice, actor: &str) -> Result<VersionId> {
    match wanted.id {
        Some(id) => {
            versions::store::get(tx, id).await?.require_draft()?;
            Ok(id)
        }
        None => versions::store::insert_draft(tx, versions::check_title(&wanted.title)?, None, actor).await,
    }
}

async fn write(
    tx: &mut TenantTx,
    choice: &EmbedderChoice,
    prepared: Prepared,
    target: Option<&QaPair>,
    outcome: Outcome,
    draft: Option<VersionId>,
) -> Result<QaPairId> {
    let id = target.map_or(prepared.id, |pair| pair.id);
    if let Some(draft) = draft {
        let state = drafted(tx, draft, prepared, target, outcome).await?.checked()?;
        versions::store::put_change(
            tx,
            draft,
            Subject::QaPair,
            id.0,
            Some(serde_json::to_value(state)?),
            &versions::GapChoice::default(),
        )
        .await?;
        return Ok(id);
    }
    match target {
        None => {
            let mut batch = Batch {
                choice: choice.clone(),
                pairs: vec![prepared],
            };
            qa_pairs::insert(tx, &mut batch, Source::TranscriptExtraction).await?;
        }
        Some(pair) => join(tx, choice, prepared, pair, outcome).await?,
    }
    Ok(id)
}

/// The pair is found by these questions too, and gives the answer if it is to be replaced.
async fn join(
    tx: &mut TenantTx,
    choice: &EmbedderChoice,
    prepared: Prepared,
    pair: &QaPair,
    outcome: Outcome,
) -> Result<()> {
    let change = embedding::begin_change(tx, choice).await?;
    if outcome == Outcome::Replaced {
        let changed = QaPair {
            answer: prepared.answer.clone(),
            ..pair.clone()
        };
        qa_pairs::store::update(tx, &changed, None).await?;
    }
    let own = Phrasing {
        text: prepared.question,
        language: prepared.language,
        vector: prepared.vector,
    };
    let mut known: Vec<String> = pair
        .phrasings
        .iter()
        .chain([&pair.question])
        .map(|text| fold(text))
        .collect();
    let mut new: Vec<Phrasing> = Vec::new();
    for phrasing in std::iter::once(own).chain(prepared.phrasings) {
        let folded = fold(&phrasing.text);
        if !known.contains(&folded) && pair.phrasings.len() + new.len() < MOST_PHRASINGS {
            known.push(folded);
            new.push(phrasing);
        }
    }
    qa_pairs::store::insert_phrasings(tx, pair.id, &new, None).await?;
    let is_complete = new.iter().all(|phrasing| phrasing.vector.is_some());
    change.finish(tx, is_complete).await
}

/// The pair as it is in the draft then, on top of what the draft does to it already.
async fn drafted(
    tx: &mut TenantTx,
    draft: VersionId,
    prepared: Prepared,
    target: Option<&QaPair>,
    outcome: Outcome,
) -> Result<PairState> {
    let phrasings: Vec<String> = prepared
        .phrasings
        .into_iter()
        .map(|phrasing| phrasing.text)
        .collect();
    let Some(pair) = target else {
        return Ok(PairState {
            question: prepared.question,
            answer: prepared.answer,
            category: prepared.category,
            language: prepared.language,
            is_active: true,
            phrasings,
        });
    };
    let changes = versions::store::list_changes(tx, draft).await?;
    let before = changes
        .into_iter()
        .find(|change| change.subject_id == pair.id.0)
        .map(|change| change.after);
    let mut state = match before {
        Some(Some(after)) => serde_json::from_value(after)?,
        Some(None) => {
            return Err(conflict(
                "removed_by_draft",
                "This draft removes the pair that answers the same. Take that change out of the draft, or accept this as a pair of its own.",
            ));
        }
        None => PairState {
            question: pair.question.clone(),
            answer: pair.answer.clone(),
            category: pair.category.clone(),
            language: pair.language.clone(),
            is_active: true,
            phrasings: pair.phrasings.clone(),
        },
    };
    if outcome == Outcome::Replaced {
        state.answer = prepared.answer;
    }
    let mut known: Vec<String> = state
        .phrasings
        .iter()
        .chain([&state.question])
        .map(|text| fold(text))
        .collect();
    for text in std::iter::once(prepared.question).chain(phrasings) {
        let folded = fold(&text);
        if !known.contains(&folded) && state.phrasings.len() < MOST_PHRASINGS {
            known.push(folded);
            state.phrasings.push(text);
        }
    }
    Ok(state)
}
