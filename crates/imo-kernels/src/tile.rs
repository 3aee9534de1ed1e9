//! Activations of a few tokens, quantised and laid out for the vector kernels.

use imo_tensor::{BLOCK, Quantised, quantise};

/// The most tokens that go through a product together: their blocks fit L1.
pub const TILE: usize = 16;

/// A block's activations, each as `256 · high + low`, so that 8-bit products suffice.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Halves {
    pub(crate) high: [i8; BLOCK],
    pub(crate) low: [i8; BLOCK],
}

/// A block's activations.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Whole(pub(crate) [i16; BLOCK]);

/// Up to [`TILE`] vectors of one length, quantised.
#[derive(Debug, Default)]
pub struct Tile {
    tokens: usize,
    /// (token, column)
    values: Vec<i16>,
    /// (token, block)
    sums: Vec<i32>,
    /// (token)
    scales: Vec<f32>,
    packed: Packed,
}

/// A tile as kernels read it: all tokens' first block, then all tokens' second, and so on.
#[derive(Debug, Default)]
struct Packed {
    whole: Vec<Whole>,
    halves: Vec<Halves>,
    sums: Vec<i32>,
}

impl Tile {
    /// Quantises the vectors in `x`, of `columns` values each. They replace the vectors of before.
    ///
    /// # Panics
    ///
    /// When there are more than [`TILE`], or a vector is cut short.
    pub fn fill(&mut self, x: &[f32], columns: usize) {
        self.tokens = x.len() / columns;
        assert!(self.tokens <= TILE && x.len() == self.tokens * columns, "whole vectors");
        let blocks = columns / BLOCK;
        self.values.resize(x.len(), 0);
        self.sums.resize(self.tokens * blocks, 0);
        self.scales.clear();
        let vectors = x.chunks_exact(columns);
        let outputs = self.values.chunks_exact_mut(columns).zip(self.sums.chunks_exact_mut(blocks));
        self.scales
            .extend(vectors.zip(outputs).map(|(x, (values, sums))| quantise(values, sums, x)));

        let packed = &mut self.packed;
        packed.whole.clear();
        packed.halves.clear();
        packed.sums.clear();
        for block in 0..blocks {
            for token in 0..self.tokens {
                let start = token * columns + block * BLOCK;
                let values = *self.values[start..].first_chunk().expect("whole blocks");
                packed.whole.push(Whole(values));
                packed.halves.push(Halves::new(values));
                packed.sums.push(self.sums[token * blocks + block]);
            }
        }
    }

    /// How many vectors there are.
    #[inline]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    pub(crate) fn columns(&self) -> usize {
        self.values.len() / self.tokens
    }

    pub(crate) fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Block `block` of `TOKENS` tokens from `first` on.
    #[inline(always)]
    pub(crate) fn whole<const TOKENS: usize>(
        &self,
        block: usize,
        first: usize,
    ) -> &[Whole; TOKENS] {
        array_at(&self.packed.whole, block * self.tokens + first)
    }

    /// As [`Self::whole`].
    #[inline(always)]
    pub(crate) fn halves<const TOKENS: usize>(
        &self,
        block: usize,
        first: usize,
    ) -> &[Halves; TOKENS] {
        array_at(&self.packed.halves, block * self.tokens + first)
    }

    /// The sums of what [`Self::whole`] gives.
    #[inline(always)]
    pub(crate) fn sums<const TOKENS: usize>(&self, block: usize, first: usize) -> &[i32; TOKENS] {
        array_at(&self.packed.sums, block * self.tokens + first)
    }

    /// One of the vectors, as the definition reads it.
    pub(crate) fn vector(&self, token: usize) -> Quantised<'_> {
        let columns = self.columns();
        let blocks = columns / BLOCK;
        Quantised {
            values: &self.values[token * columns..(token + 1) * columns],
            sums: &self.sums[token * blocks..(token + 1) * blocks],
            scale: self.scales[token],
        }
    }
}

#[inline(always)]
fn array_at<T, const COUNT: usize>(all: &[T], first: usize) -> &[T; COUNT] {
    all[first..].first_chunk().expect("tokens of the tile")
}

impl Halves {
    fn new(values: [i16; BLOCK]) -> Self {
        let byte = |value: i16, index: usize| value.to_le_bytes()[index].cast_signed();
        Self {
            // The low byte counts as negative from 128 on; the high byte makes up for it.
            // |value| ≤ 32,639, so the high byte stays below 128 and nothing overflows.
            high: values.map(|value| byte(value + 128, 1)),
            low: values.map(|value| byte(value, 0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use imo_tensor::LARGEST;

    use super::*;

    #[test]
    fn two_bytes_make_up_every_value() {
        for value in -LARGEST..=LARGEST {
            let halves = Halves::new([value; BLOCK]);
            assert_eq!(
                256 * i32::from(halves.high[0]) + i32::from(halves.low[0]),
                i32::from(value)
            );
        }
    }
}
