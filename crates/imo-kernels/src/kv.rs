//! The keys and values of earlier positions, in a cache beside the trace.

use std::ops::Range;

/// How many positions have their keys side by side.
pub(crate) const LANES: usize = 8;

/// What a cache has to know of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvShape {
    /// Layers that have keys and values.
    pub layers: usize,
    /// Key and value heads of a layer.
    pub kv_heads: usize,
    /// Width of a head; even.
    pub head_dim: usize,
}

/// The keys and values of every layer. Those of a head lie together, so that attention reads them
/// in one go.
#[derive(Debug, Default)]
pub struct KvCache {
    kv_heads: usize,
    head_dim: usize,
    /// A multiple of [`LANES`].
    positions: usize,
    keys: Heads,
    values: Heads,
}

#[derive(Debug, Default)]
struct Heads {
    /// (layer, head, as in [`Keys`] or [`Values`])
    values: Vec<i16>,
    /// (layer, head, position)
    exponents: Vec<i16>,
}

/// The keys or values of one position, quantised head by head.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// (head, dimension)
    pub values: &'a [i16],
    /// (head)
    pub exponents: &'a [i16],
}

/// One head's keys, from the start of a block of positions, laid out so that the lanes of a vector
/// are positions.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// (position / 8, dimension / 2, position % 8, dimension % 2), the last block to its end.
    pub(crate) blocks: &'a [i16],
    /// (position)
    pub(crate) exponents: &'a [i16],
    /// How many positions of the first block do not count.
    pub(crate) skipped: usize,
}

/// One head's values, from the start of a block of positions, laid out so that the lanes of a
/// vector are dimensions.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// (position / 2, dimension, position % 2), the last pair to its end.
    pub(crate) pairs: &'a [i16],
    /// (position)
    pub(crate) exponents: &'a [i16],
    /// As in [`Keys`].
    pub(crate) skipped: usize,
}

impl KvCache {
    /// An empty cache, with room for this many positions.
    pub fn new(shape: KvShape, positions: usize) -> Self {
        let KvShape { layers, kv_heads, head_dim } = shape;
        let positions = positions.next_multiple_of(LANES);
        let rows = layers * kv_heads * positions;
        let heads = || Heads { values: vec![0; rows * head_dim], exponents: vec![0; rows] };
        Self { kv_heads, head_dim, positions, keys: heads(), values: heads() }
    }

    /// Makes room for this many positions. What is stored stays.
    pub fn grow(&mut self, positions: usize) {
        let (before, dim) = (self.positions, self.head_dim);
        if positions > before {
            self.positions = positions.next_multiple_of(LANES);
            for heads in [&mut self.keys, &mut self.values] {
                spread(&mut heads.values, before * dim, self.positions * dim);
                spread(&mut heads.exponents, before, self.positions);
            }
        }
    }

    /// Stores the keys and values of a position.
    ///
    /// # Panics
    ///
    /// When there is no room for it.
    pub fn put(&mut self, layer: usize, position: usize, keys: Rows<'_>, values: Rows<'_>) {
        let (positions, dim) = (self.positions, self.head_dim);
        assert!(position < positions, "there is room for the position");
        for head in 0..self.kv_heads {
            let place = (layer * self.kv_heads + head) * positions;
            self.keys.exponents[place + position] = keys.exponents[head];
            self.values.exponents[place + position] = values.exponents[head];
            let heads = place * dim..(place + positions) * dim;
            let row = head * dim..(head + 1) * dim;
            put_key(&mut self.keys.values[heads.clone()], position, &keys.values[row.clone()]);
            put_value(&mut self.values.values[heads], position, &values.values[row]);
        }
    }

    /// A head's keys at these positions.
    ///
    /// # Panics
    ///
    /// When there is no such head or position.
    pub fn keys(&self, layer: usize, head: usize, at: Range<usize>) -> Keys<'_> {
        let (blocks, exponents, skipped) = self.head(&self.keys, (layer, head), at, LANES);
        Keys { blocks, exponents, skipped }
    }

    /// A head's values at these positions.
    ///
    /// # Panics
    ///
    /// As [`Self::keys`].
    pub fn values(&self, layer: usize, head: usize, at: Range<usize>) -> Values<'_> {
        let (pairs, exponents, skipped) = self.head(&self.values, (layer, head), at, 2);
        Values { pairs, exponents, skipped }
    }

    /// The values from the block on in which the positions begin, filled up to a multiple of
    /// `together` positions; their exponents; and how many positions of the block to skip.
    fn head<'a>(
        &self,
        heads: &'a Heads,
        (layer, head): (usize, usize),
        at: Range<usize>,
        together: usize,
    ) -> (&'a [i16], &'a [i16], usize) {
        assert!(
            head < self.kv_heads && at.end <= self.positions,
            "the head and the positions exist"
        );
        let skipped = at.start % LANES;
        let count = skipped + at.len();
        let start = (layer * self.kv_heads + head) * self.positions + at.start - skipped;
        let length = count.next_multiple_of(together) * self.head_dim;
        let values = &heads.values[start * self.head_dim..][..length];
        (values, &heads.exponents[start..][..count], skipped)
    }
}

/// Lengthens every row of a table.
fn spread(table: &mut Vec<i16>, before: usize, length: usize) {
    let rows = table.len() / before;
    let mut longer = vec![0; rows * length];
    for (row, old) in longer.chunks_exact_mut(length).zip(table.chunks_exact(before)) {
        row[..before].copy_from_slice(old);
    }
    *table = longer;
}

impl Keys<'_> {
    /// The keys that count as (position, dimension).
    pub(crate) fn rows(&self, head_dim: usize) -> Vec<i16> {
        let at = |position, dimension| self.blocks[key_at(position, dimension, head_dim)];
        rows(self.skipped..self.exponents.len(), head_dim, at)
    }
}

impl Values<'_> {
    /// The values that count as (position, dimension).
    pub(crate) fn rows(&self, head_dim: usize) -> Vec<i16> {
        let at = |position, dimension| self.pairs[value_at(position, dimension, head_dim)];
        rows(self.skipped..self.exponents.len(), head_dim, at)
    }
}

fn rows(at: Range<usize>, head_dim: usize, value: impl Fn(usize, usize) -> i16) -> Vec<i16> {
    let indices = at.start * head_dim..at.end * head_dim;
    indices.map(|index| value(index / head_dim, index % head_dim)).collect()
}

/// Puts one position's key into a head's blocks.
pub(crate) fn put_key(blocks: &mut [i16], position: usize, key: &[i16]) {
    for (dimension, value) in key.iter().enumerate() {
        blocks[key_at(position, dimension, key.len())] = *value;
    }
}

/// Puts one position's value into a head's pairs.
pub(crate) fn put_value(pairs: &mut [i16], position: usize, value: &[i16]) {
    for (dimension, element) in value.iter().enumerate() {
        pairs[value_at(position, dimension, value.len())] = *element;
    }
}

fn key_at(position: usize, dimension: usize, head_dim: usize) -> usize {
    let pair = position / LANES * (head_dim / 2) + dimension / 2;
    2 * (pair * LANES + position % LANES) + dimension % 2
}

fn value_at(position: usize, dimension: usize, head_dim: usize) -> usize {
    2 * (position / 2 * head_dim + dimension) + position % 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_that_grows_keeps_what_it_has() {
        let shape = KvShape { layers: 2, kv_heads: 3, head_dim: 4 };
        let row = |layer: usize, position: usize| -> Vec<i16> {
            (0..12)
                .map(|it| i16::try_from(100 * layer + 20 * position + it).expect("small"))
                .collect()
        };
        let put = |cache: &mut KvCache, position: usize| {
            for layer in 0..2 {
                let (values, exponents) = (row(layer, position), row(layer, position));
                let rows = Rows { values: &values, exponents: &exponents[..3] };
                cache.put(layer, position, rows, rows);
            }
        };
        let (mut growing, mut whole) = (KvCache::new(shape, 5), KvCache::new(shape, 40));
        for position in 0..30 {
            growing.grow(position + 1);
            put(&mut growing, position);
            put(&mut whole, position);
        }
        for (layer, head) in [(0, 0), (0, 2), (1, 1)] {
            for at in [0..30, 7..9, 13..30] {
                let (ours, theirs) =
                    (growing.keys(layer, head, at.clone()), whole.keys(layer, head, at.clone()));
                assert_eq!(ours.rows(4), theirs.rows(4));
                assert_eq!(ours.exponents, theirs.exponents);
                let (ours, theirs) =
                    (growing.values(layer, head, at.clone()), whole.values(layer, head, at));
                assert_eq!(ours.rows(4), theirs.rows(4));
            }
        }
    }
}
