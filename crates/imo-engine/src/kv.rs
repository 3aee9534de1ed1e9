//! The keys and values of earlier positions, apart from the trace.

use std::ops::Range;

use imo_model::Header;

use crate::weights::size;

/// Keys and values of every layer. The rows of a head are contiguous, so attention streams them.
#[derive(Debug, Default)]
pub(crate) struct KvCache {
    kv_heads: usize,
    head_dim: usize,
    positions: usize,
    keys: Heads,
    values: Heads,
}

#[derive(Debug, Default)]
struct Heads {
    /// (layer, head, position, dimension)
    values: Vec<i16>,
    /// (layer, head, position)
    exponents: Vec<i16>,
}

/// One head's rows of consecutive positions, each with its exponent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// (position, dimension)
    pub(crate) values: &'a [i16],
    /// (position)
    pub(crate) exponents: &'a [i16],
}

impl KvCache {
    /// Room for this many positions.
    pub(crate) fn new(header: &Header, positions: usize) -> Self {
        let (kv_heads, head_dim) = (size(header.kv_heads), size(header.head_dim));
        let rows = size(header.layers) * kv_heads * positions;
        let heads = || Heads { values: vec![0; rows * head_dim], exponents: vec![0; rows] };
        Self { kv_heads, head_dim, positions, keys: heads(), values: heads() }
    }

    /// Takes the keys and values of a position: (head, dimension), and (head).
    pub(crate) fn put(&mut self, layer: usize, position: usize, keys: Rows<'_>, values: Rows<'_>) {
        let (kv_heads, dim) = (self.kv_heads, self.head_dim);
        for (heads, rows) in [(&mut self.keys, keys), (&mut self.values, values)] {
            for (head, row) in rows.values.chunks_exact(dim).enumerate() {
                let place = (layer * kv_heads + head) * self.positions + position;
                heads.values[place * dim..(place + 1) * dim].copy_from_slice(row);
                heads.exponents[place] = rows.exponents[head];
            }
        }
    }

    /// A head's keys at some positions.
    pub(crate) fn keys(&self, layer: usize, head: usize, at: Range<usize>) -> Rows<'_> {
        self.rows(&self.keys, layer, head, at)
    }

    /// A head's values at some positions.
    pub(crate) fn values(&self, layer: usize, head: usize, at: Range<usize>) -> Rows<'_> {
        self.rows(&self.values, layer, head, at)
    }

    fn rows<'a>(&self, heads: &'a Heads, layer: usize, head: usize, at: Range<usize>) -> Rows<'a> {
        assert!(head < self.kv_heads && at.end <= self.positions, "a head and positions it has");
        let start = (layer * self.kv_heads + head) * self.positions + at.start;
        Rows {
            values: &heads.values[start * self.head_dim..][..at.len() * self.head_dim],
            exponents: &heads.exponents[start..][..at.len()],
        }
    }
}

impl<'a> Rows<'a> {
    /// Each position's row with its exponent.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [i16], i16)> + Clone {
        let width = self.values.len() / self.exponents.len().max(1);
        self.values.chunks_exact(width.max(1)).zip(self.exponents.iter().copied())
    }
}
