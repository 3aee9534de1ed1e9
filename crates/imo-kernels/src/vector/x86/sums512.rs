//! The two long sums of attention with AVX-512 and its 16-bit dot products.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;

use super::sums::{PARTS, Weights};
use crate::kv::LANES;

/// As [`super::sums::dot`], two pairs of dimensions at once, for a multiple of four dimensions.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
pub(super) fn dot<const HEADS: usize>(
    block: &[i16],
    queries: &[[[i32; 2]; HEADS]],
) -> [[__m256i; 2]; HEADS] {
    let mut sums = [[_mm512_setzero_si512(); 2]; HEADS];
    let keys = block.as_chunks::<{ 4 * LANES }>().0.iter();
    for (key, [first, second]) in keys.zip(queries.as_chunks::<2>().0) {
        let key = load(key);
        for head in 0..HEADS {
            for half in 0..2 {
                let query = _mm512_mask_set1_epi32(
                    _mm512_set1_epi32(first[head][half]),
                    0xff00,
                    second[head][half],
                );
                sums[head][half] = _mm512_dpwssd_epi32(sums[head][half], key, query);
            }
        }
    }
    let mut folded = [[_mm256_setzero_si256(); 2]; HEADS];
    for (folded, sum) in folded.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        let upper = _mm512_extracti64x4_epi64::<1>(*sum);
        *folded = _mm256_add_epi32(_mm512_castsi512_si256(*sum), upper);
    }
    folded
}

/// As [`super::sums::add_weighted`], for a multiple of 16 dimensions.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
pub(super) fn add_weighted<const HEADS: usize>(
    sums: &mut [i64],
    pairs: &[i16],
    weights: &[Weights<HEADS>],
) {
    const WIDTH: usize = 2 * LANES;
    let head_dim = sums.len() / HEADS;
    for start in (0..head_dim).step_by(WIDTH) {
        let mut totals = [[_mm512_setzero_si512(); PARTS]; HEADS];
        for (row, weights) in pairs.chunks_exact(2 * head_dim).zip(weights) {
            let values = load(row[2 * start..].first_chunk().expect("whole vectors"));
            for (totals, parts) in totals.iter_mut().zip(weights) {
                for (total, part) in totals.iter_mut().zip(parts) {
                    *total = _mm512_dpwssd_epi32(*total, values, _mm512_set1_epi32(*part));
                }
            }
        }
        for (totals, sums) in totals.iter().zip(sums.chunks_exact_mut(head_dim)) {
            for (half, sums) in sums[start..start + WIDTH].chunks_exact_mut(LANES).enumerate() {
                let [low, middle, high] = totals.map(|total| widen(total, half));
                let sum = _mm512_add_epi64(low, _mm512_slli_epi64::<9>(middle));
                let sum = _mm512_add_epi64(sum, _mm512_slli_epi64::<18>(high));
                // SAFETY: eight sums are there, and neither load nor store needs alignment.
                unsafe {
                    let old = _mm512_loadu_epi64(sums.as_ptr());
                    _mm512_storeu_epi64(sums.as_mut_ptr(), _mm512_add_epi64(old, sum));
                }
            }
        }
    }
}

/// The lower or upper half of 32-bit lanes as 64-bit ones.
#[target_feature(enable = "avx512f")]
#[inline]
fn widen(values: __m512i, half: usize) -> __m512i {
    _mm512_cvtepi32_epi64(match half {
        0 => _mm512_castsi512_si256(values),
        _ => _mm512_extracti64x4_epi64::<1>(values),
    })
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(values: &[i16; 4 * LANES]) -> __m512i {
    // SAFETY: 64 bytes are there, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}
