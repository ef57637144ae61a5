//! A tenant's own reading of the confidence: fitted on what its visitors and evaluation sets say is right.
//!
//! The shipped model knows many businesses but not this one. Two numbers are enough to correct it (Platt scaling: a
//! slope and an intercept on the log odds), and few labels are enough to fit them; with fewer, or where they do not
//! help on labels that were held back, the shipped confidence stays.

use serde::{Deserialize, Serialize};

/// How the shipped confidence is corrected: log odds × slope + intercept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Calibration {
    /// Above 0, so that the order of confidences stays.
    pub slope: f64,
    pub intercept: f64,
    /// Questions with a known right answer that it was fitted on.
    pub labels: usize,
}

/// A fit, and whether it is better than what is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = CalibrationFit)]
pub struct Fit {
    pub calibration: Calibration,
    /// Mean surprise (log loss) on held-back labels with the shipped confidence, and with the corrected one.
    pub loss_shipped: f64,
    pub loss_fitted: f64,
    /// Whether it is clearly smaller.
    pub helps: bool,
}

/// So many labels are needed, and so many of them right, and wrong.
pub const FEWEST_LABELS: usize = 60;
const FEWEST_OF_A_KIND: usize = 10;
/// By so much the surprise must be smaller.
const LEAD: f64 = 0.005;
const FOLDS: usize = 5;
/// Pulls towards the shipped confidence: as much as so many labels.
const PRIOR: f64 = 4.0;
const FLATTEST: f64 = 0.1;

impl Calibration {
    /// The corrected probability; 0 and 1 are certain and stay.
    pub fn apply(self, probability: f64) -> f64 {
        if probability <= 0.0 || probability >= 1.0 {
            return probability;
        }
        sigmoid(log_odds(probability) * self.slope + self.intercept)
    }
}

/// How far a correction may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Any,
    /// Most labels come from people whom nobody knows: they neither silence the bot nor make it answer everything.
    Near,
}

impl Reach {
    fn limit(self, calibration: Calibration) -> Calibration {
        match self {
            Reach::Any => calibration,
            Reach::Near => Calibration {
                slope: calibration.slope.clamp(0.7, 1.5),
                intercept: calibration.intercept.clamp(-0.7, 0.7),
                ..calibration
            },
        }
    }
}

/// None: too few labels, or nearly all of one kind.
pub fn fit(labels: &[(f64, bool)], reach: Reach) -> Option<Fit> {
    let right = labels.iter().filter(|(_, right)| *right).count();
    let wrong = labels.len() - right;
    if labels.len() < FEWEST_LABELS || right.min(wrong) < FEWEST_OF_A_KIND {
        return None;
    }
    let (mut shipped, mut fitted) = (0.0, 0.0);
    for fold in 0..FOLDS {
        let is_held = |(at, _): &(usize, &(f64, bool))| at % FOLDS == fold;
        let (held, rest): (Vec<_>, Vec<_>) = labels.iter().enumerate().partition(is_held);
        let rest: Vec<(f64, bool)> = rest.into_iter().map(|(_, label)| *label).collect();
        let calibration = reach.limit(solve(&rest));
        for (_, (probability, right)) in held {
            shipped += surprise(*probability, *right);
            fitted += surprise(calibration.apply(*probability), *right);
        }
    }
    let count = labels.len() as f64;
    let (loss_shipped, loss_fitted) = (shipped / count, fitted / count);
    Some(Fit {
        calibration: reach.limit(solve(labels)),
        loss_shipped,
        loss_fitted,
        helps: loss_fitted < loss_shipped - LEAD,
    })
}

/// The mean surprise of the better of the two on held-back labels: as it is shipped, or corrected where that helps.
pub fn loss(labels: &[(f64, bool)], reach: Reach) -> f64 {
    match fit(labels, reach) {
        Some(fit) if fit.helps => fit.loss_fitted,
        _ => {
            let surprises = labels
                .iter()
                .map(|(probability, right)| surprise(*probability, *right));
            surprises.sum::<f64>() / labels.len().max(1) as f64
        }
    }
}

/// Newton's method on [`regret`]; two unknowns. Where the slope may fall no further, the intercept alone is left to fit.
fn solve(labels: &[(f64, bool)]) -> Calibration {
    let mut best = Calibration {
        slope: 1.0,
        intercept: 0.0,
        labels: labels.len(),
    };
    for _ in 0..50 {
        let next = step(best, labels);
        if (next.slope - best.slope).abs() + (next.intercept - best.intercept).abs() < 1e-9 {
            break;
        }
        best = next;
    }
    best
}

/// Half as far as Newton goes, and half of that, as long as it makes things worse: far from 0 the curve is all but flat.
fn step(now: Calibration, labels: &[(f64, bool)]) -> Calibration {
    let (by_slope, by_intercept) = newton(now, labels);
    let reached = regret(now, labels);
    let mut part = 1.0;
    while part > 1e-6 {
        let next = Calibration {
            slope: now.slope - by_slope * part,
            intercept: now.intercept - by_intercept * part,
            ..now
        };
        if regret(next, labels) <= reached {
            return next;
        }
        part /= 2.0;
    }
    now
}

/// How far to lower slope and intercept.
fn newton(now: Calibration, labels: &[(f64, bool)]) -> (f64, f64) {
    let (mut by_slope, mut by_intercept) = (PRIOR * (now.slope - 1.0), PRIOR * now.intercept);
    let (mut slope2, mut both, mut intercept2) = (PRIOR, 0.0, PRIOR);
    for (probability, right) in labels {
        let x = log_odds(*probability);
        let said = sigmoid(x * now.slope + now.intercept);
        let error = said - f64::from(u8::from(*right));
        let weight = said * (1.0 - said);
        by_slope += error * x;
        by_intercept += error;
        slope2 += weight * x * x;
        both += weight * x;
        intercept2 += weight;
    }
    let determinant = slope2 * intercept2 - both * both;
    let wanted = (by_slope * intercept2 - by_intercept * both) / determinant;
    let lower = wanted.min(now.slope - FLATTEST);
    (lower, (by_intercept - both * lower) / intercept2)
}

/// What is made small: the surprise, and the distance from what is shipped.
fn regret(at: Calibration, labels: &[(f64, bool)]) -> f64 {
    let surprises = labels.iter().map(|(probability, right)| {
        let x = log_odds(*probability) * at.slope + at.intercept;
        surprise(sigmoid(x), *right)
    });
    let distance = (at.slope - 1.0).powi(2) + at.intercept.powi(2);
    surprises.sum::<f64>() + PRIOR / 2.0 * distance
}

fn surprise(probability: f64, right: bool) -> f64 {
    let given = if right { probability } else { 1.0 - probability };
    -given.max(1e-6).ln()
}

fn log_odds(probability: f64) -> f64 {
    let kept = probability.clamp(0.001, 0.999);
    (kept / (1.0 - kept)).ln()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says 0.9 and 0.6; right so many times in ten.
    fn labels(at_nine: usize, at_six: usize) -> Vec<(f64, bool)> {
        let of = |at: usize| {
            if at.is_multiple_of(2) {
                (0.9, (at / 2) % 10 < at_nine)
            } else {
                (0.6, (at / 2) % 10 < at_six)
            }
        };
        (0..200).map(of).collect()
    }

    #[test]
    fn a_boastful_confidence_is_corrected_and_an_honest_one_left_alone() {
        let fit_of_boastful = fit(&labels(7, 3), Reach::Any).unwrap();
        assert!(fit_of_boastful.helps, "{fit_of_boastful:?}");
        let corrected = fit_of_boastful.calibration;
        assert!(
            (corrected.apply(0.9) - 0.7).abs() < 0.05 && (corrected.apply(0.6) - 0.3).abs() < 0.06,
            "{corrected:?}"
        );
        assert!(!fit(&labels(9, 6), Reach::Any).unwrap().helps);
    }

    #[test]
    fn who_is_unknown_corrects_a_little() {
        // sure and always wrong, unsure and always right
        let labels: Vec<_> = (0..200)
            .map(|at| if at % 2 == 0 { (0.99, false) } else { (0.3, true) })
            .collect();
        let corrected = fit(&labels, Reach::Near).unwrap().calibration;
        assert!(corrected.apply(0.999) > 0.97, "{corrected:?}");
        assert!(corrected.apply(0.3) < 0.5, "{corrected:?}");
    }

    #[test]
    fn a_confidence_that_says_nothing_comes_down_to_the_share_that_is_right() {
        let sure = |at: usize| 0.99 + 0.000_4 * (at % 20) as f64;
        let labels: Vec<_> = (0..80).map(|at| (sure(at), at % 4 == 0)).collect();
        let fit = fit(&labels, Reach::Any).unwrap();
        let corrected = fit.calibration.apply(0.994);
        assert!(
            fit.calibration.slope >= FLATTEST && (0.22..0.36).contains(&corrected),
            "{fit:?}: {corrected}"
        );
    }

    #[test]
    fn certainty_and_order_stay() {
        let calibration = fit(&labels(7, 3), Reach::Any).unwrap().calibration;
        assert_eq!((calibration.apply(1.0), calibration.apply(0.0)), (1.0, 0.0));
        assert!(calibration.apply(0.8) > calibration.apply(0.7));
    }

    #[test]
    fn few_labels_or_one_sided_ones_say_nothing() {
        assert!(fit(&labels(7, 3)[..40], Reach::Any).is_none());
        assert!(fit(&labels(10, 10), Reach::Any).is_none());
    }
}
