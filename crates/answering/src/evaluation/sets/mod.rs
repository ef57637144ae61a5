//! Evaluation sets: questions with what a right answer is, asked again whenever one likes, with a history of scores.

pub mod api;
pub mod csv;
pub mod store;

use std::time::Instant;

use chrono::{DateTime, Utc};
use kernel::error::{Result, invalid};
use kernel::ids::{EvaluationCaseId, EvaluationRunId, EvaluationSetId, QaPairId};
use kernel::{TenantProof, TenantTx};
use knowledge::versions;
use serde::{Deserialize, Serialize};

use super::replay::{Question, Replay};
use super::{Expectation, Outcome};
use crate::Context;
use crate::bots::{self, Which};

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EvaluationSet {
    pub id: EvaluationSetId,
    pub name: String,
    pub description: String,
    pub case_count: i64,
    pub last_run: Option<Score>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What came of asking a set's questions once.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = EvaluationScore)]
pub struct Score {
    pub id: EvaluationRunId,
    /// The newest published version of the knowledge at that time.
    pub version: i32,
    /// The confidence below which the first channel's bot declined.
    pub threshold: f64,
    /// Cases that could be judged.
    pub total: i32,
    /// Answered as expected, or declined as expected.
    pub right: i32,
    /// Answered otherwise than expected.
    pub wrong: i32,
    /// Declined although an answer was expected.
    pub declined: i32,
    /// Answered although no answer was expected.
    pub false_answers: i32,
    pub milliseconds: i32,
    pub created_at: DateTime<Utc>,
}

impl Score {
    /// The share of right ones, 0 to 1; none where nothing could be judged.
    pub fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| f64::from(self.right) / f64::from(self.total))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Expects {
    /// The answer rests on this Q&A pair.
    QaPair,
    /// It rests on a source whose title holds these words.
    Source,
    /// It holds these words.
    Text,
    /// The bot says that it does not know.
    NoAnswer,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EvaluationCase {
    pub id: EvaluationCaseId,
    pub question: String,
    pub expects: Expects,
    /// Null for a pair that was deleted: such a case is not judged.
    pub expected_qa_id: Option<QaPairId>,
    /// The pair's question, for reading.
    pub expected_qa_question: Option<String>,
    pub expected_text: Option<String>,
}

#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct NewEvaluationCase {
    pub question: String,
    pub expects: Expects,
    /// With `qa_pair`.
    pub expected_qa_id: Option<QaPairId>,
    /// With `source` and `text`.
    pub expected_text: Option<String>,
}

/// How a case came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EvaluationVerdict)]
pub enum Verdict {
    Right,
    Wrong,
    Declined,
    FalseAnswer,
    /// The pair that was expected is gone.
    Skipped,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = EvaluationResult)]
pub struct CaseResult {
    pub case_id: EvaluationCaseId,
    pub question: String,
    pub verdict: Verdict,
    pub outcome: Outcome,
}

/// A set holds at most so many cases.
pub const MOST_CASES: i64 = 5_000;

impl NewEvaluationCase {
    pub(crate) fn checked(self) -> Result<Self> {
        let question = self.question.trim().to_owned();
        if question.is_empty() || question.chars().count() > 1_000 {
            return Err(invalid("bad_question", "A question has 1 to 1,000 characters."));
        }
        let text = self.expected_text.map(|text| text.trim().to_owned());
        let text = text.filter(|text| !text.is_empty());
        let (expected_qa_id, expected_text) = match self.expects {
            Expects::NoAnswer => (None, None),
            Expects::QaPair if self.expected_qa_id.is_none() => {
                return Err(invalid(
                    "no_expectation",
                    "Say which Q&A pair answers: `expected_qa_id`.",
                ));
            }
            Expects::QaPair => (self.expected_qa_id, None),
            Expects::Source | Expects::Text if text.is_none() => {
                return Err(invalid(
                    "no_expectation",
                    "Say which words are expected: `expected_text`.",
                ));
            }
            Expects::Source | Expects::Text => (None, text),
        };
        Ok(Self {
            question,
            expects: self.expects,
            expected_qa_id,
            expected_text,
        })
    }
}

impl EvaluationCase {
    /// None: the expected pair is gone.
    pub(crate) fn expectation(&self) -> Option<Expectation> {
        match self.expects {
            Expects::NoAnswer => Some(Expectation::NoAnswer),
            Expects::QaPair => self.expected_qa_id.map(Expectation::QaPair),
            Expects::Source => self.expected_text.clone().map(Expectation::Source),
            Expects::Text => self.expected_text.clone().map(Expectation::Text),
        }
    }
}

/// Asks every question of the set, of what serves now and without a model, and keeps the score.
pub async fn run(ctx: &Context, proof: &impl TenantProof, set: EvaluationSetId) -> Result<Score> {
    let started = Instant::now();
    let mut tx = ctx.db.tenant_read(proof).await?;
    store::get(&mut tx, set).await?;
    let cases = store::list_cases(&mut tx, set).await?;
    if cases.is_empty() {
        return Err(invalid(
            "set_empty",
            "There is no question in this set yet. Add one first.",
        ));
    }
    let threshold = bots::get(&mut tx, Which::First)
        .await?
        .settings
        .confidence_threshold;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let snapshot = ctx.knowledge.snapshots.get(&ctx.db, proof, revision).await?;
    let questions = cases.iter().map(|case| Question {
        text: case.question.clone(),
        channel_id: None,
    });
    let replay = Replay::prepare(ctx, proof, &snapshot, questions.collect()).await?;
    let outcomes = replay.run(ctx, proof, &snapshot).await?;
    let results: Vec<CaseResult> = cases
        .iter()
        .zip(outcomes)
        .map(|(case, outcome)| CaseResult {
            case_id: case.id,
            question: case.question.clone(),
            verdict: judge(case.expectation().as_ref(), &outcome),
            outcome,
        })
        .collect();
    let mut tx = ctx.db.tenant(proof).await?;
    let run = store::insert_run(
        &mut tx,
        set,
        threshold,
        &results,
        started.elapsed(),
        proof.actor(),
    )
    .await?;
    let score = store::get_run(&mut tx, run).await?.0;
    versions::tell(&mut tx);
    tx.commit().await?;
    Ok(score)
}

fn judge(expected: Option<&Expectation>, outcome: &Outcome) -> Verdict {
    match expected {
        None => Verdict::Skipped,
        Some(expected) if expected.is_met(outcome) => Verdict::Right,
        Some(Expectation::NoAnswer) => Verdict::FalseAnswer,
        Some(_) if !outcome.is_answered => Verdict::Declined,
        Some(_) => Verdict::Wrong,
    }
}

/// Adds cases; a question that the set has already gets the new expectation.
pub async fn add(tx: &mut TenantTx, set: EvaluationSetId, cases: Vec<NewEvaluationCase>) -> Result<()> {
    let checked: Result<Vec<_>> = cases.into_iter().map(NewEvaluationCase::checked).collect();
    store::put_cases(tx, set, &checked?).await?;
    if store::count_cases(tx, set).await? > MOST_CASES {
        return Err(invalid(
            "too_many_cases",
            "A set holds at most 5,000 questions. Make another set.",
        ));
    }
    Ok(())
}
