//! Many Keccak-256 hashes at once: lane `i` of every vector belongs to message `i`.
//!
//! A leaf and a branch are each shorter than Keccak's rate of 136 bytes, so a hash is one
//! permutation. The widest vectors the machine has are found at run time; what is left over, and
//! every other machine, takes the scalar path, which defines the result.

use crate::{Hash, keccak256};

/// Hashes each leaf: `out[i] = keccak256(leaves[128 i ..][..128])`.
pub fn hash_leaves(out: &mut [Hash], leaves: &[u8]) {
    hash_all::<16>(out, leaves);
}

/// Hashes each pair of neighbours: `out[i] = keccak256(children[64 i ..][..64])`.
pub fn hash_branches(out: &mut [Hash], children: &[u8]) {
    hash_all::<8>(out, children);
}

/// Hashes messages of `WORDS` 64-bit words each, fewer than the 17 of Keccak's rate.
fn hash_all<const WORDS: usize>(out: &mut [Hash], messages: &[u8]) {
    assert_eq!(out.len() * WORDS * 8, messages.len(), "one hash per message");
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    let done = x86::hash_all::<WORDS>(out, messages);
    #[cfg(not(all(feature = "std", target_arch = "x86_64")))]
    let done = 0;
    for (hash, message) in out.iter_mut().zip(messages.chunks_exact(WORDS * 8)).skip(done) {
        *hash = keccak256(message);
    }
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86 {
    #![expect(unsafe_code, reason = "calls code for instructions that were detected")]

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

    /// Hashes as many messages as fill whole vectors, and says how many.
    pub(super) fn hash_all<const WORDS: usize>(out: &mut [Hash], messages: &[u8]) -> usize {
        let mut done = 0;
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the machine has AVX-512F.
            done += unsafe { hash_eights::<WORDS>(out, messages) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the machine has AVX2.
            done += unsafe { hash_fours::<WORDS>(&mut out[done..], &messages[done * WORDS * 8..]) };
        }
        done
    }

    /// The state before the permutation: `word[w]` holds word `w` of each lane's padded message.
    fn absorb<const WORDS: usize, const LANES: usize>(messages: &[u8]) -> [[u64; LANES]; 25] {
        let mut state = [[0; LANES]; 25];
        for (lane, message) in messages.chunks_exact(WORDS * 8).enumerate() {
            for (word, bytes) in message.as_chunks().0.iter().enumerate() {
                state[word][lane] = u64::from_le_bytes(*bytes);
            }
        }
        state[WORDS] = [1; LANES];
        state[RATE - 1].iter_mut().for_each(|word| *word |= 1 << 63);
        state
    }

    /// The first four words of each lane.
    fn squeeze<const LANES: usize>(out: &mut [Hash], words: [[u64; LANES]; 4]) {
        for (lane, hash) in out.iter_mut().enumerate() {
            for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(words) {
                *bytes = word[lane].to_le_bytes();
            }
        }
    }

    #[target_feature(enable = "avx2")]
    fn hash_fours<const WORDS: usize>(out: &mut [Hash], messages: &[u8]) -> usize {
        let groups = out.chunks_exact_mut(4).zip(messages.chunks_exact(4 * WORDS * 8));
        let count = groups.len();
        for (hashes, messages) in groups {
            let mut state = absorb::<WORDS, 4>(messages)
                .map(|[a, b, c, d]| _mm256_set_epi64x(signed(d), signed(c), signed(b), signed(a)));
            permute_fours(&mut state);
            squeeze(
                hashes,
                [state[0], state[1], state[2], state[3]].map(|word| lanes_of_four(word)),
            );
        }
        4 * count
    }

    #[target_feature(enable = "avx512f")]
    fn hash_eights<const WORDS: usize>(out: &mut [Hash], messages: &[u8]) -> usize {
        let groups = out.chunks_exact_mut(8).zip(messages.chunks_exact(8 * WORDS * 8));
        let count = groups.len();
        for (hashes, messages) in groups {
            let mut state = absorb::<WORDS, 8>(messages).map(|word| {
                let [a, b, c, d, e, f, g, h] = word.map(signed);
                _mm512_set_epi64(h, g, f, e, d, c, b, a)
            });
            permute_eights(&mut state);
            squeeze(
                hashes,
                [state[0], state[1], state[2], state[3]].map(|word| lanes_of_eight(word)),
            );
        }
        8 * count
    }

    const fn signed(word: u64) -> i64 {
        word.cast_signed()
    }

    #[target_feature(enable = "avx2")]
    fn lanes_of_four(v: __m256i) -> [u64; 4] {
        [
            _mm256_extract_epi64::<0>(v),
            _mm256_extract_epi64::<1>(v),
            _mm256_extract_epi64::<2>(v),
            _mm256_extract_epi64::<3>(v),
        ]
        .map(i64::cast_unsigned)
    }

    #[target_feature(enable = "avx512f")]
    fn lanes_of_eight(v: __m512i) -> [u64; 8] {
        let [a, b, c, d] = lanes_of_four(_mm512_castsi512_si256(v));
        let [e, f, g, h] = lanes_of_four(_mm512_extracti64x4_epi64::<1>(v));
        [a, b, c, d, e, f, g, h]
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
                    a[0] = $xor(a[0], $splat(signed(constant)));
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

    #[test]
    fn many_lanes_hash_as_one() {
        arbtest::arbtest(|u| {
            let count = u.int_in_range(0..=21_usize)?;
            let bytes: Vec<u8> =
                (0..count * 128).map(|_| u.arbitrary()).collect::<Result<_, _>>()?;
            let mut hashes = vec![[0; 32]; count];
            hash_leaves(&mut hashes, &bytes);
            let one_by_one: Vec<_> = bytes.chunks_exact(128).map(keccak256).collect();
            assert_eq!(hashes, one_by_one);

            let mut hashes = vec![[0; 32]; 2 * count];
            hash_branches(&mut hashes, &bytes);
            let one_by_one: Vec<_> = bytes.chunks_exact(64).map(keccak256).collect();
            assert_eq!(hashes, one_by_one);
            Ok(())
        });
    }
}
