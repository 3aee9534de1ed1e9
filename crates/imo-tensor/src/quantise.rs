//! Quantising: activations and heads as 16-bit integers with a scale.

use crate::float::{canonical, power_of_two};
use crate::format::BLOCK;

/// Largest quantised activation: 255 · 128 − 1, so that a vector path may split it into two bytes.
pub const LARGEST: i16 = 32_639;

/// 2⁻¹⁰⁰: a vector whose values are all smaller counts as zero.
const TINY: f32 = f32::from_bits(27 << 23);

/// A vector as 16-bit integers with one scale: value = `scale` · `values[i]`.
#[derive(Clone, Copy, Debug)]
pub struct Quantised<'a> {
    /// The integers, at most [`LARGEST`] in size.
    pub values: &'a [i16],
    /// Their sums by block of [`BLOCK`].
    pub sums: &'a [i32],
    /// What 1 is worth. NaN when the vector had a value that is not finite.
    pub scale: f32,
}

/// Quantises `x` to `values`, with the sums of each block of 32; returns the scale.
///
/// scale = a / 32,639 with a the largest size; values = RNE(x · (32,639 / a)), clamped to ±32,639.
/// ROUNDING: each value once to nearest even. Where a < 2⁻¹⁰⁰, all is zero and so is the scale.
/// Where some value is not finite, all is zero and the scale is the canonical NaN.
pub fn quantise(values: &mut [i16], sums: &mut [i32], x: &[f32]) -> f32 {
    assert_eq!(values.len(), x.len(), "one integer per value");
    assert_eq!(sums.len() * BLOCK, x.len(), "one sum per block");
    let largest = x.iter().fold(0, |largest: u32, x| largest.max(x.to_bits() & 0x7fff_ffff));
    let largest = f32::from_bits(largest);
    if !largest.is_finite() || largest < TINY {
        values.fill(0);
        sums.fill(0);
        return if largest.is_finite() { 0.0 } else { canonical(f32::NAN) };
    }
    let factor = f32::from(LARGEST) / largest;
    for ((values, sum), x) in values.chunks_exact_mut(BLOCK).zip(sums).zip(x.chunks_exact(BLOCK)) {
        *sum = 0;
        for (value, x) in values.iter_mut().zip(x) {
            *value = round_to_i16(x * factor);
            *sum += i32::from(*value);
        }
    }
    largest / f32::from(LARGEST)
}

/// Rounds to the nearest integer, ties to even, and clamps to ±[`LARGEST`]; |x| < 2²².
fn round_to_i16(x: f32) -> i16 {
    // Adding 1.5 · 2²³ leaves the integer in the low bits, rounded as every addition is.
    let shifted = (x + 12_582_912.0).to_bits().wrapping_sub(12_582_912.0_f32.to_bits());
    let clamped = shifted.cast_signed().clamp(-i32::from(LARGEST), i32::from(LARGEST));
    let bytes = clamped.to_le_bytes();
    i16::from_le_bytes([bytes[0], bytes[1]])
}

/// Quantises a head vector to 16 bits with a power-of-two scale; returns its exponent e:
/// value = `values[i]` · 2^e.
///
/// With a the largest size and 2^t ≤ a < 2^(t+1), e = t − 14, and values = RNE(x · 2^−e) clamped to
/// ±32,767. Where a < 2⁻¹⁰⁰, and where some value is not finite, all is zero and e = 0.
///
/// # Panics
/// If the lengths differ.
pub fn quantise_head(values: &mut [i16], x: &[f32]) -> i16 {
    assert_eq!(values.len(), x.len(), "one integer per value");
    let largest = x.iter().fold(0, |largest: u32, x| largest.max(x.to_bits() & 0x7fff_ffff));
    let exponent = largest >> 23;
    if !(27..255).contains(&exponent) {
        values.fill(0);
        return 0;
    }
    let exponent = exponent.cast_signed() - 127 - 14;
    let factor = power_of_two(-exponent);
    for (value, x) in values.iter_mut().zip(x) {
        let shifted =
            (x * factor + 12_582_912.0).to_bits().wrapping_sub(12_582_912.0_f32.to_bits());
        let clamped = shifted.cast_signed().clamp(-32_767, 32_767).to_le_bytes();
        *value = i16::from_le_bytes([clamped[0], clamped[1]]);
    }
    let bytes = exponent.to_le_bytes();
    i16::from_le_bytes([bytes[0], bytes[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_that_is_not_finite_gives_nan() {
        let mut x = [1.0; 32];
        x[5] = f32::NEG_INFINITY;
        let (mut values, mut sums) = ([7; 32], [7; 1]);
        let scale = quantise(&mut values, &mut sums, &x);
        assert_eq!((values, sums, scale.to_bits()), ([0; 32], [0], 0x7fc0_0000));
    }

    #[test]
    fn rounding_is_to_nearest_even() {
        for (x, expected) in [
            (0.5, 0),
            (1.5, 2),
            (-0.5, 0),
            (-1.5, -2),
            (2.4999, 2),
            (32_639.4, 32_639),
            (40_000.0, LARGEST),
        ] {
            assert_eq!(round_to_i16(x), expected, "{x}");
        }
    }

    #[test]
    fn heads_keep_fifteen_bits() {
        arbtest::arbtest(|u| {
            let x: Vec<f32> = (0..8)
                .map(|_| Ok(f32::from(u.arbitrary::<i16>()?) * 0.37))
                .collect::<arbtest::arbitrary::Result<_>>()?;
            let mut values = [0; 8];
            let exponent = quantise_head(&mut values, &x);
            let largest = x.iter().fold(0.0_f32, |a, x| if x.abs() > a { x.abs() } else { a });
            for (value, x) in values.iter().zip(&x) {
                let error = (f32::from(*value) * power_of_two(exponent.into()) - x).abs();
                assert!(error <= largest / 16_384.0, "{x}");
            }
            Ok(())
        });
    }

    #[test]
    fn a_head_that_is_not_finite_counts_as_zero() {
        let mut values = [1; 2];
        assert_eq!(quantise_head(&mut values, &[f32::NAN, 1.0]), 0);
        assert_eq!(values, [0, 0]);
    }
}
