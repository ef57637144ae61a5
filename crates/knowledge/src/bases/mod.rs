//! Knowledge bases: whole texts in numbered versions, one of each type in force.
//!
//! A text of questions and answers (`faq`) and one of the business's own (`custom`) serve as a document while they are in
//! force; a `system_prompt` goes before what each channel tells the model. Going back is putting an older version in
//! force.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::{DocumentId, KnowledgeBaseId};
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};

use crate::documents::{self, NewDocument};
use crate::versions::LONGEST_PROMPT;
use crate::{Context, embedding};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ContentType {
    /// Questions with their answers, as Markdown.
    Faq,
    /// What every channel's model is told.
    SystemPrompt,
    /// Whatever else the business wants its bot to know, as Markdown.
    Custom,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct KnowledgeBase {
    pub id: KnowledgeBaseId,
    pub content_type: ContentType,
    pub content: String,
    /// Counts from 1 within its type.
    pub version: i32,
    /// Whether it is in force.
    pub is_active: bool,
    /// The document that visitors are answered from, while it is in force.
    pub document_id: Option<DocumentId>,
    /// `user:<id>`, `api_key:<id>` or `operator`.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ContentType {
    /// How the document is called that it serves as; none for a prompt.
    fn title(self) -> Option<&'static str> {
        match self {
            Self::Faq => Some("FAQ"),
            Self::Custom => Some("Knowledge base"),
            Self::SystemPrompt => None,
        }
    }

    fn check(self, content: &str) -> Result<()> {
        let too_long = self == Self::SystemPrompt && content.chars().count() > LONGEST_PROMPT;
        if content.trim().is_empty() || too_long || content.len() > documents::LONGEST {
            return Err(invalid(
                "bad_content",
                "A knowledge base has 1 byte to 5 MB of text, a system prompt at most 20,000 characters.",
            ));
        }
        Ok(())
    }
}

/// Puts a version in force, in place of the one before: from one moment to the next, never both or none.
pub async fn activate(ctx: &Context, proof: &impl TenantProof, id: KnowledgeBaseId) -> Result<KnowledgeBase> {
    let wanted = store::get(&mut ctx.db.tenant_read(proof).await?, id).await?;
    let document = match wanted.content_type.title() {
        Some(title) => {
            let new = NewDocument {
                title: title.to_owned(),
                text: wanted.content.clone(),
                url: None,
                language: None,
            };
            Some(documents::prepare_text(ctx, proof, new).await?)
        }
        None => None,
    };
    let mut tx = ctx.db.tenant(proof).await?;
    embedding::store::lock(&mut tx).await?;
    if let Some(before) = store::deactivate(&mut tx, wanted.content_type).await? {
        documents::store::delete(&mut tx, before).await?;
    }
    let document = match document {
        Some(document) => Some(document.insert(&mut tx).await?),
        None => None,
    };
    store::activate(&mut tx, id, document).await?;
    let active = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(active)
}
