//! Self-attention of one sequence: every token looks at every token of its own text.
//!
//! Queries arrive already divided by the square root of the head size (folded into the weights at
//! load). There is no mask, because texts are never padded.

use super::model::{HEAD, HEADS, HIDDEN};
use super::simd::{LANES, exp, mul_add, vectorised};

/// Queries handled together: enough independent sums to keep the multipliers busy.
const BLOCK: usize = 4;

/// Buffers of one call, reused from call to call.
#[derive(Default)]
pub(super) struct Workspace {
    keys: Vec<f32>,
    values: Vec<f32>,
    weights: Vec<f32>,
}

/// Mixes the values of one sequence. `projected` holds query, key and value of each token side by
/// side (`3 * HIDDEN`), `mixed` receives `HIDDEN` values for each token.
pub(super) fn attend(projected: &[f32], mixed: &mut [f32], workspace: &mut Workspace) {
    let tokens = mixed.len() / HIDDEN;
    let padded = tokens.next_multiple_of(LANES);
    workspace.keys.resize(HEAD * padded, 0.0);
    workspace.values.resize(HEAD * tokens, 0.0);
    workspace.weights.resize(BLOCK * padded, 0.0);
    for head in 0..HEADS {
        attend_head(projected, mixed, head * HEAD, workspace);
    }
}

vectorised! {
    /// One head, whose columns start at `column`.
    pub(super) fn attend_head(projected: &[f32], mixed: &mut [f32], column: usize, workspace: &mut Workspace) {
        let Workspace { keys, values, weights } = workspace;
        let tokens = mixed.len() / HIDDEN;
        transpose_keys(projected, column, tokens, keys);
        gather_values(projected, column, values);
        for first in (0..tokens).step_by(BLOCK) {
            // The last block may overlap the one before it; the same values are written again.
            let first = first.min(tokens.saturating_sub(BLOCK));
            score::<FMA>(projected, column, first, tokens, keys, weights);
            softmax::<FMA>(weights, tokens);
            mix::<FMA>(values, column, first, weights, mixed);
        }
    }
}

/// `keys[d][token]`, so that the scores of 16 tokens are one vector.
#[inline(always)]
fn transpose_keys(projected: &[f32], column: usize, tokens: usize, keys: &mut [f32]) {
    let padded = keys.len() / HEAD;
    for token in 0..tokens {
        let key = &projected[token * 3 * HIDDEN + HIDDEN + column..][..HEAD];
        for (dimension, value) in key.iter().enumerate() {
            keys[dimension * padded + token] = *value;
        }
    }
}

/// The values of one head side by side: as they lie, their rows would fight for the same cache lines.
#[inline(always)]
fn gather_values(projected: &[f32], column: usize, values: &mut [f32]) {
    for (row, value) in projected
        .chunks_exact(3 * HIDDEN)
        .zip(values.chunks_exact_mut(HEAD))
    {
        value.copy_from_slice(&row[2 * HIDDEN + column..][..HEAD]);
    }
}

/// The products of `BLOCK` queries with all keys.
#[inline(always)]
fn score<const FMA: bool>(
    projected: &[f32],
    column: usize,
    first: usize,
    tokens: usize,
    keys: &[f32],
    weights: &mut [f32],
) {
    let padded = keys.len() / HEAD;
    let mut queries = [[0.0_f32; HEAD]; BLOCK];
    for (row, query) in queries.iter_mut().enumerate().take(tokens) {
        query.copy_from_slice(&projected[(first + row) * 3 * HIDDEN + column..][..HEAD]);
    }
    for start in (0..padded).step_by(LANES) {
        let mut sums = [[0.0_f32; LANES]; BLOCK];
        for dimension in 0..HEAD {
            let key = &keys[dimension * padded + start..][..LANES];
            for row in 0..BLOCK {
                for lane in 0..LANES {
                    sums[row][lane] = mul_add::<FMA>(queries[row][dimension], key[lane], sums[row][lane]);
                }
            }
        }
        for row in 0..BLOCK {
            weights[row * padded + start..][..LANES].copy_from_slice(&sums[row]);
        }
    }
}

/// Scores to weights that sum to one; what lies beyond the last token becomes nothing.
#[inline(always)]
fn softmax<const FMA: bool>(weights: &mut [f32], tokens: usize) {
    let padded = weights.len() / BLOCK;
    for row in weights.chunks_exact_mut(padded) {
        row[tokens..].fill(f32::MIN);
        let mut highest = [f32::MIN; LANES];
        for chunk in row.chunks_exact(LANES) {
            for lane in 0..LANES {
                highest[lane] = if chunk[lane] > highest[lane] {
                    chunk[lane]
                } else {
                    highest[lane]
                };
            }
        }
        let highest = highest.into_iter().fold(f32::MIN, f32::max);
        let mut sum = [0.0_f32; LANES];
        for chunk in row.chunks_exact_mut(LANES) {
            for lane in 0..LANES {
                chunk[lane] = exp::<FMA>(chunk[lane] - highest);
                sum[lane] += chunk[lane];
            }
        }
        let inverse = 1.0 / sum.iter().sum::<f32>();
        row.iter_mut().for_each(|weight| *weight *= inverse);
    }
}

/// The weighted sums of the values, for `BLOCK` queries.
#[inline(always)]
fn mix<const FMA: bool>(values: &[f32], column: usize, first: usize, weights: &[f32], mixed: &mut [f32]) {
    let tokens = values.len() / HEAD;
    let padded = weights.len() / BLOCK;
    let mut sums = [[0.0_f32; HEAD]; BLOCK];
    for token in 0..tokens {
        let value = &values[token * HEAD..][..HEAD];
        for row in 0..BLOCK {
            let weight = weights[row * padded + token];
            for lane in 0..HEAD {
                sums[row][lane] = mul_add::<FMA>(weight, value[lane], sums[row][lane]);
            }
        }
    }
    for (row, sum) in sums.iter().enumerate().take(tokens) {
        mixed[(first + row) * HIDDEN + column..][..HEAD].copy_from_slice(sum);
    }
}
