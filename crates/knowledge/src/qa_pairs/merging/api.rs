//! HTTP: merge a pair into another, and restore it.

use access::{Member, Permission, audit};
use axum::extract::State;
use kernel::Result;
use kernel::error::{Problem, conflict, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::QaPairId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Merge, Said, check, find_merge, store};
use crate::Context;
use crate::embedding;
use crate::qa_pairs::list::USED_WITHIN;
use crate::qa_pairs::{NewQaPair, QaPair, prepare, store as pairs};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(merge_qa_pair))
        .routes(routes!(restore_qa_pair))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct MergeQaPair {
    /// The pair that stays.
    into_id: QaPairId,
    /// What it asks and says from then on, if that changes.
    question: Option<String>,
    answer: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MergedQaPair {
    /// The pair that stays.
    qa_pair: QaPair,
    /// The one that went; restore it to undo.
    merged: QaPair,
}

/// Merge a Q&A pair into another: it becomes inactive, and its question is answered by the other one.
#[utoipa::path(post, path = "/qa-pairs/{id}/merge", operation_id = "merge_qa_pair", tag = "qa-pairs",
    params(("id" = QaPairId, Path)), request_body = MergeQaPair,
    responses((status = 200, body = MergedQaPair), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn merge_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<QaPairId>,
    Json(input): Json<MergeQaPair>,
) -> Result<Json<MergedQaPair>> {
    member.require(Permission::EditKnowledge)?;
    let since = ctx.db.clock.now() - USED_WITHIN;
    let mut tx = ctx.db.tenant_read(&member).await?;
    pairs::get(&mut tx, id, since).await?;
    let into = pairs::get(&mut tx, input.into_id, since).await?;
    drop(tx);
    let after = Said {
        question: input.question.unwrap_or(into.question),
        answer: input.answer.unwrap_or(into.answer),
    };
    let batch = prepare(&ctx, &member, vec![said_as_new(&after)]).await?;
    let vector = batch.pairs.into_iter().next().and_then(|pair| pair.vector);
    let mut tx = ctx.db.tenant(&member).await?;
    let change = embedding::begin_change(&mut tx, &batch.choice).await?;
    let (pair, into) = (
        pairs::get(&mut tx, id, since).await?,
        pairs::get(&mut tx, input.into_id, since).await?,
    );
    check(&pair, &into)?;
    let merge = Merge {
        into: into.id,
        before: Said::of(&into),
        after,
    };
    store::merge(&mut tx, id, &merge).await?;
    let is_complete = say(&mut tx, into, &merge.after, vector.filter(|_| change.fits)).await?;
    change.finish(&mut tx, is_complete).await?;
    note(&mut tx, &member, audit::Action::QaPairMerged, id, &pair.question).await?;
    let result = MergedQaPair {
        qa_pair: pairs::get(&mut tx, merge.into, since).await?,
        merged: pairs::get(&mut tx, id, since).await?,
    };
    tx.commit().await?;
    Ok(Json(result))
}

/// Restore a merged Q&A pair: it answers by itself again, and the other one says what it said before, unless that
/// has been changed since.
#[utoipa::path(post, path = "/qa-pairs/{id}/restore", operation_id = "restore_qa_pair", tag = "qa-pairs",
    params(("id" = QaPairId, Path)),
    responses((status = 200, body = QaPair), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn restore_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<QaPairId>,
) -> Result<Json<QaPair>> {
    member.require(Permission::EditKnowledge)?;
    let since = ctx.db.clock.now() - USED_WITHIN;
    let mut tx = ctx.db.tenant_read(&member).await?;
    pairs::get(&mut tx, id, since).await?;
    let Some(merge) = find_merge(&mut tx, id).await? else {
        return Err(conflict(
            "not_merged",
            "This pair was not merged, or has been restored already.",
        ));
    };
    drop(tx);
    let batch = prepare(&ctx, &member, vec![said_as_new(&merge.before)]).await?;
    let vector = batch.pairs.into_iter().next().and_then(|pair| pair.vector);
    let mut tx = ctx.db.tenant(&member).await?;
    let change = embedding::begin_change(&mut tx, &batch.choice).await?;
    if find_merge(&mut tx, id).await?.as_ref() != Some(&merge) {
        return Err(not_found("merge"));
    }
    pairs::take_back_phrasings(&mut tx, &[id.0]).await?;
    store::restore(&mut tx, id).await?;
    let into = pairs::find(&mut tx, merge.into, since).await?;
    let mut is_complete = true;
    if let Some(into) = into.filter(|into| Said::of(into) == merge.after) {
        is_complete = say(&mut tx, into, &merge.before, vector.filter(|_| change.fits)).await?;
    }
    change.finish(&mut tx, is_complete).await?;
    let pair = pairs::get(&mut tx, id, since).await?;
    note(
        &mut tx,
        &member,
        audit::Action::QaPairRestored,
        id,
        &pair.question,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(pair))
}

fn said_as_new(said: &Said) -> NewQaPair {
    NewQaPair {
        question: said.question.clone(),
        answer: said.answer.clone(),
        category: None,
        language: None,
        phrasings: Vec::new(),
        is_active: None,
    }
}

/// Lets the pair that stays say this. False: its question still needs a vector.
async fn say(
    tx: &mut kernel::TenantTx,
    mut into: QaPair,
    said: &Said,
    vector: Option<Vec<f32>>,
) -> Result<bool> {
    let is_reworded = into.question != said.question.trim();
    into.question = said.question.trim().to_owned();
    into.answer = said.answer.trim().to_owned();
    let is_complete = !is_reworded || vector.is_some();
    pairs::update(tx, &into, is_reworded.then_some(vector)).await?;
    Ok(is_complete)
}

async fn note(
    tx: &mut kernel::TenantTx,
    member: &Member,
    action: audit::Action,
    id: QaPairId,
    question: &str,
) -> Result<()> {
    let details = json!({"question": question});
    audit::record_by(tx, member, action, &format!("qa_pair:{id}"), details).await
}
