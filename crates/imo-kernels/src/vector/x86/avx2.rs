//! AVX2: lanes are rows.
//!
//! A value is 256 · high + low, so a product with a 4-bit quant is two 8-bit ones. Sums within a
//! block fit 32 bits (`imo_tensor` says why), those across blocks 64.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;

use imo_tensor::{BLOCK, Format, GROUP};

use crate::product::Product;
use crate::tile::{Halves, Tile, Whole};

/// Two vectors of four 64-bit sums.
type Sums = [__m256i; 2];

/// As [`crate::linear::mat_tile`].
#[target_feature(enable = "avx2,f16c")]
pub(in crate::vector) fn mat_tile(out: &mut [f32], product: &Product<'_>) {
    product.in_parts(GROUP, |row, token, left| match left {
        2.. => part::<2>(out, product, row, token),
        _ => part::<1>(out, product, row, token),
    });
}

/// The group at `row` with `TOKENS` vectors from `token` on, whose sums stay in registers.
#[target_feature(enable = "avx2,f16c")]
#[inline]
fn part<const TOKENS: usize>(
    out: &mut [f32],
    product: &Product<'_>,
    row: usize,
    token: usize,
) -> usize {
    let (group, x) = (product.group(row), product.x);
    let sums = match product.w.format() {
        Format::Q4_0 => four_bits::<{ Format::Q4_0.block_bytes() }, TOKENS>(group, x, token),
        Format::Q4_1 => four_bits::<{ Format::Q4_1.block_bytes() }, TOKENS>(group, x, token),
        Format::Q8_0 => eight_bits(group, x, token),
        Format::I16 => sixteen_bits(group, x, token),
        Format::K4 => by_halves::<{ Format::K4.block_bytes() }, TOKENS>(group, x, token),
        Format::K8 => by_halves::<{ Format::K8.block_bytes() }, TOKENS>(group, x, token),
    };
    product.put(out, (row, token), &sums);
    TOKENS
}

/// `Q4_0` or `Q4_1`, whose blocks have this many bytes.
#[target_feature(enable = "avx2,f16c")]
#[inline]
fn four_bits<const BYTES: usize, const TOKENS: usize>(
    group: &[u8],
    x: &Tile,
    token: usize,
) -> [[i64; GROUP]; TOKENS] {
    /// How `hadd` leaves the rows of a group.
    const ORDER: [i32; GROUP] = [0, 1, 4, 5, 2, 3, 6, 7];
    let with_minimum = BYTES == Format::Q4_1.block_bytes();
    let mut totals = [[_mm256_setzero_si256(); 2]; TOKENS];
    for (index, block) in group.as_chunks::<BYTES>().0.iter().enumerate() {
        let scale = even_and_odd(permute(half_units(block), ORDER));
        let minimum = if with_minimum {
            even_and_odd(permute(half_units(&block[16..]), ORDER))
        } else {
            scale
        };
        let mask = _mm256_set1_epi8(15);
        let quants = block[BYTES - 128..].as_chunks::<32>().0;
        let low = |at: usize| _mm256_and_si256(load(&quants[at]), mask);
        let high = |at: usize| _mm256_and_si256(_mm256_srli_epi16::<4>(load(&quants[at])), mask);
        let upper_rows = [low(0), low(2), high(0), high(2)];
        let lower_rows = [low(1), low(3), high(1), high(3)];
        let vectors = x.halves::<TOKENS>(index, token).iter().zip(x.sums::<TOKENS>(index, token));
        for (total, (halves, sum)) in totals.iter_mut().zip(vectors) {
            let dots =
                _mm256_hadd_epi32(dot_bytes(upper_rows, halves), dot_bytes(lower_rows, halves));
            let dots = even_and_odd(dots);
            // Q4_0 is Q4_1 with a minimum of −8 scales.
            let sum = _mm256_set1_epi32(if with_minimum { *sum } else { -8 * sum });
            for half in 0..2 {
                let scaled = _mm256_mul_epi32(scale[half], dots[half]);
                let shifted = _mm256_mul_epi32(minimum[half], sum);
                total[half] = _mm256_add_epi64(total[half], _mm256_add_epi64(scaled, shifted));
            }
        }
    }
    // Even lanes of ORDER, then odd ones.
    totals.map(|total| rows_of(total, [0, 4, 2, 6, 1, 5, 3, 7]))
}

/// Two 32-bit parts of the dot product of each of four rows with a block, 4-bit quants.
///
/// 16-bit sums hold four products of pairs: 4 · 2 · 15 · 128 < 2¹⁵.
#[target_feature(enable = "avx2")]
#[inline]
fn dot_bytes(rows: [__m256i; 4], x: &Halves) -> __m256i {
    let mut high = _mm256_maddubs_epi16(rows[0], broadcast(&x.high, 0));
    let mut low = _mm256_maddubs_epi16(rows[0], broadcast(&x.low, 0));
    for (chunk, row) in rows.into_iter().enumerate().skip(1) {
        high = _mm256_add_epi16(high, _mm256_maddubs_epi16(row, broadcast(&x.high, chunk)));
        low = _mm256_add_epi16(low, _mm256_maddubs_epi16(row, broadcast(&x.low, chunk)));
    }
    let high = _mm256_madd_epi16(high, _mm256_set1_epi16(256));
    _mm256_add_epi32(high, _mm256_madd_epi16(low, _mm256_set1_epi16(1)))
}

#[target_feature(enable = "avx2,f16c")]
#[inline]
fn eight_bits<const TOKENS: usize>(group: &[u8], x: &Tile, token: usize) -> [[i64; GROUP]; TOKENS] {
    const BYTES: usize = Format::Q8_0.block_bytes();
    let mut totals = [[_mm256_setzero_si256(); 2]; TOKENS];
    for (index, block) in group.as_chunks::<BYTES>().0.iter().enumerate() {
        let scale = even_and_odd(permute(half_units(block), [0, 2, 4, 6, 1, 3, 5, 7]));
        let quants = block[16..].as_chunks::<16>().0;
        for (total, Whole(values)) in totals.iter_mut().zip(x.whole::<TOKENS>(index, token)) {
            let mut pairs = [_mm256_setzero_si256(); 4];
            for (chunk, values) in values.as_chunks::<8>().0.iter().enumerate() {
                let values = broadcast_eight(values);
                for (pair, sum) in pairs.iter_mut().enumerate() {
                    let rows = _mm256_cvtepi8_epi16(load_half(&quants[4 * chunk + pair]));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(rows, values));
                }
            }
            let dots = even_and_odd(rows_of_pairs(pairs));
            for half in 0..2 {
                let scaled = _mm256_mul_epi32(scale[half], dots[half]);
                total[half] = _mm256_add_epi64(total[half], scaled);
            }
        }
    }
    totals.map(|total| rows_of(total, [0, 4, 1, 5, 2, 6, 3, 7]))
}

/// A pair of products fits 32 bits, but a sum of pairs does not: the low and the high 16 bits of
/// the pairs are summed separately.
#[target_feature(enable = "avx2")]
#[inline]
fn sixteen_bits<const TOKENS: usize>(
    group: &[u8],
    x: &Tile,
    token: usize,
) -> [[i64; GROUP]; TOKENS] {
    const BYTES: usize = Format::I16.block_bytes();
    let mut totals = [[_mm256_setzero_si256(); 2]; TOKENS];
    let low_half = _mm256_set1_epi32(0xffff);
    for (index, block) in group.as_chunks::<BYTES>().0.iter().enumerate() {
        let size = _mm256_set1_epi32(i32::MAX);
        let scales = _mm256_and_si256(load(block.first_chunk().expect("32 bytes")), size);
        let scale = [
            _mm256_cvtepi32_epi64(_mm256_castsi256_si128(scales)),
            _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(scales)),
        ];
        let quants = block[32..].as_chunks::<32>().0;
        for (total, Whole(values)) in totals.iter_mut().zip(x.whole::<TOKENS>(index, token)) {
            for half in 0..2 {
                let (mut low, mut high) = (_mm256_setzero_si256(), _mm256_setzero_si256());
                for (chunk, values) in values.as_chunks::<4>().0.iter().enumerate() {
                    let rows = load(&quants[2 * chunk + half]);
                    let products = _mm256_madd_epi16(rows, broadcast_four(values));
                    low = _mm256_add_epi32(low, _mm256_and_si256(products, low_half));
                    high = _mm256_add_epi32(high, _mm256_srai_epi32::<16>(products));
                }
                let low = _mm256_add_epi32(low, _mm256_srli_epi64::<32>(low));
                let high = _mm256_add_epi32(high, _mm256_srli_epi64::<32>(high));
                let high = _mm256_slli_epi64::<16>(_mm256_mul_epi32(scale[half], high));
                let low = _mm256_mul_epi32(scale[half], low);
                total[half] = _mm256_add_epi64(total[half], _mm256_add_epi64(low, high));
            }
        }
    }
    totals.map(|total| rows_of(total, [0, 1, 2, 3, 4, 5, 6, 7]))
}

/// `K4` or `K8`, whose blocks have this many bytes: each half of a block has its own scales and
/// minimums.
#[target_feature(enable = "avx2,f16c")]
#[inline]
fn by_halves<const BYTES: usize, const TOKENS: usize>(
    group: &[u8],
    x: &Tile,
    token: usize,
) -> [[i64; GROUP]; TOKENS] {
    const ORDER: [i32; GROUP] = [0, 2, 4, 6, 1, 3, 5, 7];
    let four_bits = BYTES == Format::K4.block_bytes();
    let mut totals = [[_mm256_setzero_si256(); 2]; TOKENS];
    let mask = _mm_set1_epi8(15);
    for (index, block) in group.as_chunks::<BYTES>().0.iter().enumerate() {
        let (d, e) = (half_units(block), half_units(&block[16..]));
        let factors = block[32..].as_chunks::<8>().0;
        let scaled = |units, index: usize| {
            let factor = i64::from_le_bytes(factors[index]);
            let factor = _mm256_cvtepi8_epi32(_mm_cvtsi64_si128(factor));
            even_and_odd(permute(_mm256_mullo_epi32(units, factor), ORDER))
        };
        let e = _mm256_sub_epi32(_mm256_setzero_si256(), e);
        let (scales, minimums) = ([scaled(d, 0), scaled(d, 1)], [scaled(e, 2), scaled(e, 3)]);
        let quants = block[64..].as_chunks::<16>().0;
        let vectors = x.whole::<TOKENS>(index, token).iter().zip(x.sums::<TOKENS>(index, token));
        for (total, (Whole(values), sum)) in totals.iter_mut().zip(vectors) {
            let first: i32 = values[..BLOCK / 2].iter().map(|it| i32::from(*it)).sum();
            for (half, sum) in [first, sum - first].into_iter().enumerate() {
                let mut pairs = [_mm256_setzero_si256(); 4];
                for chunk in 0..2 {
                    let values = broadcast_eight(&values.as_chunks().0[2 * half + chunk]);
                    for (pair, sum) in pairs.iter_mut().enumerate() {
                        let rows = if four_bits {
                            let both = load_half(&quants[4 * chunk + pair]);
                            let high = _mm_srli_epi16::<4>(both);
                            _mm_and_si128(if half == 0 { both } else { high }, mask)
                        } else {
                            load_half(&quants[4 * (2 * half + chunk) + pair])
                        };
                        let rows = _mm256_cvtepi8_epi16(rows);
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(rows, values));
                    }
                }
                let dots = even_and_odd(rows_of_pairs(pairs));
                let sum = _mm256_set1_epi32(sum);
                for parity in 0..2 {
                    let scaled = _mm256_mul_epi32(scales[half][parity], dots[parity]);
                    let shifted = _mm256_mul_epi32(minimums[half][parity], sum);
                    let both = _mm256_add_epi64(scaled, shifted);
                    total[parity] = _mm256_add_epi64(total[parity], both);
                }
            }
        }
    }
    totals.map(|total| rows_of(total, [0, 4, 1, 5, 2, 6, 3, 7]))
}

/// The sums of the rows, as (0 2 4 6 | 1 3 5 7), from four parts of each, as (0 | 1), (2 | 3),
/// (4 | 5), (6 | 7).
#[target_feature(enable = "avx2")]
#[inline]
fn rows_of_pairs(pairs: [__m256i; 4]) -> __m256i {
    _mm256_hadd_epi32(_mm256_hadd_epi32(pairs[0], pairs[1]), _mm256_hadd_epi32(pairs[2], pairs[3]))
}

/// Eight f16 scales in units of 2⁻²⁴; one of 128 or more in size counts as 0.
#[target_feature(enable = "avx2,f16c")]
#[inline]
fn half_units(bytes: &[u8]) -> __m256i {
    let halves = load_half(bytes.first_chunk().expect("eight scales"));
    let size = _mm_and_si128(halves, _mm_set1_epi16(0x7fff));
    let small = _mm_cmplt_epi16(size, _mm_set1_epi16(0x5800));
    let values = _mm256_cvtph_ps(_mm_and_si128(halves, small));
    // Exact: a value has 11 bits, and the product is below 2³¹.
    _mm256_cvtps_epi32(_mm256_mul_ps(values, _mm256_set1_ps(16_777_216.0)))
}

/// The even 32-bit lanes, and the odd lanes moved to where the even ones are, for a widening
/// product.
#[target_feature(enable = "avx2")]
#[inline]
fn even_and_odd(v: __m256i) -> Sums {
    [v, _mm256_srli_epi64::<32>(v)]
}

#[target_feature(enable = "avx2")]
#[inline]
fn permute(v: __m256i, [a, b, c, d, e, f, g, h]: [i32; 8]) -> __m256i {
    _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(a, b, c, d, e, f, g, h))
}

/// Chunk `index` of eight bytes in every 64-bit lane.
#[target_feature(enable = "avx2")]
#[inline]
fn broadcast(bytes: &[i8; BLOCK], index: usize) -> __m256i {
    let chunk = bytes.as_chunks::<8>().0[index].map(i8::cast_unsigned);
    _mm256_set1_epi64x(i64::from_le_bytes(chunk))
}

#[target_feature(enable = "avx2")]
#[inline]
fn broadcast_four(values: &[i16; 4]) -> __m256i {
    // SAFETY: the four values are eight bytes.
    unsafe { _mm256_set1_epi64x(values.as_ptr().cast::<i64>().read_unaligned()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn broadcast_eight(values: &[i16; 8]) -> __m256i {
    // SAFETY: the eight values are 16 bytes, and the load needs no alignment.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(values.as_ptr().cast())) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are there, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn load_half(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are there, and the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The lanes of the totals by row, where `rows` names the row of each lane.
#[target_feature(enable = "avx2")]
#[inline]
fn rows_of(total: Sums, rows: [usize; GROUP]) -> [i64; GROUP] {
    let mut lanes = [0; GROUP];
    for (lanes, total) in lanes.as_chunks_mut::<4>().0.iter_mut().zip(total) {
        // SAFETY: 32 bytes are there, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), total) };
    }
    let mut sums = [0; GROUP];
    for (lane, row) in lanes.into_iter().zip(rows) {
        sums[row] = lane;
    }
    sums
}
