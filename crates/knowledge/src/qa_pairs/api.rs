//! HTTP for Q&A pairs: list, write, change, import, export.

use access::{Member, Permission, audit};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::error::{Problem, not_found};
use kernel::extract::{Bytes, Json, Path, Query};
use kernel::ids::QaPairId;
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::csv::RowError;
use super::{NewQaPair, QaPair, Source, csv, store};
use crate::Context;
use crate::embedding::{self, EmbedderChoice};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_qa_pairs, create_qa_pair))
        .routes(routes!(get_qa_pair, update_qa_pair, delete_qa_pair))
        .routes(routes!(export_qa_pairs))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(import_qa_pairs))
                .layer(DefaultBodyLimit::max(20 * 1024 * 1024)),
        )
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct QaPairQuery {
    category: Option<String>,
    is_active: Option<bool>,
    /// Part of question or answer.
    q: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List Q&A pairs, newest first.
#[utoipa::path(get, path = "/qa-pairs", operation_id = "list_qa_pairs", tag = "qa-pairs", params(QaPairQuery),
    responses((status = 200, body = Page<QaPair>), (status = 422, body = Problem)))]
async fn list_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<QaPairQuery>,
) -> Result<Json<Page<QaPair>>> {
    member.require(Permission::ReadKnowledge)?;
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let filter = store::Filter {
        category: query.category,
        is_active: query.is_active,
        text: query.q.filter(|q| !q.trim().is_empty()),
    };
    let mut tx = ctx.db.tenant_read(&member).await?;
    let rows = store::list(&mut tx, &filter, page.after()?, page.limit() + 1).await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| Position {
        at: row.created_at,
        id: row.id.0,
    })))
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
        Some(vector) => store::find_most_similar(&mut tx, vector, 0.95).await?,
        None => None,
    };
    super::insert(&mut tx, &mut prepared, Source::Manual).await?;
    let qa_pair = store::get(&mut tx, id).await?;
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
    Ok(Json(store::get(&mut tx, id).await?))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct QaPairPatch {
    question: Option<String>,
    answer: Option<String>,
    category: Option<String>,
    language: Option<String>,
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
    let reworded = match patch.question.as_deref() {
        Some(question) => Some(embed_question(&ctx, &member, question).await?),
        None => None,
    };
    let mut tx = ctx.db.tenant(&member).await?;
    let choice = reworded.as_ref().map(|(choice, _)| choice.clone());
    let change = match &choice {
        Some(choice) => Some(embedding::begin_change(&mut tx, choice).await?),
        None => embedding::store::lock(&mut tx).await.map(|_| None)?,
    };
    // read under the lock: two editors at once change different fields without losing either
    let changed = apply(store::get(&mut tx, id).await?, patch)?;
    let vector = reworded.map(|(_, vector)| vector.filter(|_| change.is_some_and(|change| change.fits)));
    let is_complete = !matches!(vector, Some(None));
    store::update(&mut tx, &changed, vector).await?;
    if let Some(change) = change {
        change.finish(&mut tx, is_complete).await?;
    }
    let pair = store::get(&mut tx, id).await?;
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
    };
    merged.check()?;
    let finished = super::finish(merged, None);
    Ok(QaPair {
        id: old.id,
        question: finished.question,
        answer: finished.answer,
        category: finished.category,
        language: finished.language,
        source: old.source,
        is_active: patch.is_active.unwrap_or(old.is_active),
        created_at: old.created_at,
        updated_at: old.updated_at,
    })
}

async fn embed_question(
    ctx: &Context,
    member: &Member,
    question: &str,
) -> Result<(EmbedderChoice, Option<Vec<f32>>)> {
    let choice = embedding::current(&mut ctx.db.tenant_read(member).await?).await?;
    let mut vectors =
        embedding::embed(ctx, member.tenant_id(), &choice, vec![question.trim().to_owned()]).await;
    Ok((choice, vectors.pop().flatten()))
}

/// Delete a Q&A pair. Switching it to inactive keeps it for later.
#[utoipa::path(delete, path = "/qa-pairs/{id}", operation_id = "delete_qa_pair", tag = "qa-pairs",
    params(("id" = QaPairId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<QaPairId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    if !store::delete(&mut tx, id).await? {
        return Err(not_found("Q&A pair"));
    }
    audit::record(
        &mut tx,
        &member.actor().to_string(),
        "qa_pair_deleted",
        &format!("qa_pair:{id}"),
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What an import did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Imported {
    pub imported: usize,
    /// Rows that were left out, with the reason.
    pub errors: Vec<RowError>,
}

/// Import Q&A pairs from CSV with the columns question, answer, category (at most 20 MB).
#[utoipa::path(post, path = "/qa-pairs/import", operation_id = "import_qa_pairs", tag = "qa-pairs",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 422, body = Problem)))]
async fn import_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Bytes(body): Bytes,
) -> Result<Json<Imported>> {
    member.require(Permission::EditKnowledge)?;
    let parsed = csv::parse(&body)?;
    let imported = super::import(&ctx, &member, parsed.pairs, |_| {}).await?;
    Ok(Json(Imported {
        imported,
        errors: parsed.errors,
    }))
}

/// Export all Q&A pairs as CSV.
#[utoipa::path(get, path = "/qa-pairs/export", operation_id = "export_qa_pairs", tag = "qa-pairs",
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn export_qa_pairs(State(ctx): State<Context>, member: Member) -> Result<Response> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let pairs = store::list(&mut tx, &store::Filter::default(), None, i64::MAX).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"qa-pairs.csv\"",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, csv::write(&pairs)?).into_response())
}
