//! Products: a vector holds one chunk of two rows.
//!
//! With 8-bit dot products (`DOT`), a value is 256 · high + low, so that a product with a quant of
//! up to 8 bits is two 8-bit products. Without them, quants are widened to 16 bits. Sums within a
//! block fit 32 bits (`imo_tensor` says why), sums across blocks 64.
#![expect(
    unsafe_code,
    reason = "loads and stores of vectors, and an instruction without a function"
)]

use core::arch::aarch64::*;
use core::arch::asm;
use core::array;

use imo_tensor::{BLOCK, Format, GROUP};

use super::shorts::{add_pairs, load_shorts};
use crate::product::Product;
use crate::tile::{Halves, Tile, Whole};

/// 64-bit sums of the eight rows.
type Sums = [int64x2_t; 4];

/// 32-bit numbers of the eight rows.
type Rows = [int32x4_t; 2];

/// Quants by pair of rows, eight of each.
type Chunk = [int8x16_t; 4];

/// As [`crate::linear::mat_tile`].
///
/// # Safety
///
/// With `DOT`, the machine has 8-bit dot products.
#[target_feature(enable = "neon")]
pub(in crate::vector) unsafe fn mat_tile<const DOT: bool>(out: &mut [f32], product: &Product<'_>) {
    // SAFETY: the same condition.
    product.in_parts(GROUP, |row, token, left| unsafe {
        match left {
            2.. => part::<2, DOT>(out, product, row, token),
            _ => part::<1, DOT>(out, product, row, token),
        }
    });
}

/// The group at `row` with `TOKENS` vectors from `token` on, whose sums stay in registers.
///
/// # Safety
///
/// As [`mat_tile`].
#[target_feature(enable = "neon")]
#[inline]
unsafe fn part<const TOKENS: usize, const DOT: bool>(
    out: &mut [f32],
    product: &Product<'_>,
    row: usize,
    token: usize,
) -> usize {
    let (group, x) = (product.group(row), product.x);
    // SAFETY: the same condition.
    let totals = unsafe {
        match product.w.format() {
            Format::Q4_0 => {
                by_blocks::<{ Format::Q4_0.block_bytes() }, TOKENS, DOT>(group, x, token)
            }
            Format::Q4_1 => {
                by_blocks::<{ Format::Q4_1.block_bytes() }, TOKENS, DOT>(group, x, token)
            }
            Format::Q8_0 => {
                by_blocks::<{ Format::Q8_0.block_bytes() }, TOKENS, DOT>(group, x, token)
            }
            Format::I16 => sixteen_bits(group, x, token),
            Format::K4 => by_halves::<{ Format::K4.block_bytes() }, TOKENS, DOT>(group, x, token),
            Format::K8 => by_halves::<{ Format::K8.block_bytes() }, TOKENS, DOT>(group, x, token),
        }
    };
    product.put(out, (row, token), &totals.map(|total| rows_of(total)));
    TOKENS
}

/// `Q4_0`, `Q4_1` or `Q8_0`, whose blocks have this many bytes.
///
/// # Safety
///
/// As [`mat_tile`].
#[target_feature(enable = "neon")]
#[inline]
unsafe fn by_blocks<const BYTES: usize, const TOKENS: usize, const DOT: bool>(
    group: &[u8],
    x: &Tile,
    token: usize,
) -> [Sums; TOKENS] {
    let mut totals = [[vdupq_n_s64(0); 4]; TOKENS];
    for (index, block) in group.as_chunks::<BYTES>().0.iter().enumerate() {
        let (scales, quants) = (half_units(block), quants(block));
        let sums = x.sums::<TOKENS>(index, token);
        let values = (x.whole::<TOKENS>(index, token), x.halves::<TOKENS>(index, token));
        // SAFETY: the same condition.
        let dots = unsafe { dots::<4, TOKENS, DOT>(&quants, values, 0) };
        for (total, (mut dots, sum)) in totals.iter_mut().zip(dots.into_iter().zip(sums)) {
            if BYTES == Format::Q4_0.block_bytes() {
                let shift = vshlq_n_s32::<3>(vdupq_n_s32(*sum));
                dots = dots.map(|dots| vsubq_s32(dots, shift));
            }
            *total = add_products(*total, scales, dots);
            if BYTES == Format::Q4_1.block_bytes() {
                *total = add_products(*total, half_units(&block[16..]), [vdupq_n_s32(*sum); 2]);
            }
        }
    }
    totals
}

/// `K4` or `K8`, whose blocks have this many bytes: each half of a block has its own scales and
/// minimums.
///
/// # Safety
///
/// As [`mat_tile`].
#[target_feature(enable = "neon")]
#[inline]
unsafe fn by_halves<const BYTES: usize, const TOKENS: usize, const DOT: bool>(
    group: &[u8],
    x: &Tile,
    token: usize,
) -> [Sums; TOKENS] {
    let mut totals = [[vdupq_n_s64(0); 4]; TOKENS];
    for (index, block) in group.as_chunks::<BYTES>().0.iter().enumerate() {
        let (d, e) = (half_units(block), half_units(&block[16..]).map(|e| vnegq_s32(e)));
        let factors = block[32..].as_chunks::<8>().0;
        let scaled = |units: Rows, index: usize| {
            // SAFETY: eight bytes are there, and the load needs no alignment.
            let factors = vmovl_s8(unsafe { vld1_s8(factors[index].as_ptr().cast()) });
            [
                vmulq_s32(units[0], vmovl_s16(vget_low_s16(factors))),
                vmulq_s32(units[1], vmovl_high_s16(factors)),
            ]
        };
        let [first, second, ..] = quants(block);
        let [.., third, fourth] = quants(block);
        let values = (x.whole::<TOKENS>(index, token), x.halves::<TOKENS>(index, token));
        let sums = x.sums::<TOKENS>(index, token);
        let first_sums = values.0.each_ref().map(|Whole(values)| sum_of_half(values));
        for (half, quants) in [[first, second], [third, fourth]].into_iter().enumerate() {
            let (scales, minimums) = (scaled(d, half), scaled(e, 2 + half));
            // SAFETY: the same condition.
            let dots = unsafe { dots::<2, TOKENS, DOT>(&quants, values, 2 * half) };
            for token in 0..TOKENS {
                let first = first_sums[token];
                let sum = vdupq_n_s32(if half == 0 { first } else { sums[token] - first });
                let scaled = add_products(totals[token], scales, dots[token]);
                totals[token] = add_products(scaled, minimums, [sum; 2]);
            }
        }
    }
    totals
}

/// A pair of products fits 32 bits, but a sum of pairs does not: it has 64 bits.
#[target_feature(enable = "neon")]
#[inline]
fn sixteen_bits<const TOKENS: usize>(group: &[u8], x: &Tile, token: usize) -> [Sums; TOKENS] {
    const BYTES: usize = Format::I16.block_bytes();
    let mut totals = [[vdupq_n_s64(0); 4]; TOKENS];
    for (index, block) in group.as_chunks::<BYTES>().0.iter().enumerate() {
        let scales = block.as_chunks::<16>().0;
        let size = vdupq_n_s32(i32::MAX);
        let scales = [0, 1].map(|at| vandq_s32(vreinterpretq_s32_s8(load(&scales[at])), size));
        let scales = [
            vget_low_s32(scales[0]),
            vget_high_s32(scales[0]),
            vget_low_s32(scales[1]),
            vget_high_s32(scales[1]),
        ];
        let quants = block[32..].as_chunks::<64>().0.as_chunks::<2>().0;
        for (total, Whole(values)) in totals.iter_mut().zip(x.whole::<TOKENS>(index, token)) {
            let mut sums = [[vdupq_n_s64(0); 2]; 4];
            for (quants, values) in quants.iter().zip(values.as_chunks::<8>().0) {
                let values = values.as_chunks::<4>().0;
                let (x, y) = (broadcast_four(&values[0]), broadcast_four(&values[1]));
                for (pair, sums) in sums.iter_mut().enumerate() {
                    let chunk = |at: usize| load(&quants[at].as_chunks::<16>().0[pair]);
                    let (a, b) = (chunk(0), chunk(1));
                    let (a, b) = (vreinterpretq_s16_s8(a), vreinterpretq_s16_s8(b));
                    add_pairs(sums, [a, b], [x, y]);
                }
            }
            for (total, ([even, odd], scale)) in total.iter_mut().zip(sums.into_iter().zip(scales))
            {
                *total = add_wide_product(*total, scale, vpaddq_s64(even, odd));
            }
        }
    }
    totals
}

/// total + scale · dot, of a dot product below 2⁴⁷ in size.
#[target_feature(enable = "neon")]
#[inline]
fn add_wide_product(total: int64x2_t, scale: int32x2_t, dot: int64x2_t) -> int64x2_t {
    let low = vmovn_s64(vandq_s64(dot, vdupq_n_s64(0xffff)));
    let high = vmull_s32(scale, vshrn_n_s64::<16>(dot));
    vaddq_s64(vmlal_s32(total, scale, low), vshlq_n_s64::<16>(high))
}

/// total + scale · dot, row by row.
#[target_feature(enable = "neon")]
#[inline]
fn add_products(total: Sums, scale: Rows, dot: Rows) -> Sums {
    [
        vmlal_s32(total[0], vget_low_s32(scale[0]), vget_low_s32(dot[0])),
        vmlal_high_s32(total[1], scale[0], dot[0]),
        vmlal_s32(total[2], vget_low_s32(scale[1]), vget_low_s32(dot[1])),
        vmlal_high_s32(total[3], scale[1], dot[1]),
    ]
}

/// The dot product of each row with values of each token, from chunk `first` of their block on.
///
/// # Safety
///
/// As [`mat_tile`].
#[target_feature(enable = "neon")]
#[inline]
unsafe fn dots<const CHUNKS: usize, const TOKENS: usize, const DOT: bool>(
    quants: &[Chunk; CHUNKS],
    (whole, halves): (&[Whole; TOKENS], &[Halves; TOKENS]),
    first: usize,
) -> [Rows; TOKENS] {
    let mut pairs = [[vdupq_n_s32(0); 4]; TOKENS];
    if DOT {
        for (pairs, halves) in pairs.iter_mut().zip(halves) {
            // SAFETY: the caller vouches for the machine.
            *pairs = unsafe { dot_bytes(quants, halves, first) };
        }
    } else {
        pairs = dot_shorts(quants, whole, first);
    }
    pairs.map(|it| [vpaddq_s32(it[0], it[1]), vpaddq_s32(it[2], it[3])])
}

/// Two parts of the dot product of each row with a token's values, by pairs of rows.
///
/// # Safety
///
/// The machine has 8-bit dot products.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn dot_bytes<const CHUNKS: usize>(
    quants: &[Chunk; CHUNKS],
    x: &Halves,
    first: usize,
) -> [int32x4_t; 4] {
    let mut sums = [vdupq_n_s32(0); 4];
    for values in [&x.high, &x.low] {
        sums = sums.map(|sum| vshlq_n_s32::<8>(sum));
        for (quants, values) in quants.iter().zip(&values.as_chunks::<8>().0[first..]) {
            // SAFETY: the caller vouches for the machine.
            unsafe { add_dots(&mut sums, quants, broadcast_eight(values)) };
        }
    }
    sums
}

/// As [`dot_bytes`], for several tokens, so that the quants are widened once for all of them.
#[target_feature(enable = "neon")]
#[inline]
fn dot_shorts<const CHUNKS: usize, const TOKENS: usize>(
    quants: &[Chunk; CHUNKS],
    x: &[Whole; TOKENS],
    first: usize,
) -> [[int32x4_t; 4]; TOKENS] {
    let mut pairs = [[vdupq_n_s32(0); 4]; TOKENS];
    for pair in 0..4 {
        let mut sums = [[vdupq_n_s32(0); 2]; TOKENS];
        for (chunk, quants) in (first..).zip(quants) {
            let even = vmovl_s8(vget_low_s8(quants[pair]));
            let odd = vmovl_high_s8(quants[pair]);
            for (sums, Whole(values)) in sums.iter_mut().zip(x) {
                let values = load_shorts(&values.as_chunks().0[chunk]);
                for (sum, row) in sums.iter_mut().zip([even, odd]) {
                    *sum = vmlal_s16(*sum, vget_low_s16(row), vget_low_s16(values));
                    *sum = vmlal_high_s16(*sum, row, values);
                }
            }
        }
        for (pairs, [even, odd]) in pairs.iter_mut().zip(sums) {
            pairs[pair] = vpaddq_s32(even, odd);
        }
    }
    pairs
}

/// Adds to each 32-bit lane the dot product of the four bytes there: `vdotq_s32`, which stable Rust
/// does not have.
///
/// # Safety
///
/// The machine has 8-bit dot products.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn add_dots(sums: &mut [int32x4_t; 4], quants: &Chunk, values: int8x16_t) {
    let [a, b, c, d] = sums;
    // SAFETY: the machine has the instruction, which touches these registers alone.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {a:v}.4s, {rows_a:v}.16b, {values:v}.16b",
            "sdot {b:v}.4s, {rows_b:v}.16b, {values:v}.16b",
            "sdot {c:v}.4s, {rows_c:v}.16b, {values:v}.16b",
            "sdot {d:v}.4s, {rows_d:v}.16b, {values:v}.16b",
            a = inout(vreg) *a,
            b = inout(vreg) *b,
            c = inout(vreg) *c,
            d = inout(vreg) *d,
            rows_a = in(vreg) quants[0],
            rows_b = in(vreg) quants[1],
            rows_c = in(vreg) quants[2],
            rows_d = in(vreg) quants[3],
            values = in(vreg) values,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
}

/// The quants of a block of up to 8 bits each.
#[target_feature(enable = "neon")]
#[inline]
fn quants<const BYTES: usize>(block: &[u8; BYTES]) -> [Chunk; 4] {
    const FOUR_BITS: usize = GROUP * Format::Q4_0.row_bytes();
    const EIGHT_BITS: usize = GROUP * Format::Q8_0.row_bytes();
    if BYTES > EIGHT_BITS {
        let bytes = block[BYTES - EIGHT_BITS..].as_chunks::<16>().0;
        return array::from_fn(|chunk| array::from_fn(|pair| load(&bytes[4 * chunk + pair])));
    }
    let bytes = block[BYTES - FOUR_BITS..].as_chunks::<16>().0;
    let quants = |chunk: usize, pair: usize| {
        let both = vreinterpretq_u8_s8(load(&bytes[4 * (chunk % 2) + pair]));
        let low = vandq_u8(both, vdupq_n_u8(15));
        vreinterpretq_s8_u8(if chunk < 2 { low } else { vshrq_n_u8::<4>(both) })
    };
    array::from_fn(|chunk| array::from_fn(|pair| quants(chunk, pair)))
}

/// Eight f16 scales in units of 2⁻²⁴; one of 128 or more in size counts as 0.
#[target_feature(enable = "neon")]
#[inline]
fn half_units(bytes: &[u8]) -> Rows {
    let halves = load(bytes.first_chunk().expect("eight scales"));
    let halves = vreinterpretq_u16_s8(halves);
    let size = vandq_u16(halves, vdupq_n_u16(0x7fff));
    let halves = vandq_u16(halves, vcltq_u16(size, vdupq_n_u16(0x5800)));
    // Exact: a value of 11 bits, below 2³¹ in these units.
    [vget_low_u16(halves), vget_high_u16(halves)]
        .map(|halves| vcvtq_n_s32_f32::<24>(vcvt_f32_f16(vreinterpret_f16_u16(halves))))
}

/// The sum of the values in the first half of a block.
#[target_feature(enable = "neon")]
#[inline]
fn sum_of_half(values: &[i16; BLOCK]) -> i32 {
    let [first, second, ..] = values.as_chunks().0 else { unreachable!("a block has four") };
    vaddlvq_s16(load_shorts(first)) + vaddlvq_s16(load_shorts(second))
}

/// The eight values in both halves.
#[target_feature(enable = "neon")]
#[inline]
fn broadcast_eight(values: &[i8; 8]) -> int8x16_t {
    // SAFETY: eight bytes are there, read wherever they lie.
    let eight = unsafe { values.as_ptr().cast::<i64>().read_unaligned() };
    vreinterpretq_s8_s64(vdupq_n_s64(eight))
}

/// The four values in both halves.
#[target_feature(enable = "neon")]
#[inline]
fn broadcast_four(values: &[i16; 4]) -> int16x8_t {
    // SAFETY: eight bytes are there, read wherever they lie.
    let four = unsafe { values.as_ptr().cast::<i64>().read_unaligned() };
    vreinterpretq_s16_s64(vdupq_n_s64(four))
}

#[target_feature(enable = "neon")]
#[inline]
fn load(bytes: &[u8; 16]) -> int8x16_t {
    // SAFETY: 16 bytes are there, and the load needs no alignment.
    unsafe { vld1q_s8(bytes.as_ptr().cast()) }
}

/// The totals by row.
#[target_feature(enable = "neon")]
#[inline]
fn rows_of(totals: Sums) -> [i64; GROUP] {
    let mut rows = [0; GROUP];
    for (rows, total) in rows.as_chunks_mut::<2>().0.iter_mut().zip(totals) {
        // SAFETY: 16 bytes are there, and the store needs no alignment.
        unsafe { vst1q_s64(rows.as_mut_ptr(), total) };
    }
    rows
}
