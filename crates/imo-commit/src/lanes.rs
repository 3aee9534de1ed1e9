//! Many Keccak-256 hashes at once: lane `i` of every vector belongs to message `i`.
//!
//! A leaf and a branch are each shorter than Keccak's rate of 136 bytes, so a hash is one
//! permutation. The widest vectors the machine has are found at run time; a message by itself, and
//! every other machine, takes the scalar path, which defines the result.

use crate::{Hash, LEAF_BYTES, keccak256};

/// Hashes each leaf.
///
/// # Panics
/// If there is not one hash per leaf.
pub fn hash_leaves<'a>(out: &mut [Hash], leaves: impl IntoIterator<Item = &'a [u8; LEAF_BYTES]>) {
    hash_all::<8, _>(out, leaves.into_iter());
}

/// Hashes each pair of neighbours: `out[i] = keccak256(children[2 i] ‖ children[2 i + 1])`.
///
/// # Panics
/// If there is not one hash per pair.
pub fn hash_branches(out: &mut [Hash], children: &[Hash]) {
    hash_all::<8, _>(out, children.as_flattened().as_chunks::<64>().0.iter());
}

/// Hashes messages of whole 64-byte blocks, shorter than Keccak's rate, in at most `LANES` lanes.
fn hash_all<'a, const LANES: usize, const BYTES: usize>(
    out: &mut [Hash],
    mut messages: impl Iterator<Item = &'a [u8; BYTES]>,
) {
    let mut next = || messages.next().expect("one message per hash");
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    let out = x86::hash_all::<LANES, _>(out, &mut next);
    for hash in out {
        *hash = keccak256(next());
    }
    assert!(messages.next().is_none(), "one hash per message");
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86 {
    #![expect(unsafe_code, reason = "loads and stores of vectors, after a look at the machine")]

    use core::arch::x86_64::*;
    use std::arch::is_x86_feature_detected;

    use crate::Hash;

    /// Words of the state that a message may fill; the last bit of padding is in the last one.
    const RATE: usize = 17;

    const ROUND_CONSTANTS: [u64; 24] = [
        0x0000_0000_0000_0001,
        0x0000_0000_0000_8082,
        0x8000_0000_0000_808a,
        0x8000_0000_8000_8000,
        0x0000_0000_0000_808b,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8009,
        0x0000_0000_0000_008a,
        0x0000_0000_0000_0088,
        0x0000_0000_8000_8009,
        0x0000_0000_8000_000a,
        0x0000_0000_8000_808b,
        0x8000_0000_0000_008b,
        0x8000_0000_0000_8089,
        0x8000_0000_0000_8003,
        0x8000_0000_0000_8002,
        0x8000_0000_0000_0080,
        0x0000_0000_0000_800a,
        0x8000_0000_8000_000a,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8080,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8008,
    ];

    /// Hashes as much as is worth it in the machine's lanes, and returns what is left.
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

    /// As [`hash_all`]: from two messages on, vectors are faster, if some of their lanes are idle.
    fn in_lanes<'a, 'o, const BYTES: usize, const LANES: usize>(
        out: &'o mut [Hash],
        next: &mut impl FnMut() -> &'a [u8; BYTES],
        hash: impl Fn([&'a [u8; BYTES]; LANES]) -> [Hash; LANES],
    ) -> &'o mut [Hash] {
        let is_alone = out.len() % LANES == 1;
        let (many, rest) = out.split_at_mut(out.len() - usize::from(is_alone));
        for out in many.chunks_mut(LANES) {
            let mut messages = [next(); LANES];
            messages[1..out.len()].fill_with(&mut *next);
            out.copy_from_slice(&hash(messages)[..out.len()]);
        }
        rest
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
        /// Pairs 0 and 2 of either, pairs 1 and 3 of either.
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        let [a, b, c, d, e, f, g, h] = rows;
        // Of two rows, the pairs of words 0, 2, 4 and 6, and those of odd words.
        let (ab, ab_odd) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        let (cd, cd_odd) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
        let (ef, ef_odd) = (_mm512_unpacklo_epi64(e, f), _mm512_unpackhi_epi64(e, f));
        let (gh, gh_odd) = (_mm512_unpacklo_epi64(g, h), _mm512_unpackhi_epi64(g, h));
        // Of four rows, two words.
        let (abcd_04, abcd_26) =
            (_mm512_shuffle_i64x2::<EVEN>(ab, cd), _mm512_shuffle_i64x2::<ODD>(ab, cd));
        let (abcd_15, abcd_37) = (
            _mm512_shuffle_i64x2::<EVEN>(ab_odd, cd_odd),
            _mm512_shuffle_i64x2::<ODD>(ab_odd, cd_odd),
        );
        let (efgh_04, efgh_26) =
            (_mm512_shuffle_i64x2::<EVEN>(ef, gh), _mm512_shuffle_i64x2::<ODD>(ef, gh));
        let (efgh_15, efgh_37) = (
            _mm512_shuffle_i64x2::<EVEN>(ef_odd, gh_odd),
            _mm512_shuffle_i64x2::<ODD>(ef_odd, gh_odd),
        );
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

    /// Keccak-f[1600] on vectors, from five operations. All of a round is spelled out, since only
    /// so the state stays in registers.
    macro_rules! permutation {
        ($(#[$doc:meta])* $name:ident($vector:ty), $feature:literal,
         $xor:ident, $xor5:ident, $rotate:ident, $chi:ident, $splat:ident) => {
            $(#[$doc])*
            #[target_feature(enable = $feature)]
            fn $name(a: &mut [$vector; 25]) {
                for constant in ROUND_CONSTANTS {
                    let c = [
                        $xor5(a[0], a[5], a[10], a[15], a[20]),
                        $xor5(a[1], a[6], a[11], a[16], a[21]),
                        $xor5(a[2], a[7], a[12], a[17], a[22]),
                        $xor5(a[3], a[8], a[13], a[18], a[23]),
                        $xor5(a[4], a[9], a[14], a[19], a[24]),
                    ];
                    let d = [
                        $xor(c[4], $rotate::<1, 63>(c[1])),
                        $xor(c[0], $rotate::<1, 63>(c[2])),
                        $xor(c[1], $rotate::<1, 63>(c[3])),
                        $xor(c[2], $rotate::<1, 63>(c[4])),
                        $xor(c[3], $rotate::<1, 63>(c[0])),
                    ];
                    let b = [
                        $xor(a[0], d[0]),
                        $rotate::<44, 20>($xor(a[6], d[1])),
                        $rotate::<43, 21>($xor(a[12], d[2])),
                        $rotate::<21, 43>($xor(a[18], d[3])),
                        $rotate::<14, 50>($xor(a[24], d[4])),
                        $rotate::<28, 36>($xor(a[3], d[3])),
                        $rotate::<20, 44>($xor(a[9], d[4])),
                        $rotate::<3, 61>($xor(a[10], d[0])),
                        $rotate::<45, 19>($xor(a[16], d[1])),
                        $rotate::<61, 3>($xor(a[22], d[2])),
                        $rotate::<1, 63>($xor(a[1], d[1])),
                        $rotate::<6, 58>($xor(a[7], d[2])),
                        $rotate::<25, 39>($xor(a[13], d[3])),
                        $rotate::<8, 56>($xor(a[19], d[4])),
                        $rotate::<18, 46>($xor(a[20], d[0])),
                        $rotate::<27, 37>($xor(a[4], d[4])),
                        $rotate::<36, 28>($xor(a[5], d[0])),
                        $rotate::<10, 54>($xor(a[11], d[1])),
                        $rotate::<15, 49>($xor(a[17], d[2])),
                        $rotate::<56, 8>($xor(a[23], d[3])),
                        $rotate::<62, 2>($xor(a[2], d[2])),
                        $rotate::<55, 9>($xor(a[8], d[3])),
                        $rotate::<39, 25>($xor(a[14], d[4])),
                        $rotate::<41, 23>($xor(a[15], d[0])),
                        $rotate::<2, 62>($xor(a[21], d[1])),
                    ];
                    let mut row = 0;
                    while row < 25 {
                        a[row] = $chi(b[row], b[row + 1], b[row + 2]);
                        a[row + 1] = $chi(b[row + 1], b[row + 2], b[row + 3]);
                        a[row + 2] = $chi(b[row + 2], b[row + 3], b[row + 4]);
                        a[row + 3] = $chi(b[row + 3], b[row + 4], b[row]);
                        a[row + 4] = $chi(b[row + 4], b[row], b[row + 1]);
                        row += 5;
                    }
                    a[0] = $xor(a[0], $splat(constant.cast_signed()));
                }
            }
        };
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const LANES: usize>(bytes: &[u8]) {
        let leaves = bytes.as_chunks::<LEAF_BYTES>().0;
        let mut hashes = vec![[0; 32]; leaves.len()];
        hash_all::<LANES, _>(&mut hashes, leaves.iter());
        assert_eq!(hashes, leaves.iter().map(|leaf| keccak256(leaf)).collect::<Vec<_>>());

        let branches = bytes.as_chunks::<64>().0;
        let mut hashes = vec![[0; 32]; branches.len()];
        hash_all::<LANES, _>(&mut hashes, branches.iter());
        assert_eq!(hashes, branches.iter().map(|pair| keccak256(pair)).collect::<Vec<_>>());
    }

    #[test]
    fn many_lanes_hash_as_one() {
        arbtest::arbtest(|u| {
            let count = u.int_in_range(0..=21_usize)?;
            let bytes: Vec<u8> =
                (0..count * LEAF_BYTES).map(|_| u.arbitrary()).collect::<Result<_, _>>()?;
            check::<8>(&bytes);
            check::<4>(&bytes);
            Ok(())
        });
    }
}
