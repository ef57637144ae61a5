//! Q&A pairs: a question and the approved answer, word for word what the bot may say.

pub mod api;
pub mod bulk;
pub mod csv;
pub mod importing;
pub mod list;
pub mod merging;
pub mod similar;
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
    /// Other ways to ask the same. They are found like the question.
    pub phrasings: Vec<String>,
    /// The pair that this one was merged into: it answers in its place.
    pub merged_into: Option<QaPairId>,
    /// In how many answers of the last 30 days it was used.
    pub used_in_answers: i64,
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
    /// Other ways to ask the same, at most 50.
    #[serde(default)]
    pub phrasings: Vec<String>,
    /// True unless given.
    pub is_active: Option<bool>,
}

/// Checked, embedded and ready to be written.
#[derive(Debug)]
pub struct Prepared {
    pub id: QaPairId,
    pub question: String,
    pub answer: String,
    pub category: String,
    pub language: Option<String>,
    pub is_active: bool,
    pub vector: Option<Vec<f32>>,
    pub phrasings: Vec<Phrasing>,
}

/// Another way to ask a pair's question, embedded.
#[derive(Debug, Clone)]
pub struct Phrasing {
    pub text: String,
    pub language: Option<String>,
    pub vector: Option<Vec<f32>>,
}

/// Prepared pairs with the model that made their vectors.
#[derive(Debug)]
pub struct Batch {
    pub(crate) choice: EmbedderChoice,
    pub pairs: Vec<Prepared>,
}

/// The most characters that a question and an answer may have.
pub const LONGEST_QUESTION: usize = 1_000;
pub const LONGEST_ANSWER: usize = 20_000;
/// So many other phrasings a pair may have.
pub const MOST_PHRASINGS: usize = 50;
/// Questions whose cosine reaches this ask the same.
pub const NEAR_DUPLICATE: f64 = 0.95;

impl NewQaPair {
    pub(crate) fn check(&self) -> Result<()> {
        check_question(&self.question)?;
        check_phrasings(&self.phrasings)?;
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

fn check_question(question: &str) -> Result<()> {
    match question.trim().chars().count() {
        1..=LONGEST_QUESTION => Ok(()),
        _ => Err(invalid("bad_question", "A question has 1 to 1,000 characters.")),
    }
}

fn check_phrasings(phrasings: &[String]) -> Result<()> {
    if phrasings.len() > MOST_PHRASINGS {
        return Err(invalid(
            "too_many_phrasings",
            "A pair has at most 50 other phrasings. Remove those that hardly differ.",
        ));
    }
    phrasings.iter().try_for_each(|text| check_question(text))
}

/// Checks and embeds pairs before any transaction is open.
pub async fn prepare(ctx: &Context, proof: &impl TenantProof, pairs: Vec<NewQaPair>) -> Result<Batch> {
    pairs.iter().try_for_each(NewQaPair::check)?;
    let choice = embedding::current(&mut ctx.db.tenant_read(proof).await?).await?;
    let texts = pairs
        .iter()
        .flat_map(|pair| std::iter::once(&pair.question).chain(&pair.phrasings))
        .map(|text| text.trim().to_owned())
        .collect();
    let mut vectors = embedding::embed(ctx, proof.tenant_id(), &choice, texts)
        .await
        .into_iter();
    let pairs = pairs
        .into_iter()
        .map(|pair| {
            let vector = vectors.next().flatten();
            let phrasings = pair.phrasings.iter();
            let phrasings = phrasings.map(|text| phrasing(text, vectors.next().flatten()));
            let phrasings = phrasings.collect();
            finish(pair, vector, phrasings)
        })
        .collect();
    Ok(Batch { choice, pairs })
}

fn phrasing(text: &str, vector: Option<Vec<f32>>) -> Phrasing {
    Phrasing {
        text: text.trim().to_owned(),
        language: detect(text),
        vector,
    }
}

pub(crate) fn detect(text: &str) -> Option<String> {
    let language = language::detect(text);
    (!language.is_unknown()).then(|| language.code().to_owned())
}

fn finish(pair: NewQaPair, vector: Option<Vec<f32>>, phrasings: Vec<Phrasing>) -> Prepared {
    let question = pair.question.trim().to_owned();
    let answer = pair.answer.trim().to_owned();
    let given = pair.language.filter(|code| !code.is_empty());
    let language = given.or_else(|| detect(&question)).or_else(|| detect(&answer));
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
        is_active: pair.is_active.unwrap_or(true),
        vector,
        phrasings,
    }
}

/// Writes prepared pairs; those without a vector get one later.
pub async fn insert(tx: &mut TenantTx, batch: &mut Batch, source: Source) -> Result<()> {
    let change = embedding::begin_change(tx, &batch.choice).await?;
    let settle = |pairs: &mut [Prepared], forget: bool| {
        let all = pairs.iter_mut().flat_map(|pair| {
            std::iter::once(&mut pair.vector).chain(pair.phrasings.iter_mut().map(|p| &mut p.vector))
        });
        all.fold(true, |is_complete, vector| {
            if forget {
                *vector = None;
            }
            is_complete && vector.is_some()
        })
    };
    let is_complete = settle(&mut batch.pairs, !change.fits);
    store::insert(tx, &batch.pairs, source).await?;
    for pair in &batch.pairs {
        store::insert_phrasings(tx, pair.id, &pair.phrasings, None).await?;
    }
    change.finish(tx, is_complete).await
}

/// Embeds one more phrasing of a question, outside of any transaction.
pub async fn prepare_phrasings(
    ctx: &Context,
    proof: &impl TenantProof,
    choice: &EmbedderChoice,
    texts: &[String],
) -> Result<Vec<Phrasing>> {
    check_phrasings(texts)?;
    let trimmed = texts.iter().map(|text| text.trim().to_owned()).collect();
    let vectors = embedding::embed(ctx, proof.tenant_id(), choice, trimmed).await;
    let made = texts.iter().zip(vectors);
    Ok(made.map(|(text, vector)| phrasing(text, vector)).collect())
}
