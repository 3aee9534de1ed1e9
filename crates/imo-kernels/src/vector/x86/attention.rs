//! Attention with AVX2, and with AVX-512 for its two long sums: the bits of `imo_tensor::attend`.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;
use core::ops::Range;

use imo_tensor::power_of_two;

use super::exp::{shift_to_even, weight_of_negative};
use super::sums::{self, PARTS, SPAN, Weights};
use super::sums512;
use crate::heads::{Queries, Scratch, divide};
use crate::kv::{Keys, LANES, Values};

/// As [`crate::attention::attend_heads`], for heads of a multiple of 8.
///
/// # Safety
///
/// With `WIDE`, the machine has AVX-512 with VNNI, and heads are of a multiple of 16.
#[target_feature(enable = "avx2")]
pub(in crate::vector) unsafe fn attend_heads<const WIDE: bool>(
    out: &mut [f32],
    scratch: &mut Scratch,
    queries: Queries<'_>,
    scale: f32,
    (keys, values): (Keys<'_>, Values<'_>),
) {
    // SAFETY: the same conditions.
    queries.in_parts(out, |out, rest| unsafe {
        match rest.exponents.len() {
            3.. => some_heads::<3, WIDE>(out, scratch, rest, scale, (keys, values)),
            2 => some_heads::<2, WIDE>(out, scratch, rest, scale, (keys, values)),
            _ => some_heads::<1, WIDE>(out, scratch, rest, scale, (keys, values)),
        }
    });
}

/// The first `HEADS` queries, so that keys and values are loaded once for all of them.
///
/// # Safety
///
/// As [`attend_heads`].
#[target_feature(enable = "avx2")]
unsafe fn some_heads<const HEADS: usize, const WIDE: bool>(
    out: &mut [f32],
    scratch: &mut Scratch,
    queries: Queries<'_>,
    scale: f32,
    (keys, values): (Keys<'_>, Values<'_>),
) -> usize {
    let head_dim = out.len() / queries.exponents.len();
    let blocks = keys.exponents.len().div_ceil(LANES);
    let Scratch { sums, scores, weights } = scratch;
    // Every pass writes what it reads, so that old contents do not matter.
    scores.resize(HEADS * blocks * LANES, 0.0);
    weights.resize(HEADS * PARTS * blocks * LANES / 2, 0);
    sums.clear();
    sums.resize(HEADS * head_dim, 0);

    let scores = &mut scores[..HEADS * blocks * LANES];
    let weights = weights.as_chunks_mut().0.as_chunks_mut::<HEADS>().0;
    let halves = split::<HEADS>(queries.values, head_dim);
    let query_scales = core::array::from_fn(|head| power_of_two(queries.exponents[head].into()));
    let largest =
        // SAFETY: the same conditions.
        unsafe { score::<HEADS, WIDE>(scores, &halves, query_scales, scale, keys) };
    let top = values.exponents[values.skipped..].iter().copied().max().unwrap_or_default();
    let mut totals = [0; HEADS];
    for (head, total) in totals.iter_mut().enumerate() {
        let scores = &scores[head * blocks * LANES..][..blocks * LANES];
        *total = weigh(weights, head, (scores, largest[head]), (values.exponents, top));
    }
    let spans = values.pairs.chunks(SPAN * 2 * head_dim).zip(weights.chunks(SPAN));
    for (pairs, weights) in spans {
        if WIDE {
            // SAFETY: the caller vouches for the machine.
            unsafe { sums512::add_weighted(sums, pairs, weights) };
        } else {
            sums::add_weighted(sums, pairs, weights);
        }
    }
    divide(out, sums, totals, top);
    HEADS
}

/// (dimension / 2, head): pairs of queries as 256 · high + low, so that sums of products with keys
/// fit 32 bits: 256 · 255 · 32,768 < 2³¹.
fn split<const HEADS: usize>(queries: &[i16], head_dim: usize) -> Vec<[[i32; 2]; HEADS]> {
    let pair = |first: i16, second: i16| (i32::from(first) & 0xffff) | i32::from(second) << 16;
    let mut halves = vec![[[0; 2]; HEADS]; head_dim / 2];
    for (head, query) in queries.chunks_exact(head_dim).take(HEADS).enumerate() {
        for (halves, [first, second]) in halves.iter_mut().zip(query.as_chunks().0) {
            halves[head] = [pair(first >> 8, second >> 8), pair(first & 255, second & 255)];
        }
    }
    halves
}

/// score = (q · k, exact and rounded once) · query scale · 2^exponent · `scale`, in that order, as
/// (head, position). Returns each head's largest. Positions that do not count score −inf.
///
/// # Safety
///
/// As [`attend_heads`].
#[target_feature(enable = "avx2")]
unsafe fn score<const HEADS: usize, const WIDE: bool>(
    scores: &mut [f32],
    queries: &[[[i32; 2]; HEADS]],
    query_scales: [f32; HEADS],
    scale: f32,
    keys: Keys<'_>,
) -> [f32; HEADS] {
    let minus_infinity = _mm256_set1_ps(f32::NEG_INFINITY);
    let mut largest = [minus_infinity; HEADS];
    let width = scores.len() / HEADS;
    let blocks = keys.blocks.chunks_exact(queries.len() * 2 * LANES);
    for ((at, block), exponents) in blocks.enumerate().zip(keys.exponents.chunks(LANES)) {
        let sums = if WIDE {
            // SAFETY: the caller vouches for the machine.
            unsafe { sums512::dot(block, queries) }
        } else {
            sums::dot(block, queries)
        };
        let powers = powers_of_two(lanes_of(exponents));
        let apart = outside(if at == 0 { keys.skipped } else { 0 }..exponents.len());
        for (head, [high, low]) in sums.into_iter().enumerate() {
            let dot = combine(high, low);
            let score = _mm256_mul_ps(dot, _mm256_set1_ps(query_scales[head]));
            let score = _mm256_mul_ps(_mm256_mul_ps(score, powers), _mm256_set1_ps(scale));
            let score = _mm256_blendv_ps(score, minus_infinity, apart);
            // Gives the second operand where the first is NaN, so that NaN never counts as larger.
            largest[head] = _mm256_max_ps(score, largest[head]);
            store_floats(&mut scores[head * width + at * LANES..], score);
        }
    }
    let mut result = [f32::NEG_INFINITY; HEADS];
    for (result, lanes) in result.iter_mut().zip(largest) {
        let mut values = [0.0; LANES];
        store_floats(&mut values, lanes);
        for value in values {
            if value > *result {
                *result = value;
            }
        }
    }
    result
}

/// 256 · high + low, rounded once: a binary64 holds the sum.
#[target_feature(enable = "avx2")]
#[inline]
fn combine(high: __m256i, low: __m256i) -> __m256 {
    let factor = _mm256_set1_pd(256.0);
    let first = _mm256_cvtpd_ps(_mm256_add_pd(
        _mm256_mul_pd(_mm256_cvtepi32_pd(_mm256_castsi256_si128(high)), factor),
        _mm256_cvtepi32_pd(_mm256_castsi256_si128(low)),
    ));
    let second = _mm256_cvtpd_ps(_mm256_add_pd(
        _mm256_mul_pd(_mm256_cvtepi32_pd(_mm256_extracti128_si256::<1>(high)), factor),
        _mm256_cvtepi32_pd(_mm256_extracti128_si256::<1>(low)),
    ));
    _mm256_set_m128(second, first)
}

/// As `imo_tensor::power_of_two`, lane by lane.
#[target_feature(enable = "avx2")]
#[inline]
fn powers_of_two(exponents: __m256i) -> __m256 {
    let clamped = _mm256_max_epi32(
        _mm256_min_epi32(exponents, _mm256_set1_epi32(127)),
        _mm256_set1_epi32(-126),
    );
    let biased = _mm256_add_epi32(clamped, _mm256_set1_epi32(127));
    _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
}

/// The exponents of a block of positions, zero where it ends early.
#[target_feature(enable = "avx2")]
#[inline]
fn lanes_of(exponents: &[i16]) -> __m256i {
    let mut all = [0; LANES];
    all[..exponents.len()].copy_from_slice(exponents);
    // SAFETY: 16 bytes are there, and the load needs no alignment.
    _mm256_cvtepi16_epi32(unsafe { _mm_loadu_si128(all.as_ptr().cast()) })
}

/// Which lanes are not in this range.
#[target_feature(enable = "avx2")]
#[inline]
fn outside(lanes: Range<usize>) -> __m256 {
    let [first, end] =
        [lanes.start, lanes.end].map(|lane| i32::try_from(lane).expect("at most a block"));
    let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let before = _mm256_cmpgt_epi32(_mm256_set1_epi32(first), lane);
    let beyond = _mm256_cmpgt_epi32(lane, _mm256_set1_epi32(end - 1));
    _mm256_castsi256_ps(_mm256_or_si256(before, beyond))
}

/// Fills in one head's weights. Returns their sum before the values' exponents scale them.
#[target_feature(enable = "avx2")]
fn weigh<const HEADS: usize>(
    weights: &mut [Weights<HEADS>],
    head: usize,
    (scores, largest): (&[f32], f32),
    (exponents, top): (&[i16], i16),
) -> u64 {
    let mut total = _mm256_setzero_si256();
    let blocks = scores.as_chunks::<LANES>().0.iter().zip(exponents.chunks(LANES));
    for ((scores, exponents), weights) in blocks.zip(weights.chunks_exact_mut(LANES / 2)) {
        // SAFETY: eight scores are there, and the load needs no alignment.
        let scores = unsafe { _mm256_loadu_ps(scores.as_ptr()) };
        let weight = weight_of_negative(_mm256_sub_ps(scores, _mm256_set1_ps(largest)));
        let low = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(weight));
        let high = _mm256_cvtepu32_epi64(_mm256_extracti128_si256::<1>(weight));
        total = _mm256_add_epi64(total, _mm256_add_epi64(low, high));

        let shifts = _mm256_sub_epi32(_mm256_set1_epi32(top.into()), lanes_of(exponents));
        let weight = shift_to_even(weight, shifts);
        let parts = [weight, _mm256_srli_epi32::<9>(weight), _mm256_srli_epi32::<18>(weight)];
        for (part, weight) in parts.into_iter().enumerate() {
            let nine_bits = _mm256_and_si256(weight, _mm256_set1_epi32(511));
            let pairs = _mm256_or_si256(nine_bits, _mm256_srli_epi64::<16>(nine_bits));
            let mut lanes = [0_i32; LANES];
            // SAFETY: 32 bytes are there, and the store needs no alignment.
            unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), pairs) };
            for (weights, [pair, _]) in weights.iter_mut().zip(lanes.as_chunks().0) {
                weights[head][part] = *pair;
            }
        }
    }
    let mut lanes = [0_u64; 4];
    // SAFETY: 32 bytes are there, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), total) };
    lanes.iter().sum()
}

#[target_feature(enable = "avx2")]
#[inline]
fn store_floats(out: &mut [f32], values: __m256) {
    let out: &mut [f32; LANES] = out.first_chunk_mut().expect("a whole vector");
    // SAFETY: 32 bytes are there, and the store needs no alignment.
    unsafe { _mm256_storeu_ps(out.as_mut_ptr(), values) };
}
