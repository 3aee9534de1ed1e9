//! AVX-512 with 8-bit dot products: a vector holds one chunk of all eight rows of a group.
#![expect(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::*;

use imo_tensor::{BLOCK, Format, GROUP};

use super::avx2;
use crate::tile::{Packed, TILE};

/// As [`super::group_sums`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,f16c")]
pub(super) fn group_sums(sums: &mut [[i64; GROUP]], format: Format, group: &[u8], x: &[Packed]) {
    match format {
        Format::Q4_0 => four_bits::<144>(sums, group, x),
        Format::Q4_1 => four_bits::<160>(sums, group, x),
        Format::Q8_0 => eight_bits(sums, group, x),
        Format::I16 | Format::K4 | Format::K8 => avx2::group_sums(sums, format, group, x),
    }
}

/// `Q4_0` when a block has 144 bytes, `Q4_1` when it has 160.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,f16c")]
fn four_bits<const BYTES: usize>(sums: &mut [[i64; GROUP]], group: &[u8], x: &[Packed]) {
    let with_minimum = BYTES == Format::Q4_1.block_bytes();
    let mut totals = [_mm512_setzero_si512(); TILE];
    let totals = &mut totals[..sums.len()];
    for (block, x) in group.as_chunks::<BYTES>().0.iter().zip(x.chunks_exact(sums.len())) {
        let scale = _mm512_cvtepi32_epi64(avx2::half_units(block));
        let minimum = if with_minimum {
            _mm512_cvtepi32_epi64(avx2::half_units(&block[16..]))
        } else {
            scale
        };
        let mask = _mm512_set1_epi8(15);
        let quants = block[BYTES - 128..].as_chunks::<64>().0;
        let chunks = [load(&quants[0]), load(&quants[1])];
        let rows = [
            _mm512_and_si512(chunks[0], mask),
            _mm512_and_si512(chunks[1], mask),
            _mm512_and_si512(_mm512_srli_epi16::<4>(chunks[0]), mask),
            _mm512_and_si512(_mm512_srli_epi16::<4>(chunks[1]), mask),
        ];
        for (total, x) in totals.iter_mut().zip(x) {
            let scaled = _mm512_mul_epi32(scale, dot_bytes(rows, x));
            // Q4_0 is Q4_1 with a minimum of −8 scales.
            let sum = _mm512_set1_epi32(if with_minimum { x.sum } else { -8 * x.sum });
            let shifted = _mm512_mul_epi32(minimum, sum);
            *total = _mm512_add_epi64(*total, _mm512_add_epi64(scaled, shifted));
        }
    }
    store(sums, totals);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,f16c")]
fn eight_bits(sums: &mut [[i64; GROUP]], group: &[u8], x: &[Packed]) {
    const BYTES: usize = Format::Q8_0.block_bytes();
    let mut totals = [_mm512_setzero_si512(); TILE];
    let totals = &mut totals[..sums.len()];
    for (block, x) in group.as_chunks::<BYTES>().0.iter().zip(x.chunks_exact(sums.len())) {
        let scale = _mm512_cvtepi32_epi64(avx2::half_units(block));
        let quants = block[16..].as_chunks::<64>().0;
        // The instruction takes one factor without a sign: 128 is added here and taken off below.
        let offset = _mm512_set1_epi8(i8::MIN);
        let shifted = |at: usize| _mm512_xor_si512(load(&quants[at]), offset);
        let rows = [shifted(0), shifted(1), shifted(2), shifted(3)];
        for (total, x) in totals.iter_mut().zip(x) {
            let dots = _mm512_sub_epi32(dot_bytes(rows, x), _mm512_set1_epi32(128 * x.sum));
            *total = _mm512_add_epi64(*total, _mm512_mul_epi32(scale, dots));
        }
    }
    store(sums, totals);
}

/// The dot product of each row with a block in the low half of its 64-bit lane.
///
/// It fits: 32 · 255 · 32,639 < 2³¹.
#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn dot_bytes(rows: [__m512i; 4], x: &Packed) -> __m512i {
    let (mut high, mut low) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    for (chunk, row) in rows.into_iter().enumerate() {
        high = _mm512_dpbusd_epi32(high, row, broadcast(&x.high, chunk));
        low = _mm512_dpbusd_epi32(low, row, broadcast(&x.low, chunk));
    }
    let both = _mm512_add_epi32(_mm512_slli_epi32::<8>(high), low);
    _mm512_add_epi32(both, _mm512_srli_epi64::<32>(both))
}

/// Chunk `index` of eight bytes in every 64-bit lane.
#[target_feature(enable = "avx512f")]
#[inline]
fn broadcast(bytes: &[i8; BLOCK], index: usize) -> __m512i {
    let chunk = bytes.as_chunks::<8>().0[index].map(i8::cast_unsigned);
    _mm512_set1_epi64(i64::from_le_bytes(chunk))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are there, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(sums: &mut [[i64; GROUP]], totals: &[__m512i]) {
    for (sums, total) in sums.iter_mut().zip(totals) {
        // SAFETY: 64 bytes are there, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), *total) };
    }
}
