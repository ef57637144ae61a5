//! Puts the passages of large bases into the index, takes out what has vanished, and measures what it finds.
//!
//! A batch is committed at a time, so a stop loses at most one; doing it twice does no harm. What the index holds too much
//! is harmless as well: everything it names is read again.

use std::collections::HashSet;

use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::{Database, Event, Result, TenantProof, TenantTx, WorkspaceList};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Point;
use super::store::{self, Recall, Size, Waiting};
use crate::Context;
use crate::embedding;
use crate::language::Language;
use crate::retrieval::passage_words;

/// Brings one tenant's index up to date. At most one is queued a tenant.
#[derive(Debug, Serialize, Deserialize)]
pub struct IndexPassages {
    pub tenant: JobTenant,
}

impl Job for IndexPassages {
    const NAME: &'static str = "index_passages";
}

/// Passages that are put into the index together. Each is named by its place, a `smallint`.
const BATCH: i64 = 1_000;
/// Each statement has a limit of time, and HNSW takes some milliseconds for a row.
const MARKED_AT_ONCE: usize = 100;

/// Queues the work in the caller's transaction.
pub async fn enqueue(tx: &mut TenantTx) -> Result<()> {
    let job = IndexPassages {
        tenant: JobTenant::of(tx),
    };
    let key = format!("index_passages/{}", tx.tenant_id());
    let options = Options::default().replacing(key.clone()).in_series(key);
    queue::enqueue(tx, &job, options).await.map_err(internal)?;
    Ok(())
}

/// The same in a transaction of its own, by whoever sees that a base is large. Not worth failing for: the next one sees
/// it too.
pub async fn look_after(db: &Database, proof: &impl TenantProof) {
    let queued = async {
        let mut tx = db.tenant(&JobTenant::of(proof)).await?;
        enqueue(&mut tx).await?;
        tx.commit().await
    };
    if let Err(error) = queued.await {
        tracing::warn!(%error, "indexing could not be queued");
    }
}

/// After passages came, changed or went: queues the work where the base is large, or was.
pub async fn follow(ctx: &Context, proof: &impl TenantProof) {
    let tenant = JobTenant::of(proof);
    let is_of_interest = async {
        let mut tx = ctx.db.tenant_read(&tenant).await?;
        let size = store::count(&mut tx, ctx.large.index.name()).await?;
        Ok::<_, kernel::Error>(size.passages > ctx.large.most_held || store::has_batches(&mut tx).await?)
    };
    match is_of_interest.await {
        Ok(true) => look_after(&ctx.db, &tenant).await,
        Ok(false) => {}
        Err(error) => error.log(),
    }
}

/// The handler.
pub async fn index_passages(ctx: &Context, job: &IndexPassages) -> Result<()> {
    let tenant = job.tenant;
    let size = count(ctx, &tenant).await?;
    if size.passages <= ctx.large.most_held {
        return leave(ctx, tenant).await;
    }
    let mut has_changed = withdraw(ctx, tenant).await?;
    has_changed |= put_waiting(ctx, tenant).await?;
    if has_changed {
        let mut tx = begin(ctx, &tenant).await?;
        store::raise_revision(&mut tx).await?;
        tx.commit().await?;
    }
    measure(ctx, tenant).await
}

async fn count(ctx: &Context, tenant: &JobTenant) -> Result<Size> {
    let mut tx = ctx.db.tenant_read(tenant).await?;
    store::count(&mut tx, ctx.large.index.name()).await
}

/// A transaction that changes what is held, in the order of locks that all changes of knowledge have.
async fn begin(ctx: &Context, tenant: &JobTenant) -> Result<TenantTx> {
    let mut tx = ctx.db.tenant(tenant).await?;
    embedding::store::lock(&mut tx).await?;
    Ok(tx)
}

/// A base that is not large any more is held whole.
async fn leave(ctx: &Context, tenant: JobTenant) -> Result<()> {
    if !store::has_batches(&mut ctx.db.tenant_read(&tenant).await?).await? {
        return Ok(());
    }
    ctx.large.index.forget(tenant).await?;
    let mut tx = begin(ctx, &tenant).await?;
    store::forget(&mut tx).await?;
    store::raise_revision(&mut tx).await?;
    tx.commit().await
}

/// Takes out what has vanished.
async fn withdraw(ctx: &Context, tenant: JobTenant) -> Result<bool> {
    let index = &ctx.large.index;
    let mut has_changed = false;
    loop {
        let mut tx = ctx.db.tenant_read(&tenant).await?;
        let Some(vanished) = store::find_vanished(&mut tx, index.name()).await? else {
            return Ok(has_changed);
        };
        drop(tx);
        index.remove(tenant, &vanished.ids).await?;
        let mut tx = begin(ctx, &tenant).await?;
        if vanished.is_spent {
            store::dissolve(&mut tx, vanished.batch).await?;
            store::raise_revision(&mut tx).await?;
        } else {
            store::clear_places(&mut tx, vanished.batch, &vanished.ids).await?;
        }
        tx.commit().await?;
        has_changed = true;
    }
}

/// Puts in whatever is not there yet, in the order of ids; once more from the beginning for what came in meanwhile.
async fn put_waiting(ctx: &Context, tenant: JobTenant) -> Result<bool> {
    let index = &ctx.large.index;
    let (mut after, mut has_changed, mut is_first_round) = (Uuid::nil(), false, true);
    loop {
        let mut tx = ctx.db.tenant_read(&tenant).await?;
        let waiting = store::list_waiting(&mut tx, index.name(), index.lengths(), after, BATCH).await?;
        drop(tx);
        match waiting.last() {
            Some(last) => after = last.id,
            None if after.is_nil() || !is_first_round => return Ok(has_changed),
            None => {
                (after, is_first_round) = (Uuid::nil(), false);
                continue;
            }
        }
        has_changed |= put(ctx, tenant, waiting).await?;
    }
}

async fn put(ctx: &Context, tenant: JobTenant, mut waiting: Vec<Waiting>) -> Result<bool> {
    // all of one length; others are left over from another model, or come in the next round
    let length = waiting
        .first()
        .map_or(0, |first| first.embedding.as_slice().len());
    waiting.retain(|one| one.embedding.as_slice().len() == length);
    let points: Vec<Point> = waiting
        .iter()
        .map(|one| Point {
            id: one.id,
            vector: one.embedding.to_vec(),
        })
        .collect();
    let index = &ctx.large.index;
    index.put(tenant, &points).await?;
    // without the lock of changes: what serves stays as it is, and others need not wait
    let mut tx = ctx.db.tenant(&tenant).await?;
    let mut marked: HashSet<Uuid> = HashSet::new();
    for some in waiting.chunks(MARKED_AT_ONCE) {
        marked.extend(store::mark(&mut tx, index.name(), some).await?);
    }
    waiting.retain(|one| marked.contains(&one.id));
    if waiting.is_empty() {
        return Ok(false);
    }
    let (ids, words) = tokio::task::spawn_blocking(move || words_of(&waiting))
        .await
        .map_err(internal)?;
    store::insert_batch(&mut tx, index.name(), &ids, &words).await?;
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Knowledge,
    });
    tx.commit().await?;
    Ok(true)
}

/// The passages' ids, and each word with the place of a passage that holds it.
fn words_of(waiting: &[Waiting]) -> (Vec<Uuid>, Vec<(String, i16)>) {
    let ids = waiting.iter().map(|one| one.id).collect();
    let mut words = Vec::new();
    for (place, one) in (1_i16..).zip(waiting) {
        let language = one
            .language
            .as_deref()
            .map_or(Language::UNKNOWN, Language::from_code);
        let of_passage = passage_words(&one.title, &one.content, language);
        words.extend(of_passage.into_iter().map(|word| (word, place)));
    }
    (ids, words)
}

/// Passages that are looked for.
const PROBES: i64 = 50;
const NEAREST: usize = 10;
/// Measured anew when the base has grown or shrunk by a tenth.
const GROWN: f64 = 0.1;

/// How many of the nearest passages the index finds: the tenant's own passages are the questions.
async fn measure(ctx: &Context, tenant: JobTenant) -> Result<()> {
    let index = &ctx.large.index;
    let size = count(ctx, &tenant).await?;
    let mut tx = ctx.db.tenant_read(&tenant).await?;
    let known = store::find_recall(&mut tx).await?;
    let is_fresh = |known: &Recall| {
        let change = (size.indexed as f64 - known.passages as f64).abs();
        known.index_name == index.name() && change < GROWN * known.passages as f64
    };
    if size.indexed == 0 || known.as_ref().is_some_and(is_fresh) {
        return Ok(());
    }
    let probes = store::list_probes(&mut tx, index.name(), PROBES).await?;
    drop(tx);
    let (mut found, mut wanted) = (0, 0);
    for (id, vector) in &probes {
        // one more, because a passage is nearest to itself
        let mut tx = ctx.db.tenant_read(&tenant).await?;
        let exact = store::list_exactly_nearest(&mut tx, index.name(), vector, NEAREST + 1).await?;
        drop(tx);
        let nearest = index.nearest(tenant, vector, NEAREST + 1).await?;
        let others = |ids: Vec<Uuid>| ids.into_iter().filter(|other| other != id).take(NEAREST);
        let nearest: HashSet<Uuid> = others(nearest).collect();
        let exact: Vec<Uuid> = others(exact).collect();
        wanted += exact.len();
        found += exact.iter().filter(|id| nearest.contains(id)).count();
    }
    if wanted == 0 {
        return Ok(());
    }
    let recall = Recall {
        index_name: index.name().to_owned(),
        recall_at_10: found as f64 / wanted as f64,
        questions: probes.len(),
        passages: size.indexed,
        measured_at: ctx.db.clock.now(),
    };
    let mut tx = begin(ctx, &tenant).await?;
    store::set_recall(&mut tx, &recall).await?;
    tx.commit().await
}
