//! "Answer alone only when at least 95 % are right": what such a promise costs in coverage.
//!
//! The questions that were asked are answered again, however unsure. Where enough of them are labelled (evaluation
//! sets, closed gaps, thumbs), the labels say how often answers above a threshold are right; otherwise the calibrated
//! confidence says how often they should be, as long as the few labels do not contradict it. The same labels may
//! correct the confidence itself ([`knowledge::calibration`]).

pub mod api;

use access::audit::{self, Action};
use access::tenants::Operator;
use kernel::{Result, TenantProof};
use knowledge::calibration::{self, Calibration, Fit, Reach};
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
    /// The calibrated confidence: there are too few labels yet. Where those that are there contradict it, the more
    /// careful of the two counts.
    Confidence,
}

/// What a threshold does.
#[derive(Debug, Clone, Copy, Default, Serialize, utoipa::ToSchema)]
#[schema(as = PromiseLevel)]
pub struct Level {
    /// At least this share of answers right: what was asked for.
    pub promise: Option<f64>,
    /// The confidence from which on the bot answers alone; null: no threshold that can be set keeps the promise.
    pub threshold: Option<f64>,
    /// The share of its answers that are right, as far as is known: by labels where there are enough, else as
    /// expected unless the labels contradict that.
    pub precision: Option<f64>,
    /// The share that the confidence expects to be right; null where nothing was asked.
    pub expected: Option<f64>,
    /// The labelled answers that are as sure, and how many of them are right.
    pub judged: usize,
    pub right: usize,
    /// The 95 % interval of that share; null where no such answer is labelled.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// What is expected lies outside of that interval.
    pub is_contradicted: bool,
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
    /// So many of these come from the business itself, not from visitors' thumbs.
    by_people: usize,
    /// The same as a machine is judged by.
    judged: Vec<Judged>,
    /// Retrieval has learned from questions; they are no labels any more.
    is_adapted: bool,
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
        fit: record.fit(),
    })
}

/// Fits the tenant's own correction and puts it in force where it helps; where it does not, none is.
pub async fn refit(ctx: &Context, proof: &impl TenantProof) -> Result<Option<Fit>> {
    let actor = proof.actor().unwrap_or_else(|| "system".to_owned());
    let asked = knowledge::embedding::store::get(&mut ctx.db.tenant_read(proof).await?).await?;
    let record = record(ctx, proof, None).await?;
    let fit = record.fit();
    let mut tx = ctx.db.tenant(proof).await?;
    let state = knowledge::embedding::store::lock(&mut tx).await?;
    if state.embedder != asked.embedder {
        // what was found by another model says nothing about this one; its own change refits
        return Ok(None);
    }
    let now = state.calibration;
    let wanted = match fit {
        // what came with the version that serves stays until there are enough questions that it has not learned from
        None if record.is_adapted => now,
        fit => fit.filter(|fit| fit.helps).map(|fit| fit.calibration),
    };
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
        by_people: 0,
        judged: Vec::new(),
        is_adapted: snapshot.adapter.is_some(),
    };
    // of what it has learned from, retrieval is surer than it is of what comes
    let has_learned_from = |question: &str| {
        let adapter = snapshot.adapter.as_ref();
        adapter.is_some_and(|adapter| adapter.has_learned_from(question))
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
        let label = asked.knowing.label(outcome).filter(|_| asked.is_label);
        let label = label.filter(|_| !has_learned_from(&asked.question.text));
        if let Some(right) = label {
            record.labels.push((outcome.confidence, right));
            record.by_people += usize::from(asked.knowing.expected.is_some());
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
    /// Visitors, whom nobody knows, correct the confidence a little; who answers for the business, as far as need be.
    fn fit(&self) -> Option<Fit> {
        let reach = match self.by_people * 2 >= self.labels.len() {
            true => Reach::Any,
            false => Reach::Near,
        };
        calibration::fit(&self.labels, reach)
    }

    /// The lowest threshold that can be set and keeps the promise, raised to where the first question would be lost:
    /// nobody knows how answers do that are less sure than any that was seen.
    fn keep(&self, basis: Basis, promise: f64) -> Level {
        let keeps = |threshold: &f64| {
            let precision = self.at(basis, *threshold).precision;
            precision.is_some_and(|share| share >= promise - 1e-9)
        };
        let kept = settable().find(keeps);
        let kept = kept.map(|lowest| self.at(basis, self.raised(lowest)));
        Level {
            promise: Some(promise),
            ..kept.unwrap_or_default()
        }
    }

    fn raised(&self, threshold: f64) -> f64 {
        let seen = self.traffic.iter().map(|(probability, _)| *probability);
        let seen = seen.chain(self.judged.iter().map(|j| j.probability));
        let least_sure = seen.filter(|probability| *probability >= threshold);
        let least_sure = least_sure.fold(f64::INFINITY, f64::min);
        settable()
            .filter(|one| *one <= least_sure)
            .last()
            .unwrap_or(threshold)
    }

    fn at(&self, basis: Basis, threshold: f64) -> Level {
        let all: f64 = self.traffic.iter().map(|(_, times)| times).sum();
        let above = || {
            self.traffic
                .iter()
                .filter(|(probability, _)| *probability >= threshold)
        };
        let answered: f64 = above().map(|(_, times)| times).sum();
        let sum: f64 = above().map(|(probability, times)| probability * times).sum();
        let expected = (answered > 0.0).then(|| sum / answered);
        let as_sure = |j: &Judged| j.probability >= threshold;
        let judged = self.judged.iter().filter(|j| as_sure(j)).count();
        let own = (judged > 0).then(|| measures::share_of(&self.judged, as_sure, |j| j.right));
        let is_contradicted = own
            .zip(expected)
            .is_some_and(|(own, expected)| expected < own.low || expected > own.high);
        let precision = match (basis, own, expected) {
            (Basis::Labels, own, _) => own.map(|own| own.value),
            (Basis::Confidence, Some(own), Some(expected)) if is_contradicted => {
                Some(own.value.min(expected))
            }
            (Basis::Confidence, _, expected) => expected,
        };
        Level {
            promise: None,
            threshold: Some(threshold),
            precision,
            expected,
            judged,
            right: self.judged.iter().filter(|j| as_sure(j) && j.right).count(),
            low: own.map(|own| own.low),
            high: own.map(|own| own.high),
            is_contradicted,
            coverage: (all > 0.0).then(|| answered / all),
        }
    }
}

/// The thresholds that can be set, in the setting's two decimals, the lowest first.
fn settable() -> impl Iterator<Item = f64> {
    let hundredths = |threshold: f64| (threshold * 100.0).round() as u32;
    let (lowest, highest) = (BotSettings::LOWEST_THRESHOLD, BotSettings::HIGHEST_THRESHOLD);
    (hundredths(lowest)..=hundredths(highest)).map(|threshold| f64::from(threshold) / 100.0)
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
            by_people: 0,
            judged: judged.collect(),
            is_adapted: false,
        }
    }

    #[test]
    fn without_labels_the_confidence_says_what_a_promise_costs() {
        let record = record(&[(0.99, 3.0), (0.8, 1.0), (0.4, 4.0)], &[]);
        let level = record.keep(Basis::Confidence, 0.9);
        assert_eq!((level.threshold, level.coverage), (Some(0.8), Some(0.5)));
        assert!((level.precision.unwrap() - (0.99 * 3.0 + 0.8) / 4.0).abs() < 1e-9);
        assert_eq!((level.low, level.judged), (None, 0), "a guess has no interval");
        let strict = record.keep(Basis::Confidence, 0.995);
        assert_eq!((strict.threshold, strict.coverage), (None, None));
    }

    #[test]
    fn a_promise_that_a_threshold_keeps_is_not_out_of_reach() {
        let certain = record(&[(1.0, 2.0), (0.6, 1.0)], &[]);
        assert_eq!(certain.keep(Basis::Confidence, 0.99).threshold, Some(0.95));
        let spoiled = record(&[(1.0, 2.0), (0.96, 8.0)], &[]);
        assert_eq!(spoiled.keep(Basis::Confidence, 0.99).threshold, None);
        // rounding 0.901 up to 0.91 would leave nothing but the wrong one
        let mut labels = vec![(0.901, true); 99];
        labels.push((0.99, false));
        let between = record(&[(0.901, 1.0)], &labels);
        assert_eq!(between.keep(Basis::Labels, 0.99).threshold, Some(0.9));
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

    #[test]
    fn few_labels_that_contradict_the_confidence_are_believed_where_they_are_worse() {
        let labels = |right| (0..20).map(|at| (0.88, at < right)).collect::<Vec<_>>();
        let of = |right| record(&[(0.88, 1.0)], &labels(right)).at(Basis::Confidence, 0.78);
        let worse = of(11);
        assert_eq!((worse.judged, worse.right), (20, 11));
        assert!((worse.low.unwrap() - 0.342).abs() < 1e-3 && (worse.high.unwrap() - 0.742).abs() < 1e-3);
        assert_eq!((worse.is_contradicted, worse.precision), (true, Some(0.55)));
        let near = of(17);
        assert_eq!((near.is_contradicted, near.precision), (false, Some(0.88)));
        let modest = record(&[(0.5, 1.0)], &vec![(0.5, true); 20]).at(Basis::Confidence, 0.5);
        assert_eq!(
            (modest.is_contradicted, modest.precision),
            (true, Some(0.5)),
            "the more careful of the two"
        );
    }
}
