//! "Answer alone only when at least 95 % are right": what such a promise costs in coverage.
//!
//! The questions that were asked are answered again, however unsure. Where enough of them are labelled (evaluation
//! sets, closed gaps, thumbs), the labels say how often answers above a threshold are right; otherwise the calibrated
//! confidence says how often they should be. The same labels may correct the confidence itself
//! ([`knowledge::calibration`]).

pub mod api;

use access::audit::{self, Action};
use access::tenants::Operator;
use kernel::{Result, TenantProof};
use knowledge::calibration::{self, Calibration, Fit};
use knowledge::measures::{self, Judged};
use serde::Serialize;
use serde_json::json;

use crate::bots::{self, Which};
use crate::evaluation::replay::Replay;
use crate::evaluation::{Expectation, Outcome};
use crate::publishing;
use crate::{BotSettings, Context};

/// Where the precision comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromiseBasis)]
pub enum Basis {
    /// This workspace's own labels.
    Labels,
    /// The calibrated confidence: there are too few labels yet.
    Confidence,
}

/// What a threshold does.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = PromiseLevel)]
pub struct Level {
    /// At least this share of answers right: what was asked for.
    pub promise: Option<f64>,
    /// The confidence from which on the bot answers alone; null: no threshold that can be set keeps the promise.
    pub threshold: Option<f64>,
    /// The share of its answers that are right.
    pub precision: Option<f64>,
    /// Its 95 % interval; null where it rests on the confidence alone.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// The share of visitors' questions that it answers.
    pub coverage: Option<f64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Promise {
    pub basis: Basis,
    /// Different questions that visitors asked, of the newest 1,000.
    pub questions: usize,
    /// Questions of which is known whether their answer is right.
    pub labels: usize,
    pub labels_needed: usize,
    /// What the first channel's bot does now.
    pub now: Level,
    /// For promises from 80 to 99 %.
    pub levels: Vec<Level>,
    /// For thresholds from 0.5 to 0.95.
    pub curve: Vec<Level>,
    /// The correction of the confidence that is in force.
    pub calibration: Option<Calibration>,
    /// What a correction would bring; null: too few labels.
    pub fit: Option<Fit>,
}

const PROMISES: [f64; 6] = [0.80, 0.85, 0.90, 0.95, 0.97, 0.99];

/// What is known about past questions, answered from what serves now.
struct Record {
    /// Confidence of each visitor's question, and how often it was asked.
    traffic: Vec<(f64, f64)>,
    /// Confidence, and whether the answer is right; without a tenant's own correction.
    labels: Vec<(f64, bool)>,
    /// The same as a machine is judged by.
    judged: Vec<Judged>,
}

pub async fn promise(ctx: &Context, proof: &impl TenantProof) -> Result<Promise> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let settings = bots::get(&mut tx, Which::First).await?.settings;
    let calibration = knowledge::embedding::store::get(&mut tx).await?.calibration;
    drop(tx);
    let record = record(ctx, proof, calibration).await?;
    let basis = if record.judged.len() >= calibration::FEWEST_LABELS {
        Basis::Labels
    } else {
        Basis::Confidence
    };
    let steps = (0..=9).map(|step| 0.5 + f64::from(step) * 0.05);
    Ok(Promise {
        basis,
        questions: record.traffic.len(),
        labels: record.judged.len(),
        labels_needed: calibration::FEWEST_LABELS,
        now: record.at(basis, settings.confidence_threshold),
        levels: PROMISES
            .iter()
            .map(|promise| record.keep(basis, *promise))
            .collect(),
        curve: steps.map(|threshold| record.at(basis, threshold)).collect(),
        calibration,
        fit: calibration::fit(&record.labels),
    })
}

/// Fits the tenant's own correction and puts it in force where it helps; where it does not, none is.
pub async fn refit(ctx: &Context, proof: &impl TenantProof) -> Result<Option<Fit>> {
    let actor = proof.actor().unwrap_or_else(|| "system".to_owned());
    let asked = knowledge::embedding::store::get(&mut ctx.db.tenant_read(proof).await?).await?;
    let fit = calibration::fit(&record(ctx, proof, None).await?.labels);
    let wanted = fit.filter(|fit| fit.helps).map(|fit| fit.calibration);
    let mut tx = ctx.db.tenant(proof).await?;
    let state = knowledge::embedding::store::lock(&mut tx).await?;
    if state.embedder != asked.embedder {
        // what was found by another model says nothing about this one; its own change refits
        return Ok(None);
    }
    let now = state.calibration;
    if now != wanted {
        knowledge::embedding::store::set_calibration(&mut tx, wanted).await?;
    }
    // who asked for it is kept even if nothing came of it
    if now != wanted || proof.actor().is_some_and(|actor| actor != audit::OPERATOR) {
        let details = json!({"calibration": {"from": now, "to": wanted}});
        audit::record(&mut tx, &actor, Action::WorkspaceChanged, "workspace", details).await?;
        tx.commit().await?;
    }
    Ok(fit)
}

/// Once a day: every workspace that has labels enough. One that fails does not keep the others waiting.
pub async fn refit_all(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        let labels = publishing::count_labels(&mut ctx.db.tenant_read(&operator).await?).await?;
        if labels < i64::try_from(calibration::FEWEST_LABELS).unwrap_or(i64::MAX) {
            continue;
        }
        if let Err(error) = refit(ctx, &operator).await {
            error.log();
        }
    }
    Ok(())
}

async fn record(ctx: &Context, proof: &impl TenantProof, calibration: Option<Calibration>) -> Result<Record> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let asked = publishing::list_past_questions(&mut tx, publishing::MOST_QUESTIONS).await?;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let snapshot = ctx.knowledge.snapshots.get(&ctx.db, proof, revision).await?;
    let shipped = std::sync::Arc::new(snapshot.uncalibrated());
    let questions = asked.iter().map(|asked| asked.question.clone()).collect();
    let replay = Replay::prepare(ctx, proof, &shipped, questions)
        .await?
        .answering_all();
    let outcomes = replay.run(ctx, proof, &shipped).await?;
    let corrected = |raw: f64| calibration.map_or(raw, |calibration| calibration.apply(raw));
    let mut record = Record {
        traffic: Vec::new(),
        labels: Vec::new(),
        judged: Vec::new(),
    };
    for (asked, outcome) in asked
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| is_from_knowledge(outcome))
    {
        let probability = corrected(outcome.confidence);
        if asked.times_asked > 0 {
            record.traffic.push((probability, asked.times_asked as f64));
        }
        if let Some(right) = asked.knowing.label(outcome) {
            record.labels.push((outcome.confidence, right));
            record.judged.push(Judged {
                probability,
                right,
                answerable: asked.knowing.expected != Some(Expectation::NoAnswer),
                weight: 1.0,
            });
        }
    }
    Ok(record)
}

/// Small talk and a call for a person are not answered from the knowledge.
fn is_from_knowledge(outcome: &Outcome) -> bool {
    !outcome.is_answered || !outcome.sources.is_empty()
}

impl Record {
    /// The lowest threshold within the range of the setting that keeps the promise.
    fn keep(&self, basis: Basis, promise: f64) -> Level {
        let threshold = match basis {
            Basis::Labels => measures::coverage_at_precision(&self.judged, promise).map(|cut| cut.threshold),
            Basis::Confidence => self.expected_cut(promise),
        };
        // rounded up: the setting has two decimals
        let threshold = threshold.map(|threshold| (threshold * 100.0 - 1e-9).ceil() / 100.0);
        let (lowest, highest) = (BotSettings::LOWEST_THRESHOLD, BotSettings::HIGHEST_THRESHOLD);
        let level = threshold.map(|threshold| self.at(basis, threshold.clamp(lowest, highest)));
        // between the highest that can be set and the one that is needed, there may be wrong answers
        let keeps = |level: &Level| level.precision.is_some_and(|share| share >= promise - 1e-9);
        Level {
            promise: Some(promise),
            ..level.filter(keeps).unwrap_or(Level {
                promise: None,
                threshold: None,
                precision: None,
                low: None,
                high: None,
                coverage: None,
            })
        }
    }

    /// The lowest threshold above which the mean confidence reaches `promise`.
    fn expected_cut(&self, promise: f64) -> Option<f64> {
        let mut sorted = self.traffic.clone();
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut sum, mut weight, mut cut) = (0.0, 0.0, None);
        for (probability, times) in sorted {
            sum += probability * times;
            weight += times;
            if sum >= promise * weight {
                cut = Some(probability);
            }
        }
        cut
    }

    fn at(&self, basis: Basis, threshold: f64) -> Level {
        let all: f64 = self.traffic.iter().map(|(_, times)| times).sum();
        let above = || {
            self.traffic
                .iter()
                .filter(|(probability, _)| *probability >= threshold)
        };
        let answered: f64 = above().map(|(_, times)| times).sum();
        let expected: f64 = above().map(|(probability, times)| probability * times).sum();
        let observed = measures::share_of(&self.judged, |j| j.probability >= threshold, |j| j.right);
        let has_labels = self.judged.iter().any(|j| j.probability >= threshold);
        let (precision, low, high) = match basis {
            Basis::Labels if has_labels => (Some(observed.value), Some(observed.low), Some(observed.high)),
            Basis::Confidence if answered > 0.0 => (Some(expected / answered), None, None),
            _ => (None, None, None),
        };
        Level {
            promise: None,
            threshold: Some(threshold),
            precision,
            low,
            high,
            coverage: (all > 0.0).then(|| answered / all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(traffic: &[(f64, f64)], labels: &[(f64, bool)]) -> Record {
        let judged = labels.iter().map(|(probability, right)| Judged {
            probability: *probability,
            right: *right,
            answerable: true,
            weight: 1.0,
        });
        Record {
            traffic: traffic.to_vec(),
            labels: labels.to_vec(),
            judged: judged.collect(),
        }
    }

    #[test]
    fn without_labels_the_confidence_says_what_a_promise_costs() {
        let record = record(&[(0.99, 3.0), (0.8, 1.0), (0.4, 4.0)], &[]);
        let level = record.keep(Basis::Confidence, 0.9);
        assert_eq!((level.threshold, level.coverage), (Some(0.8), Some(0.5)));
        assert!((level.precision.unwrap() - (0.99 * 3.0 + 0.8) / 4.0).abs() < 1e-9);
        assert_eq!(level.low, None, "a guess has no interval");
        let strict = record.keep(Basis::Confidence, 0.995);
        assert_eq!((strict.threshold, strict.coverage), (None, None));
    }

    #[test]
    fn a_promise_that_the_highest_threshold_keeps_is_not_out_of_reach() {
        let certain = record(&[(1.0, 2.0), (0.6, 1.0)], &[]);
        assert_eq!(certain.keep(Basis::Confidence, 0.99).threshold, Some(0.95));
        let spoiled = record(&[(1.0, 2.0), (0.96, 8.0)], &[]);
        assert_eq!(spoiled.keep(Basis::Confidence, 0.99).threshold, None);
    }

    #[test]
    fn labels_say_it_with_an_interval() {
        let mut labels = vec![(0.9, true); 30];
        labels.extend(vec![(0.7, false); 10]);
        let record = record(&[(0.9, 1.0), (0.7, 1.0)], &labels);
        let level = record.keep(Basis::Labels, 0.95);
        assert_eq!(
            (level.threshold, level.precision, level.coverage),
            (Some(0.9), Some(1.0), Some(0.5))
        );
        assert!(level.low.unwrap() < 0.95);
        let lower = record.at(Basis::Labels, 0.5);
        assert_eq!((lower.precision, lower.coverage), (Some(0.75), Some(1.0)));
    }
}
