//! The bytes of each kind of slot.
//!
//! Numbers are little-endian, except in the emit slot. That one has big-endian words, so that a
//! contract can build it. Bytes that have no name are zero.

use imo_model::Shapes;

pub use imo_guest::{put_word, word};

/// A chunk of the prompt's tokens.
pub mod tokens {
    use core::ops::Range;

    /// u32: a [`crate::layout::Status`].
    pub const STATUS: usize = 0;
    /// u32: tokens of the prompt; 0 if the status is not fine.
    pub const COUNT: usize = 4;
    /// u32: tokens are sampled only at positions below this one.
    pub const END: usize = 8;
    /// The claimant's address, in chunk 0 only.
    pub const CLAIMANT: Range<usize> = 12..32;
    /// Words before the tokens.
    pub const HEADER_WORDS: u32 = 16;
    /// u32 each: the chunk's tokens.
    pub const TOKENS: usize = 4 * HEADER_WORDS as usize;
}

/// The candidates of one part of the vocabulary.
pub mod head {
    use core::ops::Range;

    use imo_tensor::CANDIDATES as MOST;

    /// u32: how many candidates follow.
    pub const COUNT: usize = 0;
    /// f32: the largest logit.
    pub const LARGEST: usize = 4;
    /// u64: Σ e^(logit − largest) over the part, in units of 2⁻²⁴.
    pub const TOTAL: Range<usize> = 8..16;
    /// Each candidate: u32 token, f32 logit; the best first.
    pub const CANDIDATES: usize = 16;
    /// Bytes of a candidate.
    pub const CANDIDATE_BYTES: usize = 8;
    /// Bytes of the slot that are used.
    pub const BYTES: usize = CANDIDATES + MOST * CANDIDATE_BYTES;
}

/// The token that was chosen after a position.
pub mod sampler {
    /// u32: the token.
    pub const TOKEN: usize = 0;
    /// u32: the flags below.
    pub const FLAGS: usize = 4;
    /// Set in every slot of a sampler that ran.
    pub const SAMPLED: u32 = 1;
    /// Set when another position follows.
    pub const CONTINUE: u32 = 2;
}

/// The digest of the answer, in big-endian words of 32 bytes.
pub mod emit {
    use core::ops::Range;

    /// u32: bytes of the answer.
    pub const LENGTH: Range<usize> = 28..32;
    /// Keccak-256 of the answer.
    pub const HASH: Range<usize> = 32..64;
    /// u32: the units used, which are tokens that were sampled.
    pub const UNITS_USED: Range<usize> = 92..96;
}

/// One layer at one position.
///
/// | bytes | field |
/// |---|---|
/// | 4 · dim | f32: the residual stream |
/// | 2 · kvDim | i16: keys, after their rotation |
/// | 2 · kvDim | i16: values |
/// | 2 · kvHeads | i16: each head's exponent of its keys |
/// | 2 · kvHeads | i16: each head's exponent of its values |
///
/// From the keys on, these are the *kv numbers* of the position.
#[derive(Clone, Copy, Debug)]
pub struct LayerSlot {
    dim: usize,
    kv_dim: usize,
    kv_heads: usize,
    head_dim: usize,
}

impl LayerSlot {
    /// The layout of a model's layers.
    pub const fn new(shapes: &Shapes) -> Self {
        Self {
            dim: shapes.dim as usize,
            kv_dim: shapes.kv_dim() as usize,
            kv_heads: shapes.kv_heads as usize,
            head_dim: shapes.head_dim as usize,
        }
    }

    /// Where the kv numbers begin, in bytes.
    pub const fn kv_at(&self) -> usize {
        4 * self.dim
    }

    /// How many kv numbers there are.
    pub const fn kv_length(&self) -> usize {
        2 * (self.kv_dim + self.kv_heads)
    }

    /// Bytes of the slot that are used.
    pub const fn bytes(&self) -> usize {
        self.kv_at() + 2 * self.kv_length()
    }

    /// How many keys a position has, and how many values.
    pub const fn kv_dim(&self) -> usize {
        self.kv_dim
    }

    /// How many numbers a head's key has, and its value.
    pub const fn head_dim(&self) -> usize {
        self.head_dim
    }

    /// A head's key and its exponent.
    #[inline]
    pub fn key<'a>(&self, kv: &'a [i16], head: usize) -> (&'a [i16], i16) {
        (&kv[head * self.head_dim..][..self.head_dim], kv[2 * self.kv_dim + head])
    }

    /// A head's value and its exponent.
    #[inline]
    pub fn value<'a>(&self, kv: &'a [i16], head: usize) -> (&'a [i16], i16) {
        let exponent = kv[2 * self.kv_dim + self.kv_heads + head];
        (&kv[self.kv_dim + head * self.head_dim..][..self.head_dim], exponent)
    }

    /// Splits kv numbers into keys, values, exponents of keys and exponents of values.
    pub fn split<'a>(&self, kv: &'a [i16]) -> [&'a [i16]; 4] {
        let (keys, rest) = kv.split_at(self.kv_dim);
        let (values, rest) = rest.split_at(self.kv_dim);
        let (key_exponents, value_exponents) = rest.split_at(self.kv_heads);
        [keys, values, key_exponents, value_exponents]
    }

    /// As [`Self::split`].
    pub fn split_mut<'a>(&self, kv: &'a mut [i16]) -> [&'a mut [i16]; 4] {
        let (keys, rest) = kv.split_at_mut(self.kv_dim);
        let (values, rest) = rest.split_at_mut(self.kv_dim);
        let (key_exponents, value_exponents) = rest.split_at_mut(self.kv_heads);
        [keys, values, key_exponents, value_exponents]
    }
}
