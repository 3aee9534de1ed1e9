//! Attention of one head with AVX2, bit for bit what `imo_tensor::attend` gives.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;

use imo_tensor::{canonical, power_of_two};

use super::avx2::load_values;
use super::exp::{shift_to_even, weight_of_negative};
use crate::attention::{Query, Scratch};
use crate::kv::Rows;

/// Values in a vector.
const WIDTH: usize = 16;

/// Positions whose products fit 32-bit sums: 64 pairs of 2 · 511 · 32,768.
const SPAN: usize = 128;

/// As [`crate::attention::attend_head`], for heads of a multiple of 16, at most 256.
#[target_feature(enable = "avx2,f16c")]
pub(super) fn attend_head(
    out: &mut [f32],
    scratch: &mut Scratch,
    query: Query<'_>,
    scale: f32,
    keys: Rows<'_>,
    values: Rows<'_>,
) {
    let positions = keys.exponents.len();
    // A whole number of vectors; what is too much has no weight.
    let padded = positions.next_multiple_of(8);
    scratch.scores.clear();
    scratch.scores.resize(padded, f32::NEG_INFINITY);
    scratch.weights.clear();
    scratch.weights.resize(padded.next_multiple_of(2), 0);

    dots(&mut scratch.scores[..positions], query.values, keys.values);
    let largest = scale_scores(
        &mut scratch.scores[..positions],
        power_of_two(query.exponent.into()),
        keys.exponents,
        scale,
    );
    let top = values.exponents.iter().copied().max().unwrap_or_default();
    let total = weigh(scratch, largest, top, values.exponents);
    if total == 0 {
        out.fill(0.0);
        return;
    }
    let sums = &mut scratch.sums;
    sums.clear();
    sums.resize(out.len(), 0);
    let spans = values.values.chunks(SPAN * out.len()).zip(scratch.weights.chunks(SPAN));
    for (rows, weights) in spans {
        add_weighted(sums, rows, weights, &mut scratch.parts);
    }
    let factor = power_of_two(top.into()) / total as f32;
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = canonical(*sum as f32 * factor);
    }
}

/// scores[j] = the exact dot product of `query` and row j of `keys`, rounded once.
///
/// The query's values are split as 256 · high + low, so that sums of products fit 32 bits:
/// 256 · 255 · 32,768 < 2³¹.
#[target_feature(enable = "avx2")]
fn dots(scores: &mut [f32], query: &[i16], keys: &[i16]) {
    let mut high = [_mm256_setzero_si256(); 256 / WIDTH];
    let mut low = [_mm256_setzero_si256(); 256 / WIDTH];
    let count = query.len() / WIDTH;
    for (at, values) in query.as_chunks::<WIDTH>().0.iter().enumerate() {
        let values = load_values(values);
        high[at] = _mm256_srai_epi16::<8>(values);
        low[at] = _mm256_and_si256(values, _mm256_set1_epi16(255));
    }
    let (high, low) = (&high[..count], &low[..count]);
    let row = |key: &[i16]| {
        let (mut h, mut l) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for ((key, high), low) in key.as_chunks::<WIDTH>().0.iter().zip(high).zip(low) {
            let key = load_values(key);
            h = _mm256_add_epi32(h, _mm256_madd_epi16(key, *high));
            l = _mm256_add_epi32(l, _mm256_madd_epi16(key, *low));
        }
        _mm256_hadd_epi32(h, l)
    };
    for (score, key) in scores.iter_mut().zip(keys.chunks_exact(query.len())) {
        // Twice (high, high, low, low), added across the halves.
        let pairs = row(key);
        let halves = (_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs));
        let sums = _mm_add_epi32(halves.0, halves.1);
        let sums = _mm_hadd_epi32(sums, sums);
        let (high, low) = (_mm_extract_epi32::<0>(sums), _mm_extract_epi32::<1>(sums));
        *score = (256 * i64::from(high) + i64::from(low)) as f32;
    }
}

/// score = score · `query_scale` · 2^exponent · `scale`, in that order. Returns the largest.
fn scale_scores(scores: &mut [f32], query_scale: f32, exponents: &[i16], scale: f32) -> f32 {
    let mut largest = f32::NEG_INFINITY;
    for (score, exponent) in scores.iter_mut().zip(exponents) {
        *score = *score * query_scale * power_of_two(i32::from(*exponent)) * scale;
        if *score > largest {
            largest = *score;
        }
    }
    largest
}

/// Fills in the weights; returns their sum before they took in the exponents.
#[target_feature(enable = "avx2")]
fn weigh(scratch: &mut Scratch, largest: f32, top: i16, exponents: &[i16]) -> u64 {
    let mut total = _mm256_setzero_si256();
    let mut shifts = exponents.chunks(8).map(|exponents| {
        let mut shifts = [0; 8];
        for (shift, exponent) in shifts.iter_mut().zip(exponents) {
            *shift = i32::from(top) - i32::from(*exponent);
        }
        shifts
    });
    let weights = scratch.weights.as_chunks_mut::<8>().0;
    for (scores, weights) in scratch.scores.as_chunks::<8>().0.iter().zip(weights) {
        // SAFETY: eight scores are there, and the load needs no alignment.
        let scores = unsafe { _mm256_loadu_ps(scores.as_ptr()) };
        let weight = weight_of_negative(_mm256_sub_ps(scores, _mm256_set1_ps(largest)));
        let low = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(weight));
        let high = _mm256_cvtepu32_epi64(_mm256_extracti128_si256::<1>(weight));
        total = _mm256_add_epi64(total, _mm256_add_epi64(low, high));
        let shifts = shifts.next().unwrap_or_default();
        // SAFETY: eight shifts are there, and the load needs no alignment.
        let shifts = unsafe { _mm256_loadu_si256(shifts.as_ptr().cast()) };
        let weight = shift_to_even(weight, shifts);
        // SAFETY: eight weights are there, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(weights.as_mut_ptr().cast(), weight) };
    }
    let mut lanes = [0_u64; 4];
    // SAFETY: 32 bytes are there, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), total) };
    lanes.iter().sum()
}

/// sums[i] += Σ weights[j] · rows[j][i], exact, for at most [`SPAN`] rows.
///
/// A weight, at most 2²⁴, is taken apart into three times nine bits, and rows in pairs.
#[target_feature(enable = "avx2")]
fn add_weighted(sums: &mut [i64], rows: &[i16], weights: &[u32], parts: &mut Vec<[i32; 3]>) {
    parts.clear();
    parts.extend(weights.chunks(2).map(|pair| {
        let (first, second) = (pair[0], pair.get(1).copied().unwrap_or_default());
        let part =
            |shift: u32| ((first >> shift & 511) | (second >> shift & 511) << 16).cast_signed();
        [part(0), part(9), part(18)]
    }));
    let width = sums.len();
    for (column, sums) in sums.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
        let start = column * WIDTH;
        let mut totals = [[_mm256_setzero_si256(); 2]; 3];
        for (pair, parts) in rows.chunks(2 * width).zip(&*parts) {
            let first = load_values(pair[start..].first_chunk().expect("a whole row"));
            let second = pair.get(width + start..).and_then(<[i16]>::first_chunk);
            let second = second.map_or(_mm256_setzero_si256(), |it| load_values(it));
            let values =
                [_mm256_unpacklo_epi16(first, second), _mm256_unpackhi_epi16(first, second)];
            for (total, part) in totals.iter_mut().zip(parts) {
                for (total, values) in total.iter_mut().zip(values) {
                    let products = _mm256_madd_epi16(values, _mm256_set1_epi32(*part));
                    *total = _mm256_add_epi32(*total, products);
                }
            }
        }
        for (half, order) in
            [[0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]].into_iter().enumerate()
        {
            let mut lanes = [[0_i32; 8]; 3];
            for (lanes, total) in lanes.iter_mut().zip(totals) {
                // SAFETY: 32 bytes are there, and the store needs no alignment.
                unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), total[half]) };
            }
            let [low, middle, high] = lanes.map(|lanes| lanes.map(i64::from));
            for (lane, place) in order.into_iter().enumerate() {
                sums[place] += low[lane] + (middle[lane] << 9) + (high[lane] << 18);
            }
        }
    }
}
