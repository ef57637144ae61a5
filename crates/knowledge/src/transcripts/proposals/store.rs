//! All SQL for proposals.

use std::collections::HashSet;

use kernel::error::not_found;
use kernel::ids::{ProposalId, QaPairId, TranscriptId, VersionId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Excerpt, Near, NewProposal, Outcome, Overlap, QaProposal, Status};
use crate::transcripts::store::Exchange;

pub async fn insert(tx: &mut TenantTx, import: TranscriptId, new: &NewProposal) -> Result<ProposalId> {
    let (tenant, id) = (tx.tenant_id(), ProposalId::new());
    let reasons: Vec<String> = new.reasons.iter().map(|reason| (*reason).to_owned()).collect();
    // the pair may have been deleted since it was found
    sqlx::query!(
        "insert into qa_proposals
            (tenant_id, id, import_id, question, answer, phrasings, language, times_seen, reasons, overlap_id, overlap_similarity)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, (select id from qa_pairs where tenant_id = $1 and id = $10), $11)",
        tenant.0,
        id.0,
        import.0,
        new.question,
        new.answer,
        &new.phrasings,
        new.language,
        i32::try_from(new.times_seen).unwrap_or(i32::MAX),
        &reasons,
        new.overlap.map(|near| near.id.0),
        new.overlap.map(|near| near.similarity),
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn insert_excerpt(tx: &mut TenantTx, proposal: ProposalId, exchange: &Exchange) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into qa_proposal_excerpts (tenant_id, id, proposal_id, chat, conversation_id, question, answer)
        values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.0,
        Uuid::now_v7(),
        proposal.0,
        exchange.chat,
        exchange.conversation.map(|id| id.0),
        exchange.item.question,
        exchange.item.answer,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was proposed before and waits, or was dismissed: its questions in lower case.
pub async fn list_known(tx: &mut TenantTx) -> Result<HashSet<String>> {
    let rows = sqlx::query!(
        "select question, phrasings from qa_proposals where tenant_id = current_tenant_id() and status <> 'accepted'",
    )
    .fetch_all(&mut **tx)
    .await?;
    let asked = rows
        .into_iter()
        .flat_map(|row| row.phrasings.into_iter().chain([row.question]));
    Ok(asked.map(|text| text.to_lowercase()).collect())
}

/// Newest first; of one import, what was asked most.
pub async fn list(
    tx: &mut TenantTx,
    status: Option<Status>,
    transcript: Option<TranscriptId>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<QaProposal>> {
    read(tx, None, status, transcript, after, limit).await
}

pub async fn get(tx: &mut TenantTx, id: ProposalId) -> Result<QaProposal> {
    let found = read(tx, Some(id), None, None, None, 1).await?.pop();
    found.ok_or_else(|| not_found("proposal"))
}

async fn read(
    tx: &mut TenantTx,
    only: Option<ProposalId>,
    status: Option<Status>,
    transcript: Option<TranscriptId>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<QaProposal>> {
    let found = sqlx::query_as!(
        QaProposal,
        r#"select p.id as "id: ProposalId", p.import_id as "transcript_id: TranscriptId", p.question, p.answer, p.phrasings, p.category,
            p.language, p.times_seen, p.reasons, p.status as "status: Status", p.outcome as "outcome: Outcome",
            p.qa_pair_id as "qa_pair_id: QaPairId", p.draft_id as "draft_id: VersionId",
            (select jsonb_build_object('id', q.id, 'question', q.question, 'answer', q.answer, 'similarity', p.overlap_similarity,
                'phrasings', array(select f.text from qa_phrasings f
                    where f.tenant_id = q.tenant_id and f.qa_pair_id = q.id order by f.created_at, f.id))
                from qa_pairs q where q.tenant_id = p.tenant_id and q.id = p.overlap_id and q.is_active
            ) as "overlap: Json<Overlap>",
            p.is_worded, p.is_edited,
            coalesce((select jsonb_agg(jsonb_build_object('chat', e.chat, 'conversation_id', e.conversation_id,
                'question', e.question, 'answer', e.answer) order by e.id)
                from qa_proposal_excerpts e where e.tenant_id = p.tenant_id and e.proposal_id = p.id), '[]') as "excerpts!: Json<Vec<Excerpt>>",
            p.created_at, p.updated_at
        from qa_proposals p
        where p.tenant_id = current_tenant_id() and ($1::uuid is null or p.id = $1) and ($2::text is null or p.status = $2)
            and ($3::uuid is null or p.import_id = $3) and ($4::timestamptz is null or (p.created_at, p.id) < ($4, $5))
        order by p.created_at desc, p.id desc
        limit $6"#,
        only.map(|id| id.0),
        status as Option<Status>,
        transcript.map(|id| id.0),
        after.map(|after| after.at),
        after.map(|after| after.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// The same, and nobody else decides about it until this transaction ends. The caller holds the knowledge's lock.
pub async fn lock(tx: &mut TenantTx, id: ProposalId) -> Result<QaProposal> {
    sqlx::query!(
        "select id from qa_proposals where tenant_id = current_tenant_id() and id = $1 for update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    get(tx, id).await
}

pub async fn update(tx: &mut TenantTx, proposal: &QaProposal, overlap: Option<Near>) -> Result<()> {
    sqlx::query!(
        "update qa_proposals
        set question = $2, answer = $3, phrasings = $4, category = $5, language = $6, is_edited = true,
            overlap_id = (select id from qa_pairs where tenant_id = current_tenant_id() and id = $7), overlap_similarity = $8
        where tenant_id = current_tenant_id() and id = $1",
        proposal.id.0,
        proposal.question,
        proposal.answer,
        &proposal.phrasings,
        proposal.category,
        proposal.language,
        overlap.map(|near| near.id.0),
        overlap.map(|near| near.similarity),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_overlap(tx: &mut TenantTx, id: ProposalId, overlap: Near) -> Result<()> {
    sqlx::query!(
        "update qa_proposals
        set overlap_id = (select id from qa_pairs where tenant_id = current_tenant_id() and id = $2), overlap_similarity = $3
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        overlap.id.0,
        overlap.similarity,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_accepted(
    tx: &mut TenantTx,
    id: ProposalId,
    outcome: Outcome,
    pair: QaPairId,
    draft: Option<VersionId>,
) -> Result<()> {
    sqlx::query!(
        "update qa_proposals set status = 'accepted', outcome = $2, qa_pair_id = $3, draft_id = $4
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        outcome as Outcome,
        pair.0,
        draft.map(|draft| draft.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_status(tx: &mut TenantTx, id: ProposalId, status: Status) -> Result<()> {
    sqlx::query!(
        "update qa_proposals set status = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        status as Status,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was accepted into a draft is proposed again when it leaves the draft: all of it, or what is not in it any more.
pub async fn take_back(tx: &mut TenantTx, draft: VersionId, is_discarded: bool) -> Result<()> {
    sqlx::query!(
        "update qa_proposals p set status = 'proposed', outcome = null, qa_pair_id = null, draft_id = null
        where p.tenant_id = current_tenant_id() and p.draft_id = $1 and p.status = 'accepted' and ($2 or not exists (
            select from knowledge_changes c
            where c.tenant_id = p.tenant_id and c.version_id = p.draft_id and c.subject = 'qa_pair' and c.subject_id = p.qa_pair_id
        ))",
        draft.0,
        is_discarded,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Proposals of an import that nobody has touched and no model has worded.
pub async fn list_unworded(
    tx: &mut TenantTx,
    transcript: TranscriptId,
    limit: i64,
) -> Result<Vec<ProposalId>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: ProposalId" from qa_proposals
        where tenant_id = current_tenant_id() and import_id = $1 and status = 'proposed' and not is_worded and not is_edited
        order by id desc limit $2"#,
        transcript.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// Better words for a proposal that nobody has touched meanwhile; what was asked stays as a phrasing.
pub async fn set_words(tx: &mut TenantTx, id: ProposalId, question: &str, answer: &str) -> Result<()> {
    sqlx::query!(
        "update qa_proposals
        set question = $2, answer = $3, is_worded = true,
            phrasings = case when question = $2 then phrasings else array_prepend(question, array_remove(phrasings, $2)) end
        where tenant_id = current_tenant_id() and id = $1 and status = 'proposed' and not is_edited and not is_worded",
        id.0,
        question,
        answer,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
