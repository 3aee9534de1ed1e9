//! A packed matrix over its bytes: groups, rows and bounds.

use crate::format::{BLOCK, CHUNK, Format, GROUP, HALF};
use crate::quantise::LARGEST;

/// A matrix that does not fit its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMatrix {
    /// Bytes that its shape takes.
    pub expected: usize,
    /// Bytes given.
    pub actual: usize,
}

/// A packed matrix of `rows` × `columns` weights.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    format: Format,
    rows: usize,
    columns: usize,
    data: &'a [u8],
}

/// One row's part of a block, decoded: value = (scale · quant + minimum) · 2⁻²⁴, with the scale and
/// the minimum of the value's half.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowBlock {
    pub(crate) scales: [i32; 2],
    pub(crate) minimums: [i32; 2],
    pub(crate) quants: [i16; BLOCK],
}

impl RowBlock {
    /// (scale, minimum, quant) of each value.
    pub(crate) fn values(&self) -> impl Iterator<Item = (i32, i32, i16)> + '_ {
        let half = |index: usize| (self.scales[index], self.minimums[index]);
        (0..).zip(self.quants).map(move |(index, quant)| {
            let (scale, minimum) = half(index / HALF);
            (scale, minimum, quant)
        })
    }
}

impl<'a> Matrix<'a> {
    /// A matrix over its bytes.
    ///
    /// # Errors
    /// If the bytes are too few or too many, or `columns` is no multiple of [`BLOCK`].
    pub const fn new(
        format: Format,
        rows: usize,
        columns: usize,
        data: &'a [u8],
    ) -> Result<Self, BadMatrix> {
        let expected = format.matrix_bytes(rows, columns);
        if data.len() != expected || !columns.is_multiple_of(BLOCK) {
            return Err(BadMatrix { expected, actual: data.len() });
        }
        Ok(Self { format, rows, columns, data })
    }

    /// How it is stored.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Rows, the outputs of a product.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Columns, the inputs of a product.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Blocks of a row.
    pub const fn blocks(&self) -> usize {
        self.columns / BLOCK
    }

    /// All its bytes.
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// The bytes of a group's blocks, one after the other.
    pub fn group(&self, group: usize) -> &'a [u8] {
        let size = self.blocks() * self.format.block_bytes();
        &self.data[group * size..(group + 1) * size]
    }

    /// Writes the values of a row, each rounded once: (scale · quant + minimum) as an integer to
    /// binary32, then times 2⁻²⁴, exact.
    ///
    /// # Panics
    /// If there is no such row or `out` is not as long as one.
    pub fn dequantise_row(&self, out: &mut [f32], row: usize) {
        assert!(row < self.rows && out.len() == self.columns, "row {row} of {}", self.rows);
        for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            let part = self.row_block(row, block);
            for (out, (scale, minimum, quant)) in out.iter_mut().zip(part.values()) {
                let units = i64::from(scale) * i64::from(quant) + i64::from(minimum);
                *out = units as f32 * UNIT;
            }
        }
    }

    /// The largest size that a row's sum can have with any activations. Packing refuses a matrix
    /// where it is 2⁶³ or more.
    pub fn worst_row_sum(&self, row: usize) -> u128 {
        let part_worst = |block| {
            let part = self.row_block(row, block);
            let worst = |(scale, minimum, quant): (i32, i32, i16)| {
                u64::from(scale.unsigned_abs()) * u64::from(quant.unsigned_abs())
                    + u64::from(minimum.unsigned_abs())
            };
            part.values().map(worst).map(u128::from).sum::<u128>()
        };
        (0..self.blocks()).map(part_worst).sum::<u128>() * u128::from(LARGEST.unsigned_abs())
    }

    /// Whether all paths compute the same with every scale. It must be an f16 below 128 in size, a
    /// power of two below 2³¹, or a product below 2³¹.
    pub fn scales_are_valid(&self) -> bool {
        let halves_fit = |bytes: &[u8]| {
            let small = |half: &[u8; 2]| u16::from_le_bytes(*half) & 0x7fff < 0x5800;
            bytes.as_chunks().0.iter().all(small)
        };
        let valid = |block: &[u8]| match self.format {
            Format::Q4_0 | Format::Q4_1 | Format::Q8_0 => {
                halves_fit(&block[..self.format.scale_bytes()])
            }
            Format::I16 => block[..self.format.scale_bytes()].as_chunks().0.iter().all(|word| {
                let units = u32::from_le_bytes(*word);
                units == 0 || (units.is_power_of_two() && units < 1 << 31)
            }),
            Format::K4 | Format::K8 => {
                let product = |row: usize, index: usize| {
                    let (half, factor) = half_and_factor(block, row, index);
                    i64::from(half_to_units(half)) * i64::from(factor)
                };
                halves_fit(&block[..4 * GROUP])
                    && (0..GROUP)
                        .flat_map(|row| [0, 1, 2, 3].map(|index| product(row, index)))
                        .all(|product| product.unsigned_abs() < 1 << 31)
            }
        };
        self.data.chunks_exact(self.format.block_bytes()).all(valid)
    }

    /// The row's part of a block.
    pub(crate) fn row_block(&self, row: usize, block: usize) -> RowBlock {
        let size = self.format.block_bytes();
        let start = (row / GROUP * self.blocks() + block) * size;
        let bytes = &self.data[start..start + size];
        let within = row % GROUP;
        let half = |index: usize| {
            half_to_units(u16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]]))
        };
        let mut quants = [0; BLOCK];
        for (index, quant) in quants.iter_mut().enumerate() {
            *quant = self.quant(bytes, within, index);
        }
        let (scales, minimums) = match self.format {
            Format::Q4_0 | Format::Q8_0 => ([half(within); 2], [0; 2]),
            Format::Q4_1 => ([half(within); 2], [half(GROUP + within); 2]),
            Format::I16 => ([units_at(bytes, within); 2], [0; 2]),
            Format::K4 | Format::K8 => half_scales(bytes, within),
        };
        RowBlock { scales, minimums, quants }
    }

    fn quant(&self, bytes: &[u8], row: usize, index: usize) -> i16 {
        let base = self.format.scale_bytes();
        let at = |byte: usize| base + byte / CHUNK * CHUNK * GROUP + row * CHUNK + byte % CHUNK;
        match self.format {
            Format::Q4_0 => nibble(bytes[at(index % 16)], index) - 8,
            Format::Q4_1 | Format::K4 => nibble(bytes[at(index % 16)], index),
            Format::Q8_0 | Format::K8 => i16::from(bytes[at(index)].cast_signed()),
            Format::I16 => i16::from_le_bytes([bytes[at(2 * index)], bytes[at(2 * index) + 1]]),
        }
    }
}

/// 2⁻²⁴: what one unit of a scale is worth.
pub(crate) const UNIT: f32 = 1.0 / 16_777_216.0;

fn nibble(byte: u8, index: usize) -> i16 {
    i16::from(if index < HALF { byte & 15 } else { byte >> 4 })
}

/// The scales of a row of a `K4` or `K8` block, and its minimums, by half. A product that is too
/// large wraps; no valid image has one.
pub(crate) fn half_scales(bytes: &[u8], row: usize) -> ([i32; 2], [i32; 2]) {
    let product = |index: usize| {
        let (half, factor) = half_and_factor(bytes, row, index);
        half_to_units(half).wrapping_mul(factor.into())
    };
    ([product(0), product(1)], [product(2).wrapping_neg(), product(3).wrapping_neg()])
}

/// The f16 and the factor of s₀, s₁, m₀ or m₁.
fn half_and_factor(bytes: &[u8], row: usize, index: usize) -> (u16, i8) {
    let at = 2 * (index / 2 * GROUP + row);
    let factor = bytes[4 * GROUP + index * GROUP + row];
    (u16::from_le_bytes([bytes[at], bytes[at + 1]]), factor.cast_signed())
}

/// The scale of a row of an `I16` block; bit 31 is not part of it.
pub(crate) fn units_at(bytes: &[u8], row: usize) -> i32 {
    let word = [bytes[4 * row], bytes[4 * row + 1], bytes[4 * row + 2], bytes[4 * row + 3] & 0x7f];
    i32::from_le_bytes(word)
}

/// An f16 as an integer in units of 2⁻²⁴. One of 128 or more in size, an infinity or NaN counts as
/// 0; no valid image has one.
#[inline]
pub const fn half_to_units(bits: u16) -> i32 {
    let exponent = (bits >> 10) & 31;
    let fraction = (bits & 0x3ff) as i32;
    let size = match exponent {
        0 => fraction,
        1..=21 => (fraction | 0x400) << (exponent - 1),
        _ => 0,
    };
    if bits >> 15 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_integers_in_units() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xbc00, -1.0),
            (0x0001, 5.960_464_5e-8),
            (0x57ff, 127.9375),
            (0x5800, 0.0),
            (0, 0.0),
        ] {
            assert_eq!(half_to_units(bits) as f32 * UNIT, value, "{bits:#06x}");
        }
    }

    #[test]
    fn a_matrix_fits_its_bytes() {
        assert!(Matrix::new(Format::Q4_1, 9, 64, &[0; 640]).is_ok());
        assert!(Matrix::new(Format::Q4_1, 9, 64, &[0; 320]).is_err());
        assert!(Matrix::new(Format::Q4_1, 8, 33, &[0; 160]).is_err());
    }
}
