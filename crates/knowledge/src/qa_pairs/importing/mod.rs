//! Many pairs at once, from a file: first a plan of what each row would do, then the work, a batch at a time.
//!
//! A plan compares by words: the same question again is an update, or a duplicate when it says the same. Pairs that
//! merely resemble each other are both kept, and the preview says so.

pub mod api;
mod store;

use std::collections::HashMap;

use kernel::ids::QaPairId;
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};

use super::csv::{Row, RowError};
use super::{Source, insert, prepare, similar};
use crate::Context;
use crate::embedding;

/// What becomes of rows whose question is known with another answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CsvExisting)]
pub enum Existing {
    /// They get the file's answer.
    #[default]
    Update,
    /// They stay as they are.
    Skip,
    /// A second pair is written.
    Add,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CsvRowStatus)]
pub enum Status {
    New,
    /// It says what a pair or an earlier row says already: left out.
    Duplicate,
    /// The question is known; its pair gets this answer.
    Update,
    Error,
}

/// A row with what it would do.
#[derive(Debug, Clone)]
pub struct Planned {
    pub row: Row,
    pub status: Status,
    pub detail: Option<String>,
    existing: Option<QaPairId>,
}

/// What an import did.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// Pairs that were written.
    pub imported: usize,
    /// Pairs that got another answer.
    pub updated: usize,
    /// Rows that say what is known already, or that were to be left out.
    pub skipped: usize,
    /// Rows that could not be used, with the reason.
    pub errors: Vec<RowError>,
    /// Set if the work broke off: what was done until then is kept, and sending the file again does the rest.
    pub stopped: Option<String>,
}

const BATCH: usize = 64;

/// What each row would do.
pub async fn plan(
    ctx: &Context,
    proof: &impl TenantProof,
    rows: Vec<Row>,
    existing: Existing,
) -> Result<Vec<Planned>> {
    let questions: Vec<String> = rows.iter().map(|row| key(&row.pair.question)).collect();
    let mut tx = ctx.db.tenant_read(proof).await?;
    let known = store::list_known(&mut tx, &questions).await?;
    drop(tx);
    let mut seen: HashMap<String, u64> = HashMap::new();
    let planned = rows.into_iter().map(|row| {
        let question = key(&row.pair.question);
        let earlier = *seen.entry(question.clone()).or_insert(row.line);
        if earlier != row.line && existing != Existing::Add {
            let detail = format!("Line {earlier} asks the same.");
            return Planned::new(row, Status::Duplicate, Some(detail), None);
        }
        let pairs = known.get(&question).map(Vec::as_slice).unwrap_or_default();
        let answer = row.pair.answer.trim();
        if pairs.iter().any(|pair| pair.answer == answer) {
            return Planned::new(
                row,
                Status::Duplicate,
                Some("It exists word for word.".into()),
                None,
            );
        }
        match (pairs.first(), existing) {
            (None, _) | (Some(_), Existing::Add) => Planned::new(row, Status::New, None, None),
            (Some(pair), Existing::Update) => {
                let detail = format!("The answer now: {}", cut(&pair.answer));
                Planned::new(row, Status::Update, Some(detail), Some(pair.id))
            }
            (Some(_), Existing::Skip) => {
                let detail = "The question exists with another answer, which stays.".to_owned();
                Planned::new(row, Status::Duplicate, Some(detail), None)
            }
        }
    });
    Ok(planned.collect())
}

impl Planned {
    fn new(row: Row, status: Status, detail: Option<String>, existing: Option<QaPairId>) -> Self {
        Self {
            row,
            status,
            detail,
            existing,
        }
    }
}

/// Questions are the same whatever their case and the space around them.
fn key(question: &str) -> String {
    question.trim().to_lowercase()
}

fn cut(answer: &str) -> String {
    let mut short: String = answer.chars().take(120).collect();
    if short.len() < answer.len() {
        short.push('…');
    }
    short
}

/// Carries out a plan; `progress` is told how many rows are done. An import that was interrupted, or sent twice, is
/// simply sent again.
///
/// # Errors
/// Only when nothing was written; otherwise the report says where it stopped.
pub async fn import(
    ctx: &Context,
    proof: &impl TenantProof,
    planned: Vec<Planned>,
    progress: impl Fn(usize),
) -> Result<Imported> {
    let mut report = Imported::default();
    let mut done = 0;
    for batch in planned.chunks(BATCH) {
        match write(ctx, proof, batch).await {
            Ok((imported, updated)) => {
                report.imported += imported;
                report.updated += updated;
                report.skipped += batch.len() - imported - updated;
            }
            Err(error) if report.imported + report.updated == 0 => return Err(error),
            Err(error) => {
                error.log();
                let line = batch.first().map_or(0, |planned| planned.row.line);
                report.stopped = Some(format!("It stopped at line {line}: {}", error.detail));
                return Ok(report);
            }
        }
        done += batch.len();
        progress(done);
    }
    Ok(report)
}

/// One transaction: how many were written, and how many updated.
async fn write(ctx: &Context, proof: &impl TenantProof, batch: &[Planned]) -> Result<(usize, usize)> {
    let with = |status| {
        batch
            .iter()
            .filter(move |planned: &&Planned| planned.status == status)
    };
    let new = with(Status::New)
        .map(|planned| planned.row.pair.clone())
        .collect();
    let mut prepared = prepare(ctx, proof, new).await?;
    let mut tx = ctx.db.tenant(proof).await?;
    embedding::store::lock(&mut tx).await?;
    let mut updated = 0;
    for planned in with(Status::Update) {
        if let Some(id) = planned.existing {
            updated += usize::from(store::update(&mut tx, id, &planned.row.pair).await?);
        }
    }
    insert(&mut tx, &mut prepared, Source::CsvImport).await?;
    tx.commit().await?;
    Ok((prepared.pairs.len(), updated))
}

/// The preview looks for resemblances of so many new rows: each question is embedded for it.
const COMPARED: usize = 200;

/// For new rows the question of a pair that asks nearly the same.
async fn resemblances(
    ctx: &Context,
    proof: &impl TenantProof,
    planned: &[Planned],
) -> Result<HashMap<u64, (QaPairId, f64)>> {
    let is_new = |planned: &&Planned| planned.status == Status::New;
    let new: Vec<&Row> = planned
        .iter()
        .filter(is_new)
        .take(COMPARED)
        .map(|planned| &planned.row)
        .collect();
    let questions = new
        .iter()
        .map(|row| row.pair.question.trim().to_owned())
        .collect();
    let found = similar::find(ctx, proof, questions).await?;
    let nearest = new.iter().zip(found).filter_map(|(row, found)| {
        let best = found.first()?;
        let similarity = f64::from(best.similarity);
        (similarity >= super::NEAR_DUPLICATE).then_some((row.line, (QaPairId(best.id), similarity)))
    });
    Ok(nearest.collect())
}
