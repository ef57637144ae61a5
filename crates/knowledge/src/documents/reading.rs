//! The job that reads a file: text, passages, vectors, and then all of it serves at once.
//!
//! Each step is committed, so that a stop loses at most one batch of vectors, and open dashboards see how far it is.

use documents::{Error, Reading, Unreadable};
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::DocumentId;
use kernel::{Result, TenantProof, TenantTx};
use queue::{Attempt, Job, Options};
use serde::{Deserialize, Serialize};

use super::store::{self, Waiting};
use super::{PreparedPassage, prepare};
use crate::embedding::store::Column;
use crate::passages::{self, Passage};
use crate::{Context, embedding, language};

/// Reads the file of a document, unless another has taken its place.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadDocument {
    tenant: JobTenant,
    document: DocumentId,
    revision: i32,
}

impl Job for ReadDocument {
    const NAME: &'static str = "read_document";
    const MAX_ATTEMPTS: u16 = 5;
}

impl ReadDocument {
    /// Queues the work in the caller's transaction. A tenant's files are read one after another, so that one tenant with
    /// a thousand files does not keep the others waiting.
    pub async fn enqueue(tx: &mut TenantTx, document: DocumentId, revision: i32) -> Result<()> {
        let job = Self {
            tenant: JobTenant::of(tx),
            document,
            revision,
        };
        let options = Options::default().in_series(format!("read_document/{}", tx.tenant_id()));
        queue::enqueue(tx, &job, options).await.map_err(internal)?;
        Ok(())
    }
}

const BATCH: i64 = 128;

pub async fn read_document(ctx: &Context, job: ReadDocument, attempt: Attempt) -> Result<()> {
    let outcome = work(ctx, &job).await;
    if outcome.is_err() && attempt.is_last() {
        let detail = "The file could not be read because of a fault of this server. Try again later.";
        fail(ctx, &job, detail).await?;
    }
    outcome
}

async fn work(ctx: &Context, job: &ReadDocument) -> Result<()> {
    let mut tx = ctx.db.tenant_read(&job.tenant).await?;
    let Some(waiting) = store::find_waiting(&mut tx, job.document, job.revision).await? else {
        return Ok(());
    };
    drop(tx);
    if waiting.chunk_count == 0 && !learn(ctx, job, &waiting).await? {
        return Ok(());
    }
    let is_complete = embed(ctx, job).await?;
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    let choice = embedding::current(&mut tx).await?;
    let change = embedding::begin_change(&mut tx, &choice).await?;
    if store::serve(&mut tx, job.document, job.revision).await? {
        change.finish(&mut tx, is_complete).await?;
    }
    tx.commit().await
}

/// Text and passages. False: the file cannot be read, which is noted.
async fn learn(ctx: &Context, job: &ReadDocument, waiting: &Waiting) -> Result<bool> {
    let bytes = store::find_bytes(&mut ctx.db.tenant_read(&job.tenant).await?, job.document).await?;
    let bytes = bytes.ok_or_else(|| internal("a document has lost its file"))?;
    let name = waiting.filename.as_deref().unwrap_or_default();
    let reading = match documents::read(&ctx.reader, &bytes, name).await {
        Ok(reading) => reading,
        Err(Error::Unreadable(reason)) => {
            fail(ctx, job, &reason.to_string()).await?;
            return Ok(false);
        }
        Err(Error::Machine(error)) => return Err(internal(error)),
    };
    let title = title_of(&reading, waiting).to_owned();
    let (language, passages) = tokio::task::spawn_blocking({
        let title = title.clone();
        let pages = reading.pages.clone();
        move || cut(&title, &pages)
    })
    .await
    .map_err(internal)?;
    if passages.is_empty() {
        fail(ctx, job, &Unreadable::NoText.to_string()).await?;
        return Ok(false);
    }
    let has_pages = reading.pages.iter().any(|page| page.number.is_some());
    let pages = has_pages.then_some(reading.pages.len());
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    embedding::store::lock(&mut tx).await?;
    if store::find_waiting(&mut tx, job.document, job.revision)
        .await?
        .is_none()
    {
        return Ok(false);
    }
    store::insert_passages(&mut tx, job.document, job.revision, &passages).await?;
    store::set_read(
        &mut tx,
        job.document,
        &title,
        language.as_deref(),
        passages.len(),
        pages,
    )
    .await?;
    tx.commit().await?;
    Ok(true)
}

/// What the file calls itself, or what it was called until now.
fn title_of<'a>(reading: &'a Reading, waiting: &'a Waiting) -> &'a str {
    let own = reading
        .title
        .as_deref()
        .filter(|title| title.chars().count() <= 300);
    own.unwrap_or(&waiting.title)
}

/// The document's language and its passages, each word for word but once.
fn cut(title: &str, pages: &[documents::Page]) -> (Option<String>, Vec<PreparedPassage>) {
    let texts: Vec<(Option<u32>, &str)> = pages
        .iter()
        .map(|page| (page.number, page.text.as_str()))
        .collect();
    let mut sample = String::new();
    for (_, text) in &texts {
        sample.extend(text.chars().take(20_000usize.saturating_sub(sample.len())));
    }
    let detected = language::detect(&sample);
    let language = (!detected.is_unknown()).then(|| detected.code().to_owned());
    let mut seen = std::collections::HashSet::new();
    let is_new = |passage: &Passage| seen.insert((passage.heading.clone(), passage.text.clone()));
    let passages = passages::split_pages(title, &texts).into_iter().filter(is_new);
    let prepared = passages
        .map(|passage| prepare(passage, language.as_deref(), None))
        .collect();
    (language, prepared)
}

/// True: every passage has its vector. False: the model cannot be had, or was changed; a later job does the rest, and
/// until then passages are found by their words.
async fn embed(ctx: &Context, job: &ReadDocument) -> Result<bool> {
    let choice = embedding::current(&mut ctx.db.tenant_read(&job.tenant).await?).await?;
    loop {
        let mut tx = ctx.db.tenant_read(&job.tenant).await?;
        let waiting = store::list_unembedded(&mut tx, job.document, job.revision, BATCH).await?;
        drop(tx);
        if waiting.is_empty() {
            return Ok(true);
        }
        let (ids, texts): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let vectors = embedding::embed(ctx, job.tenant.tenant_id(), &choice, texts).await;
        let found: Vec<_> = ids
            .into_iter()
            .zip(vectors)
            .filter_map(|(id, vector)| vector.map(|vector| (id, vector)))
            .collect();
        let mut tx = ctx.db.tenant(&job.tenant).await?;
        let change = embedding::begin_change(&mut tx, &choice).await?;
        if found.is_empty() || !change.fits {
            return Ok(false);
        }
        embedding::store::set_vectors(&mut tx, "knowledge_chunks", Column::Serving, found).await?;
        tx.commit().await?;
    }
}

async fn fail(ctx: &Context, job: &ReadDocument, detail: &str) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    embedding::store::lock(&mut tx).await?;
    store::set_failed(&mut tx, job.document, job.revision, detail).await?;
    tx.commit().await
}
