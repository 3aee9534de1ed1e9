//! AVX-512 with 8-bit dot products: a vector holds one chunk of all eight rows of a group.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;

use imo_tensor::{BLOCK, Format, GROUP};

use super::avx2;
use crate::product::{Product, UNIT};
use crate::tile::{Halves, Tile};

/// As [`crate::linear::mat_tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,f16c")]
pub(in crate::vector) fn mat_tile(out: &mut [f32], product: &Product<'_>) {
    if matches!(product.w.format(), Format::I16 | Format::K4 | Format::K8) {
        return avx2::mat_tile(out, product);
    }
    // Two groups at once, so that the vectors are loaded once for both.
    product.in_parts(2 * GROUP, |row, token, left| match (product.width() - row, left) {
        (..=GROUP, 4..) => part::<1, 4>(out, product, row, token),
        (..=GROUP, _) => part::<1, 1>(out, product, row, token),
        (_, 4..) => part::<2, 4>(out, product, row, token),
        (_, _) => part::<2, 1>(out, product, row, token),
    });
}

/// The groups from `row` on with the vectors from `token` on, whose sums stay in registers.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,f16c")]
#[inline]
fn part<const GROUPS: usize, const TOKENS: usize>(
    out: &mut [f32],
    product: &Product<'_>,
    row: usize,
    token: usize,
) -> usize {
    let x = product.x;
    let groups = core::array::from_fn(|index| product.group(row + index * GROUP));
    let totals = match product.w.format() {
        Format::Q4_0 => {
            four_bits::<{ Format::Q4_0.block_bytes() }, GROUPS, TOKENS>(groups, x, token)
        }
        Format::Q4_1 => {
            four_bits::<{ Format::Q4_1.block_bytes() }, GROUPS, TOKENS>(groups, x, token)
        }
        _ => eight_bits::<GROUPS, TOKENS>(groups, x, token),
    };
    let outputs = out.chunks_exact_mut(product.width()).zip(x.scales()).skip(token);
    for (totals, (out, scale)) in totals.into_iter().zip(outputs) {
        for (total, out) in totals.into_iter().zip(out[row..].chunks_mut(GROUP)) {
            let value = _mm256_mul_ps(_mm512_cvtepi64_ps(total), _mm256_set1_ps(UNIT));
            let value = _mm256_mul_ps(value, _mm256_set1_ps(*scale));
            let is_nan = _mm256_cmp_ps_mask::<_CMP_UNORD_Q>(value, value);
            store(out, _mm256_mask_blend_ps(is_nan, value, _mm256_set1_ps(CANONICAL_NAN)));
        }
    }
    TOKENS
}

const CANONICAL_NAN: f32 = f32::from_bits(0x7fc0_0000);

/// `Q4_0` or `Q4_1`, whose blocks have this many bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,f16c")]
#[inline]
fn four_bits<const BYTES: usize, const GROUPS: usize, const TOKENS: usize>(
    groups: [&[u8]; GROUPS],
    x: &Tile,
    token: usize,
) -> [[__m512i; GROUPS]; TOKENS] {
    let with_minimum = BYTES == Format::Q4_1.block_bytes();
    let mask = _mm512_set1_epi8(15);
    let mut totals = [[_mm512_setzero_si512(); GROUPS]; TOKENS];
    let groups = groups_of::<BYTES, GROUPS>(groups);
    for index in 0..groups[0].len() {
        prefetch::<BYTES, GROUPS>(groups[0], index);
        let mut scales = [_mm512_setzero_si512(); GROUPS];
        let mut minimums = [_mm512_setzero_si512(); GROUPS];
        let mut rows = [[_mm512_setzero_si512(); 4]; GROUPS];
        // Loops, since closures for `array::map` would not be inlined into this function.
        for group in 0..GROUPS {
            let block = &groups[group][index];
            if with_minimum {
                [scales[group], minimums[group]] = pairs_of_half_units(block);
            } else {
                scales[group] = half_units(block);
                minimums[group] = scales[group];
            }
            let quants = block[BYTES - 128..].as_chunks::<64>().0;
            let (first, second) = (load(&quants[0]), load(&quants[1]));
            rows[group] = [
                _mm512_and_si512(first, mask),
                _mm512_and_si512(second, mask),
                _mm512_and_si512(_mm512_srli_epi16::<4>(first), mask),
                _mm512_and_si512(_mm512_srli_epi16::<4>(second), mask),
            ];
        }
        let (halves, sums) = (x.halves::<TOKENS>(index, token), x.sums::<TOKENS>(index, token));
        for token in 0..TOKENS {
            // Q4_0 is Q4_1 with a minimum of −8 scales.
            let sum = _mm512_set1_epi32(if with_minimum { sums[token] } else { -8 * sums[token] });
            let dots = dot_bytes(rows, &halves[token]);
            for group in 0..GROUPS {
                let total = &mut totals[token][group];
                let scaled = _mm512_mul_epi32(scales[group], dots[group]);
                let shifted = _mm512_mul_epi32(minimums[group], sum);
                *total = _mm512_add_epi64(*total, _mm512_add_epi64(scaled, shifted));
            }
        }
    }
    totals
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,f16c")]
#[inline]
fn eight_bits<const GROUPS: usize, const TOKENS: usize>(
    groups: [&[u8]; GROUPS],
    x: &Tile,
    token: usize,
) -> [[__m512i; GROUPS]; TOKENS] {
    const BYTES: usize = Format::Q8_0.block_bytes();
    // One factor of the instruction is unsigned: 128 is added here and subtracted again below.
    let offset = _mm512_set1_epi8(i8::MIN);
    let mut totals = [[_mm512_setzero_si512(); GROUPS]; TOKENS];
    let groups = groups_of::<BYTES, GROUPS>(groups);
    for index in 0..groups[0].len() {
        prefetch::<BYTES, GROUPS>(groups[0], index);
        let mut scales = [_mm512_setzero_si512(); GROUPS];
        let mut rows = [[_mm512_setzero_si512(); 4]; GROUPS];
        for group in 0..GROUPS {
            let block = &groups[group][index];
            scales[group] = half_units(block);
            let quants = block[16..].as_chunks::<64>().0;
            for (row, quants) in rows[group].iter_mut().zip(quants) {
                *row = _mm512_xor_si512(load(quants), offset);
            }
        }
        let (halves, sums) = (x.halves::<TOKENS>(index, token), x.sums::<TOKENS>(index, token));
        for token in 0..TOKENS {
            let excess = _mm512_set1_epi32(128 * sums[token]);
            let dots = dot_bytes(rows, &halves[token]);
            for group in 0..GROUPS {
                let total = &mut totals[token][group];
                let dots = _mm512_sub_epi32(dots[group], excess);
                *total = _mm512_add_epi64(*total, _mm512_mul_epi32(scales[group], dots));
            }
        }
    }
    totals
}

/// The groups' blocks.
#[inline(always)]
fn groups_of<const BYTES: usize, const GROUPS: usize>(
    groups: [&[u8]; GROUPS],
) -> [&[[u8; BYTES]]; GROUPS] {
    let mut blocks: [&[[u8; BYTES]]; GROUPS] = [&[]; GROUPS];
    for (blocks, group) in blocks.iter_mut().zip(groups) {
        *blocks = group.as_chunks().0;
    }
    blocks
}

/// The dot product of each row with a block in the low half of its 64-bit lane.
///
/// It fits: 32 · 255 · 32,639 < 2³¹.
#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn dot_bytes<const GROUPS: usize>(rows: [[__m512i; 4]; GROUPS], x: &Halves) -> [__m512i; GROUPS] {
    let mut dots = [_mm512_setzero_si512(); GROUPS];
    for (dot, rows) in dots.iter_mut().zip(rows) {
        let (mut high, mut low) = (_mm512_setzero_si512(), _mm512_setzero_si512());
        for (chunk, row) in rows.into_iter().enumerate() {
            high = _mm512_dpbusd_epi32(high, row, broadcast(&x.high, chunk));
            low = _mm512_dpbusd_epi32(low, row, broadcast(&x.low, chunk));
        }
        let both = _mm512_add_epi32(_mm512_slli_epi32::<8>(high), low);
        *dot = _mm512_add_epi32(both, _mm512_srli_epi64::<32>(both));
    }
    dots
}

/// Eight f16 scales in units of 2⁻²⁴; one of 128 or more in size counts as 0.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
#[inline]
fn half_units(bytes: &[u8]) -> __m512i {
    let halves = avx2::load_half(bytes.first_chunk().expect("eight scales"));
    let size = _mm_and_si128(halves, _mm_set1_epi16(0x7fff));
    let small = _mm_cmplt_epi16_mask(size, _mm_set1_epi16(0x5800));
    let values = _mm256_maskz_cvtph_ps(small, halves);
    // Exact: a value has 11 bits, and the product is below 2³¹.
    _mm512_cvtps_epi64(_mm256_mul_ps(values, _mm256_set1_ps(16_777_216.0)))
}

/// As [`half_units`], of eight scales and of the eight minimums after them, in the low halves of
/// 64-bit lanes.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
#[inline]
fn pairs_of_half_units(bytes: &[u8]) -> [__m512i; 2] {
    let bytes: &[u8; 32] = bytes.first_chunk().expect("scales and minimums");
    // SAFETY: 32 bytes are there, and the load needs no alignment.
    let halves = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    // Scale and minimum of each row side by side.
    let order = _mm256_setr_epi16(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    let halves = _mm256_permutexvar_epi16(order, halves);
    let size = _mm256_and_si256(halves, _mm256_set1_epi16(0x7fff));
    let small = _mm256_cmplt_epi16_mask(size, _mm256_set1_epi16(0x5800));
    let values = _mm512_maskz_cvtph_ps(small, halves);
    let units = _mm512_cvtps_epi32(_mm512_mul_ps(values, _mm512_set1_ps(16_777_216.0)));
    [units, _mm512_srli_epi64::<32>(units)]
}

/// Chunk `index` of eight bytes in every 64-bit lane.
#[target_feature(enable = "avx512f")]
#[inline]
fn broadcast(bytes: &[i8; BLOCK], index: usize) -> __m512i {
    let chunk = bytes.as_chunks::<8>().0[index].map(i8::cast_unsigned);
    _mm512_set1_epi64(i64::from_le_bytes(chunk))
}

/// Prefetches a part of the next groups, as large as the blocks of these groups at `index`, because
/// the hardware does not notice two streams of reads. There may be no next groups, but a prefetch
/// of any address is harmless.
#[target_feature(enable = "avx512f")]
#[inline]
fn prefetch<const BYTES: usize, const GROUPS: usize>(group: &[[u8; BYTES]], index: usize) {
    let ahead = GROUPS * BYTES * (group.len() + index);
    let start = group.as_ptr().cast::<i8>().wrapping_add(ahead);
    for line in 0..(GROUPS * BYTES).div_ceil(64) {
        _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(64 * line));
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are there, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Writes the first of the values, as many as `out` takes.
#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn store(out: &mut [f32], values: __m256) {
    assert!(out.len() <= GROUP, "no more than there are");
    let mask = (1_u16 << out.len()) - 1;
    // SAFETY: the mask keeps the store within `out`, and it needs no alignment.
    unsafe { _mm256_mask_storeu_ps(out.as_mut_ptr(), mask.to_le_bytes()[0], values) };
}
