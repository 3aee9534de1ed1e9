//! Where tensors and vectors lie, and how numbers are read and written.

use imo_tensor::{Format, Matrix};

use super::error::ImageError;
use super::layout::{ALIGNMENT, tensor as at};

/// Where a matrix lies. Its entry in the head of an image has 24 bytes:
///
/// | bytes | field |
/// |---|---|
/// | 0 | u64 offset of the matrix, a multiple of 128 |
/// | 8 | u32 format, a code of [`Format`] |
/// | 12 | u32 rows |
/// | 16 | u32 columns, a multiple of 32 |
/// | 20 | u32 zero |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Offset of its bytes, a multiple of 128.
    pub offset: u64,
    /// How it is stored.
    pub format: Format,
    /// Outputs.
    pub rows: u32,
    /// Inputs, a multiple of 32.
    pub columns: u32,
}

impl Tensor {
    /// Bytes that the matrix takes.
    pub const fn bytes(&self) -> usize {
        self.format.matrix_bytes(self.rows as usize, self.columns as usize)
    }

    /// At most `count` rows from row `first` on, which is a multiple of 8.
    pub const fn groups(&self, first: u32, count: u32) -> Self {
        let group = self.format.matrix_bytes(8, self.columns as usize) as u64;
        let left = self.rows.saturating_sub(first);
        let rows = if count < left { count } else { left };
        Self { offset: self.offset + (first / 8) as u64 * group, rows, ..*self }
    }

    /// The matrix over `bytes`, which are the ones that this entry points to.
    ///
    /// # Panics
    /// If there are not exactly [`Tensor::bytes`] of them.
    pub fn over<'a>(&self, bytes: &'a [u8]) -> Matrix<'a> {
        Matrix::new(self.format, self.rows as usize, self.columns as usize, bytes)
            .expect("the bytes of this tensor")
    }

    /// Reads the entry at byte `entry` of a table, of a matrix that must have this shape and lie
    /// in an image of `length` bytes.
    pub(super) fn parse(
        name: &'static str,
        table: &[u8],
        entry: usize,
        (rows, columns): (u32, u32),
        length: u64,
    ) -> Result<Self, ImageError> {
        let format = u8::try_from(word(table, entry + at::FORMAT)).ok().and_then(Format::from_code);
        let format = format.ok_or(ImageError::Field(name))?;
        let tensor = Self { offset: long(table, entry + at::OFFSET), format, rows, columns };
        if word(table, entry + at::ROWS) != rows
            || word(table, entry + at::COLUMNS) != columns
            || !columns.is_multiple_of(32)
        {
            return Err(ImageError::Field(name));
        }
        check_within(name, tensor.offset, tensor.wide_bytes(), length)?;
        Ok(tensor)
    }

    /// Writes the entry that [`Tensor::parse`] reads.
    #[cfg(feature = "std")]
    pub(super) fn write(&self, table: &mut [u8], entry: usize) {
        put_long(table, entry + at::OFFSET, self.offset);
        put_word(table, entry + at::FORMAT, u32::from(self.format as u8));
        put_word(table, entry + at::ROWS, self.rows);
        put_word(table, entry + at::COLUMNS, self.columns);
    }

    /// As [`Tensor::bytes`], before anything is checked. At most 2^24 · 2^24 · 3 bytes, which fit
    /// 64 bits, but may not fit the 32 bits of a guest.
    pub(super) fn wide_bytes(&self) -> u64 {
        let blocks = u64::from(self.rows).div_ceil(8) * u64::from(self.columns / 32);
        blocks * self.format.block_bytes() as u64
    }
}

/// Where a vector of binary32 lies. The image has only its offset; the shapes give its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Offset of its bytes, a multiple of 128.
    pub offset: u64,
    /// Number of values.
    pub length: u32,
}

impl Vector {
    /// Reads the offset at byte `entry` of a table, of a vector that must have `count` values and
    /// lie in an image of `length` bytes.
    pub(super) fn parse(
        name: &'static str,
        table: &[u8],
        entry: usize,
        count: u64,
        length: u64,
    ) -> Result<Self, ImageError> {
        let offset = long(table, entry);
        check_within(name, offset, 4 * count, length)?;
        Ok(Self { offset, length: u32::try_from(count).map_err(|_| ImageError::Field(name))? })
    }
}

/// Refuses bytes that do not begin on a boundary or do not lie in an image of `length` bytes.
pub(super) fn check_within(
    name: &'static str,
    offset: u64,
    bytes: u64,
    length: u64,
) -> Result<(), ImageError> {
    let end = offset.checked_add(bytes);
    if offset.is_multiple_of(ALIGNMENT) && end.is_some_and(|end| end <= length) {
        Ok(())
    } else {
        Err(ImageError::Place(name))
    }
}

pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}

#[cfg(feature = "std")]
pub(super) fn put_word(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[cfg(feature = "std")]
pub(super) fn put_long(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}
