//! Exact products of unsigned by signed bytes on x86-64: with AVX-512 VNNI, else with AVX2.
//!
//! At the length of a question the weights (11 MB) come from far away in memory, so each of them is
//! fetched once for as many tokens as the registers can sum up. rten-gemm has kernels for the same
//! products; they read the weights more often, and its AVX2 one adds two products in 16 bits, which
//! overflows. They remain for other processors, where that does not happen.

use std::arch::x86_64::{
    __m128i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256, _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_storeu_si512,
};

/// The weights of one layer, in the order in which the products read them: for each panel of
/// channels, for each few inputs, all channels of the panel.
pub(super) struct Packed {
    lines: Vec<Line>,
    inputs: usize,
    outputs: usize,
    kernel: Kernel,
}

/// A cache line of weights.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([i8; 64]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Vnni,
    Avx2,
}

impl Kernel {
    /// The best of this processor.
    fn detect() -> Option<Self> {
        [Self::Vnni, Self::Avx2]
            .into_iter()
            .find(|kernel| kernel.is_available())
    }

    fn is_available(self) -> bool {
        match self {
            Self::Vnni => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni"),
            Self::Avx2 => is_x86_feature_detected!("avx2"),
        }
    }

    /// Output channels of a panel: two registers of 32-bit sums.
    fn width(self) -> usize {
        match self {
            Self::Vnni => 32,
            Self::Avx2 => 16,
        }
    }

    /// Inputs of each channel that one instruction multiplies.
    fn depth(self) -> usize {
        match self {
            Self::Vnni => 4,
            Self::Avx2 => 2,
        }
    }

    /// Rows of one pass: two sums each, two weights and a value fill the registers.
    fn max_rows(self) -> usize {
        match self {
            Self::Vnni => 14,
            Self::Avx2 => 6,
        }
    }
}

impl Packed {
    /// Arranges `weights`, one row of `inputs` bytes for each output channel. `None` where the
    /// processor or the shape does not suit.
    pub(super) fn pack(weights: &[i8], inputs: usize) -> Option<Self> {
        Self::pack_for(Kernel::detect()?, weights, inputs)
    }

    fn pack_for(kernel: Kernel, weights: &[i8], inputs: usize) -> Option<Self> {
        let outputs = weights.len() / inputs;
        let (width, depth) = (kernel.width(), kernel.depth());
        if !kernel.is_available() || !inputs.is_multiple_of(depth * 2) || !outputs.is_multiple_of(width) {
            return None;
        }
        let mut lines = vec![Line([0; 64]); weights.len() / 64];
        let mut targets = lines.iter_mut().flat_map(|line| line.0.chunks_exact_mut(depth));
        for panel in weights.chunks_exact(width * inputs) {
            for at in (0..inputs).step_by(depth) {
                for (channel, target) in panel.chunks_exact(inputs).zip(&mut targets) {
                    target.copy_from_slice(&channel[at..at + depth]);
                }
            }
        }
        drop(targets);
        Some(Self {
            lines,
            inputs,
            outputs,
            kernel,
        })
    }

    /// `sums[row][channel] = Σ bytes[row][i] · weights[channel][i]`. `wide` is room to work in.
    pub(super) fn multiply(&self, bytes: &[u8], wide: &mut Vec<i32>, sums: &mut [i32]) {
        let rows = bytes.len() / self.inputs;
        assert_eq!(rows, sums.len() / self.outputs, "a sum for every row and channel");
        match self.kernel {
            // SAFETY: `pack_for` has seen the instructions on this processor.
            Kernel::Vnni => self.each_pass(bytes, self.inputs, sums, |pass| unsafe { vnni(pass) }),
            Kernel::Avx2 => {
                let pairs = bytes.as_chunks().0.iter();
                wide.clear();
                wide.extend(pairs.map(|[low, high]| i32::from(*low) | i32::from(*high) << 16));
                // SAFETY: as above.
                self.each_pass(wide, self.inputs / 2, sums, |pass| unsafe { avx2(pass) });
            }
        }
    }

    /// Visits every panel with a few rows at a time; a panel stays in the cache for all of them.
    fn each_pass<T>(&self, input: &[T], inputs: usize, sums: &mut [i32], run: impl Fn(Pass<'_, T>)) {
        let rows = input.len() / inputs;
        let passes = rows.div_ceil(self.kernel.max_rows()).max(1);
        let at_once = rows.div_ceil(passes).max(1);
        let width = self.kernel.width();
        for (index, panel) in self.lines.chunks_exact(width * self.inputs / 64).enumerate() {
            let input = input.chunks(at_once * inputs);
            for (input, output) in input.zip(sums.chunks_mut(at_once * self.outputs)) {
                let output = &mut output[index * width..];
                run(Pass {
                    panel,
                    input,
                    inputs,
                    output,
                    stride: self.outputs,
                });
            }
        }
    }
}

/// One panel and a few rows: what is multiplied without a break.
struct Pass<'a, T> {
    panel: &'a [Line],
    input: &'a [T],
    /// Values of a row.
    inputs: usize,
    /// Begins at the panel's first channel.
    output: &'a mut [i32],
    stride: usize,
}

/// Calls the variant of a function for the number of rows.
macro_rules! by_rows {
    ($pass:ident, $function:ident, $($rows:literal)* or $most:literal) => {
        match $pass.input.len() / $pass.inputs {
            $($rows => $function::<$rows>($pass),)*
            _ => $function::<$most>($pass),
        }
    };
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn vnni(pass: Pass<'_, u8>) {
    by_rows!(pass, vnni_rows, 1 2 3 4 5 6 7 8 9 10 11 12 13 or 14);
}

#[target_feature(enable = "avx2")]
fn avx2(pass: Pass<'_, i32>) {
    by_rows!(pass, avx2_rows, 1 2 3 4 5 or 6);
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn vnni_rows<const ROWS: usize>(pass: Pass<'_, u8>) {
    let weights = pass.panel.as_chunks::<2>().0;
    let mut values: [&[[u8; 4]]; ROWS] = [&[]; ROWS];
    for (row, values) in values.iter_mut().enumerate() {
        *values = &pass.input[row * pass.inputs..][..pass.inputs].as_chunks().0[..weights.len()];
    }
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    for (at, [first, second]) in weights.iter().enumerate() {
        // SAFETY: lines are aligned and as long as a register.
        let (first, second) = unsafe {
            (
                _mm512_load_si512(first.0.as_ptr().cast()),
                _mm512_load_si512(second.0.as_ptr().cast()),
            )
        };
        for row in 0..ROWS {
            let value = _mm512_set1_epi32(i32::from_ne_bytes(values[row][at]));
            sums[row][0] = _mm512_dpbusd_epi32(sums[row][0], value, first);
            sums[row][1] = _mm512_dpbusd_epi32(sums[row][1], value, second);
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let output = pass.output[row * pass.stride..][..32].as_mut_ptr();
        // SAFETY: the slice has room for both registers.
        unsafe {
            _mm512_storeu_si512(output.cast(), sums[0]);
            _mm512_storeu_si512(output.add(16).cast(), sums[1]);
        }
    }
}

#[target_feature(enable = "avx2")]
fn avx2_rows<const ROWS: usize>(pass: Pass<'_, i32>) {
    let bytes = pass.panel.as_ptr().cast::<[i8; 32]>();
    // SAFETY: a line is two times 32 bytes, without padding.
    let weights = unsafe { std::slice::from_raw_parts(bytes, pass.panel.len() * 2) };
    let mut values: [&[i32]; ROWS] = [&[]; ROWS];
    for (row, values) in values.iter_mut().enumerate() {
        *values = &pass.input[row * pass.inputs..][..weights.len()];
    }
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    for (at, weights) in weights.iter().enumerate() {
        let weights = weights.as_ptr().cast::<__m128i>();
        // SAFETY: 32 bytes are two halves of 16.
        let (first, second) = unsafe { (_mm_loadu_si128(weights), _mm_loadu_si128(weights.add(1))) };
        let (first, second) = (_mm256_cvtepi8_epi16(first), _mm256_cvtepi8_epi16(second));
        for row in 0..ROWS {
            let value = _mm256_set1_epi32(values[row][at]);
            sums[row][0] = _mm256_add_epi32(sums[row][0], _mm256_madd_epi16(value, first));
            sums[row][1] = _mm256_add_epi32(sums[row][1], _mm256_madd_epi16(value, second));
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let output = pass.output[row * pass.stride..][..16].as_mut_ptr();
        // SAFETY: the slice has room for both registers.
        unsafe {
            _mm256_storeu_si256(output.cast(), sums[0]);
            _mm256_storeu_si256(output.add(8).cast(), sums[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_exact_on_every_kernel_and_for_any_number_of_rows() {
        for kernel in [Kernel::Vnni, Kernel::Avx2] {
            if !kernel.is_available() {
                println!("skipped: no {kernel:?} on this processor");
                continue;
            }
            let (inputs, outputs) = (384, 96);
            let weights: Vec<i8> = (0..inputs * outputs)
                .map(|at| (at * 89 % 255) as u8 as i8)
                .collect();
            let packed = Packed::pack_for(kernel, &weights, inputs).expect("a suitable shape");
            for rows in 0..40 {
                // Extremes side by side, where narrow sums would overflow.
                let bytes: Vec<u8> = (0..rows * inputs)
                    .map(|at| if at % 5 < 3 { 255 } else { (at % 251) as u8 })
                    .collect();
                let mut sums = vec![-1; rows * outputs];
                packed.multiply(&bytes, &mut Vec::new(), &mut sums);
                for (at, sum) in sums.iter().enumerate() {
                    let (bytes, weights) =
                        (&bytes[at / outputs * inputs..], &weights[at % outputs * inputs..]);
                    let pairs = bytes[..inputs].iter().zip(&weights[..inputs]);
                    let expected: i32 = pairs.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
                    assert_eq!(*sum, expected, "{kernel:?}, {rows} rows, at {at}");
                }
            }
        }
    }
}
