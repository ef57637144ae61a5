//! What is normal in this tenant's own base: how close its entries lie to each other.
//!
//! A cosine of 0.6 is close in one base and far in another. So every cosine is read against the base:
//! the mean between unrelated entries is the zero, and the distance from each entry to the nearest entry with
//! another answer says how crowded the base is. No labels needed. Start at [`BaseStatistics::measure`].

use serde::{Deserialize, Serialize};

use super::vectors::{ABSENT, Vectors};

/// Comparisons made at most; larger bases are sampled evenly.
const BUDGET: usize = 1_000_000;
/// Pretend to have seen this many entries that are as far apart as [`TYPICAL_NEIGHBOUR`].
const PRIOR_ENTRIES: f32 = 4.0;
const TYPICAL_NEIGHBOUR: f32 = 0.35;
const TYPICAL_MEAN: f32 = 0.12;
const TYPICAL_DEVIATION: f32 = 0.12;

/// Leave-one-out statistics of one shelf. Cosines are raw; [`BaseStatistics::lift`] makes them comparable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BaseStatistics {
    pub entries: usize,
    /// Mean and deviation of the cosine between entries with different answers.
    pub mean: f32,
    pub deviation: f32,
    /// Quantiles of the cosine from an entry to the nearest one with another answer.
    pub neighbour_low: f32,
    pub neighbour_median: f32,
    pub neighbour_high: f32,
}

impl Default for BaseStatistics {
    fn default() -> Self {
        BaseStatistics {
            entries: 0,
            mean: TYPICAL_MEAN,
            deviation: TYPICAL_DEVIATION,
            neighbour_low: TYPICAL_NEIGHBOUR,
            neighbour_median: TYPICAL_NEIGHBOUR,
            neighbour_high: TYPICAL_NEIGHBOUR,
        }
    }
}

impl BaseStatistics {
    /// Compares each row (or an even sample) with all rows of other groups.
    pub fn measure(vectors: &Vectors, group_of: &[u32]) -> BaseStatistics {
        let rows = sample(vectors);
        let mut sums = Sums::default();
        let mut nearest: Vec<f32> = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(query) = vectors.row_as_query(*row) else {
                continue;
            };
            let mut best = ABSENT;
            for (other, cosine) in vectors.cosines(&query).into_iter().enumerate() {
                if group_of[other] != group_of[*row] && cosine != ABSENT {
                    best = best.max(cosine);
                    sums.add(cosine);
                }
            }
            if best != ABSENT {
                nearest.push(best);
            }
        }
        if nearest.is_empty() {
            BaseStatistics::default()
        } else {
            summarise(nearest, &sums, rows.len())
        }
    }

    /// Affine-invariant closeness: 0 for unrelated entries of this base, 1 for the same direction.
    pub fn lift(&self, cosine: f32) -> f32 {
        (cosine - self.mean) / (1.0 - self.mean).max(0.05)
    }
}

fn summarise(mut nearest: Vec<f32>, sums: &Sums, rows: usize) -> BaseStatistics {
    nearest.sort_by(f32::total_cmp);
    let n = nearest.len() as f32;
    let (mean, deviation) = sums.smoothed(n);
    let typical = mean + TYPICAL_NEIGHBOUR * (1.0 - mean);
    let quantile = |q: f32| (quantile(&nearest, q) * n + typical * PRIOR_ENTRIES) / (n + PRIOR_ENTRIES);
    BaseStatistics {
        entries: rows,
        mean,
        deviation,
        neighbour_low: quantile(0.1),
        neighbour_median: quantile(0.5),
        neighbour_high: quantile(0.9),
    }
}

/// Rows with a vector, thinned evenly so that the comparisons stay within [`BUDGET`].
fn sample(vectors: &Vectors) -> Vec<usize> {
    let with_vector: Vec<usize> = (0..vectors.len()).filter(|row| vectors.has(*row)).collect();
    let wanted = (BUDGET / with_vector.len().max(1)).max(64);
    let step = with_vector.len().div_ceil(wanted).max(1);
    with_vector.into_iter().step_by(step).collect()
}

fn quantile(sorted: &[f32], q: f32) -> f32 {
    let at = q * (sorted.len() - 1) as f32;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[derive(Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, x: f32) {
        self.count += 1.0;
        self.sum += f64::from(x);
        self.squares += f64::from(x) * f64::from(x);
    }

    fn smoothed(&self, rows: f32) -> (f32, f32) {
        let mean = (self.sum / self.count) as f32;
        let variance = ((self.squares / self.count) as f32 - mean * mean).max(0.0);
        let mix = |seen: f32, typical: f32| (seen * rows + typical * PRIOR_ENTRIES) / (rows + PRIOR_ENTRIES);
        (
            mix(mean, TYPICAL_MEAN.max(mean - 0.2)),
            mix(variance.sqrt(), TYPICAL_DEVIATION),
        )
    }
}
