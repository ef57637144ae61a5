//! From a text to passages that answer, for whatever texts are learned in the background: files and pages of web sites.
//!
//! Passages are written beside those that serve, get their vectors in batches, and serve when their owner says so:
//! [`cut`], [`store::insert`], [`embed`], then the owner's own `serve`.

pub mod store;

use kernel::db::JobTenant;
use kernel::ids::PassageId;
use kernel::{Result, TenantProof};

pub use store::Owner;

use crate::embedding::store::Column;
use crate::passages::{self, Passage};
use crate::{Context, embedding, language};

/// A passage that is ready to be written.
#[derive(Debug)]
pub struct PreparedPassage {
    pub id: PassageId,
    pub position: i32,
    pub section: i32,
    pub page: Option<i32>,
    pub heading: String,
    pub content: String,
    pub language: Option<String>,
    pub vector: Option<Vec<f32>>,
}

const BATCH: i64 = 128;

/// The language of a text and its passages, each word for word but once.
pub fn cut(title: &str, pages: &[(Option<u32>, &str)]) -> (Option<String>, Vec<PreparedPassage>) {
    let mut sample = String::new();
    for (_, text) in pages {
        sample.extend(text.chars().take(20_000usize.saturating_sub(sample.len())));
    }
    let detected = language::detect(&sample);
    let language = (!detected.is_unknown()).then(|| detected.code().to_owned());
    let mut seen = std::collections::HashSet::new();
    let is_new = |passage: &Passage| seen.insert((passage.heading.clone(), passage.text.clone()));
    let passages = passages::split_pages(title, pages).into_iter().filter(is_new);
    let prepared = passages
        .map(|passage| prepare(passage, language.as_deref(), None))
        .collect();
    (language, prepared)
}

/// What to say of a text that was cut into more than [`passages::MOST_PASSAGES`].
pub const TOO_MANY_PASSAGES: &str = "The text falls into more than 30,000 passages. Split it.";

/// A passage in another language than its document says so; short ones say nothing.
pub fn prepare(passage: Passage, language: Option<&str>, vector: Option<Vec<f32>>) -> PreparedPassage {
    let detected = language::detect(&passage.text);
    let own = (!detected.is_unknown()).then(|| detected.code());
    PreparedPassage {
        id: PassageId::new(),
        position: i32::try_from(passage.position).unwrap_or(i32::MAX),
        section: i32::try_from(passage.section).unwrap_or(i32::MAX),
        page: passage.page.and_then(|page| i32::try_from(page).ok()),
        heading: passage.heading,
        content: passage.text,
        language: own.or(language).map(str::to_owned),
        vector,
    }
}

/// True: every passage has its vector. False: the model cannot be had, or was changed; a later job does the rest, and
/// until then passages are found by their words.
pub async fn embed(ctx: &Context, tenant: &JobTenant, owner: Owner, revision: i32) -> Result<bool> {
    let choice = embedding::current(&mut ctx.db.tenant_read(tenant).await?).await?;
    loop {
        let mut tx = ctx.db.tenant_read(tenant).await?;
        let waiting = store::list_unembedded(&mut tx, owner, revision, BATCH).await?;
        drop(tx);
        if waiting.is_empty() {
            return Ok(true);
        }
        let (ids, texts): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let vectors = embedding::embed(ctx, tenant.tenant_id(), &choice, texts).await;
        let found: Vec<_> = ids
            .into_iter()
            .zip(vectors)
            .filter_map(|(id, vector)| vector.map(|vector| (id, vector)))
            .collect();
        let mut tx = ctx.db.tenant(tenant).await?;
        let change = embedding::begin_change(&mut tx, &choice).await?;
        if found.is_empty() || !change.fits {
            return Ok(false);
        }
        embedding::store::set_vectors(&mut tx, "knowledge_chunks", Column::Serving, found).await?;
        tx.commit().await?;
    }
}
