//! Background embedding: fills missing vectors, and computes those of a newly chosen model beside the old ones.

use std::time::{Duration, Instant};

use kernel::db::JobTenant;
use kernel::error::unavailable;
use kernel::{Result, TenantProof, TenantTx};
use queue::{Attempt, Job, Options};
use serde::{Deserialize, Serialize};

use super::store::{self, Column, Place, State};
use super::{EmbedderChoice, Failure};
use crate::{Context, gaps, vector_index};

/// Embeds whatever waits in one tenant. At most one is queued a tenant; it goes on until nothing waits.
#[derive(Debug, Serialize, Deserialize)]
pub struct EmbedKnowledge {
    pub tenant: JobTenant,
}

impl Job for EmbedKnowledge {
    const NAME: &'static str = "embed_knowledge";
}

const BATCH: i64 = 64;

/// Queues the work in the caller's transaction.
pub async fn enqueue(tx: &mut TenantTx) -> Result<()> {
    let job = EmbedKnowledge {
        tenant: JobTenant::of(tx),
    };
    let key = format!("embed_knowledge/{}", tx.tenant_id());
    let options = Options::default().replacing(key.clone()).in_series(key);
    queue::enqueue(tx, &job, options)
        .await
        .map_err(kernel::error::internal)?;
    Ok(())
}

/// The handler. A batch is committed at a time, so a stop loses at most one. True when another model serves from now on.
pub async fn embed_knowledge(ctx: &Context, job: &EmbedKnowledge, attempt: Attempt) -> Result<bool> {
    let before = store::get(&mut ctx.db.tenant_read(&job.tenant).await?).await?;
    let embedded = embed_all(ctx, &job.tenant).await;
    let failure = embedded.as_ref().err().map(|error| Failure {
        reason: error.detail.clone(),
        is_tried_again: !attempt.is_last(),
    });
    note(ctx, &job.tenant, &before, failure).await?;
    let has_changed = embedded?;
    vector_index::jobs::follow(ctx, &job.tenant).await;
    Ok(has_changed)
}

/// What became of the attempt, unless somebody has chosen another model meanwhile.
async fn note(ctx: &Context, tenant: &JobTenant, before: &State, failure: Option<Failure>) -> Result<()> {
    if store::get(&mut ctx.db.tenant_read(tenant).await?).await?.failure == failure {
        return Ok(());
    }
    let mut tx = ctx.db.tenant(tenant).await?;
    let state = store::lock(&mut tx).await?;
    if (&state.embedder, &state.next_embedder) == (&before.embedder, &before.next_embedder) {
        store::set_failure(&mut tx, failure.as_ref()).await?;
    }
    tx.commit().await
}

/// Both models side by side: one that answers no more keeps neither its successor from serving, nor, should the
/// successor fail, does that keep texts from being found meanwhile.
async fn embed_all(ctx: &Context, tenant: &JobTenant) -> Result<bool> {
    let (waiting, has_changed) = tokio::join!(embed_waiting(ctx, tenant), change_model(ctx, tenant));
    if has_changed? {
        return Ok(true);
    }
    waiting?;
    Ok(false)
}

/// True when the next model has all its vectors, and serves.
async fn change_model(ctx: &Context, tenant: &JobTenant) -> Result<bool> {
    let state = store::get(&mut ctx.db.tenant_read(tenant).await?).await?;
    let Some(next) = state.next_embedder else {
        return Ok(false);
    };
    loop {
        fill(ctx, tenant, Column::Next, &next).await?;
        let mut tx = ctx.db.tenant(tenant).await?;
        // Another change of model may have begun, or texts may have come in since the last batch.
        if store::lock(&mut tx).await?.next_embedder.as_ref() != Some(&next) {
            return Ok(false);
        }
        if store::list_waiting(&mut tx, Column::Next, None, 1)
            .await?
            .is_none()
        {
            store::swap(&mut tx).await?;
            gaps::clusters::enqueue(&mut tx, ctx.db.clock.now()).await?;
            tx.commit().await?;
            return Ok(true);
        }
    }
}

/// Embeds what has no vector of the serving model yet.
pub async fn embed_waiting(ctx: &Context, tenant: &JobTenant) -> Result<()> {
    let state = store::get(&mut ctx.db.tenant_read(tenant).await?).await?;
    fill(ctx, tenant, Column::Serving, &state.embedder).await
}

/// Until a walk through all tables finds nothing.
async fn fill(ctx: &Context, tenant: &JobTenant, column: Column, choice: &EmbedderChoice) -> Result<()> {
    let Some(embedder) = ctx.embedders.find(tenant.tenant_id(), choice).await? else {
        return Ok(());
    };
    let (mut after, mut told) = (None, None);
    loop {
        let mut tx = ctx.db.tenant_read(tenant).await?;
        let waiting = store::list_waiting(&mut tx, column, after, BATCH).await?;
        drop(tx);
        let (table, waiting) = match waiting {
            Some(waiting) => waiting,
            None if after.is_none() => return tell_the_end(ctx, tenant, told).await,
            None => {
                after = None;
                continue;
            }
        };
        after = Place::after(table, &waiting);
        let (ids, texts): (Vec<_>, Vec<_>) = waiting.into_iter().map(|row| (row.id, row.text)).unzip();
        let embedded = embedder.embed(texts).await;
        let vectors = embedded.map_err(|error| unavailable(format!("Embedding failed: {error}.")))?;
        let mut tx = ctx.db.tenant(tenant).await?;
        let state = lock(&mut tx, &mut told).await?;
        let is_wanted = match column {
            Column::Serving => state.embedder == *choice,
            Column::Next => state.next_embedder.as_ref() == Some(choice),
        };
        if !is_wanted {
            // the choice changed while these were computed; whoever changed it has queued the work anew
            return Ok(());
        }
        store::set_vectors(&mut tx, table, column, ids.into_iter().zip(vectors).collect()).await?;
        if state.failure.is_some() {
            store::set_failure(&mut tx, None).await?;
        }
        tx.commit().await?;
    }
}

/// The last batch may have come within the second.
async fn tell_the_end(ctx: &Context, tenant: &JobTenant, told: Option<Instant>) -> Result<()> {
    if told.is_none() {
        return Ok(());
    }
    let mut tx = ctx.db.tenant(tenant).await?;
    store::lock(&mut tx).await?;
    tx.commit().await
}

/// Open dashboards read the progress once a second, not after each batch.
async fn lock(tx: &mut TenantTx, told: &mut Option<Instant>) -> Result<State> {
    if told.is_some_and(|when| when.elapsed() < Duration::from_secs(1)) {
        return store::lock_quietly(tx).await;
    }
    *told = Some(Instant::now());
    store::lock(tx).await
}
