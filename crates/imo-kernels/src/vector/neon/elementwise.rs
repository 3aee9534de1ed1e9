//! Operators that work value by value and need exponentials.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::aarch64::*;

use super::exp::{exp_of_negative, weight_of_negative};

const LANES: usize = 4;

/// As [`crate::elementwise::silu_mul`].
#[target_feature(enable = "neon")]
pub(in crate::vector) fn silu_mul(gate: &mut [f32], up: &[f32]) {
    let (gates, rest) = gate.as_chunks_mut::<LANES>();
    let (ups, rest_up) = up.as_chunks::<LANES>();
    let one = vdupq_n_f32(1.0);
    let canonical_nan = vreinterpretq_f32_u32(vdupq_n_u32(0x7fc0_0000));
    for (gate, up) in gates.iter_mut().zip(ups) {
        let (x, up) = (load(gate), load(up));
        let t = exp_of_negative(x);
        let sigmoid = vdivq_f32(vbslq_f32(vcgezq_f32(x), one, t), vaddq_f32(one, t));
        let value = vmulq_f32(vmulq_f32(x, sigmoid), up);
        let value = vbslq_f32(vceqq_f32(value, value), value, canonical_nan);
        // SAFETY: 16 bytes are there, and the store needs no alignment.
        unsafe { vst1q_f32(gate.as_mut_ptr(), value) };
    }
    imo_tensor::silu_mul(rest, rest_up);
}

/// As [`crate::elementwise::sum_of_weights`].
#[target_feature(enable = "neon")]
pub(in crate::vector) fn sum_of_weights(x: &[f32], largest: f32) -> u64 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut total = vdupq_n_u64(0);
    for x in chunks {
        let weight = weight_of_negative(vsubq_f32(load(x), vdupq_n_f32(largest)));
        total = vpadalq_u32(total, weight);
    }
    let rest = rest.iter().map(|x| u64::from(imo_tensor::weight_of_negative(x - largest)));
    vaddvq_u64(total) + rest.sum::<u64>()
}

#[target_feature(enable = "neon")]
#[inline]
fn load(values: &[f32; LANES]) -> float32x4_t {
    // SAFETY: 16 bytes are there, and the load needs no alignment.
    unsafe { vld1q_f32(values.as_ptr()) }
}
