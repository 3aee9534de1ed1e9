//! Four lanes with AVX2, eight with AVX-512.
#![expect(unsafe_code, reason = "loads and stores of vectors, after a look at the machine")]

use core::arch::x86_64::*;
use std::arch::is_x86_feature_detected;

use super::permutation::{RATE, permutation};
use super::spread::in_lanes;
use crate::Hash;

/// Hashes in the machine's lanes as long as that is faster, and returns what is left.
pub(super) fn hash_all<'a, 'o, const LANES: usize, const BYTES: usize>(
    out: &'o mut [Hash],
    next: &mut impl FnMut() -> &'a [u8; BYTES],
) -> &'o mut [Hash] {
    if LANES >= 8 && is_x86_feature_detected!("avx512f") {
        // SAFETY: the machine has AVX-512F.
        in_lanes(out, next, |messages| unsafe { hash_eight(messages) })
    } else if LANES >= 4 && is_x86_feature_detected!("avx2") {
        // SAFETY: the machine has AVX2.
        in_lanes(out, next, |messages| unsafe { hash_four(messages) })
    } else {
        out
    }
}

#[target_feature(enable = "avx2")]
fn hash_four<const BYTES: usize>(messages: [&[u8; BYTES]; 4]) -> [Hash; 4] {
    let mut state = [_mm256_setzero_si256(); 25];
    for (at, words) in state[..BYTES / 8].as_chunks_mut().0.iter_mut().enumerate() {
        let mut rows = [_mm256_setzero_si256(); 4];
        for (row, message) in rows.iter_mut().zip(messages) {
            let bytes: &[u8; 32] = &message.as_chunks().0[at];
            // SAFETY: 32 bytes are there, and the load needs no alignment.
            *row = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
        }
        *words = transpose_four(rows);
    }
    state[BYTES / 8] = _mm256_set1_epi64x(1);
    state[RATE - 1] = _mm256_xor_si256(state[RATE - 1], _mm256_set1_epi64x(i64::MIN));
    permute_fours(&mut state);
    let mut hashes = [[0; 32]; 4];
    let rows = transpose_four([state[0], state[1], state[2], state[3]]);
    for (hash, row) in hashes.iter_mut().zip(rows) {
        // SAFETY: a hash has 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(hash.as_mut_ptr().cast(), row) };
    }
    hashes
}

#[target_feature(enable = "avx512f")]
fn hash_eight<const BYTES: usize>(messages: [&[u8; BYTES]; 8]) -> [Hash; 8] {
    let mut state = [_mm512_setzero_si512(); 25];
    for (at, words) in state[..BYTES / 8].as_chunks_mut().0.iter_mut().enumerate() {
        let mut rows = [_mm512_setzero_si512(); 8];
        for (row, message) in rows.iter_mut().zip(messages) {
            let bytes: &[u8; 64] = &message.as_chunks().0[at];
            // SAFETY: 64 bytes are there, and the load needs no alignment.
            *row = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
        }
        *words = transpose_eight(rows);
    }
    state[BYTES / 8] = _mm512_set1_epi64(1);
    state[RATE - 1] = _mm512_xor_si512(state[RATE - 1], _mm512_set1_epi64(i64::MIN));
    permute_eights(&mut state);
    let mut hashes = [[0; 32]; 8];
    let rows = transpose_eight(*state.first_chunk().expect("25 words"));
    for (hash, row) in hashes.iter_mut().zip(rows) {
        // SAFETY: a hash has 32 bytes, and the store needs no alignment.
        unsafe {
            _mm256_storeu_si256(hash.as_mut_ptr().cast(), _mm512_castsi512_si256(row));
        }
    }
    hashes
}

/// Word `j` of row `i` becomes word `i` of row `j`.
#[target_feature(enable = "avx2")]
#[inline]
fn transpose_four([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab_even, ab_odd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
    let (cd_even, cd_odd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
    [
        _mm256_permute2x128_si256::<0x20>(ab_even, cd_even),
        _mm256_permute2x128_si256::<0x20>(ab_odd, cd_odd),
        _mm256_permute2x128_si256::<0x31>(ab_even, cd_even),
        _mm256_permute2x128_si256::<0x31>(ab_odd, cd_odd),
    ]
}

/// As [`transpose_four`].
#[target_feature(enable = "avx512f")]
#[inline]
fn transpose_eight(rows: [__m512i; 8]) -> [__m512i; 8] {
    /// Takes pairs 0 and 2 of both vectors; `ODD` takes pairs 1 and 3.
    const EVEN: i32 = 0b10_00_10_00;
    const ODD: i32 = 0b11_01_11_01;
    let [a, b, c, d, e, f, g, h] = rows;
    // From each two rows: pairs of the words 0, 2, 4 and 6, and pairs of the odd words.
    let (ab, ab_odd) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    let (cd, cd_odd) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
    let (ef, ef_odd) = (_mm512_unpacklo_epi64(e, f), _mm512_unpackhi_epi64(e, f));
    let (gh, gh_odd) = (_mm512_unpacklo_epi64(g, h), _mm512_unpackhi_epi64(g, h));
    // From each four rows: two words of each row.
    let (abcd_04, abcd_26) =
        (_mm512_shuffle_i64x2::<EVEN>(ab, cd), _mm512_shuffle_i64x2::<ODD>(ab, cd));
    let (abcd_15, abcd_37) =
        (_mm512_shuffle_i64x2::<EVEN>(ab_odd, cd_odd), _mm512_shuffle_i64x2::<ODD>(ab_odd, cd_odd));
    let (efgh_04, efgh_26) =
        (_mm512_shuffle_i64x2::<EVEN>(ef, gh), _mm512_shuffle_i64x2::<ODD>(ef, gh));
    let (efgh_15, efgh_37) =
        (_mm512_shuffle_i64x2::<EVEN>(ef_odd, gh_odd), _mm512_shuffle_i64x2::<ODD>(ef_odd, gh_odd));
    [
        _mm512_shuffle_i64x2::<EVEN>(abcd_04, efgh_04),
        _mm512_shuffle_i64x2::<EVEN>(abcd_15, efgh_15),
        _mm512_shuffle_i64x2::<EVEN>(abcd_26, efgh_26),
        _mm512_shuffle_i64x2::<EVEN>(abcd_37, efgh_37),
        _mm512_shuffle_i64x2::<ODD>(abcd_04, efgh_04),
        _mm512_shuffle_i64x2::<ODD>(abcd_15, efgh_15),
        _mm512_shuffle_i64x2::<ODD>(abcd_26, efgh_26),
        _mm512_shuffle_i64x2::<ODD>(abcd_37, efgh_37),
    ]
}

permutation!(
    /// Four permutations, with AVX2.
    permute_fours(__m256i), "avx2",
    _mm256_xor_si256, xor5_fours, rotate_fours, chi_fours, _mm256_set1_epi64x
);
permutation!(
    /// Eight permutations, with AVX-512F.
    permute_eights(__m512i), "avx512f",
    _mm512_xor_si512, xor5_eights, rotate_eights, chi_eights, _mm512_set1_epi64
);

#[target_feature(enable = "avx2")]
#[inline]
fn xor5_fours(a: __m256i, b: __m256i, c: __m256i, d: __m256i, e: __m256i) -> __m256i {
    let abcd = _mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
    _mm256_xor_si256(abcd, e)
}

#[target_feature(enable = "avx2")]
#[inline]
fn rotate_fours<const LEFT: i32, const RIGHT: i32>(v: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi64::<LEFT>(v), _mm256_srli_epi64::<RIGHT>(v))
}

#[target_feature(enable = "avx2")]
#[inline]
fn chi_fours(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    _mm256_xor_si256(a, _mm256_andnot_si256(b, c))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor5_eights(a: __m512i, b: __m512i, c: __m512i, d: __m512i, e: __m512i) -> __m512i {
    const XOR3: i32 = 0x96;
    let abc = _mm512_ternarylogic_epi64::<XOR3>(a, b, c);
    _mm512_ternarylogic_epi64::<XOR3>(abc, d, e)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn rotate_eights<const LEFT: i32, const RIGHT: i32>(v: __m512i) -> __m512i {
    const { assert!(LEFT + RIGHT == 64) };
    _mm512_rol_epi64::<LEFT>(v)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn chi_eights(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    const A_XOR_NOT_B_AND_C: i32 = 0xd2;
    _mm512_ternarylogic_epi64::<A_XOR_NOT_B_AND_C>(a, b, c)
}
