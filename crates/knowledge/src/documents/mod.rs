//! Documents: longer texts, cut into passages that can be found and quoted.
//!
//! A text is learned while its sender waits ([`create`]). A file is kept, read by a job ([`reading`]), and serves when
//! all of it is ready; a file that replaces another lets the earlier one serve until then.

pub mod api;
pub mod files;
pub mod reading;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::{DocumentId, PassageId};
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};

use crate::learning::{PreparedPassage, prepare};
use crate::{Context, embedding, language, passages};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DocumentStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    /// It is being read.
    Pending,
    Processed,
    Failed,
}

/// A document as lists show it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct Document {
    pub id: DocumentId,
    pub title: String,
    /// What the file was called; null for a text.
    pub filename: Option<String>,
    pub url: Option<String>,
    pub mime_type: String,
    pub language: Option<String>,
    /// Of the file that was sent last.
    pub status: Status,
    /// Why it could not be read.
    pub error: Option<String>,
    /// Whether visitors are answered from it: while a file that replaces another is read, from the earlier one.
    pub is_serving: bool,
    /// How many passages it was cut into; 0 until its text has been read.
    pub chunk_count: i32,
    /// How many of them are ready.
    pub embedded_count: i32,
    /// Null: it has no pages.
    pub page_count: Option<i32>,
    pub file_size: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A passage as those see it who keep the knowledge.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DocumentPassage {
    pub id: PassageId,
    pub position: i32,
    pub page: Option<i32>,
    /// Title and headings above it: `Returns › Exchanges`.
    pub heading: String,
    pub text: String,
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
        .map(|(passage, vector)| prepare(passage, language.as_deref(), vector))
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
