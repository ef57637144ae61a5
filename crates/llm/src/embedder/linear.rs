//! One dense layer: `output = input · weightsᵀ + bias`, in 32-bit floats or in 8 bits.
//!
//! Weights are packed for this processor's kernel once, at load. In 8 bits every output channel
//! has its own weight scale and every input row its own scale and zero point, so a row's result
//! never depends on what else is in the batch. The zero points are taken out after the product
//! (`Σ(a - zero)·w = Σa·w - zero·Σw`): rten-gemm 0.27 would apply those of its first rows to all.

use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::Matrix;

#[cfg(target_arch = "x86_64")]
use super::bytes;
use super::load::Precision;
use super::simd;

/// The matrix kernels for this processor. Every thread has its own (they cannot be sent); all
/// choose alike, so what one has packed the others can use.
pub(super) struct Kernels {
    float: GemmExecutor<f32, f32, f32>,
    integer: GemmExecutor<u8, i8, i32>,
    /// Whether [`super::bytes`] may take the place of `integer`.
    #[cfg(target_arch = "x86_64")]
    own_bytes: bool,
}

impl Default for Kernels {
    fn default() -> Self {
        Self {
            float: GemmExecutor::new(),
            integer: GemmExecutor::new(),
            #[cfg(target_arch = "x86_64")]
            own_bytes: true,
        }
    }
}

/// What a thread needs to run a layer: kernels, and buffers reused from layer to layer.
#[derive(Default)]
pub(super) struct Workspace {
    pub(super) kernels: Kernels,
    bytes: Vec<u8>,
    #[cfg(target_arch = "x86_64")]
    wide: Vec<i32>,
    rows: Vec<Quantised>,
    sums: Vec<i32>,
}

/// How the bytes of one input row map to floats: `value ≈ (byte - zero) * scale`.
#[derive(Clone, Copy)]
pub(super) struct Quantised {
    pub(super) scale: f32,
    pub(super) zero: i32,
}

/// What undoes the quantisation of the weights, for each output channel.
#[derive(Default)]
pub(super) struct Channels {
    pub(super) scales: Vec<f32>,
    /// The sum of the channel's weights, in quantised units.
    pub(super) sums: Vec<i32>,
}

/// A dense layer with packed weights.
pub(super) struct Linear {
    inputs: usize,
    outputs: usize,
    bias: Vec<f32>,
    weights: Weights,
}

enum Weights {
    Float32(PackedBMatrix<f32>),
    Int8(PackedBMatrix<i8>, Channels),
    #[cfg(target_arch = "x86_64")]
    OwnInt8(bytes::Packed, Channels),
}

impl Linear {
    /// Packs `weights`, one row of `inputs` values for each output channel.
    pub(super) fn pack(kernels: &Kernels, precision: Precision, weights: &[f32], bias: Vec<f32>) -> Self {
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        let weights = match precision {
            Precision::Float32 => {
                let matrix = Matrix::from_data([outputs, inputs], weights);
                Weights::Float32(kernels.float.prepack_b(matrix.transposed()))
            }
            Precision::Int8 => {
                let (bytes, channels) = quantise_channels(weights, inputs);
                #[cfg(target_arch = "x86_64")]
                if kernels.own_bytes
                    && let Some(packed) = bytes::Packed::pack(&bytes, inputs)
                {
                    return Self {
                        inputs,
                        outputs,
                        bias,
                        weights: Weights::OwnInt8(packed, channels),
                    };
                }
                let matrix = Matrix::from_data([outputs, inputs], bytes.as_slice());
                Weights::Int8(kernels.integer.prepack_b(matrix.transposed()), channels)
            }
        };
        Self {
            inputs,
            outputs,
            bias,
            weights,
        }
    }

    /// Runs the layer on rows of `inputs` values; `finish` sees each row of the output once, with
    /// its index, while it is still in the cache.
    pub(super) fn apply(
        &self,
        input: &[f32],
        output: &mut Vec<f32>,
        workspace: &mut Workspace,
        mut finish: impl FnMut(usize, &mut [f32]),
    ) {
        output.resize(input.len() / self.inputs * self.outputs, 0.0);
        match &self.weights {
            Weights::Float32(packed) => self.multiply_floats(&workspace.kernels, packed, input, output),
            Weights::Int8(packed, _) => self.multiply_bytes(packed, input, workspace),
            #[cfg(target_arch = "x86_64")]
            Weights::OwnInt8(packed, _) => {
                self.quantise(input, workspace);
                packed.multiply(&workspace.bytes, &mut workspace.wide, &mut workspace.sums);
            }
        }
        for (index, row) in output.chunks_exact_mut(self.outputs).enumerate() {
            if let Weights::Int8(_, channels) | Weights::OwnInt8(_, channels) = &self.weights {
                let sums = &workspace.sums[index * self.outputs..][..self.outputs];
                simd::dequantise(sums, workspace.rows[index], channels, &self.bias, row);
            }
            finish(index, row);
        }
    }

    /// Turns the input into bytes and makes room for the sums.
    fn quantise(&self, input: &[f32], work: &mut Workspace) {
        work.bytes.resize(input.len(), 0);
        work.sums.resize(input.len() / self.inputs * self.outputs, 0);
        work.rows.clear();
        for (row, bytes) in input
            .chunks_exact(self.inputs)
            .zip(work.bytes.chunks_exact_mut(self.inputs))
        {
            work.rows.push(simd::quantise(row, bytes));
        }
    }

    #[expect(clippy::expect_used, reason = "shapes are fixed at load")]
    fn multiply_floats(
        &self,
        kernels: &Kernels,
        packed: &PackedBMatrix<f32>,
        input: &[f32],
        output: &mut [f32],
    ) {
        let rows = input.len() / self.inputs;
        let input = GemmInputA::Unpacked(Matrix::from_data([rows, self.inputs], input));
        let options = GemmOptions {
            bias: Some(BiasVector::Row(&self.bias)),
            ..GemmOptions::default()
        };
        kernels
            .float
            .gemm(output, input, GemmInputB::Packed(packed), options)
            .expect("shapes agree");
    }

    #[expect(clippy::expect_used, reason = "shapes are fixed at load")]
    fn multiply_bytes(&self, packed: &PackedBMatrix<i8>, input: &[f32], work: &mut Workspace) {
        self.quantise(input, work);
        let rows = work.rows.len();
        let input = GemmInputA::Unpacked(Matrix::from_data([rows, self.inputs], work.bytes.as_slice()));
        work.kernels
            .integer
            .gemm(
                &mut work.sums,
                input,
                GemmInputB::Packed(packed),
                GemmOptions::default(),
            )
            .expect("shapes agree");
    }
}

/// Each row of `inputs` weights to signed bytes.
pub(super) fn quantise_channels(weights: &[f32], inputs: usize) -> (Vec<i8>, Channels) {
    let mut bytes = vec![0; weights.len()];
    let mut channels = Channels::default();
    for (row, bytes) in weights.chunks_exact(inputs).zip(bytes.chunks_exact_mut(inputs)) {
        let (scale, sum) = simd::quantise_weights(row, bytes);
        channels.scales.push(scale);
        channels.sums.push(sum);
    }
    (bytes, channels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeatable values between -1 and 1.
    fn noise(count: usize, mut seed: u32) -> Vec<f32> {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((seed >> 16) as u16) / 32_768.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// What other processors use, if that is exact on this one.
    fn general() -> Option<Workspace> {
        let mut workspace = Workspace::default();
        #[cfg(target_arch = "x86_64")]
        {
            workspace.kernels.own_bytes = false;
        }
        (!workspace.kernels.integer.may_saturate()).then_some(workspace)
    }

    fn run(
        mut workspace: Workspace,
        precision: Precision,
        weights: &[f32],
        bias: &[f32],
        input: &[f32],
    ) -> Vec<f32> {
        let layer = Linear::pack(&workspace.kernels, precision, weights, bias.to_vec());
        let mut output = Vec::new();
        layer.apply(input, &mut output, &mut workspace, |_, _| {});
        output
    }

    /// The worst root mean square error of a row.
    fn error(output: &[f32], expected: &[f64], outputs: usize) -> f64 {
        let rows = output.chunks_exact(outputs).zip(expected.chunks_exact(outputs));
        let errors = rows.map(|(output, expected)| {
            let squares = output
                .iter()
                .zip(expected)
                .map(|(a, b)| (f64::from(*a) - b).powi(2));
            (squares.sum::<f64>() / outputs as f64).sqrt()
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn a_layer_multiplies_and_adds_its_bias_on_every_kernel() {
        for (inputs, outputs, rows) in [(384, 384, 1), (384, 1152, 9), (384, 384, 17), (1536, 384, 33)] {
            let (weights, bias) = (noise(inputs * outputs, 1), noise(outputs, 2));
            // Rows of different offsets, so that their zero points differ.
            let offset = |at: usize| (at / inputs % 5) as f32 / 5.0;
            let input = noise(rows * inputs, 3).into_iter().enumerate();
            let input: Vec<f32> = input.map(|(at, value)| value + offset(at)).collect();
            let expected: Vec<f64> = (0..rows * outputs)
                .map(|at| {
                    let (input, weights) =
                        (&input[at / outputs * inputs..], &weights[at % outputs * inputs..]);
                    let pairs = input[..inputs].iter().zip(&weights[..inputs]);
                    let products = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b));
                    products.sum::<f64>() + f64::from(bias[at % outputs])
                })
                .collect();
            for (workspace, precision, tolerance) in [
                (Some(Workspace::default()), Precision::Float32, 1e-4),
                (Some(Workspace::default()), Precision::Int8, 0.2),
                (general(), Precision::Int8, 0.2),
            ] {
                let Some(workspace) = workspace else { continue };
                let output = run(workspace, precision, &weights, &bias, &input);
                let error = error(&output, &expected, outputs);
                assert!(
                    error < tolerance,
                    "{precision:?} {rows}x{inputs}x{outputs}: {error}"
                );
            }
        }
    }
}
