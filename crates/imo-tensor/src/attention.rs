//! Attention over quantised heads: exact scores and exact weighted sums.

use crate::exp::weight_of_negative;
use crate::float::{canonical, power_of_two};

/// What one head's attention needs to know.
#[derive(Clone, Copy, Debug)]
pub struct HeadShape {
    /// 1 / √(head dimension), as packed.
    pub scale: f32,
}

/// One query's attention, position by position: [`Attention::score`] for each, then
/// [`Attention::add`] for each, then [`Attention::mean`].
///
/// ```text
/// score[j]  = ((q · k[j] as binary32) · 2^eq) · 2^ek[j] · scale        the dot product is exact
/// p[j]      = e^(score[j] − largest score) in units of 2⁻²⁴            a NaN score has no weight
/// w[j]      = RNE(p[j] · 2^(ev[j] − E))                                E: the largest ev[j]
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

    /// The score of a position. The exponent of its value is needed here already, because all
    /// weights depend on the largest one.
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

/// The mean of the values, weighted by how well their keys fit the query, as [`Attention`] says.
/// `keys` and `values` give the positions in order; `scores` has room for one entry per position,
/// `sums` for one per dimension.
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
}
