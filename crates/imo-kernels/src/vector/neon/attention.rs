//! Attention: the bits of `imo_tensor::attend`.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::aarch64::*;
use core::ops::Range;

use imo_tensor::power_of_two;

use super::exp::{shift_to_even, weight_of_negative};
use super::shorts::{add_pairs, load_shorts};
use crate::heads::{Queries, Scratch, divide};
use crate::kv::{Keys, LANES, Values};

/// The weights of a pair of positions, by query head.
type Weights<const HEADS: usize> = [[i32; 2]; HEADS];

/// As [`crate::attention::attend_heads`], for heads of a multiple of 8.
#[target_feature(enable = "neon")]
pub(in crate::vector) fn attend_heads(
    out: &mut [f32],
    scratch: &mut Scratch,
    queries: Queries<'_>,
    scale: f32,
    (keys, values): (Keys<'_>, Values<'_>),
) {
    queries.in_parts(out, |out, rest| match rest.exponents.len() {
        3.. => some_heads::<3>(out, scratch, rest, scale, (keys, values)),
        2 => some_heads::<2>(out, scratch, rest, scale, (keys, values)),
        _ => some_heads::<1>(out, scratch, rest, scale, (keys, values)),
    });
}

/// The first `HEADS` queries, so that keys and values are loaded once for all of them.
#[target_feature(enable = "neon")]
fn some_heads<const HEADS: usize>(
    out: &mut [f32],
    scratch: &mut Scratch,
    queries: Queries<'_>,
    scale: f32,
    (keys, values): (Keys<'_>, Values<'_>),
) -> usize {
    let head_dim = out.len() / queries.exponents.len();
    let positions = keys.exponents.len().next_multiple_of(LANES);
    let Scratch { sums, scores, weights } = scratch;
    // Every pass writes what it reads, so that old contents do not matter.
    scores.resize(HEADS * positions, 0.0);
    weights.resize(HEADS * positions, 0);
    sums.clear();
    sums.resize(HEADS * head_dim, 0);

    let weights = weights.as_chunks_mut().0.as_chunks_mut::<HEADS>().0;
    let largest = score::<HEADS>(scores, queries, scale, keys);
    let top = values.exponents[values.skipped..].iter().copied().max().unwrap_or_default();
    let mut totals = [0; HEADS];
    for (head, total) in totals.iter_mut().enumerate() {
        let scores = &scores[head * positions..][..positions];
        *total = weigh(weights, head, (scores, largest[head]), (values.exponents, top));
    }
    add_weighted(sums, values.pairs, weights);
    divide(out, sums, totals, top);
    HEADS
}

/// score = (q · k, exact and rounded once) · query scale · 2^exponent · `scale`, in that order, as
/// (head, position). Returns each head's largest. Positions that do not count score −inf.
#[target_feature(enable = "neon")]
fn score<const HEADS: usize>(
    scores: &mut [f32],
    queries: Queries<'_>,
    scale: f32,
    keys: Keys<'_>,
) -> [f32; HEADS] {
    let minus_infinity = vdupq_n_f32(f32::NEG_INFINITY);
    let mut largest = [minus_infinity; HEADS];
    let width = scores.len() / HEADS;
    let head_dim = queries.values.len() / queries.exponents.len();
    let query_scales: [_; HEADS] =
        core::array::from_fn(|head| power_of_two(queries.exponents[head].into()));
    let blocks = keys.blocks.chunks_exact(head_dim * LANES);
    for ((at, block), exponents) in blocks.enumerate().zip(keys.exponents.chunks(LANES)) {
        let sums = dot::<HEADS>(block, queries.values, head_dim);
        let powers = lanes_of(exponents).map(|exponents| powers_of_two(exponents));
        let apart = outside(if at == 0 { keys.skipped } else { 0 }..exponents.len());
        for (head, sums) in sums.into_iter().enumerate() {
            for (half, dot) in round(sums).into_iter().enumerate() {
                let score = vmulq_f32(vmulq_n_f32(dot, query_scales[head]), powers[half]);
                let score = vmulq_n_f32(score, scale);
                let score = vbslq_f32(apart[half], minus_infinity, score);
                // A score that is NaN never counts as larger.
                let larger = vcgtq_f32(score, largest[head]);
                largest[head] = vbslq_f32(larger, score, largest[head]);
                store_floats(&mut scores[head * width + at * LANES + 4 * half..], score);
            }
        }
    }
    largest.map(|lanes| {
        let mut values = [0.0; 4];
        store_floats(&mut values, lanes);
        values.into_iter().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a })
    })
}

/// For each head the dot products of its query with the keys of a block of positions.
///
/// The sum of two products fits 32 bits, since a query is above −32,768: 2 · 32,767 · 32,768 < 2³¹.
#[target_feature(enable = "neon")]
#[inline]
fn dot<const HEADS: usize>(
    block: &[i16],
    queries: &[i16],
    head_dim: usize,
) -> [[int64x2_t; 4]; HEADS] {
    let mut sums = [[vdupq_n_s64(0); 4]; HEADS];
    // Four dimensions of each position, two after two.
    for (at, keys) in block.as_chunks::<{ 4 * LANES }>().0.iter().enumerate() {
        let keys = keys.as_chunks::<8>().0;
        let keys = [
            [load_shorts(&keys[0]), load_shorts(&keys[2])],
            [load_shorts(&keys[1]), load_shorts(&keys[3])],
        ];
        for (head, sums) in sums.iter_mut().enumerate() {
            let query = queries[head * head_dim + 4 * at..].as_chunks::<2>().0;
            let queries = [broadcast(&query[0]), broadcast(&query[1])];
            for (sums, keys) in sums.as_chunks_mut::<2>().0.iter_mut().zip(keys) {
                add_pairs(sums, keys, queries);
            }
        }
    }
    sums
}

/// Exact sums, rounded once: a binary64 holds each.
#[target_feature(enable = "neon")]
#[inline]
fn round(sums: [int64x2_t; 4]) -> [float32x4_t; 2] {
    let doubles = sums.map(|sums| vcvtq_f64_s64(sums));
    [
        vcvt_high_f32_f64(vcvt_f32_f64(doubles[0]), doubles[1]),
        vcvt_high_f32_f64(vcvt_f32_f64(doubles[2]), doubles[3]),
    ]
}

/// As `imo_tensor::power_of_two`, lane by lane.
#[target_feature(enable = "neon")]
#[inline]
fn powers_of_two(exponents: int32x4_t) -> float32x4_t {
    let clamped = vmaxq_s32(vminq_s32(exponents, vdupq_n_s32(127)), vdupq_n_s32(-126));
    vreinterpretq_f32_s32(vshlq_n_s32::<23>(vaddq_s32(clamped, vdupq_n_s32(127))))
}

/// The exponents of a block of positions, zero where it ends early.
#[target_feature(enable = "neon")]
#[inline]
fn lanes_of(exponents: &[i16]) -> [int32x4_t; 2] {
    let mut all = [0; LANES];
    all[..exponents.len()].copy_from_slice(exponents);
    let exponents = load_shorts(&all);
    [vmovl_s16(vget_low_s16(exponents)), vmovl_high_s16(exponents)]
}

/// Which lanes are not in this range.
#[target_feature(enable = "neon")]
#[inline]
fn outside(lanes: Range<usize>) -> [uint32x4_t; 2] {
    [0, 4].map(|first| {
        let apart = |lane: usize| if lanes.contains(&lane) { 0 } else { u32::MAX };
        let apart = [0, 1, 2, 3].map(|lane| apart(first + lane));
        // SAFETY: 16 bytes are there, and the load needs no alignment.
        unsafe { vld1q_u32(apart.as_ptr()) }
    })
}

/// Fills in one head's weights. Returns their sum before the values' exponents scale them.
#[target_feature(enable = "neon")]
fn weigh<const HEADS: usize>(
    weights: &mut [Weights<HEADS>],
    head: usize,
    (scores, largest): (&[f32], f32),
    (exponents, top): (&[i16], i16),
) -> u64 {
    let mut total = vdupq_n_u64(0);
    let blocks = scores.as_chunks::<LANES>().0.iter().zip(exponents.chunks(LANES));
    for ((scores, exponents), weights) in blocks.zip(weights.chunks_exact_mut(LANES / 2)) {
        let halves = scores.as_chunks::<4>().0.iter().zip(lanes_of(exponents));
        for ((scores, exponents), weights) in halves.zip(weights.as_chunks_mut::<2>().0) {
            // SAFETY: 16 bytes are there, and the load needs no alignment.
            let scores = unsafe { vld1q_f32(scores.as_ptr()) };
            let weight = weight_of_negative(vsubq_f32(scores, vdupq_n_f32(largest)));
            total = vpadalq_u32(total, weight);
            let weight = shift_to_even(weight, vsubq_s32(vdupq_n_s32(top.into()), exponents));
            let pairs = vreinterpretq_s32_u32(weight);
            // SAFETY: eight bytes are at each place, and the stores need no alignment.
            unsafe {
                vst1_s32(weights[0][head].as_mut_ptr(), vget_low_s32(pairs));
                vst1_s32(weights[1][head].as_mut_ptr(), vget_high_s32(pairs));
            }
        }
    }
    vaddvq_u64(total)
}

/// sums[head][i] += Σ weight · value, exact.
#[target_feature(enable = "neon")]
fn add_weighted<const HEADS: usize>(sums: &mut [i64], pairs: &[i16], weights: &[Weights<HEADS>]) {
    let head_dim = sums.len() / HEADS;
    for start in (0..head_dim).step_by(LANES) {
        // A lane is one of the two positions.
        let mut totals = [[vdupq_n_s64(0); LANES]; HEADS];
        for (row, weights) in pairs.chunks_exact(2 * head_dim).zip(weights) {
            let values = row[2 * start..].as_chunks().0;
            let (first, second) = (load_shorts(&values[0]), load_shorts(&values[1]));
            let values = [
                vmovl_s16(vget_low_s16(first)),
                vmovl_high_s16(first),
                vmovl_s16(vget_low_s16(second)),
                vmovl_high_s16(second),
            ];
            for (totals, weights) in totals.iter_mut().zip(weights) {
                // SAFETY: eight bytes are there, read wherever they lie.
                let weights = unsafe { weights.as_ptr().cast::<i64>().read_unaligned() };
                let weights = vreinterpretq_s32_s64(vdupq_n_s64(weights));
                for (totals, values) in totals.as_chunks_mut::<2>().0.iter_mut().zip(values) {
                    totals[0] = vmlal_s32(totals[0], vget_low_s32(values), vget_low_s32(weights));
                    totals[1] = vmlal_high_s32(totals[1], values, weights);
                }
            }
        }
        for (totals, sums) in totals.iter().zip(sums.chunks_exact_mut(head_dim)) {
            let sums = sums[start..].as_chunks_mut::<2>().0.iter_mut();
            for (sums, totals) in sums.zip(totals.as_chunks::<2>().0) {
                // SAFETY: 16 bytes are there, and neither load nor store needs alignment.
                unsafe {
                    let sum = vaddq_s64(vld1q_s64(sums.as_ptr()), vpaddq_s64(totals[0], totals[1]));
                    vst1q_s64(sums.as_mut_ptr(), sum);
                }
            }
        }
    }
}

/// The two values in every pair of lanes.
#[target_feature(enable = "neon")]
#[inline]
fn broadcast(values: &[i16; 2]) -> int16x8_t {
    // SAFETY: four bytes are there, read wherever they lie.
    let pair = unsafe { values.as_ptr().cast::<i32>().read_unaligned() };
    vreinterpretq_s16_s32(vdupq_n_s32(pair))
}

#[target_feature(enable = "neon")]
#[inline]
fn store_floats(out: &mut [f32], values: float32x4_t) {
    let out: &mut [f32; 4] = out.first_chunk_mut().expect("a whole vector");
    // SAFETY: 16 bytes are there, and the store needs no alignment.
    unsafe { vst1q_f32(out.as_mut_ptr(), values) };
}
