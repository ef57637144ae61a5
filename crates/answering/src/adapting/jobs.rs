//! The job that trains a version: reads the labels, embeds the questions, learns, tries, and lets the version serve if it is
//! better. A stop loses the work and nothing else: the job begins anew.

use std::collections::HashMap;
use std::sync::Arc;

use access::audit::Action;
use kernel::db::JobTenant;
use kernel::error::{Kind, conflict, internal, unavailable};
use kernel::ids::ModelVersionId;
use kernel::{Result, TenantProof, TenantTx, secrets};
use knowledge::adapters::trial::{self, Known, Labelled, Trained};
use knowledge::adapters::{Status, store};
use knowledge::embedding::{self, EmbedderChoice};
use knowledge::snapshot::Snapshot;
use queue::{Attempt, Job, Options};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::labels;
use crate::Context;
use crate::publishing::{self, PastQuestion};

/// Trains one version.
#[derive(Debug, Serialize, Deserialize)]
pub struct TrainRetrieval {
    pub tenant: JobTenant,
    pub version: ModelVersionId,
}

impl Job for TrainRetrieval {
    const NAME: &'static str = "train_retrieval";
    const MAX_ATTEMPTS: u16 = 5;
}

impl TrainRetrieval {
    /// Queues the work in the caller's transaction. A tenant's trainings take turns.
    pub async fn enqueue(tx: &mut TenantTx, version: ModelVersionId) -> Result<()> {
        let job = Self {
            tenant: JobTenant::of(tx),
            version,
        };
        let options = Options::default().in_series(format!("train_retrieval/{}", tx.tenant_id()));
        queue::enqueue(tx, &job, options).await.map_err(internal)?;
        Ok(())
    }
}

/// So many questions are embedded at a time.
const BATCH: usize = 64;
/// The part of the work that embedding is taken for.
const EMBEDDING: f64 = 0.2;

pub async fn train_retrieval(ctx: &Context, job: &TrainRetrieval, attempt: Attempt) -> Result<()> {
    let outcome = work(ctx, job).await;
    match outcome {
        Err(error) if attempt.is_last() || matches!(error.kind, Kind::Conflict) => {
            fail(ctx, job, &error.detail).await
        }
        outcome => outcome,
    }
}

/// After the last try, or when the tries killed the server.
pub async fn give_up_training(ctx: &Context, job: &TrainRetrieval) -> Result<()> {
    let detail = "The training ended because of a fault of this server. Start it once more later.";
    fail(ctx, job, detail).await
}

async fn fail(ctx: &Context, job: &TrainRetrieval, detail: &str) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    store::fail(&mut tx, job.version, detail).await?;
    tx.commit().await
}

async fn work(ctx: &Context, job: &TrainRetrieval) -> Result<()> {
    let proof = &job.tenant;
    let mut tx = ctx.db.tenant_read(proof).await?;
    let version = store::get(&mut tx, job.version).await?;
    if version.status != Status::Training {
        return Ok(());
    }
    let state = embedding::store::get(&mut tx).await?;
    let asked = publishing::list_past_questions(&mut tx, publishing::MOST_QUESTIONS).await?;
    drop(tx);
    if state.embedder.name() != version.base_model {
        return Err(changed_meanwhile());
    }
    let snapshot = ctx
        .knowledge
        .snapshots
        .get(&ctx.db, proof, state.revision)
        .await?;
    let vectors = embed(ctx, job, &state.embedder, &asked).await?;
    let held = snapshot.clone();
    let labelled = tokio::task::spawn_blocking(move || labels::of(&held, asked, &vectors));
    let labelled = labelled.await.map_err(internal)?;
    let known = labelled.iter().filter(|one| matches!(one.known, Known::Right(_)));
    if known.count() < trial::FEWEST_QUESTIONS {
        return Err(too_few());
    }
    let learned_from = digest(&labelled);
    let trained = train(ctx, job, snapshot, labelled).await?;
    conclude(ctx, job, &state.embedder, &trained, &learned_from).await
}

pub(super) fn too_few() -> kernel::Error {
    conflict(
        "too_few_labels",
        format!(
            "At least {} questions are needed of which is known what answers them. Thumbs up of visitors, closed gaps and \
             evaluation sets say it.",
            trial::FEWEST_QUESTIONS
        ),
    )
}

fn changed_meanwhile() -> kernel::Error {
    conflict(
        "search_model_changed",
        "The search model was changed meanwhile. Start the training once more.",
    )
}

async fn embed(
    ctx: &Context,
    job: &TrainRetrieval,
    choice: &EmbedderChoice,
    asked: &[PastQuestion],
) -> Result<HashMap<String, Vec<f32>>> {
    let labels = asked
        .iter()
        .filter(|asked| asked.is_label && asked.knowing.evidence().is_some());
    let mut texts: Vec<String> = labels.map(|asked| asked.question.text.clone()).collect();
    texts.sort_unstable();
    texts.dedup();
    let mut known = HashMap::new();
    for (batch, part) in texts.chunks(BATCH).enumerate() {
        let done = (batch * BATCH) as f64 / texts.len() as f64;
        set_progress(ctx, job, EMBEDDING * done).await?;
        let vectors = embedding::embed(&ctx.knowledge, job.tenant.tenant_id(), choice, part.to_vec()).await;
        let found = part.iter().cloned().zip(vectors);
        known.extend(found.filter_map(|(text, vector)| Some((text, vector?))));
    }
    if known.is_empty() && !texts.is_empty() {
        return Err(unavailable(
            "The search model gave no vectors. Check it under Settings, then start the training once more.",
        ));
    }
    Ok(known)
}

/// On a thread of its own, whose progress is written down here.
async fn train(
    ctx: &Context,
    job: &TrainRetrieval,
    snapshot: Arc<Snapshot>,
    labelled: Vec<Labelled>,
) -> Result<Trained> {
    let (told, mut hear) = mpsc::unbounded_channel();
    let training = tokio::task::spawn_blocking(move || {
        trial::train(&snapshot.index, &labelled, |done| {
            // whoever listened may have gone
            let _ = told.send(done);
        })
    });
    while let Some(done) = hear.recv().await {
        set_progress(ctx, job, EMBEDDING + (1.0 - EMBEDDING) * done).await?;
    }
    training.await.map_err(internal)
}

async fn set_progress(ctx: &Context, job: &TrainRetrieval, progress: f64) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    store::set_progress(&mut tx, job.version, progress).await?;
    tx.commit().await
}

/// Which questions, and what was said of them: equal digests, equal lessons.
fn digest(labelled: &[Labelled]) -> String {
    let mut lines: Vec<String> = labelled
        .iter()
        .map(|one| {
            let (kind, ids) = match &one.known {
                Known::Right(ids) => ("right", ids.iter().collect::<std::collections::BTreeSet<_>>()),
                Known::Wrong(ids) => ("wrong", ids.iter().collect()),
                Known::Nothing => ("nothing", Default::default()),
            };
            format!("{}\t{kind}\t{ids:?}", one.question)
        })
        .collect();
    lines.sort_unstable();
    let hash = secrets::sha256(lines.join("\n").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn conclude(
    ctx: &Context,
    job: &TrainRetrieval,
    choice: &EmbedderChoice,
    trained: &Trained,
    learned_from: &str,
) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    if embedding::store::lock(&mut tx).await?.embedder != *choice {
        return Err(changed_meanwhile());
    }
    let is_concluded = store::conclude(&mut tx, job.version, trained, learned_from).await?;
    if is_concluded {
        super::record(&mut tx, "system", Action::RetrievalTrained, job.version).await?;
    }
    if is_concluded && trained.figures.refusal.is_none() {
        super::activate(&mut tx, "system", job.version).await?;
    }
    tx.commit().await
}
