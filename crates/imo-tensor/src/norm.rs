//! Root-mean-square normalisation.

use crate::float::{canonical, square_root};

/// out = x · (1 / √(mean(x²) + eps)) · weight.
///
/// Squares are summed in eight lanes, lane j over i = j mod 8 in order, and the lanes as
/// ((0+4)+(2+6)) + ((1+5)+(3+7)); the mean is that sum divided by the length. One square root, one
/// division; then (x · r) · weight. Infinities and NaN give what IEEE-754 says, with the canonical
/// NaN.
///
/// # Panics
/// If the lengths differ.
pub fn rms_norm(out: &mut [f32], x: &[f32], weight: &[f32], eps: f32) {
    assert!(out.len() == x.len() && x.len() == weight.len(), "one output and weight per value");
    let mut lanes = [0.0_f32; 8];
    for values in x.chunks(8) {
        for (lane, x) in lanes.iter_mut().zip(values) {
            *lane += x * x;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let sum = ((a + e) + (c + g)) + ((b + f) + (d + h));
    let mean = sum / x.len() as f32;
    let factor = 1.0 / square_root(mean + eps);
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = canonical(x * factor * weight);
    }
}
