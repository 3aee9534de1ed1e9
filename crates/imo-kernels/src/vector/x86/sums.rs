//! The two long sums of attention with AVX2.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;

use crate::kv::LANES;

/// Pairs of positions whose products fit 32-bit sums: 64 pairs of 2 · 511 · 32,768.
pub(super) const SPAN: usize = 64;

/// A weight, at most 2²⁴, is split into this many parts of nine bits.
pub(super) const PARTS: usize = 3;

/// The parts of the weights of a pair of positions, by query head. Each part has nine bits of each
/// of the two weights.
pub(super) type Weights<const HEADS: usize> = [[i32; PARTS]; HEADS];

/// For each head, the sums of products of the halves of its queries with the keys of a block of
/// positions.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn dot<const HEADS: usize>(
    block: &[i16],
    queries: &[[[i32; 2]; HEADS]],
) -> [[__m256i; 2]; HEADS] {
    let mut sums = [[_mm256_setzero_si256(); 2]; HEADS];
    for (key, queries) in block.as_chunks::<{ 2 * LANES }>().0.iter().zip(queries) {
        let key = load(key);
        for (sums, query) in sums.iter_mut().zip(queries) {
            for (sum, query) in sums.iter_mut().zip(query) {
                let products = _mm256_madd_epi16(key, _mm256_set1_epi32(*query));
                *sum = _mm256_add_epi32(*sum, products);
            }
        }
    }
    sums
}

/// sums[head][i] += Σ weight · value, exact, for at most [`SPAN`] pairs of positions.
#[target_feature(enable = "avx2")]
pub(super) fn add_weighted<const HEADS: usize>(
    sums: &mut [i64],
    pairs: &[i16],
    weights: &[Weights<HEADS>],
) {
    let head_dim = sums.len() / HEADS;
    for start in (0..head_dim).step_by(LANES) {
        let mut totals = [[_mm256_setzero_si256(); PARTS]; HEADS];
        for (row, weights) in pairs.chunks_exact(2 * head_dim).zip(weights) {
            let values = load(row[2 * start..].first_chunk().expect("whole vectors"));
            for (totals, parts) in totals.iter_mut().zip(weights) {
                for (total, part) in totals.iter_mut().zip(parts) {
                    let products = _mm256_madd_epi16(values, _mm256_set1_epi32(*part));
                    *total = _mm256_add_epi32(*total, products);
                }
            }
        }
        for (head, totals) in totals.into_iter().enumerate() {
            let mut lanes = [[0_i32; LANES]; PARTS];
            for (lanes, total) in lanes.iter_mut().zip(totals) {
                // SAFETY: 32 bytes are there, and the store needs no alignment.
                unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), total) };
            }
            let sums = &mut sums[head * head_dim + start..][..LANES];
            for (lane, sum) in sums.iter_mut().enumerate() {
                let [low, middle, high] = lanes.map(|lanes| i64::from(lanes[lane]));
                *sum += low + (middle << 9) + (high << 18);
            }
        }
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(values: &[i16; 2 * LANES]) -> __m256i {
    // SAFETY: 32 bytes are there, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}
