//! The integer exponentials of four numbers at once.

use core::arch::aarch64::*;

/// log₂ e in units of 2⁻³¹, as in `imo_tensor`.
const LOG2_E: u32 = 3_098_164_009;

/// 2^g for 0 ≤ g < 1, by powers of g, in units of 2⁻³¹, as in `imo_tensor`.
const POWERS: [u32; 7] =
    [2_147_483_652, 1_488_521_813, 515_889_645, 119_149_570, 20_785_153, 2_671_403, 466_052];

/// As `imo_tensor::weight_of_negative`, lane by lane.
#[target_feature(enable = "neon")]
#[inline]
pub(super) fn weight_of_negative(x: float32x4_t) -> uint32x4_t {
    let (significand, shift) = parts(x);
    // Shifts to the right and rounds half up; a shift by more than 32 leaves nothing.
    let weight = vrshlq_u32(significand, vsubq_s32(vdupq_n_s32(-7), shift));
    vandq_u32(weight, inside(x))
}

/// As `imo_tensor::exp_of_negative`, lane by lane.
#[target_feature(enable = "neon")]
#[inline]
pub(super) fn exp_of_negative(x: float32x4_t) -> float32x4_t {
    let (significand, shift) = parts(x);
    let last = vdupq_n_s32(126);
    let exponent = vreinterpretq_u32_s32(vshlq_n_s32::<23>(vsubq_s32(last, shift)));
    let value = vaddq_u32(exponent, vrshrq_n_u32::<8>(significand));
    let kept = vandq_u32(inside(x), vcleq_s32(shift, last));
    vreinterpretq_f32_u32(vandq_u32(value, kept))
}

/// Which lanes have a size below 104.
#[target_feature(enable = "neon")]
#[inline]
fn inside(x: float32x4_t) -> uint32x4_t {
    let largest = vreinterpretq_u32_f32(vdupq_n_f32(104.0));
    vcltq_u32(vreinterpretq_u32_f32(vabsq_f32(x)), largest)
}

/// Significands and shifts as `imo_tensor` has them; anything for a size of 104 or more.
///
/// A negative count shifts to the right. A shift by 32 or more, to either side, gives zero.
#[target_feature(enable = "neon")]
#[inline]
fn parts(x: float32x4_t) -> (uint32x4_t, int32x4_t) {
    let bits = vreinterpretq_u32_f32(vabsq_f32(x));
    let exponent = vshrq_n_u32::<23>(bits);
    let fraction = vandq_u32(bits, vdupq_n_u32(0x7f_ffff));
    let normal = vtstq_u32(exponent, exponent);
    let significand = vorrq_u32(fraction, vandq_u32(normal, vdupq_n_u32(0x80_0000)));
    // The value in units of 2⁻³², its low half and what is above that.
    let exponent = vreinterpretq_s32_u32(exponent);
    let part = vshlq_u32(significand, vsubq_s32(exponent, vdupq_n_s32(118)));
    let whole = vshlq_u32(significand, vsubq_s32(exponent, vdupq_n_s32(150)));
    let log2_e = vdupq_n_u32(LOG2_E);
    let (whole_low, whole_high) = product(whole, log2_e);
    let (part_low, part_high) = product(part, log2_e);
    let first = vsraq_n_u64::<31>(vshlq_n_u64::<1>(whole_low), part_low);
    let second = vsraq_n_u64::<31>(vshlq_n_u64::<1>(whole_high), part_high);
    let power = low_halves(first, second);
    let rest = vsubq_u32(vdupq_n_u32(0), power);
    // Rounded up where the power is not whole: the comparison gives −1.
    let shift = vsubq_u32(high_halves(first, second), vtstq_u32(power, power));

    let mut sum = vdupq_n_u32(POWERS[6]);
    for coefficient in POWERS[..6].iter().rev() {
        let (first, second) = product(sum, rest);
        // All coefficients together are below 2³².
        sum = vaddq_u32(vdupq_n_u32(*coefficient), high_halves(first, second));
    }
    (sum, vreinterpretq_s32_u32(shift))
}

/// The products of the first two lanes, and of the last two.
#[target_feature(enable = "neon")]
#[inline]
fn product(a: uint32x4_t, b: uint32x4_t) -> (uint64x2_t, uint64x2_t) {
    (vmull_u32(vget_low_u32(a), vget_low_u32(b)), vmull_high_u32(a, b))
}

#[target_feature(enable = "neon")]
#[inline]
fn low_halves(first: uint64x2_t, second: uint64x2_t) -> uint32x4_t {
    vuzp1q_u32(vreinterpretq_u32_u64(first), vreinterpretq_u32_u64(second))
}

#[target_feature(enable = "neon")]
#[inline]
fn high_halves(first: uint64x2_t, second: uint64x2_t) -> uint32x4_t {
    vuzp2q_u32(vreinterpretq_u32_u64(first), vreinterpretq_u32_u64(second))
}

/// `weight` · 2^−`shift`, to nearest even, lane by lane, for weights of at most 2²⁴. A shift may be
/// negative where the weight is zero.
#[target_feature(enable = "neon")]
#[inline]
pub(super) fn shift_to_even(weight: uint32x4_t, shift: int32x4_t) -> uint32x4_t {
    // A shift by 32 leaves nothing of a weight.
    let all = vdupq_n_s32(32);
    let shift = vminq_s32(shift, all);
    let half_up = vrshlq_u32(weight, vnegq_s32(shift));
    // The bits that are shifted out, at the top. Exactly a half is a tie, which goes to the even
    // neighbour.
    let rest = vshlq_u32(weight, vsubq_s32(all, shift));
    let tie = vceqq_u32(rest, vdupq_n_u32(1 << 31));
    vbicq_u32(half_up, vandq_u32(tie, vdupq_n_u32(1)))
}
