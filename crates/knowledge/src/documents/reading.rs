//! The job that reads a file: text, passages, vectors, and then all of it serves at once.
//!
//! Each step is committed, so that a stop loses at most one batch of vectors, and open dashboards see how far it is.

use documents::{Error, Reading, Unreadable};
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::DocumentId;
use kernel::{Result, TenantTx};
use queue::{Attempt, Job, Options};
use serde::{Deserialize, Serialize};

use super::store::{self, Waiting};
use crate::learning::{self, Owner};
use crate::passages::MOST_PASSAGES;
use crate::{Context, embedding, vector_index};

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

pub async fn read_document(ctx: &Context, job: ReadDocument, attempt: Attempt) -> Result<()> {
    let outcome = work(ctx, &job).await;
    if outcome.is_err() && attempt.is_last() {
        give_up_document(ctx, &job).await?;
    }
    vector_index::jobs::follow(ctx, &job.tenant).await;
    outcome
}

/// After the last try, or when the tries killed the server.
pub async fn give_up_document(ctx: &Context, job: &ReadDocument) -> Result<()> {
    let detail = "The file could not be read because of a fault of this server. Try again later.";
    fail(ctx, job, detail).await
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
    let is_complete = learning::embed(ctx, &job.tenant, Owner::Document(job.document), job.revision).await?;
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
        move || {
            let texts: Vec<(Option<u32>, &str)> = pages
                .iter()
                .map(|page| (page.number, page.text.as_str()))
                .collect();
            learning::cut(&title, &texts)
        }
    })
    .await
    .map_err(internal)?;
    if passages.len() > MOST_PASSAGES {
        fail(ctx, job, learning::TOO_MANY_PASSAGES).await?;
        return Ok(false);
    }
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
    learning::store::insert(&mut tx, Owner::Document(job.document), job.revision, &passages).await?;
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

async fn fail(ctx: &Context, job: &ReadDocument, detail: &str) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    embedding::store::lock(&mut tx).await?;
    store::set_failed(&mut tx, job.document, job.revision, detail).await?;
    tx.commit().await
}
