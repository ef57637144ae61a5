//! The arithmetic between the matrix products, written so that the compiler vectorises it.
//!
//! Plain loops over lanes of 16 floats, compiled three times: AVX-512, AVX2 with FMA, and the
//! baseline of the target; the choice is made at run time. No intrinsics. The matrix products
//! themselves are in [`super::linear`], attention in [`super::attention`].

use super::linear::{Channels, Quantised};

/// Floats handled at once: one AVX-512 register, two of AVX2, four of NEON or SSE.
pub(super) const LANES: usize = 16;

/// 1.5 · 2²³: adding it rounds to an integer, which stands in the low bits of the mantissa.
const ROUND: f32 = 12_582_912.0;

/// Compiles a function once for each instruction set and picks one at run time. Inside the body
/// the constant `FMA` says whether fused multiply-add is an instruction (else it is a slow call).
macro_rules! vectorised {
    ($(#[$doc:meta])* pub(super) fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$doc])*
        pub(super) fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body<const FMA: bool>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    body::<true>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    body::<true>($($arg),*)
                }
                match $crate::embedder::simd::level() {
                    // SAFETY: `level` has seen these instructions on this processor.
                    $crate::embedder::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::embedder::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::embedder::simd::Level::Baseline => {}
                }
            }
            body::<{ cfg!(target_arch = "aarch64") }>($($arg),*)
        }
    };
}
pub(super) use vectorised;

#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) enum Level {
    Avx512,
    Avx2,
    Baseline,
}

#[cfg(target_arch = "x86_64")]
pub(super) fn level() -> Level {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (avx2, avx512) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        _ => Level::Baseline,
    }
}

vectorised! {
    /// Products of bytes back to floats: takes out the row's zero point, scales, adds the bias.
    pub(super) fn dequantise(sums: &[i32], row: Quantised, channels: &Channels, bias: &[f32], out: &mut [f32]) {
        let sums = sums.iter().zip(&channels.sums).map(|(sum, channel)| sum - row.zero * channel);
        for (((out, sum), scale), bias) in out.iter_mut().zip(sums).zip(&channels.scales).zip(bias) {
            *out = mul_add::<FMA>(sum as f32 * row.scale, *scale, *bias);
        }
    }
}

vectorised! {
    /// Spreads a row over all bytes.
    pub(super) fn quantise(row: &[f32], out: &mut [u8]) -> Quantised {
        let mut low = [0.0_f32; LANES];
        let mut high = [0.0_f32; LANES];
        for chunk in row.chunks_exact(LANES) {
            for lane in 0..LANES {
                low[lane] = if chunk[lane] < low[lane] { chunk[lane] } else { low[lane] };
                high[lane] = if chunk[lane] > high[lane] { chunk[lane] } else { high[lane] };
            }
        }
        let low = low.into_iter().fold(0.0_f32, f32::min);
        let high = high.into_iter().fold(0.0_f32, f32::max);
        let scale = ((high - low) / 255.0).max(f32::MIN_POSITIVE);
        let zero = (-low / scale).round();
        let (inverse, shift) = (1.0 / scale, zero + 0.5);
        for (out, value) in out.iter_mut().zip(row) {
            let level = mul_add::<FMA>(*value, inverse, shift);
            let level = if level > 0.0 { level } else { 0.0 };
            let level = if level < 255.0 { level } else { 255.0 };
            // SAFETY: between 0 and 255, and a NaN has become 0.
            *out = unsafe { level.to_int_unchecked::<i32>() } as u8;
        }
        Quantised { scale, zero: zero as i32 }
    }
}

vectorised! {
    /// Spreads one channel's weights over -127 to 127; returns their scale and the sum of the bytes.
    pub(super) fn quantise_weights(row: &[f32], out: &mut [i8]) -> (f32, i32) {
        let mut highest = [0.0_f32; LANES];
        for chunk in row.chunks_exact(LANES) {
            for lane in 0..LANES {
                let value = chunk[lane].abs();
                highest[lane] = if value > highest[lane] { value } else { highest[lane] };
            }
        }
        let highest = highest.into_iter().fold(0.0_f32, f32::max);
        let scale = (highest / 127.0).max(f32::MIN_POSITIVE);
        let inverse = 1.0 / scale;
        let mut sum = 0;
        for (out, value) in out.iter_mut().zip(row) {
            let level = mul_add::<FMA>(*value, inverse, ROUND) - ROUND;
            let level = if level > -127.0 { level } else { -127.0 };
            // SAFETY: between -127 and 127, and a NaN has become -127.
            let level = unsafe { (if level < 127.0 { level } else { 127.0 }).to_int_unchecked::<i32>() };
            sum += level;
            *out = level as i8;
        }
        (scale, sum)
    }
}

vectorised! {
    /// `x · Φ(x)` with the exact Φ, not the tanh shape. Φ from erfc by Abramowitz and Stegun
    /// 7.1.26, absolute error below 1.5e-7.
    pub(super) fn gelu(row: &mut [f32]) {
        for value in row.iter_mut() {
            let x = *value;
            let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
            let t = 1.0 / mul_add::<FMA>(0.327_591_1, z, 1.0);
            let mut tail = mul_add::<FMA>(1.061_405_4, t, -1.453_152);
            tail = mul_add::<FMA>(tail, t, 1.421_413_7);
            tail = mul_add::<FMA>(tail, t, -0.284_496_74);
            tail = mul_add::<FMA>(tail, t, 0.254_829_6);
            tail = tail * t * exp::<FMA>(-z * z);
            let positive = if x > 0.0 { x } else { 0.0 };
            *value = mul_add::<FMA>(x.abs() * -0.5, tail, positive);
        }
    }
}

vectorised! {
    /// `row = layer_norm(row + residual) * gain + bias`, with BERT's epsilon of 1e-12.
    pub(super) fn add_and_normalise(row: &mut [f32], residual: &[f32], gain: &[f32], bias: &[f32]) {
        let mut sum = [0.0_f32; LANES];
        for (chunk, residual) in row.chunks_exact_mut(LANES).zip(residual.chunks_exact(LANES)) {
            for lane in 0..LANES {
                chunk[lane] += residual[lane];
                sum[lane] += chunk[lane];
            }
        }
        let mean = sum.iter().sum::<f32>() / row.len() as f32;
        let mut squares = [0.0_f32; LANES];
        for chunk in row.chunks_exact(LANES) {
            for lane in 0..LANES {
                let distance = chunk[lane] - mean;
                squares[lane] = mul_add::<FMA>(distance, distance, squares[lane]);
            }
        }
        let variance = squares.iter().sum::<f32>() / row.len() as f32;
        let inverse = 1.0 / (variance + 1e-12).sqrt();
        for ((value, gain), bias) in row.iter_mut().zip(gain).zip(bias) {
            *value = mul_add::<FMA>((*value - mean) * inverse, *gain, *bias);
        }
    }
}

/// `a * b + c`, fused where that is one instruction.
#[inline(always)]
pub(super) fn mul_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// `e^x` within 2 units in the last place for `x <= 0`, and 0 rather than a denormal below -87.
#[inline(always)]
pub(super) fn exp<const FMA: bool>(x: f32) -> f32 {
    let x = if x > -87.0 { x } else { -87.0 };
    let shifted = mul_add::<FMA>(x, std::f32::consts::LOG2_E, ROUND);
    let power = shifted - ROUND;
    let rest = mul_add::<FMA>(power, -0.693_359_4, x);
    let rest = mul_add::<FMA>(power, 2.121_944_4e-4, rest);
    // Taylor terms suffice: |rest| <= ln(2) / 2.
    let mut sum = mul_add::<FMA>(rest, 1.0 / 5040.0, 1.0 / 720.0);
    sum = mul_add::<FMA>(sum, rest, 1.0 / 120.0);
    sum = mul_add::<FMA>(sum, rest, 1.0 / 24.0);
    sum = mul_add::<FMA>(sum, rest, 1.0 / 6.0);
    sum = mul_add::<FMA>(sum, rest, 0.5);
    sum = mul_add::<FMA>(sum, rest, 1.0);
    sum = mul_add::<FMA>(sum, rest, 1.0);
    sum * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Φ(x) by the series of the error function, to the precision of 64 bits for |x| < 6.
    fn normal(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for index in 1..200 {
            term *= x * x / f64::from(2 * index + 1);
            sum += term;
        }
        0.5 + sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
    }

    #[test]
    fn gelu_is_exact_to_single_precision() {
        let values: Vec<f32> = (-5_000..5_000).map(|step| step as f32 / 1_000.0).collect();
        let mut row = values.clone();
        gelu(&mut row);
        for (x, y) in values.iter().zip(row) {
            let exact = f64::from(*x) * normal(f64::from(*x));
            assert!((f64::from(y) - exact).abs() < 1e-6, "{x}: {y} for {exact}");
        }
    }

    #[test]
    fn exp_is_exact_to_single_precision_and_vanishes_far_below_zero() {
        for step in 0..8_000 {
            let x = -step as f32 / 100.0;
            let exact = f64::from(x).exp();
            for y in [exp::<false>(x), exp::<true>(x)] {
                assert!(
                    (f64::from(y) - exact).abs() <= exact * 3e-7,
                    "{x}: {y} for {exact}"
                );
            }
        }
        assert!(exp::<true>(f32::MIN) < 1e-37);
    }

    #[test]
    fn quantised_rows_map_back_within_half_a_step() {
        let row: Vec<f32> = (0..384).map(|at| ((at * 37 % 101) as f32 - 30.0) / 7.0).collect();
        let mut bytes = vec![0; row.len()];
        let Quantised { scale, zero } = quantise(&row, &mut bytes);
        for (value, byte) in row.iter().zip(&bytes) {
            let back = (i32::from(*byte) - zero) as f32 * scale;
            assert!((back - value).abs() <= scale * 0.51, "{back} for {value}");
        }
        let mut signed = vec![0; row.len()];
        let (scale, sum) = quantise_weights(&row, &mut signed);
        assert_eq!(sum, signed.iter().copied().map(i32::from).sum::<i32>());
        for (value, byte) in row.iter().zip(&signed) {
            assert!((f32::from(*byte) * scale - value).abs() <= scale * 0.51);
        }
    }

    #[test]
    fn a_normalised_row_has_the_gain_as_its_spread_and_the_bias_as_its_mean() {
        let mut row: Vec<f32> = (0..384).map(|at| (at * 31 % 97) as f32).collect();
        let residual = row.clone();
        add_and_normalise(&mut row, &residual, &[3.0; 384], &[5.0; 384]);
        let mean = row.iter().sum::<f32>() / 384.0;
        let spread = (row.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 384.0).sqrt();
        assert!(
            (mean - 5.0).abs() < 1e-4 && (spread - 3.0).abs() < 1e-4,
            "{mean} {spread}"
        );
    }
}
