//! Products of packed weights with a vector: exact sums, one rounding.

use crate::float::canonical;
use crate::format::{BLOCK, Format, GROUP, HALF};
use crate::matrix::{Matrix, UNIT, half_scales, half_to_units, units_at};
use crate::quantise::Quantised;

/// Multiplies the rows of `w` from `first_row` on (a multiple of 8) by `x`: one output per row.
///
/// A row's sum Σ (scale · quant + minimum) · value is exact in `i64`, so its order cannot matter.
/// ROUNDING: once to binary32, then, exactly, times 2⁻²⁴, then once more times `x.scale`.
/// INVARIANT: packing has checked that no row can overflow. A NaN scale gives the canonical NaN
/// everywhere.
///
/// # Panics
/// If the shapes do not fit.
pub fn mat_vec(out: &mut [f32], w: &Matrix<'_>, first_row: usize, x: &Quantised<'_>) {
    assert_eq!(x.values.len(), w.columns(), "one value per column");
    assert!(
        first_row.is_multiple_of(GROUP) && first_row + out.len() <= w.rows(),
        "rows of the matrix"
    );
    for (group, out) in out.chunks_mut(GROUP).enumerate() {
        let sums = group_sums(w, first_row / GROUP + group, x);
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = canonical(sum as f32 * UNIT * x.scale);
        }
    }
}

/// The exact sums of the eight rows of a group, in units of 2⁻²⁴ · scale.
fn group_sums(w: &Matrix<'_>, group: usize, x: &Quantised<'_>) -> [i64; GROUP] {
    let mut totals = [0_i64; GROUP];
    let blocks = w.group(group).chunks_exact(w.format().block_bytes());
    let vectors = x.values.as_chunks::<BLOCK>().0.iter().zip(x.sums);
    for (block, (values, &sum)) in blocks.zip(vectors) {
        let (scales, quants) = block.split_at(w.format().scale_bytes());
        let half = |index: usize| {
            i64::from(half_to_units(u16::from_le_bytes([scales[2 * index], scales[2 * index + 1]])))
        };
        let first_sum = match w.format() {
            Format::K4 | Format::K8 => values[..HALF].iter().map(|it| i32::from(*it)).sum(),
            _ => 0,
        };
        for (row, total) in totals.iter_mut().enumerate() {
            *total = total.wrapping_add(match w.format() {
                Format::Q4_0 => half(row) * i64::from(dot_4_bits(quants, row, values) - 8 * sum),
                Format::Q4_1 => {
                    half(row) * i64::from(dot_4_bits(quants, row, values))
                        + half(GROUP + row) * i64::from(sum)
                }
                Format::Q8_0 => half(row) * i64::from(dot_8_bits(quants, row, values)),
                Format::I16 => {
                    i64::from(units_at(scales, row)).wrapping_mul(dot_16_bits(quants, row, values))
                }
                Format::K4 => by_halves(
                    half_scales(scales, row),
                    dots_4_bits(quants, row, values),
                    [first_sum, sum - first_sum],
                ),
                Format::K8 => by_halves(
                    half_scales(scales, row),
                    dots_8_bits(quants, row, values),
                    [first_sum, sum - first_sum],
                ),
            });
        }
    }
    totals
}

/// Each half's scale times its dot product, and its minimum times its sum; at most
/// 2 · 2³¹ · (2²⁶ + 2¹⁹) < 2⁵⁹.
fn by_halves((scales, minimums): ([i32; 2], [i32; 2]), dots: [i32; 2], sums: [i32; 2]) -> i64 {
    let product = |a: i32, b: i32| i64::from(a) * i64::from(b);
    product(scales[0], dots[0])
        + product(minimums[0], sums[0])
        + product(scales[1], dots[1])
        + product(minimums[1], sums[1])
}

/// |sum| ≤ 32 · 15 · 32,639 < 2²⁴.
fn dot_4_bits(quants: &[u8], row: usize, values: &[i16; BLOCK]) -> i32 {
    let [first, second] = dots_4_bits(quants, row, values);
    first + second
}

/// The dot products of the two halves of the block.
fn dots_4_bits(quants: &[u8], row: usize, values: &[i16; BLOCK]) -> [i32; 2] {
    let mut sums = [0; 2];
    for chunk in 0..2 {
        let bytes = chunk_of(quants, row, chunk);
        let (low, high) =
            (&values[8 * chunk..8 * chunk + 8], &values[16 + 8 * chunk..24 + 8 * chunk]);
        for i in 0..8 {
            sums[0] += i32::from(bytes[i] & 15) * i32::from(low[i]);
            sums[1] += i32::from(bytes[i] >> 4) * i32::from(high[i]);
        }
    }
    sums
}

/// |sum| ≤ 32 · 128 · 32,639 < 2²⁷.
fn dot_8_bits(quants: &[u8], row: usize, values: &[i16; BLOCK]) -> i32 {
    let [first, second] = dots_8_bits(quants, row, values);
    first + second
}

/// The dot products of the two halves of the block.
fn dots_8_bits(quants: &[u8], row: usize, values: &[i16; BLOCK]) -> [i32; 2] {
    let mut sums = [0; 2];
    for chunk in 0..4 {
        let bytes = chunk_of(quants, row, chunk);
        for (byte, value) in bytes.iter().zip(&values[8 * chunk..8 * chunk + 8]) {
            sums[chunk / 2] += i32::from(byte.cast_signed()) * i32::from(*value);
        }
    }
    sums
}

/// A pair fits `i32` barely: 2 · 32,768 · 32,639 < 2³¹.
fn dot_16_bits(quants: &[u8], row: usize, values: &[i16; BLOCK]) -> i64 {
    let mut sum = 0;
    for chunk in 0..8 {
        let bytes = chunk_of(quants, row, chunk);
        let values = &values[4 * chunk..4 * chunk + 4];
        for pair in 0..2 {
            let product = |at: usize| {
                i32::from(i16::from_le_bytes([bytes[2 * at], bytes[2 * at + 1]]))
                    * i32::from(values[at])
            };
            sum += i64::from(product(2 * pair) + product(2 * pair + 1));
        }
    }
    sum
}

fn chunk_of(quants: &[u8], row: usize, chunk: usize) -> &[u8; 8] {
    quants[(chunk * GROUP + row) * 8..].first_chunk().expect("a block has all its chunks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantise::quantise;

    #[test]
    fn mat_vec_is_the_sum_of_the_row_blocks() {
        arbtest::arbtest(|u| {
            let format = *u.choose(&Format::ALL)?;
            let (rows, columns) = (u.int_in_range(1..=20)?, 32 * u.int_in_range(1..=3)?);
            let mut data = vec![0; format.matrix_bytes(rows, columns)];
            u.fill_buffer(&mut data)?;
            let w = Matrix::new(format, rows, columns, &data).expect("the shape is right");
            let x: Vec<f32> = (0..columns)
                .map(|_| Ok(f32::from(u.arbitrary::<i16>()?) / 77.0))
                .collect::<arbtest::arbitrary::Result<_>>()?;
            let (mut values, mut sums) = (vec![0; columns], vec![0; columns / BLOCK]);
            let scale = quantise(&mut values, &mut sums, &x);
            let mut out = vec![0.0; rows];
            mat_vec(&mut out, &w, 0, &Quantised { values: &values, sums: &sums, scale });
            for (row, out) in out.iter().enumerate() {
                let exact: i128 = (0..w.blocks())
                    .map(|block| {
                        let part = w.row_block(row, block);
                        let sum: i128 = part
                            .values()
                            .zip(&values[32 * block..])
                            .map(|((scale, minimum, quant), v)| {
                                (i128::from(scale) * i128::from(quant) + i128::from(minimum))
                                    * i128::from(*v)
                            })
                            .sum();
                        sum
                    })
                    .sum();
                assert!(exact.unsigned_abs() <= w.worst_row_sum(row));
                if w.worst_row_sum(row) >> 63 != 0 {
                    continue; // packing refuses such a row
                }
                assert_eq!(out.to_bits(), (exact as f32 * UNIT * scale).to_bits());
            }
            Ok(())
        });
    }
}
