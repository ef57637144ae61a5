//! The network of all-MiniLM-L6-v2: BERT with six layers, pooled to one vector.
//!
//! Token ids in, unit vectors out; tokens are made in [`super::tokens`], weights come from
//! [`super::load`]. Texts of a batch are laid end to end without padding: the dense layers see one
//! tall matrix, attention sees each text alone.

use super::attention::{self, attend};
use super::linear::{self, Linear, quantise_channels};
use super::load::Precision;
use super::simd;

/// Values of a token between layers, and of the resulting vector.
pub(super) const HIDDEN: usize = 384;
pub(super) const HEADS: usize = 12;
pub(super) const HEAD: usize = HIDDEN / HEADS;
pub(super) const FEED_FORWARD: usize = 1536;
/// Longer texts are cut: the model was trained up to here.
pub(super) const MAX_TOKENS: usize = 256;

pub(super) struct Model {
    pub(super) words: WordTable,
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

pub(super) struct Layer {
    pub(super) projection: Linear,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) expand: Linear,
    pub(super) contract: Linear,
    pub(super) output_norm: Norm,
}

/// Layer normalisation after a residual connection.
pub(super) struct Norm {
    pub(super) gain: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Norm {
    fn apply(&self, row: &mut [f32], residual: &[f32]) {
        simd::add_and_normalise(row, residual, &self.gain, &self.bias);
    }
}

/// Kernels and buffers of one thread, reused from text to text.
#[derive(Default)]
pub(super) struct Workspace {
    states: Vec<f32>,
    projected: Vec<f32>,
    mixed: Vec<f32>,
    attended: Vec<f32>,
    expanded: Vec<f32>,
    linear: linear::Workspace,
    attention: attention::Workspace,
}

impl Model {
    /// One unit vector for each list of token ids; each list has 1 to [`MAX_TOKENS`] ids.
    pub(super) fn embed(&self, texts: &[&[u32]], workspace: &mut Workspace) -> Vec<Vec<f32>> {
        self.look_up(texts, &mut workspace.states);
        for layer in &self.layers {
            self.run_layer(layer, texts, workspace);
        }
        let mut states = workspace.states.as_slice();
        texts
            .iter()
            .map(|tokens| {
                let (text, rest) = states.split_at(tokens.len() * HIDDEN);
                states = rest;
                pool(text)
            })
            .collect()
    }

    /// Word, position and segment embeddings, normalised.
    fn look_up(&self, texts: &[&[u32]], states: &mut Vec<f32>) {
        let count: usize = texts.iter().map(|tokens| tokens.len()).sum();
        states.resize(count * HIDDEN, 0.0);
        let mut rows = states.chunks_exact_mut(HIDDEN);
        for tokens in texts {
            for (token, position) in tokens.iter().zip(self.positions.chunks_exact(HIDDEN)) {
                let Some(row) = rows.next() else { return };
                self.words.read(*token, row);
                self.norm.apply(row, position);
            }
        }
    }

    fn run_layer(&self, layer: &Layer, texts: &[&[u32]], workspace: &mut Workspace) {
        let Workspace {
            states,
            projected,
            mixed,
            attended,
            expanded,
            linear,
            attention,
        } = workspace;
        layer.projection.apply(states, projected, linear, |_, _| {});
        mixed.resize(states.len(), 0.0);
        let (mut projected, mut mixed_left) = (projected.as_slice(), mixed.as_mut_slice());
        for tokens in texts {
            let (source, rest) = projected.split_at(tokens.len() * 3 * HIDDEN);
            let (target, mixed_rest) = mixed_left.split_at_mut(tokens.len() * HIDDEN);
            attend(source, target, attention);
            (projected, mixed_left) = (rest, mixed_rest);
        }
        let residual = |index: usize| index * HIDDEN..(index + 1) * HIDDEN;
        layer
            .attention_output
            .apply(mixed, attended, linear, |index, row| {
                layer.attention_norm.apply(row, &states[residual(index)]);
            });
        layer
            .expand
            .apply(attended, expanded, linear, |_, row| simd::gelu(row));
        layer.contract.apply(expanded, states, linear, |index, row| {
            layer.output_norm.apply(row, &attended[residual(index)]);
        });
    }
}

/// The mean over all tokens, `[CLS]` and `[SEP]` among them, at length one.
fn pool(states: &[f32]) -> Vec<f32> {
    let mut mean = vec![0.0_f32; HIDDEN];
    for row in states.chunks_exact(HIDDEN) {
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value);
    }
    super::normalise(&mut mean);
    mean
}

/// The embedding of each word piece.
pub(super) enum WordTable {
    Float32(Vec<f32>),
    Int8 { bytes: Vec<i8>, scales: Vec<f32> },
}

impl WordTable {
    pub(super) fn with_capacity(precision: Precision, words: usize) -> Self {
        match precision {
            Precision::Float32 => Self::Float32(Vec::with_capacity(words * HIDDEN)),
            Precision::Int8 => Self::Int8 {
                bytes: Vec::with_capacity(words * HIDDEN),
                scales: Vec::with_capacity(words),
            },
        }
    }

    pub(super) fn extend(&mut self, rows: &[f32]) {
        match self {
            Self::Float32(values) => values.extend_from_slice(rows),
            Self::Int8 { bytes, scales } => {
                let (more_bytes, channels) = quantise_channels(rows, HIDDEN);
                bytes.extend(more_bytes);
                scales.extend(channels.scales);
            }
        }
    }

    /// The number of words in the table.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Float32(values) => values.len() / HIDDEN,
            Self::Int8 { scales, .. } => scales.len(),
        }
    }

    fn read(&self, word: u32, row: &mut [f32]) {
        let at = word as usize * HIDDEN;
        match self {
            Self::Float32(values) => row.copy_from_slice(&values[at..][..HIDDEN]),
            Self::Int8 { bytes, scales } => {
                let scale = scales[word as usize];
                let bytes = &bytes[at..][..HIDDEN];
                row.iter_mut()
                    .zip(bytes)
                    .for_each(|(value, byte)| *value = f32::from(*byte) * scale);
            }
        }
    }
}
