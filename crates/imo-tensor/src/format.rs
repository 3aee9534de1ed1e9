//! The formats of packed weights: how a matrix lies in an image.
//!
//! Rows stand in groups of [`GROUP`], the last group filled up with zero rows. A group is a
//! sequence of blocks of [`BLOCK`] columns. A block of a group has first the scales of its rows,
//! one kind after the other, then the quants in chunks of 8 bytes: chunk 0 of row 0, of row 1, …,
//! chunk 1 of row 0, … so that a vector register holds one chunk of several rows.
//!
//! | format | scales | quants of a row | value |
//! |---|---|---|---|
//! | `Q4_0` | f16 d | 16 bytes: byte i has element i low, i + 16 high | d (q − 8) |
//! | `Q4_1` | f16 d, f16 m | likewise | d q + m |
//! | `Q8_0` | f16 d | 32 × i8 | d q |
//! | `I16` | u32 d, a power of two in units of 2⁻²⁴ | 32 × i16 | d q |
//! | `K4` | f16 d, f16 e, i8 s₀, s₁, m₀, m₁ | as `Q4_0` | d sₕ q − e mₕ in half h of the block |
//! | `K8` | likewise | 32 × i8 | likewise |
//!
//! Every scale, and every d sₕ and e mₕ, is an integer in units of 2⁻²⁴, below 2³¹ in size. Every
//! finite f16 below 128 in size is such an integer.

/// Rows that stand together.
pub const GROUP: usize = 8;
/// Columns that share a scale.
pub const BLOCK: usize = 32;
/// Columns of half a block.
pub(crate) const HALF: usize = BLOCK / 2;
/// Bytes of a chunk.
pub(crate) const CHUNK: usize = 8;

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
    /// 4 bits with a scale and a minimum for each half of a block; made from `Q2_K`, `Q3_K` and
    /// `Q4_K`.
    K4 = 4,
    /// 8 bits, with scales and minimums as `K4`; made from `Q5_1`, `Q5_K` and `Q6_K`.
    K8 = 5,
}

impl Format {
    /// Every format, in the order of their codes.
    pub const ALL: [Self; 6] = [Self::Q4_0, Self::Q4_1, Self::Q8_0, Self::I16, Self::K4, Self::K8];

    /// The format with this code in an image.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Bytes before the quants in a block of a group.
    pub const fn scale_bytes(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q8_0 => 2 * GROUP,
            Self::Q4_1 | Self::I16 => 4 * GROUP,
            Self::K4 | Self::K8 => 8 * GROUP,
        }
    }

    /// Bytes of a row's quants in a block.
    pub const fn row_bytes(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q4_1 | Self::K4 => BLOCK / 2,
            Self::Q8_0 | Self::K8 => BLOCK,
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
