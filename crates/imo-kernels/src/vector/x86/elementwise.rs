//! Operators that work value by value and need exponentials, with AVX2.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;

use super::exp::{exp_of_negative, weight_of_negative};

const LANES: usize = 8;

/// As [`crate::elementwise::silu_mul`].
#[target_feature(enable = "avx2")]
pub(in crate::vector) fn silu_mul(gate: &mut [f32], up: &[f32]) {
    let (gates, rest) = gate.as_chunks_mut::<LANES>();
    let (ups, rest_up) = up.as_chunks::<LANES>();
    let one = _mm256_set1_ps(1.0);
    let canonical_nan = _mm256_set1_ps(f32::from_bits(0x7fc0_0000));
    for (gate, up) in gates.iter_mut().zip(ups) {
        let (x, up) = (load(gate), load(up));
        let t = exp_of_negative(x);
        let positive = _mm256_cmp_ps::<_CMP_GE_OQ>(x, _mm256_setzero_ps());
        let sigmoid = _mm256_div_ps(_mm256_blendv_ps(t, one, positive), _mm256_add_ps(one, t));
        let value = _mm256_mul_ps(_mm256_mul_ps(x, sigmoid), up);
        let is_nan = _mm256_cmp_ps::<_CMP_UNORD_Q>(value, value);
        let value = _mm256_blendv_ps(value, canonical_nan, is_nan);
        // SAFETY: 32 bytes are there, and the store needs no alignment.
        unsafe { _mm256_storeu_ps(gate.as_mut_ptr(), value) };
    }
    imo_tensor::silu_mul(rest, rest_up);
}

/// As [`crate::elementwise::sum_of_weights`].
#[target_feature(enable = "avx2")]
pub(in crate::vector) fn sum_of_weights(x: &[f32], largest: f32) -> u64 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut total = _mm256_setzero_si256();
    for x in chunks {
        let weight = weight_of_negative(_mm256_sub_ps(load(x), _mm256_set1_ps(largest)));
        let even = _mm256_and_si256(weight, _mm256_set1_epi64x(0xffff_ffff));
        total = _mm256_add_epi64(total, _mm256_add_epi64(even, _mm256_srli_epi64::<32>(weight)));
    }
    let mut lanes = [0_u64; 4];
    // SAFETY: 32 bytes are there, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), total) };
    let rest = rest.iter().map(|x| u64::from(imo_tensor::weight_of_negative(x - largest)));
    lanes.into_iter().chain(rest).sum()
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(values: &[f32; LANES]) -> __m256 {
    // SAFETY: 32 bytes are there, and the load needs no alignment.
    unsafe { _mm256_loadu_ps(values.as_ptr()) }
}
