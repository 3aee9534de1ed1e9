//! Packed weights: how a matrix lies in an image.
//!
//! Rows stand in groups of [`GROUP`], the last group filled up with zero rows. A group is a sequence of blocks of [`BLOCK`] columns; a
//! block of a group has first the scales of its rows, then (`Q4_1`) their minimums, then the quants in chunks of 8 bytes: chunk 0
//! of row 0, of row 1, …, chunk 1 of row 0, … so that a vector register holds one chunk of several rows.
//!
//! | format | scales | quants of a row | value |
//! |---|---|---|---|
//! | `Q4_0` | f16 | 16 bytes: byte i has element i in its low and i + 16 in its high half | d (q − 8) |
//! | `Q4_1` | f16 d, f16 m | likewise | d q + m |
//! | `Q8_0` | f16 | 32 × i8 | d q |
//! | `I16` | u32, a power of two in units of 2⁻²⁴ | 32 × i16 | d q |
//!
//! A scale is an integer in units of 2⁻²⁴ below 2³¹, which every finite f16 under 128 in size is.

use crate::linear::LARGEST;

/// Rows that stand together.
pub const GROUP: usize = 8;
/// Columns that share a scale.
pub const BLOCK: usize = 32;
/// Bytes of a chunk.
const CHUNK: usize = 8;

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Format {
    /// 4 bits with a scale.
    Q4_0 = 0,
    /// 4 bits with a scale and a minimum.
    Q4_1 = 1,
    /// 8 bits with a scale.
    Q8_0 = 2,
    /// 16 bits with a power-of-two scale; made from F16, BF16 and F32.
    I16 = 3,
}

impl Format {
    /// The format with this code in an image.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Q4_0,
            1 => Self::Q4_1,
            2 => Self::Q8_0,
            3 => Self::I16,
            _ => return None,
        })
    }

    /// Bytes before the quants in a block of a group.
    pub const fn scale_bytes(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q8_0 => 2 * GROUP,
            Self::Q4_1 | Self::I16 => 4 * GROUP,
        }
    }

    /// Bytes of a row's quants in a block.
    pub const fn row_bytes(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q4_1 => BLOCK / 2,
            Self::Q8_0 => BLOCK,
            Self::I16 => 2 * BLOCK,
        }
    }

    /// Bytes of a block of a group.
    pub const fn block_bytes(self) -> usize {
        self.scale_bytes() + GROUP * self.row_bytes()
    }

    /// Bytes of a matrix.
    pub const fn matrix_bytes(self, rows: usize, columns: usize) -> usize {
        rows.div_ceil(GROUP) * (columns / BLOCK) * self.block_bytes()
    }
}

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

/// One row's part of a block, decoded: value = (scale · quant + minimum) · 2⁻²⁴.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowBlock {
    pub(crate) scale: i32,
    pub(crate) minimum: i32,
    pub(crate) quants: [i16; BLOCK],
}

impl<'a> Matrix<'a> {
    /// A matrix over its bytes; `columns` is a multiple of [`BLOCK`].
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

    /// Writes the values of a row, each rounded once: (scale · quant + minimum) as an integer to binary32, then times 2⁻²⁴, exact.
    ///
    /// # Panics
    /// If there is no such row or `out` is not as long as one.
    pub fn dequantise_row(&self, out: &mut [f32], row: usize) {
        assert!(row < self.rows && out.len() == self.columns, "row {row} of {}", self.rows);
        for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            let part = self.row_block(row, block);
            for (out, quant) in out.iter_mut().zip(part.quants) {
                let units = i64::from(part.scale) * i64::from(quant) + i64::from(part.minimum);
                *out = units as f32 * UNIT;
            }
        }
    }

    /// The largest size that a row's sum can have with any activations: what must stay below 2⁶³.
    pub fn worst_row_sum(&self, row: usize) -> u128 {
        let part_worst = |block| {
            let part = self.row_block(row, block);
            let quants: u64 = part.quants.iter().map(|quant| u64::from(quant.unsigned_abs())).sum();
            let scaled = u128::from(part.scale.unsigned_abs()) * u128::from(quants);
            scaled + u128::from(part.minimum.unsigned_abs()) * BLOCK as u128
        };
        (0..self.blocks()).map(part_worst).sum::<u128>() * u128::from(LARGEST.unsigned_abs())
    }

    /// Whether every scale is one that all paths take alike: an f16 below 128 in size, or a power of two below 2³¹.
    pub fn scales_are_valid(&self) -> bool {
        let valid = |block: &[u8]| match self.format {
            Format::I16 => block[..self.format.scale_bytes()].as_chunks().0.iter().all(|word| {
                let units = u32::from_le_bytes(*word);
                units == 0 || (units.is_power_of_two() && units < 1 << 31)
            }),
            _ => block[..self.format.scale_bytes()]
                .as_chunks()
                .0
                .iter()
                .all(|half| u16::from_le_bytes(*half) & 0x7fff < 0x5800),
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
        let (scale, minimum) = match self.format {
            Format::Q4_0 | Format::Q8_0 => (half(within), 0),
            Format::Q4_1 => (half(within), half(GROUP + within)),
            Format::I16 => (units_at(bytes, within), 0),
        };
        RowBlock { scale, minimum, quants }
    }

    fn quant(&self, bytes: &[u8], row: usize, index: usize) -> i16 {
        let base = self.format.scale_bytes();
        let at = |byte: usize| base + byte / CHUNK * CHUNK * GROUP + row * CHUNK + byte % CHUNK;
        match self.format {
            Format::Q4_0 => nibble(bytes[at(index % 16)], index) - 8,
            Format::Q4_1 => nibble(bytes[at(index % 16)], index),
            Format::Q8_0 => i16::from(bytes[at(index)].cast_signed()),
            Format::I16 => i16::from_le_bytes([bytes[at(2 * index)], bytes[at(2 * index) + 1]]),
        }
    }
}

/// 2⁻²⁴: what one unit of a scale is worth.
pub(crate) const UNIT: f32 = 1.0 / 16_777_216.0;

fn nibble(byte: u8, index: usize) -> i16 {
    i16::from(if index < 16 { byte & 15 } else { byte >> 4 })
}

/// The scale of a row of an I16 block; bit 31 does not belong to it.
pub(crate) fn units_at(bytes: &[u8], row: usize) -> i32 {
    let word = [bytes[4 * row], bytes[4 * row + 1], bytes[4 * row + 2], bytes[4 * row + 3] & 0x7f];
    i32::from_le_bytes(word)
}

/// An f16 as an integer in units of 2⁻²⁴. One of 128 or more in size, an infinity or NaN, which no valid image has, counts as 0.
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
