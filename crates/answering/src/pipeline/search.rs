//! What the knowledge holds on something: a search without an answer, for people and programs.

use kernel::{Result, TenantProof};
use knowledge::retrieval::EntryKind;
use serde::Serialize;
use uuid::Uuid;

use super::compose::approved;
use super::retrieve::look_up;
use crate::Context;

/// Something that the knowledge holds.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct KnowledgeEntry {
    /// Of the Q&A pair, or of the passage.
    pub id: Uuid,
    #[schema(value_type = String)]
    pub kind: EntryKind,
    /// The question in the phrasing that was found, or the passage's title.
    pub title: String,
    /// The approved answer, or the passage.
    pub text: String,
    /// Where the passage comes from.
    pub url: Option<String>,
    /// ISO 639-1; null where it was not recognised.
    pub language: Option<String>,
    /// The calibrated probability that it answers the question; of the best entry it is the confidence of an answer.
    pub probability: f64,
}

/// What comes nearest to `text`, best first.
pub async fn search(
    ctx: &Context,
    proof: &impl TenantProof,
    text: &str,
    limit: usize,
) -> Result<Vec<KnowledgeEntry>> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let snapshots = &ctx.knowledge.snapshots;
    let snapshot = snapshots.get(&ctx.db, proof, revision).await?;
    let (snapshot, found) = look_up(ctx, proof, &snapshot, text, limit).await;
    let entries = found.iter().map(|candidate| KnowledgeEntry {
        id: candidate.id,
        kind: candidate.kind,
        title: candidate.title.to_string(),
        text: approved(candidate),
        url: snapshot
            .details(candidate.id)
            .and_then(|details| details.url.clone()),
        language: super::code(candidate.language),
        probability: candidate.probability.into(),
    });
    Ok(entries.collect())
}
