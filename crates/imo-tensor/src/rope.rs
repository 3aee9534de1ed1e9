//! Rotary position embedding.

use crate::float::canonical;

/// Rotates each pair (2i, 2i+1) of each head of `x` by the angle of pair i:
/// (a, b) → (a·cos − b·sin, a·sin + b·cos).
///
/// `table` has, for one position, (cos, sin) for each pair of a head. ROUNDING: each product once,
/// each sum once.
///
/// # Panics
/// If `x` is not a whole number of heads.
pub fn rotate(x: &mut [f32], table: &[[f32; 2]]) {
    assert_eq!(x.len() % (2 * table.len()), 0, "whole heads of {} pairs", table.len());
    for head in x.chunks_exact_mut(2 * table.len()) {
        for (pair, [cos, sin]) in head.as_chunks_mut::<2>().0.iter_mut().zip(table) {
            let [a, b] = *pair;
            *pair = [canonical(a * cos - b * sin), canonical(a * sin + b * cos)];
        }
    }
}
