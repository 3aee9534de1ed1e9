//! Vectors of eight 16-bit values.
#![expect(unsafe_code, reason = "loads of vectors")]

use core::arch::aarch64::*;

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn load_shorts(values: &[i16; 8]) -> int16x8_t {
    // SAFETY: 16 bytes are there, and the load needs no alignment.
    unsafe { vld1q_s16(values.as_ptr()) }
}

/// Adds a · x + b · y, each lane with its neighbour: the lower four lanes to the first of the sums,
/// the upper four to the second.
///
/// The sum of the two products of a lane must fit 32 bits.
#[target_feature(enable = "neon")]
#[inline]
pub(super) fn add_pairs(sums: &mut [int64x2_t; 2], [a, b]: [int16x8_t; 2], [x, y]: [int16x8_t; 2]) {
    let low = vmull_s16(vget_low_s16(a), vget_low_s16(x));
    let low = vmlal_s16(low, vget_low_s16(b), vget_low_s16(y));
    let high = vmlal_high_s16(vmull_high_s16(a, x), b, y);
    *sums = [vpadalq_s32(sums[0], low), vpadalq_s32(sums[1], high)];
}
