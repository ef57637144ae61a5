//! HTTP for Q&A pairs, one at a time: write, read, change, delete.

use access::{Member, Permission, audit};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::QaPairId;
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::list::USED_WITHIN;
use super::list::api::{__path_list_qa_pairs, list_qa_pairs};
use super::{
    NEAR_DUPLICATE, NewQaPair, Phrasing, QaPair, Source, bulk, importing, list, merging, similar, store,
};
use crate::Context;
use crate::embedding::{self, EmbedderChoice};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_qa_pairs, create_qa_pair))
        .routes(routes!(get_qa_pair, update_qa_pair, delete_qa_pair))
        .merge(list::api::routes())
        .merge(similar::routes())
        .merge(merging::api::routes())
        .merge(bulk::api::routes())
        .merge(importing::api::routes())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedQaPair {
    #[serde(flatten)]
    qa_pair: QaPair,
    /// A pair that asks nearly the same (cosine above 0.95), if there was one.
    near_duplicate: Option<NearDuplicate>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NearDuplicate {
    id: QaPairId,
    question: String,
    similarity: f64,
}

/// Write a Q&A pair. It is answered from at once.
#[utoipa::path(post, path = "/qa-pairs", operation_id = "create_qa_pair", tag = "qa-pairs", request_body = NewQaPair,
    responses((status = 201, body = CreatedQaPair), (status = 422, body = Problem)))]
async fn create_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewQaPair>,
) -> Result<(StatusCode, Json<CreatedQaPair>)> {
    member.require(Permission::EditKnowledge)?;
    let mut prepared = super::prepare(&ctx, &member, vec![input]).await?;
    let pair = prepared.pairs.first().ok_or_else(|| not_found("Q&A pair"))?;
    let id = pair.id;
    let mut tx = ctx.db.tenant(&member).await?;
    let near_duplicate = match &pair.vector {
        Some(vector) => store::find_most_similar(&mut tx, vector, NEAR_DUPLICATE).await?,
        None => None,
    };
    super::insert(&mut tx, &mut prepared, Source::Manual).await?;
    let qa_pair = store::get(&mut tx, id, ctx.db.clock.now() - USED_WITHIN).await?;
    tx.commit().await?;
    let near_duplicate = near_duplicate.map(|found| NearDuplicate {
        id: found.id,
        question: found.question,
        similarity: found.similarity,
    });
    Ok((
        StatusCode::CREATED,
        Json(CreatedQaPair {
            qa_pair,
            near_duplicate,
        }),
    ))
}

/// Read a Q&A pair.
#[utoipa::path(get, path = "/qa-pairs/{id}", operation_id = "get_qa_pair", tag = "qa-pairs",
    params(("id" = QaPairId, Path)), responses((status = 200, body = QaPair), (status = 404, body = Problem)))]
async fn get_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<QaPairId>,
) -> Result<Json<QaPair>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(
        store::get(&mut tx, id, ctx.db.clock.now() - USED_WITHIN).await?,
    ))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct QaPairPatch {
    question: Option<String>,
    answer: Option<String>,
    category: Option<String>,
    language: Option<String>,
    /// All other phrasings; those that are not among them go.
    phrasings: Option<Vec<String>>,
    is_active: Option<bool>,
}

/// Change a Q&A pair.
#[utoipa::path(patch, path = "/qa-pairs/{id}", operation_id = "update_qa_pair", tag = "qa-pairs",
    params(("id" = QaPairId, Path)), request_body = QaPairPatch,
    responses((status = 200, body = QaPair), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<QaPairId>,
    Json(patch): Json<QaPairPatch>,
) -> Result<Json<QaPair>> {
    member.require(Permission::EditKnowledge)?;
    // embedded before the transaction opens: an endpoint may be slow
    let words = embed_words(&ctx, &member, id, &patch).await?;
    let since = ctx.db.clock.now() - USED_WITHIN;
    let mut tx = ctx.db.tenant(&member).await?;
    let change = match &words {
        Some(words) => Some(embedding::begin_change(&mut tx, &words.choice).await?),
        None => embedding::store::lock(&mut tx).await.map(|_| None)?,
    };
    let fits = change.is_some_and(|change| change.fits);
    let phrasings = patch.phrasings.clone();
    // read under the lock: two editors at once change different fields without losing either
    let old = store::get(&mut tx, id, since).await?;
    let was_active = old.is_active;
    let changed = apply(old, patch)?;
    let mut is_complete = true;
    let mut vector = None;
    if let Some(words) = words {
        if let Some(question) = words.question {
            let question = question.filter(|_| fits);
            is_complete &= question.is_some();
            vector = Some(question);
        }
        if let Some(texts) = phrasings {
            let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
            store::keep_phrasings(&mut tx, id, &texts).await?;
            let mut new = words.phrasings;
            if !fits {
                new.iter_mut().for_each(|phrasing| phrasing.vector = None);
            }
            is_complete &= new.iter().all(|phrasing| phrasing.vector.is_some());
            store::insert_phrasings(&mut tx, id, &new, None).await?;
        }
    }
    store::update(&mut tx, &changed, vector).await?;
    if changed.is_active && !was_active {
        store::take_back_phrasings(&mut tx, &[id.0]).await?;
    }
    if let Some(change) = change {
        change.finish(&mut tx, is_complete).await?;
    }
    let pair = store::get(&mut tx, id, since).await?;
    tx.commit().await?;
    Ok(Json(pair))
}

fn apply(old: QaPair, patch: QaPairPatch) -> Result<QaPair> {
    let is_reworded = patch.question.is_some();
    let merged = NewQaPair {
        question: patch.question.unwrap_or(old.question),
        answer: patch.answer.unwrap_or(old.answer),
        category: Some(patch.category.unwrap_or(old.category)),
        language: patch.language.or_else(|| old.language.filter(|_| !is_reworded)),
        phrasings: Vec::new(),
        is_active: Some(patch.is_active.unwrap_or(old.is_active)),
    };
    merged.check()?;
    let finished = super::finish(merged, None, Vec::new());
    Ok(QaPair {
        id: old.id,
        question: finished.question,
        answer: finished.answer,
        category: finished.category,
        language: finished.language,
        source: old.source,
        is_active: finished.is_active,
        phrasings: old.phrasings,
        merged_into: old.merged_into,
        used_in_answers: old.used_in_answers,
        created_at: old.created_at,
        updated_at: old.updated_at,
    })
}

/// What a patch brings in words, embedded.
struct Words {
    choice: EmbedderChoice,
    /// The new question's vector, if there is a new question and it could be embedded.
    question: Option<Option<Vec<f32>>>,
    /// Those that the pair does not have yet.
    phrasings: Vec<Phrasing>,
}

async fn embed_words(
    ctx: &Context,
    member: &Member,
    id: QaPairId,
    patch: &QaPairPatch,
) -> Result<Option<Words>> {
    if patch.question.is_none() && patch.phrasings.is_none() {
        return Ok(None);
    }
    let mut tx = ctx.db.tenant_read(member).await?;
    let choice = embedding::current(&mut tx).await?;
    let known = store::get(&mut tx, id, ctx.db.clock.now()).await?.phrasings;
    drop(tx);
    let question = match &patch.question {
        Some(question) => {
            let texts = vec![question.trim().to_owned()];
            let mut vectors = embedding::embed(ctx, member.tenant_id(), &choice, texts).await;
            Some(vectors.pop().flatten())
        }
        None => None,
    };
    let mut texts = patch.phrasings.clone().unwrap_or_default();
    super::check_phrasings(&texts)?;
    texts.retain(|text| !known.iter().any(|known| known == text.trim()));
    let phrasings = super::prepare_phrasings(ctx, member, &choice, &texts).await?;
    Ok(Some(Words {
        choice,
        question,
        phrasings,
    }))
}

/// Delete a Q&A pair that is inactive. An active one only owners and admins may delete.
#[utoipa::path(delete, path = "/qa-pairs/{id}", operation_id = "delete_qa_pair", tag = "qa-pairs",
    params(("id" = QaPairId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<QaPairId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    let pair = store::get(&mut tx, id, ctx.db.clock.now()).await?;
    if pair.is_active && member.require(Permission::ManageWorkspace).is_err() {
        return Err(conflict(
            "qa_pair_active",
            "This pair still answers visitors. Turn it off first; then it can be deleted.",
        ));
    }
    if !store::delete(&mut tx, id).await? {
        return Err(not_found("Q&A pair"));
    }
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::QaPairDeleted,
        &format!("qa_pair:{id}"),
        json!({"question": pair.question}),
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
