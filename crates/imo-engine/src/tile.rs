//! Activations of a few tokens, quantised and laid out for the vector kernels.

use imo_tensor::{BLOCK, Quantised, quantise};

/// The most tokens that go through a product together: their sums fit the registers and L1.
pub(crate) const TILE: usize = 16;

/// A block of one token's activations. A value is `256 · high + low`, so that 8-bit products do.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Packed {
    pub(crate) values: [i16; BLOCK],
    pub(crate) high: [i8; BLOCK],
    pub(crate) low: [i8; BLOCK],
    /// The sum of `values`.
    pub(crate) sum: i32,
}

/// Up to [`TILE`] vectors of one length, quantised.
#[derive(Debug, Default)]
pub(crate) struct Tile {
    tokens: usize,
    /// (token, column)
    values: Vec<i16>,
    /// (token, block)
    sums: Vec<i32>,
    /// (token)
    scales: Vec<f32>,
    /// (block, token)
    packed: Vec<Packed>,
}

impl Tile {
    /// Takes the vectors in `x`, `columns` values each, in place of those it had.
    pub(crate) fn fill(&mut self, x: &[f32], columns: usize) {
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

        self.packed.clear();
        for block in 0..blocks {
            for token in 0..self.tokens {
                let start = token * columns + block * BLOCK;
                let values = self.values[start..].first_chunk().expect("whole blocks");
                self.packed.push(Packed::new(*values, self.sums[token * blocks + block]));
            }
        }
    }

    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    pub(crate) fn scales(&self) -> &[f32] {
        &self.scales
    }

    pub(crate) fn packed(&self) -> &[Packed] {
        &self.packed
    }

    /// One of the vectors, as the scalar definition takes it.
    pub(crate) fn vector(&self, token: usize) -> Quantised<'_> {
        let columns = self.values.len() / self.tokens;
        let blocks = columns / BLOCK;
        Quantised {
            values: &self.values[token * columns..(token + 1) * columns],
            sums: &self.sums[token * blocks..(token + 1) * blocks],
            scale: self.scales[token],
        }
    }
}

impl Packed {
    fn new(values: [i16; BLOCK], sum: i32) -> Self {
        let byte = |value: i16, index: usize| value.to_le_bytes()[index].cast_signed();
        Self {
            values,
            // The low byte counts as negative from 128 on; the high byte makes up for it.
            // |value| ≤ 32,639, so the high byte stays below 128 and nothing overflows.
            high: values.map(|value| byte(value + 128, 1)),
            low: values.map(|value| byte(value, 0)),
            sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imo_tensor::LARGEST;

    #[test]
    fn two_bytes_make_up_every_value() {
        for value in -LARGEST..=LARGEST {
            let packed = Packed::new([value; BLOCK], 0);
            assert_eq!(
                256 * i32::from(packed.high[0]) + i32::from(packed.low[0]),
                i32::from(value)
            );
        }
    }
}
