//! Documents: longer texts, cut into passages that can be found and quoted.
//!
//! A text is learned while its sender waits ([`create`]). A file is kept, read by a job ([`reading`]), and serves when
//! all of it is ready; a file that replaces another lets the earlier one serve until then.

pub mod api;
pub mod files;
pub mod reading;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::{internal, invalid};
use kernel::ids::{DocumentId, PassageId};
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};

use crate::embedding::EmbedderChoice;
use crate::learning::{self, PreparedPassage, prepare};
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
pub(crate) const LONGEST: usize = 5 * 1024 * 1024;

/// Learns a document: cut, embedded and stored as a whole, so that no half of it ever serves.
pub async fn create(ctx: &Context, proof: &impl TenantProof, new: NewDocument) -> Result<Document> {
    // before the work of embedding, and again when nobody else can take the room
    let size = i64::try_from(new.text.len()).unwrap_or(i64::MAX);
    files::check_room(ctx, &mut ctx.db.tenant_read(proof).await?, size, None).await?;
    let prepared = prepare_text(ctx, proof, new).await?;
    let mut tx = ctx.db.tenant(proof).await?;
    embedding::store::lock(&mut tx).await?;
    files::check_room(ctx, &mut tx, prepared.size(), None).await?;
    let id = prepared.insert(&mut tx).await?;
    let document = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(document)
}

/// A text that was cut and embedded, ready to be written.
pub struct PreparedText {
    new: NewDocument,
    language: Option<String>,
    choice: EmbedderChoice,
    passages: Vec<PreparedPassage>,
}

/// Checks, cuts and embeds a text, outside of any transaction.
pub async fn prepare_text(ctx: &Context, proof: &impl TenantProof, new: NewDocument) -> Result<PreparedText> {
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
    let (text, named) = (new.text.clone(), title.to_owned());
    let passages = tokio::task::spawn_blocking(move || passages::split(&named, &text))
        .await
        .map_err(internal)?;
    if passages.len() > passages::MOST_PASSAGES {
        return Err(invalid("too_many_passages", learning::TOO_MANY_PASSAGES));
    }
    let texts = passages.iter().map(passages::Passage::text_to_embed).collect();
    let vectors = embedding::embed(ctx, proof.tenant_id(), &choice, texts).await;
    let passages = passages
        .into_iter()
        .zip(vectors)
        .map(|(passage, vector)| prepare(passage, language.as_deref(), vector))
        .collect();
    Ok(PreparedText {
        new,
        language,
        choice,
        passages,
    })
}

impl PreparedText {
    fn size(&self) -> i64 {
        i64::try_from(self.new.text.len()).unwrap_or(i64::MAX)
    }

    /// Writes it; it serves when the transaction commits.
    pub async fn insert(mut self, tx: &mut TenantTx) -> Result<DocumentId> {
        let change = embedding::begin_change(tx, &self.choice).await?;
        let is_complete = self.passages.iter().all(|passage| passage.vector.is_some());
        if !change.fits {
            self.passages.iter_mut().for_each(|passage| passage.vector = None);
        }
        let id = store::insert(tx, &self.new, self.language.as_deref(), &self.passages).await?;
        change.finish(tx, is_complete).await?;
        Ok(id)
    }
}
