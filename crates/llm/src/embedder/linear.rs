//! One dense layer: `output = input · weightsᵀ + bias`, in 32-bit floats or in 8 bits.
//!
//! Weights are packed for this processor's kernel once, at load. In 8 bits every output channel
//! has its own weight scale and every input row its own scale and zero point, so a row's result
//! never depends on what else is in the batch.

use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix, QuantParams};
use rten_tensor::Matrix;

use super::load::Precision;
use super::simd;

/// The matrix kernels for this processor. Every thread has its own (they cannot be sent); all
/// choose alike, so what one has packed the others can use.
pub(super) struct Kernels {
    float: GemmExecutor<f32, f32, f32>,
    integer: GemmExecutor<u8, i8, i32>,
    /// The highest byte of a quantised input: kernels without a widening dot product add two
    /// products in 16 bits, which overflows beyond 127.
    levels: f32,
}

impl Default for Kernels {
    fn default() -> Self {
        let integer = GemmExecutor::<u8, i8, i32>::new();
        let levels = if integer.may_saturate() { 127.0 } else { 255.0 };
        Self {
            float: GemmExecutor::new(),
            integer,
            levels,
        }
    }
}

/// What a thread needs to run a layer: kernels, and buffers reused from layer to layer.
#[derive(Default)]
pub(super) struct Workspace {
    pub(super) kernels: Kernels,
    bytes: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<u8>,
    sums: Vec<i32>,
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
    Int8 {
        packed: PackedBMatrix<i8>,
        scales: Vec<f32>,
    },
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
                let (bytes, scales) = quantise_channels(weights, inputs);
                let matrix = Matrix::from_data([outputs, inputs], bytes.as_slice());
                Weights::Int8 {
                    packed: kernels.integer.prepack_b(matrix.transposed()),
                    scales,
                }
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
            Weights::Int8 { packed, .. } => self.multiply_bytes(packed, input, workspace),
        }
        for (index, row) in output.chunks_exact_mut(self.outputs).enumerate() {
            if let Weights::Int8 { scales, .. } = &self.weights {
                let sums = &workspace.sums[index * self.outputs..][..self.outputs];
                simd::dequantise(sums, workspace.scales[index], scales, &self.bias, row);
            }
            finish(index, row);
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
        let rows = input.len() / self.inputs;
        work.bytes.resize(input.len(), 0);
        work.sums.resize(rows * self.outputs, 0);
        work.scales.clear();
        work.zeros.clear();
        for (row, bytes) in input
            .chunks_exact(self.inputs)
            .zip(work.bytes.chunks_exact_mut(self.inputs))
        {
            let (scale, zero) = simd::quantise(row, work.kernels.levels, bytes);
            work.scales.push(scale);
            work.zeros.push(zero);
        }
        let input = GemmInputA::Unpacked(Matrix::from_data([rows, self.inputs], work.bytes.as_slice()));
        let options = GemmOptions {
            a_quant: Some(QuantParams {
                zero_point: work.zeros.as_slice(),
            }),
            ..GemmOptions::default()
        };
        work.kernels
            .integer
            .gemm(
                &mut work.sums[..rows * self.outputs],
                input,
                GemmInputB::Packed(packed),
                options,
            )
            .expect("shapes agree");
    }
}

/// Each row of `inputs` values to signed bytes, with the scale that undoes it.
pub(super) fn quantise_channels(weights: &[f32], inputs: usize) -> (Vec<i8>, Vec<f32>) {
    let mut bytes = Vec::with_capacity(weights.len());
    let mut scales = Vec::with_capacity(weights.len() / inputs);
    for row in weights.chunks_exact(inputs) {
        let highest = row
            .iter()
            .fold(0.0_f32, |highest, value| highest.max(value.abs()));
        let scale = (highest / 127.0).max(f32::MIN_POSITIVE);
        bytes.extend(row.iter().map(|value| (value / scale).round() as i8));
        scales.push(scale);
    }
    (bytes, scales)
}
