//! Two lanes with NEON. A round is shorter where the processor has instructions for SHA-3.
#![expect(unsafe_code, reason = "loads and stores of vectors, after a look at the machine")]

use core::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;

use super::permutation::{RATE, permutation};
use super::spread::in_lanes;
use crate::Hash;

/// Hashes in the machine's lanes as long as that is faster, and returns what is left.
pub(super) fn hash_all<'a, 'o, const LANES: usize, const BYTES: usize>(
    out: &'o mut [Hash],
    next: &mut impl FnMut() -> &'a [u8; BYTES],
) -> &'o mut [Hash] {
    const { assert!(LANES >= 2) };
    if is_aarch64_feature_detected!("sha3") {
        // SAFETY: the machine has SHA-3's instructions.
        in_lanes(out, next, |messages| unsafe { hash_two_sha3(messages) })
    } else {
        // SAFETY: every 64-bit ARM processor has NEON.
        in_lanes(out, next, |messages| unsafe { hash_two(messages) })
    }
}

#[target_feature(enable = "neon")]
fn hash_two<const BYTES: usize>(messages: [&[u8; BYTES]; 2]) -> [Hash; 2] {
    let mut state = padded(messages);
    permute_twos(&mut state);
    hashes(&state)
}

#[target_feature(enable = "neon,sha3")]
fn hash_two_sha3<const BYTES: usize>(messages: [&[u8; BYTES]; 2]) -> [Hash; 2] {
    let mut state = padded(messages);
    permute_twos_sha3(&mut state);
    hashes(&state)
}

/// The state before the permutation.
#[target_feature(enable = "neon")]
#[inline]
fn padded<const BYTES: usize>(messages: [&[u8; BYTES]; 2]) -> [uint64x2_t; 25] {
    let mut state = [vdupq_n_u64(0); 25];
    for (at, words) in state[..BYTES / 8].as_chunks_mut().0.iter_mut().enumerate() {
        *words = transpose_two(messages.map(|message| {
            let bytes: &[u8; 16] = &message.as_chunks().0[at];
            // SAFETY: 16 bytes are there, and the load needs no alignment.
            vreinterpretq_u64_u8(unsafe { vld1q_u8(bytes.as_ptr()) })
        }));
    }
    state[BYTES / 8] = vdupq_n_u64(1);
    state[RATE - 1] = veorq_u64(state[RATE - 1], vdupq_n_u64(1 << 63));
    state
}

/// The hashes: the start of the state after the permutation.
#[target_feature(enable = "neon")]
#[inline]
fn hashes(state: &[uint64x2_t; 25]) -> [Hash; 2] {
    let mut hashes = [[0; 32]; 2];
    let [first, second] = &mut hashes;
    for (at, words) in state[..4].as_chunks().0.iter().enumerate() {
        for (hash, row) in [&mut *first, &mut *second].into_iter().zip(transpose_two(*words)) {
            let bytes: &mut [u8; 16] = &mut hash.as_chunks_mut().0[at];
            // SAFETY: 16 bytes are there, and the store needs no alignment.
            unsafe { vst1q_u8(bytes.as_mut_ptr(), vreinterpretq_u8_u64(row)) };
        }
    }
    hashes
}

/// Word `j` of row `i` becomes word `i` of row `j`.
#[target_feature(enable = "neon")]
#[inline]
fn transpose_two([a, b]: [uint64x2_t; 2]) -> [uint64x2_t; 2] {
    [vtrn1q_u64(a, b), vtrn2q_u64(a, b)]
}

permutation!(
    /// Two permutations, with NEON.
    permute_twos(uint64x2_t), "neon", veorq_u64, xor5_twos, rotate_twos, chi_twos, splat_twos
);
permutation!(
    /// Two permutations, with NEON and SHA-3's instructions. The compiler uses those for chi, for
    /// an exclusive or of three vectors, and for one with a rotation.
    permute_twos_sha3(uint64x2_t), "neon,sha3",
    veorq_u64, xor5_twos, rotate_twos, chi_twos, splat_twos
);

#[target_feature(enable = "neon")]
#[inline]
fn xor5_twos(
    a: uint64x2_t,
    b: uint64x2_t,
    c: uint64x2_t,
    d: uint64x2_t,
    e: uint64x2_t,
) -> uint64x2_t {
    veorq_u64(veorq_u64(veorq_u64(a, b), veorq_u64(c, d)), e)
}

#[target_feature(enable = "neon")]
#[inline]
fn rotate_twos<const LEFT: i32, const RIGHT: i32>(v: uint64x2_t) -> uint64x2_t {
    vorrq_u64(vshlq_n_u64::<LEFT>(v), vshrq_n_u64::<RIGHT>(v))
}

#[target_feature(enable = "neon")]
#[inline]
fn chi_twos(a: uint64x2_t, b: uint64x2_t, c: uint64x2_t) -> uint64x2_t {
    veorq_u64(a, vbicq_u64(c, b))
}

#[target_feature(enable = "neon")]
#[inline]
fn splat_twos(word: i64) -> uint64x2_t {
    vreinterpretq_u64_s64(vdupq_n_s64(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LEAF_BYTES, keccak256};

    fn check<const BYTES: usize>(messages: &[[u8; BYTES]; 2]) {
        let expected = messages.each_ref().map(|message| keccak256(message));
        // SAFETY: every 64-bit ARM processor has NEON.
        assert_eq!(unsafe { hash_two(messages.each_ref()) }, expected);
        if is_aarch64_feature_detected!("sha3") {
            // SAFETY: the machine has SHA-3's instructions.
            assert_eq!(unsafe { hash_two_sha3(messages.each_ref()) }, expected);
        }
    }

    #[test]
    fn either_set_of_instructions_hashes_as_one_lane() {
        arbtest::arbtest(|u| {
            check::<64>(&u.arbitrary()?);
            check::<LEAF_BYTES>(&[u.arbitrary()?, u.arbitrary()?]);
            Ok(())
        });
    }
}
