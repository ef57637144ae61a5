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

/// None: too few labels, or nearly all of one kind.
pub fn fit(labels: &[(f64, bool)]) -> Option<Fit> {
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
        let calibration = solve(&rest);
        for (_, (probability, right)) in held {
            shipped += surprise(*probability, *right);
            fitted += surprise(calibration.apply(*probability), *right);
        }
    }
    let count = labels.len() as f64;
    let (loss_shipped, loss_fitted) = (shipped / count, fitted / count);
    Some(Fit {
        calibration: solve(labels),
        loss_shipped,
        loss_fitted,
        helps: loss_fitted < loss_shipped - LEAD,
    })
}

/// Newton's method on the regularised log loss; two unknowns.
fn solve(labels: &[(f64, bool)]) -> Calibration {
    let (mut slope, mut intercept) = (1.0, 0.0);
    for _ in 0..50 {
        let (mut by_slope, mut by_intercept) = (PRIOR * (slope - 1.0), PRIOR * intercept);
        let (mut slope2, mut both, mut intercept2) = (PRIOR, 0.0, PRIOR);
        for (probability, right) in labels {
            let x = log_odds(*probability);
            let now = sigmoid(x * slope + intercept);
            let error = now - f64::from(u8::from(*right));
            let weight = now * (1.0 - now);
            by_slope += error * x;
            by_intercept += error;
            slope2 += weight * x * x;
            both += weight * x;
            intercept2 += weight;
        }
        let determinant = slope2 * intercept2 - both * both;
        let step_slope = (by_slope * intercept2 - by_intercept * both) / determinant;
        let step_intercept = (by_intercept * slope2 - by_slope * both) / determinant;
        slope = (slope - step_slope).max(FLATTEST);
        intercept -= step_intercept;
        if step_slope.abs() + step_intercept.abs() < 1e-9 {
            break;
        }
    }
    Calibration {
        slope,
        intercept,
        labels: labels.len(),
    }
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
        let fit_of_boastful = fit(&labels(7, 3)).unwrap();
        assert!(fit_of_boastful.helps, "{fit_of_boastful:?}");
        let corrected = fit_of_boastful.calibration;
        assert!(
            (corrected.apply(0.9) - 0.7).abs() < 0.05 && (corrected.apply(0.6) - 0.3).abs() < 0.06,
            "{corrected:?}"
        );
        assert!(!fit(&labels(9, 6)).unwrap().helps);
    }

    #[test]
    fn certainty_and_order_stay() {
        let calibration = fit(&labels(7, 3)).unwrap().calibration;
        assert_eq!((calibration.apply(1.0), calibration.apply(0.0)), (1.0, 0.0));
        assert!(calibration.apply(0.8) > calibration.apply(0.7));
    }

    #[test]
    fn few_labels_or_one_sided_ones_say_nothing() {
        assert!(fit(&labels(7, 3)[..40]).is_none());
        assert!(fit(&labels(10, 10)).is_none());
    }
}
