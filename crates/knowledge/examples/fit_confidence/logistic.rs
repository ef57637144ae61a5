//! Logistic regression whose coefficients keep their signs.
//!
//! Iteratively reweighted least squares; each weighted problem is solved by cyclic coordinate descent, which
//! makes the sign constraints a matter of clipping at zero. Inputs are standardised inside.

use knowledge::retrieval::confidence::Coefficients;
use knowledge::retrieval::confidence::inputs::{ALL, Input, Sign};

/// One example: inputs in the order of the model's list, label, weight.
pub struct Example {
    pub inputs: Vec<f64>,
    pub right: bool,
    pub weight: f64,
}

/// Strength of the pull of coefficients (of standardised inputs) towards zero.
const RIDGE: f64 = 2e-3;
const NEWTON_STEPS: usize = 40;
const SWEEPS: usize = 60;

pub fn fit(names: &[&str], examples: &[Example]) -> Coefficients {
    let inputs: Vec<&Input> = names.iter().map(|name| find(name)).collect();
    let scales: Vec<Scale> = (0..names.len()).map(|i| Scale::of(examples, i)).collect();
    let total: f64 = examples.iter().map(|example| example.weight).sum();
    let mut weights = vec![0.0; names.len() + 1];
    for _ in 0..NEWTON_STEPS {
        let problem = Quadratic::around(&weights, examples, &scales, total);
        problem.descend(&mut weights, &inputs);
    }
    unscaled(names, &weights, &scales)
}

fn find(name: &str) -> &'static Input {
    ALL.iter()
        .find(|input| input.name == name)
        .expect("a known input")
}

struct Scale {
    mean: f64,
    deviation: f64,
}

impl Scale {
    fn of(examples: &[Example], input: usize) -> Scale {
        let total: f64 = examples.iter().map(|example| example.weight).sum();
        let mean = examples.iter().map(|e| e.weight * e.inputs[input]).sum::<f64>() / total;
        let variance = examples
            .iter()
            .map(|e| e.weight * (e.inputs[input] - mean).powi(2))
            .sum::<f64>()
            / total;
        Scale {
            mean,
            deviation: variance.sqrt().max(1e-6),
        }
    }
}

/// The second-order picture of the loss at one point: `gradient` and `curvature` for bias and inputs.
struct Quadratic {
    gradient: Vec<f64>,
    curvature: Vec<Vec<f64>>,
    at: Vec<f64>,
}

impl Quadratic {
    fn around(weights: &[f64], examples: &[Example], scales: &[Scale], total: f64) -> Quadratic {
        let size = weights.len();
        let mut gradient = vec![0.0; size];
        let mut curvature = vec![vec![0.0; size]; size];
        let mut x = vec![1.0; size];
        for example in examples {
            for (i, scale) in scales.iter().enumerate() {
                x[i + 1] = (example.inputs[i] - scale.mean) / scale.deviation;
            }
            let z: f64 = x.iter().zip(weights).map(|(x, w)| x * w).sum();
            let p = 1.0 / (1.0 + (-z).exp());
            let share = example.weight / total;
            let (error, bend) = (
                share * (p - f64::from(u8::from(example.right))),
                share * (p * (1.0 - p)).max(1e-4),
            );
            for i in 0..size {
                gradient[i] += error * x[i];
                for j in 0..=i {
                    curvature[i][j] += bend * x[i] * x[j];
                }
            }
        }
        for i in 0..size {
            let (above, below) = curvature.split_at_mut(i);
            for (j, row) in above.iter_mut().enumerate() {
                row[i] = below[0][j];
            }
            if i > 0 {
                gradient[i] += 2.0 * RIDGE * weights[i];
                curvature[i][i] += 2.0 * RIDGE;
            }
        }
        Quadratic {
            gradient,
            curvature,
            at: weights.to_vec(),
        }
    }

    fn descend(&self, weights: &mut [f64], inputs: &[&Input]) {
        for _ in 0..SWEEPS {
            for i in 0..weights.len() {
                let bend: f64 = (0..weights.len())
                    .map(|j| self.curvature[i][j] * (weights[j] - self.at[j]))
                    .sum();
                let wanted = weights[i] - (self.gradient[i] + bend) / self.curvature[i][i];
                weights[i] = match i.checked_sub(1).map(|input| inputs[input].sign) {
                    Some(Sign::Positive) => wanted.max(0.0),
                    Some(Sign::Negative) => wanted.min(0.0),
                    _ => wanted,
                };
            }
        }
    }
}

fn unscaled(names: &[&str], weights: &[f64], scales: &[Scale]) -> Coefficients {
    let mut fitted = Coefficients {
        intercept: weights[0] as f32,
        ..Coefficients::default()
    };
    for ((name, weight), scale) in names.iter().zip(&weights[1..]).zip(scales) {
        let coefficient = weight / scale.deviation;
        fitted.intercept -= (coefficient * scale.mean) as f32;
        let rounded = (coefficient * 1e4).round() / 1e4;
        fitted.coefficients.insert((*name).to_owned(), rounded as f32);
    }
    fitted
}
