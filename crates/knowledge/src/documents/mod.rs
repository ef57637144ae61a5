//! Documents: longer texts, cut into passages that can be found and quoted.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::{DocumentId, PassageId};
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};

use crate::embedding;
use crate::language;
use crate::{Context, passages};

/// A document as lists show it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Document {
    pub id: DocumentId,
    pub title: String,
    pub url: Option<String>,
    pub language: Option<String>,
    /// `pending`, `processed` or `failed`.
    pub status: String,
    /// How many passages it was cut into.
    pub chunk_count: i32,
    pub file_size: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A text to be learned: Markdown or plain.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct NewDocument {
    pub title: String,
    pub text: String,
    /// Where visitors can read it; shown as the source's link.
    pub url: Option<String>,
    pub language: Option<String>,
}

/// A passage that is ready to be written.
#[derive(Debug)]
pub struct PreparedPassage {
    pub id: PassageId,
    pub position: i32,
    pub section: i32,
    pub heading: String,
    pub content: String,
    pub vector: Option<Vec<f32>>,
}

/// The most that one document may hold.
const LONGEST: usize = 5 * 1024 * 1024;

/// Learns a document: cut, embedded and stored as a whole, so that no half of it ever serves.
pub async fn create(ctx: &Context, proof: &impl TenantProof, new: NewDocument) -> Result<Document> {
    let title = new.title.trim();
    if title.is_empty() || title.chars().count() > 300 {
        return Err(invalid("bad_title", "A title has 1 to 300 characters."));
    }
    if new.text.trim().is_empty() || new.text.len() > LONGEST {
        return Err(invalid("bad_text", "A document has 1 byte to 5 MB of text."));
    }
    if new
        .url
        .as_ref()
        .is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://"))
    {
        return Err(invalid(
            "bad_url",
            "The address of a document starts with https:// or http://.",
        ));
    }
    let detected = language::detect(&new.text);
    let language = new
        .language
        .clone()
        .or_else(|| (!detected.is_unknown()).then(|| detected.code().to_owned()));
    let choice = embedding::current(&mut ctx.db.tenant_read(proof).await?).await?;
    let passages = passages::split(title, &new.text);
    let texts = passages.iter().map(passages::Passage::text_to_embed).collect();
    let vectors = embedding::embed(ctx, proof.tenant_id(), &choice, texts).await;
    let is_complete = vectors.iter().all(Option::is_some);
    let mut prepared: Vec<PreparedPassage> = passages
        .into_iter()
        .zip(vectors)
        .map(|(passage, vector)| prepare(passage, vector))
        .collect();
    let mut tx = ctx.db.tenant(proof).await?;
    let change = embedding::begin_change(&mut tx, &choice).await?;
    if !change.fits {
        prepared.iter_mut().for_each(|passage| passage.vector = None);
    }
    let id = store::insert(&mut tx, &new, language.as_deref(), &prepared).await?;
    change.finish(&mut tx, is_complete).await?;
    let document = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(document)
}

fn prepare(passage: passages::Passage, vector: Option<Vec<f32>>) -> PreparedPassage {
    PreparedPassage {
        id: PassageId::new(),
        position: i32::try_from(passage.position).unwrap_or(i32::MAX),
        section: i32::try_from(passage.section).unwrap_or(i32::MAX),
        heading: passage.heading,
        content: passage.text,
        vector,
    }
}
