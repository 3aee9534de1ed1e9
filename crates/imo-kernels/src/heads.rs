//! The query heads that share a key and value head, which every path of attention works on.

use imo_tensor::{canonical, power_of_two};

/// Memory that attention works in, so that it is allocated once. Its contents mean nothing between
/// calls.
#[derive(Debug, Default)]
pub struct Scratch {
    /// (head, dimension)
    pub(crate) sums: Vec<i64>,
    /// (head, position)
    pub(crate) scores: Vec<f32>,
    /// (pair of positions, head): both weights, in as many numbers as the instructions need.
    pub(crate) weights: Vec<i32>,
}

/// Quantised query heads, as [`imo_tensor::quantise_head`] makes them.
#[derive(Debug, Clone, Copy)]
pub struct Queries<'a> {
    /// (head, dimension)
    pub values: &'a [i16],
    /// (head)
    pub exponents: &'a [i16],
}

impl Queries<'_> {
    /// Computes all heads, a few at a time: `attend` gets the outputs and queries of the heads that
    /// are left, computes the first few of them, and returns how many.
    #[inline(always)]
    pub(crate) fn in_parts(
        self,
        out: &mut [f32],
        mut attend: impl FnMut(&mut [f32], Queries<'_>) -> usize,
    ) {
        let head_dim = out.len() / self.exponents.len();
        let mut head = 0;
        while head < self.exponents.len() {
            let rest = Queries {
                values: &self.values[head * head_dim..],
                exponents: &self.exponents[head..],
            };
            head += attend(&mut out[head * head_dim..], rest);
        }
    }
}

/// Each head's output: its sum of values, in units of 2^`top`, divided by its sum of weights.
/// Inlined, so that it is compiled for the caller's instruction set.
#[inline(always)]
pub(crate) fn divide<const HEADS: usize>(
    out: &mut [f32],
    sums: &[i64],
    totals: [u64; HEADS],
    top: i16,
) {
    let head_dim = sums.len() / HEADS;
    let heads = out.chunks_exact_mut(head_dim).zip(sums.chunks_exact(head_dim));
    for ((out, sums), total) in heads.zip(totals) {
        if total == 0 {
            out.fill(0.0);
            continue;
        }
        let factor = power_of_two(top.into()) / total as f32;
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = canonical(*sum as f32 * factor);
        }
    }
}
