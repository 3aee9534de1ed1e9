//! Attention over quantised heads: exact scores and exact weighted sums.

use crate::exp::weight_of_negative;
use crate::float::{canonical, power_of_two};

/// Quantises a head vector to 16 bits with a power-of-two scale; returns its exponent e: value = `values[i]` · 2^e.
///
/// With a the largest size and 2^t ≤ a < 2^(t+1), e = t − 14, and values = RNE(x · 2^−e) clamped to ±32,767. Where a < 2⁻¹⁰⁰, and where some value is not
/// finite, all is zero and e = 0.
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

/// What one head's attention needs to know.
#[derive(Clone, Copy, Debug)]
pub struct HeadShape {
    /// 1 / √(head dimension), as packed.
    pub scale: f32,
}

/// One query's attention, position by position: [`Attention::score`] for each, then [`Attention::add`] for each, then [`Attention::mean`].
///
/// ```text
/// score[j]  = ((q · k[j] as binary32) · 2^eq) · 2^ek[j] · scale        the dot product is exact
/// p[j]      = e^(score[j] − largest score) in units of 2⁻²⁴            a NaN score has no weight
/// w[j]      = RNE(p[j] · 2^(ev[j] − E))                                E the largest exponent of a value
/// out       = (Σ w[j] v[j] as binary32) · (2^E / (Σ p[j] as binary32)) both sums are exact
/// ```
///
/// The sums are exact up to 2¹⁷ positions. Without any weight the result is zero.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    query: &'a [i16],
    query_scale: f32,
    shape: HeadShape,
    largest: f32,
    top: Option<i16>,
    total: u64,
}

impl<'a> Attention<'a> {
    /// Before the first position.
    pub const fn new((query, exponent): (&'a [i16], i16), shape: HeadShape) -> Self {
        let query_scale = power_of_two(exponent as i32);
        Self { query, query_scale, shape, largest: f32::NEG_INFINITY, top: None, total: 0 }
    }

    /// The score of a position, of whose value the exponent is needed already.
    pub fn score(&mut self, (key, exponent): (&[i16], i16), value_exponent: i16) -> f32 {
        let scaled = dot(self.query, key) as f32 * self.query_scale * power_of_two(exponent.into());
        let score = scaled * self.shape.scale;
        if score > self.largest {
            self.largest = score;
        }
        self.top = self.top.max(Some(value_exponent));
        score
    }

    /// Adds a position's weighted value to the sums, which are zero before the first.
    pub fn add(&mut self, sums: &mut [i64], score: f32, (value, exponent): (&[i16], i16)) {
        let weight = weight_of_negative(score - self.largest);
        self.total += u64::from(weight);
        let top = i32::from(self.top.unwrap_or(exponent));
        let weight = shift_to_even(weight, top - i32::from(exponent));
        if weight != 0 {
            for (sum, value) in sums.iter_mut().zip(value) {
                *sum += i64::from(weight) * i64::from(*value);
            }
        }
    }

    /// The mean of the values.
    pub fn mean(&self, out: &mut [f32], sums: &[i64]) {
        if self.total == 0 {
            out.fill(0.0);
            return;
        }
        let factor = power_of_two(self.top.unwrap_or(0).into()) / self.total as f32;
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = canonical(*sum as f32 * factor);
        }
    }
}

/// The mean of the values, weighted by how well their keys fit the query, as [`Attention`] says. `keys` and `values` give the positions in order;
/// `scores` has room for one entry per position, `sums` for one per dimension.
///
/// # Panics
/// If the lengths do not fit.
pub fn attend<'a>(
    out: &mut [f32],
    sums: &mut [i64],
    scores: &mut [f32],
    query: (&[i16], i16),
    shape: HeadShape,
    keys: impl Iterator<Item = (&'a [i16], i16)>,
    values: impl Iterator<Item = (&'a [i16], i16)> + Clone,
) {
    assert!(out.len() == query.0.len() && sums.len() == out.len(), "one output per dimension");
    let mut attention = Attention::new(query, shape);
    for (score, (key, value)) in scores.iter_mut().zip(keys.zip(values.clone())) {
        *score = attention.score(key, value.1);
    }
    sums.fill(0);
    for (score, value) in scores.iter().zip(values) {
        attention.add(sums, *score, value);
    }
    attention.mean(out, sums);
}

/// Exact: pairs fit `i32`, since 2 · 32,767² < 2³¹.
fn dot(a: &[i16], b: &[i16]) -> i64 {
    let product = |(a, b): (&i16, &i16)| i32::from(*a) * i32::from(*b);
    let pairs = a.chunks(2).zip(b.chunks(2));
    pairs.map(|(a, b)| i64::from(a.iter().zip(b).map(product).sum::<i32>())).sum()
}

/// `weight` · 2^−`shift`, to nearest even.
fn shift_to_even(weight: u32, shift: i32) -> u32 {
    match shift {
        ..=0 => weight,
        1..=31 => {
            let (kept, rest) = (weight >> shift, weight & ((1 << shift) - 1));
            let half = 1 << (shift - 1);
            kept + u32::from(rest > half || (rest == half && kept & 1 == 1))
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attention_to_one_position_is_its_value() {
        let value = [100_i16, -32_767, 0, 5];
        let (mut out, mut sums, mut scores) = ([0.0; 4], [0; 4], [0.0; 1]);
        let one = |it: &'static [i16]| core::iter::once((it, -3_i16));
        let values: &'static [i16] = Box::leak(Box::new(value));
        attend(
            &mut out,
            &mut sums,
            &mut scores,
            (&[1, 2, 3, 4], 0),
            HeadShape { scale: 0.5 },
            one(values),
            one(values),
        );
        assert_eq!(out, value.map(|it| f32::from(it) / 8.0));
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
