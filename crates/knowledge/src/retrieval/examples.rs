//! Learns from several phrasings of the same answer, in closed form and at once.
//!
//! Kernel ridge regression on the cosines (radial kernel `exp(γ (cos − 1))`): measured 1.5 points better on
//! ten phrasings an answer than nearest phrasing plus centroid, and needs no training beyond solving one
//! linear system. Of use only where most answers have at least two phrasings. Start at [`ExampleModel::learn`].

use super::tuning::Tuning;
use super::vectors::{ABSENT, Vectors};

/// Beyond this many phrasings the nearest one is as good, and the system too large to solve in passing:
/// then an even selection of each answer's phrasings is learned from, for the confidence only.
const MOST_EXAMPLES: usize = 1_000;
/// Multiplications for solving: about a tenth of a second.
const MOST_WORK: usize = 400_000_000;
/// Fewest phrasings an answer on average.
const EXAMPLES_PER_ANSWER: f32 = 1.8;

/// A weight of every phrasing for every answer.
pub struct ExampleModel {
    gamma: f32,
    /// Entries that take part, and for each group one weight an entry.
    rows: Vec<u32>,
    weights: Vec<f32>,
    /// Whether every phrasing took part; only then is it better at ranking than the nearest one.
    pub is_complete: bool,
}

impl ExampleModel {
    /// `None` where there is too little or too much to learn from.
    pub fn learn(
        vectors: &Vectors,
        group_of: &[u32],
        members: &[Vec<u32>],
        tuning: &Tuning,
    ) -> Option<ExampleModel> {
        let with_vector = vectors.count();
        let per_answer = with_vector as f32 / members.len().max(1) as f32;
        if members.len() < 2 || per_answer < EXAMPLES_PER_ANSWER {
            return None;
        }
        let rows = select(vectors, members);
        if rows.len() > MOST_EXAMPLES || rows.len() * rows.len() * members.len() > MOST_WORK {
            return None;
        }
        let groups: Vec<u32> = rows.iter().map(|row| group_of[*row as usize]).collect();
        let weights = fit(kernel(vectors, &rows, tuning)?, &groups, members.len())?;
        Some(ExampleModel {
            gamma: tuning.example_gamma,
            is_complete: rows.len() == with_vector,
            rows,
            weights,
        })
    }

    /// The kernel values of a question, from its cosines with all entries.
    pub fn similarities(&self, cosines: &[f32]) -> Vec<f32> {
        self.rows
            .iter()
            .map(|row| match cosines[*row as usize] {
                ABSENT => 0.0,
                cosine => (self.gamma * (cosine - 1.0)).exp(),
            })
            .collect()
    }

    /// About 1 where the question belongs to the group, about 0 where not.
    pub fn score(&self, similarities: &[f32], group: u32) -> f32 {
        let start = group as usize * self.rows.len();
        let weights = &self.weights[start..start + self.rows.len()];
        (dot(weights, similarities) + 1.0) / 2.0
    }
}

/// The same number of phrasings of every answer, all if they are few enough.
fn select(vectors: &Vectors, members: &[Vec<u32>]) -> Vec<u32> {
    let all = members.iter().map(Vec::len).sum::<usize>();
    let most = if all <= MOST_EXAMPLES {
        usize::MAX
    } else {
        (MOST_EXAMPLES / members.len()).max(2)
    };
    let mut rows: Vec<u32> = Vec::new();
    for group in members {
        let step = group.len().div_ceil(most).max(1);
        rows.extend(
            group
                .iter()
                .step_by(step)
                .filter(|row| vectors.has(**row as usize)),
        );
    }
    rows.sort_unstable();
    rows
}

/// The lower triangle, row after row, ridge added.
fn kernel(vectors: &Vectors, rows: &[u32], tuning: &Tuning) -> Option<Vec<f32>> {
    let n = rows.len();
    let mut kernel = vec![0.0; n * n];
    for (i, row) in rows.iter().enumerate() {
        let cosines = vectors.cosines(&vectors.row_as_query(*row as usize)?);
        for j in 0..=i {
            kernel[i * n + j] = (tuning.example_gamma * (cosines[rows[j] as usize] - 1.0)).exp();
        }
        kernel[i * n + i] += tuning.example_ridge;
    }
    Some(kernel)
}

/// The weights of all groups, by the widest instructions this processor has.
fn fit(kernel: Vec<f32>, groups: &[u32], count: usize) -> Option<Vec<f32>> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been asked for these instructions.
        return unsafe { fit_avx2(kernel, groups, count) };
    }
    fit_portable(kernel, groups, count)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn fit_avx2(kernel: Vec<f32>, groups: &[u32], count: usize) -> Option<Vec<f32>> {
    fit_portable(kernel, groups, count)
}

#[inline(always)]
fn fit_portable(kernel: Vec<f32>, groups: &[u32], count: usize) -> Option<Vec<f32>> {
    let factor = cholesky(kernel, groups.len())?;
    let mut weights = vec![0.0; count * groups.len()];
    for (block, weights) in weights.chunks_mut(LANES * groups.len()).enumerate() {
        let target = |lane: usize, group: u32| {
            if group as usize == block * LANES + lane {
                1.0
            } else {
                -1.0
            }
        };
        let mut columns: Vec<Lanes> = groups
            .iter()
            .map(|group| std::array::from_fn(|lane| target(lane, *group)))
            .collect();
        solve(&factor, &mut columns);
        for (lane, weights) in weights.chunks_exact_mut(groups.len()).enumerate() {
            weights
                .iter_mut()
                .zip(&columns)
                .for_each(|(weight, column)| *weight = column[lane]);
        }
    }
    Some(weights)
}

/// Groups solved together, so that the factor is read once for all of them.
const LANES: usize = 16;
type Lanes = [f32; LANES];

/// Row-wise Cholesky factorisation in place: inner products of contiguous rows, which vectorise.
#[inline(always)]
fn cholesky(mut a: Vec<f32>, n: usize) -> Option<Factor> {
    for i in 0..n {
        let (above, current) = a.split_at_mut(i * n);
        for (j, row) in above.chunks_exact(n).enumerate() {
            current[j] = (current[j] - dot(&current[..j], &row[..j])) / row[j];
        }
        let square = current[i] - dot(&current[..i], &current[..i]);
        if square <= 0.0 {
            return None;
        }
        current[i] = square.sqrt();
    }
    Some(Factor { lower: a, n })
}

struct Factor {
    lower: Vec<f32>,
    n: usize,
}

#[inline(always)]
fn solve(factor: &Factor, b: &mut [Lanes]) {
    let n = factor.n;
    for i in 0..n {
        let row = &factor.lower[i * n..i * n + i + 1];
        let (before, rest) = b.split_at_mut(i);
        let mut sum = rest[0];
        before
            .iter()
            .zip(row)
            .for_each(|(other, l)| subtract(&mut sum, other, *l));
        rest[0] = sum.map(|x| x / row[i]);
    }
    for i in (0..n).rev() {
        let row = &factor.lower[i * n..i * n + i + 1];
        let (before, rest) = b.split_at_mut(i);
        rest[0] = rest[0].map(|x| x / row[i]);
        before
            .iter_mut()
            .zip(row)
            .for_each(|(other, l)| subtract(other, &rest[0], *l));
    }
}

#[inline(always)]
fn subtract(from: &mut Lanes, lanes: &Lanes, factor: f32) {
    from.iter_mut().zip(lanes).for_each(|(x, y)| *x -= factor * y);
}

/// Sixteen running sums, so that the additions need not wait for each other.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a16, a_rest) = a.as_chunks::<16>();
    let (b16, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for (x, y) in a16.iter().zip(b16) {
        for lane in 0..16 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f32>()
}
