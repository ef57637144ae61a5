//! Q&A pairs: a question and the approved answer, word for word what the bot may say.

pub mod api;
pub mod csv;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::QaPairId;
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};

use crate::Context;
use crate::embedding::{self, EmbedderChoice};
use crate::language;

/// A Q&A pair as the API shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct QaPair {
    pub id: QaPairId,
    pub question: String,
    /// Markdown-lite.
    pub answer: String,
    pub category: String,
    /// ISO 639-1; null where it was not recognised.
    pub language: Option<String>,
    pub source: Source,
    /// Inactive pairs are kept but never answered from.
    pub is_active: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QaPairSource)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Source {
    Manual,
    CsvImport,
    TranscriptExtraction,
    /// Written to close a knowledge gap.
    Gap,
    /// Came with the template of onboarding: to be made one's own.
    Template,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::CsvImport => "csv_import",
            Self::TranscriptExtraction => "transcript_extraction",
            Self::Gap => "gap",
            Self::Template => "template",
        }
    }
}

/// What is needed to write a pair.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct NewQaPair {
    pub question: String,
    pub answer: String,
    /// `general` unless given.
    pub category: Option<String>,
    /// ISO 639-1; recognised from the text unless given.
    pub language: Option<String>,
}

/// Checked, embedded and ready to be written.
#[derive(Debug)]
pub struct Prepared {
    pub id: QaPairId,
    pub question: String,
    pub answer: String,
    pub category: String,
    pub language: Option<String>,
    pub vector: Option<Vec<f32>>,
}

/// Prepared pairs with the model that made their vectors.
#[derive(Debug)]
pub struct Batch {
    choice: EmbedderChoice,
    pub pairs: Vec<Prepared>,
}

/// The most characters that a question and an answer may have.
pub const LONGEST_QUESTION: usize = 1_000;
pub const LONGEST_ANSWER: usize = 20_000;

impl NewQaPair {
    fn check(&self) -> Result<()> {
        let length = self.question.trim().chars().count();
        if length == 0 || length > LONGEST_QUESTION {
            return Err(invalid("bad_question", "A question has 1 to 1,000 characters."));
        }
        let length = self.answer.trim().chars().count();
        if length == 0 || length > LONGEST_ANSWER {
            return Err(invalid("bad_answer", "An answer has 1 to 20,000 characters."));
        }
        if self
            .category
            .as_ref()
            .is_some_and(|category| category.chars().count() > 100)
        {
            return Err(invalid("bad_category", "A category has at most 100 characters."));
        }
        Ok(())
    }
}

/// Checks and embeds pairs before any transaction is open.
pub async fn prepare(ctx: &Context, proof: &impl TenantProof, pairs: Vec<NewQaPair>) -> Result<Batch> {
    pairs.iter().try_for_each(NewQaPair::check)?;
    let choice = embedding::current(&mut ctx.db.tenant_read(proof).await?).await?;
    let questions = pairs.iter().map(|pair| pair.question.trim().to_owned()).collect();
    let vectors = embedding::embed(ctx, proof.tenant_id(), &choice, questions).await;
    let pairs = pairs
        .into_iter()
        .zip(vectors)
        .map(|(pair, vector)| finish(pair, vector))
        .collect();
    Ok(Batch { choice, pairs })
}

fn finish(pair: NewQaPair, vector: Option<Vec<f32>>) -> Prepared {
    let question = pair.question.trim().to_owned();
    let answer = pair.answer.trim().to_owned();
    let detected = || {
        let language = language::detect(&question).or(language::detect(&answer));
        (!language.is_unknown()).then(|| language.code().to_owned())
    };
    let language = pair.language.filter(|code| !code.is_empty()).or_else(detected);
    let category = pair
        .category
        .map(|c| c.trim().to_owned())
        .filter(|c| !c.is_empty())
        .unwrap_or_else(|| "general".into());
    Prepared {
        id: QaPairId::new(),
        question,
        answer,
        category,
        language,
        vector,
    }
}

/// Writes prepared pairs; those without a vector get one later.
pub async fn insert(tx: &mut TenantTx, batch: &mut Batch, source: Source) -> Result<()> {
    let change = embedding::begin_change(tx, &batch.choice).await?;
    if !change.fits {
        batch.pairs.iter_mut().for_each(|pair| pair.vector = None);
    }
    store::insert(tx, &batch.pairs, source).await?;
    change
        .finish(tx, batch.pairs.iter().all(|pair| pair.vector.is_some()))
        .await
}

/// Writes many pairs, a batch at a time; `progress` is told how many are done. Pairs that exist word for word are
/// left out, so an import that was interrupted, or sent twice, is simply sent again. Gives how many were written.
pub async fn import(
    ctx: &Context,
    proof: &impl TenantProof,
    pairs: Vec<NewQaPair>,
    progress: impl Fn(usize),
) -> Result<usize> {
    let (mut done, mut written) = (0, 0);
    for batch in pairs.chunks(64) {
        let known = store::list_known(&mut ctx.db.tenant_read(proof).await?, batch).await?;
        let is_new = |pair: &&NewQaPair| {
            !known.contains(&(pair.question.trim().to_owned(), pair.answer.trim().to_owned()))
        };
        let mut prepared = prepare(ctx, proof, batch.iter().filter(is_new).cloned().collect()).await?;
        let mut tx = ctx.db.tenant(proof).await?;
        insert(&mut tx, &mut prepared, Source::CsvImport).await?;
        tx.commit().await?;
        written += prepared.pairs.len();
        done += batch.len();
        progress(done);
    }
    Ok(written)
}
