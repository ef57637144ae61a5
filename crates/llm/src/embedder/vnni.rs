//! Products of unsigned by signed bytes with AVX-512 VNNI, for processors that have it.
//!
//! At the length of a question the weights (11 MB) come from far away in memory. So each of them is
//! fetched once for up to [`MAX_ROWS`] tokens, and what is fetched is multiplied at the pace of the
//! processor's one instruction for it; rten-gemm's general kernels serve every other processor.

use std::arch::x86_64::{
    __m512i, _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

/// Output channels of a panel: two registers.
const WIDTH: usize = 32;
/// Input values that one instruction takes from each channel.
const DEPTH: usize = 4;
/// Rows of one pass: two sums each, two weights and a value fill the registers.
const MAX_ROWS: usize = 14;

/// The weights of one layer: for each panel of channels, for each four inputs, two lines.
pub(super) struct Packed {
    lines: Vec<Line>,
    inputs: usize,
    outputs: usize,
}

/// Four weights of each of 16 channels.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([i8; 64]);

/// Whether this processor has the instructions.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni")
}

impl Packed {
    /// Arranges `weights`, one row of `inputs` bytes for each output channel. `None` where the
    /// processor or the shape does not suit.
    pub(super) fn pack(weights: &[i8], inputs: usize) -> Option<Self> {
        let outputs = weights.len() / inputs;
        if !is_available() || !inputs.is_multiple_of(DEPTH) || !outputs.is_multiple_of(WIDTH) {
            return None;
        }
        let mut lines = Vec::with_capacity(weights.len() / size_of::<Line>());
        for panel in weights.chunks_exact(WIDTH * inputs) {
            for at in (0..inputs).step_by(DEPTH) {
                for half in panel.chunks_exact(WIDTH / 2 * inputs) {
                    let mut line = Line([0; 64]);
                    for (target, channel) in line.0.chunks_exact_mut(DEPTH).zip(half.chunks_exact(inputs)) {
                        target.copy_from_slice(&channel[at..at + DEPTH]);
                    }
                    lines.push(line);
                }
            }
        }
        Some(Self {
            lines,
            inputs,
            outputs,
        })
    }

    /// `sums[row][channel] = Σ bytes[row][i] * weights[channel][i]`.
    pub(super) fn multiply(&self, bytes: &[u8], sums: &mut [i32]) {
        assert_eq!(
            bytes.len() / self.inputs,
            sums.len() / self.outputs,
            "a sum for every row and channel"
        );
        let rows = bytes.len() / self.inputs;
        let passes = rows.div_ceil(MAX_ROWS).max(1);
        let at_once = rows.div_ceil(passes).max(1);
        for (index, panel) in self.lines.chunks_exact(self.inputs / DEPTH * 2).enumerate() {
            let input = bytes.chunks(at_once * self.inputs);
            for (input, output) in input.zip(sums.chunks_mut(at_once * self.outputs)) {
                // SAFETY: `pack` has seen the instructions on this processor.
                unsafe {
                    pass(
                        panel,
                        input,
                        self.inputs,
                        &mut output[index * WIDTH..],
                        self.outputs,
                    )
                };
            }
        }
    }
}

/// Multiplies one panel with up to [`MAX_ROWS`] rows.
#[target_feature(enable = "avx512f,avx512vnni")]
fn pass(panel: &[Line], input: &[u8], inputs: usize, output: &mut [i32], stride: usize) {
    match input.len() / inputs {
        1 => rows::<1>(panel, input, inputs, output, stride),
        2 => rows::<2>(panel, input, inputs, output, stride),
        3 => rows::<3>(panel, input, inputs, output, stride),
        4 => rows::<4>(panel, input, inputs, output, stride),
        5 => rows::<5>(panel, input, inputs, output, stride),
        6 => rows::<6>(panel, input, inputs, output, stride),
        7 => rows::<7>(panel, input, inputs, output, stride),
        8 => rows::<8>(panel, input, inputs, output, stride),
        9 => rows::<9>(panel, input, inputs, output, stride),
        10 => rows::<10>(panel, input, inputs, output, stride),
        11 => rows::<11>(panel, input, inputs, output, stride),
        12 => rows::<12>(panel, input, inputs, output, stride),
        13 => rows::<13>(panel, input, inputs, output, stride),
        _ => rows::<MAX_ROWS>(panel, input, inputs, output, stride),
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn rows<const ROWS: usize>(panel: &[Line], input: &[u8], inputs: usize, output: &mut [i32], stride: usize) {
    let mut values: [&[[u8; DEPTH]]; ROWS] = [&[]; ROWS];
    for (row, values) in values.iter_mut().enumerate() {
        *values = &input[row * inputs..][..inputs].as_chunks::<DEPTH>().0[..panel.len() / 2];
    }
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    for (at, weights) in panel.as_chunks::<2>().0.iter().enumerate() {
        let line = |half: usize| weights[half].0.as_ptr().cast::<__m512i>();
        // SAFETY: lines are aligned and as long as a register.
        let (first, second) = unsafe { (_mm512_load_si512(line(0)), _mm512_load_si512(line(1))) };
        for row in 0..ROWS {
            let value = _mm512_set1_epi32(i32::from_ne_bytes(values[row][at]));
            sums[row][0] = _mm512_dpbusd_epi32(sums[row][0], value, first);
            sums[row][1] = _mm512_dpbusd_epi32(sums[row][1], value, second);
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (half, sum) in sums.iter().enumerate() {
            let target = &mut output[row * stride + half * WIDTH / 2..][..WIDTH / 2];
            // SAFETY: the target has 16 values.
            unsafe { _mm512_storeu_si512(target.as_mut_ptr().cast(), *sum) };
        }
    }
}
