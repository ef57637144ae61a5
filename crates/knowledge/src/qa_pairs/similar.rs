//! Pairs that ask nearly the same, for editors: a warning while writing, places for a gap's question to go.

use std::collections::HashMap;

use access::{Member, Permission};
use axum::extract::State;
use kernel::extract::Json;
use kernel::ids::QaPairId;
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{LONGEST_QUESTION, QaPair, list};
use crate::Context;
use crate::embedding;
use crate::retrieval::Similar;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(find_similar_qa_pairs))
}

/// What is compared, and told.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct SimilarQuery {
    question: String,
    /// Tells which of the pairs found say exactly this.
    answer: Option<String>,
    /// The pair that is being edited.
    exclude_id: Option<QaPairId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SimilarQaPair {
    qa_pair: QaPair,
    /// 0 to 1. From 0.95 on the two ask the same.
    similarity: f64,
    has_same_answer: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SimilarQaPairs {
    items: Vec<SimilarQaPair>,
}

const MOST: usize = 5;
/// Below this two questions have nothing to do with each other.
const LEAST: f32 = 0.4;

/// Find active Q&A pairs that ask nearly the same: at most five, the nearest first.
#[utoipa::path(post, path = "/qa-pairs/similar", operation_id = "find_similar_qa_pairs", tag = "qa-pairs",
    request_body = SimilarQuery, responses((status = 200, body = SimilarQaPairs)))]
async fn find_similar_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<SimilarQuery>,
) -> Result<Json<SimilarQaPairs>> {
    member.require(Permission::ReadKnowledge)?;
    let question: String = input.question.trim().chars().take(LONGEST_QUESTION).collect();
    if question.is_empty() {
        return Ok(Json(SimilarQaPairs { items: Vec::new() }));
    }
    let mut found = find(&ctx, &member, vec![question])
        .await?
        .pop()
        .unwrap_or_default();
    found.retain(|similar| similar.similarity >= LEAST && Some(QaPairId(similar.id)) != input.exclude_id);
    let ids: Vec<_> = found.iter().map(|similar| similar.id).collect();
    let since = ctx.db.clock.now() - list::USED_WITHIN;
    let pairs = list::store::list_by_ids(&mut ctx.db.tenant_read(&member).await?, &ids, since).await?;
    let mut pairs: HashMap<_, _> = pairs.into_iter().map(|pair| (pair.id.0, pair)).collect();
    let answer = input.answer.as_deref().map(str::trim);
    let items = found.into_iter().filter_map(|similar| {
        let qa_pair = pairs.remove(&similar.id)?;
        Some(SimilarQaPair {
            similarity: f64::from(similar.similarity),
            has_same_answer: answer == Some(qa_pair.answer.as_str()),
            qa_pair,
        })
    });
    Ok(Json(SimilarQaPairs {
        items: items.take(MOST).collect(),
    }))
}

/// For each question the pairs that come nearest, by the tenant's own model or by words where there is none.
pub async fn find(
    ctx: &Context,
    proof: &impl TenantProof,
    questions: Vec<String>,
) -> Result<Vec<Vec<Similar>>> {
    let state = embedding::store::get(&mut ctx.db.tenant_read(proof).await?).await?;
    let snapshot = ctx.snapshots.get(&ctx.db, proof, state.revision).await?;
    let vectors = embedding::embed(ctx, proof.tenant_id(), &snapshot.embedder, questions.clone()).await;
    let searched = tokio::task::spawn_blocking(move || {
        let both = questions.iter().zip(&vectors);
        both.map(|(question, vector)| snapshot.index.similar(question, vector.as_deref(), MOST + 1))
            .collect()
    });
    searched.await.map_err(kernel::error::internal)
}
