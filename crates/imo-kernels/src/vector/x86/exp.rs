//! The integer exponentials of eight numbers at once, with AVX2.

use core::arch::x86_64::*;

/// log₂ e in units of 2⁻³¹, as in `imo_tensor`.
const LOG2_E: i64 = 3_098_164_009;

/// 2^g for 0 ≤ g < 1, by powers of g, in units of 2⁻³¹, as in `imo_tensor`.
const POWERS: [i64; 7] =
    [2_147_483_652, 1_488_521_813, 515_889_645, 119_149_570, 20_785_153, 2_671_403, 466_052];

/// As `imo_tensor::weight_of_negative`, lane by lane.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn weight_of_negative(x: __m256) -> __m256i {
    let [even, odd] = parts(x).map(|(significand, shift)| {
        let half = _mm256_sllv_epi64(
            _mm256_set1_epi64x(1),
            _mm256_add_epi64(shift, _mm256_set1_epi64x(6)),
        );
        let shift = _mm256_add_epi64(shift, _mm256_set1_epi64x(7));
        _mm256_srlv_epi64(_mm256_add_epi64(significand, half), shift)
    });
    _mm256_and_si256(together(even, odd), inside(x))
}

/// As `imo_tensor::exp_of_negative`, lane by lane.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn exp_of_negative(x: __m256) -> __m256 {
    let [even, odd] = parts(x).map(|(significand, shift)| {
        let last = _mm256_set1_epi64x(126);
        let rounded = _mm256_add_epi64(significand, _mm256_set1_epi64x(128));
        let rounded = _mm256_srli_epi64::<8>(rounded);
        let exponent = _mm256_slli_epi64::<23>(_mm256_sub_epi64(last, shift));
        _mm256_andnot_si256(_mm256_cmpgt_epi64(shift, last), _mm256_add_epi64(exponent, rounded))
    });
    _mm256_castsi256_ps(_mm256_and_si256(together(even, odd), inside(x)))
}

/// Which lanes have a size below 104.
#[target_feature(enable = "avx2")]
#[inline]
fn inside(x: __m256) -> __m256i {
    let size = _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(i32::MAX));
    _mm256_cmpgt_epi32(_mm256_castps_si256(_mm256_set1_ps(104.0)), size)
}

/// The low halves of 64-bit lanes as even and odd lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn together(even: __m256i, odd: __m256i) -> __m256i {
    _mm256_or_si256(even, _mm256_slli_epi64::<32>(odd))
}

/// Significands and shifts as `imo_tensor` has them, first of the even lanes, then of the odd ones,
/// in 64-bit lanes; anything for a size of 104 or more.
#[target_feature(enable = "avx2")]
#[inline]
fn parts(x: __m256) -> [(__m256i, __m256i); 2] {
    let bits = _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(i32::MAX));
    let even = _mm256_and_si256(bits, _mm256_set1_epi64x(0xffff_ffff));
    [parts_of(even), parts_of(_mm256_srli_epi64::<32>(bits))]
}

/// [`parts`] of sizes whose bits are in the low halves of 64-bit lanes.
///
/// A shift by 64 or more gives zero, and so does a negative count.
#[target_feature(enable = "avx2")]
#[inline]
fn parts_of(bits: __m256i) -> (__m256i, __m256i) {
    let low_half = _mm256_set1_epi64x(0xffff_ffff);
    let exponent = _mm256_srli_epi64::<23>(bits);
    let fraction = _mm256_and_si256(bits, _mm256_set1_epi64x(0x7f_ffff));
    let normal = _mm256_cmpgt_epi64(exponent, _mm256_setzero_si256());
    let implicit = _mm256_and_si256(normal, _mm256_set1_epi64x(0x80_0000));
    let significand = _mm256_or_si256(fraction, implicit);
    // Units of 2⁻³².
    let up = _mm256_sub_epi64(exponent, _mm256_set1_epi64x(118));
    let down = _mm256_sub_epi64(_mm256_set1_epi64x(118), exponent);
    let fixed =
        _mm256_or_si256(_mm256_sllv_epi64(significand, up), _mm256_srlv_epi64(significand, down));
    let log2_e = _mm256_set1_epi64x(LOG2_E);
    let whole = _mm256_slli_epi64::<1>(_mm256_mul_epu32(_mm256_srli_epi64::<32>(fixed), log2_e));
    let part = _mm256_srli_epi64::<31>(_mm256_mul_epu32(fixed, log2_e));
    let power = _mm256_add_epi64(whole, part);
    let rest = _mm256_and_si256(_mm256_sub_epi64(_mm256_setzero_si256(), power), low_half);
    let shift = _mm256_srli_epi64::<32>(_mm256_add_epi64(power, rest));

    let mut sum = _mm256_set1_epi64x(POWERS[6]);
    for coefficient in POWERS[..6].iter().rev() {
        let product = _mm256_srli_epi64::<32>(_mm256_mul_epu32(sum, rest));
        sum = _mm256_add_epi64(_mm256_set1_epi64x(*coefficient), product);
    }
    let over = _mm256_cmpgt_epi64(sum, low_half);
    (_mm256_blendv_epi8(sum, low_half, over), shift)
}

/// `weight` · 2^−`shift`, to nearest even, lane by lane; no shift is negative.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn shift_to_even(weight: __m256i, shift: __m256i) -> __m256i {
    // A shift by 32 leaves nothing of a weight.
    let shift = _mm256_min_epi32(shift, _mm256_set1_epi32(32));
    let one = _mm256_set1_epi32(1);
    let kept = _mm256_srlv_epi32(weight, shift);
    let rest = _mm256_sub_epi32(weight, _mm256_sllv_epi32(kept, shift));
    let half = _mm256_sllv_epi32(one, _mm256_sub_epi32(shift, one));
    // Compared as unsigned numbers, since the half of a shift by 32 is 2³¹.
    let flip = _mm256_set1_epi32(i32::MIN);
    let above = _mm256_cmpgt_epi32(_mm256_xor_si256(rest, flip), _mm256_xor_si256(half, flip));
    let odd = _mm256_cmpeq_epi32(_mm256_and_si256(kept, one), one);
    let tie = _mm256_and_si256(_mm256_cmpeq_epi32(rest, half), odd);
    let shifted = _mm256_cmpgt_epi32(shift, _mm256_setzero_si256());
    let up = _mm256_and_si256(_mm256_or_si256(above, tie), shifted);
    _mm256_sub_epi32(kept, up)
}
