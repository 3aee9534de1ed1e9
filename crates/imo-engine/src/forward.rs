//! Tokens through all layers and the head, slot by slot.

use std::mem;

use imo_kernels::{Effort, Isa, KvCache, KvShape, Product, TILE, Tile, mat_tile};
use imo_tensor::{Candidates, penalise};
use imo_text::layout::TraceShape;
use imo_trace::{Fault, Sink};
use rayon::prelude::*;

use crate::numbers::{number, size};
use crate::options::Means;
use crate::pending::Pending;
use crate::slot;
use crate::tile_pass::TilePass;
use crate::weights::Weights;

/// An inference at some position.
#[derive(Debug)]
pub(crate) struct Forward<'a, S: ?Sized> {
    weights: &'a Weights<'a>,
    shape: TraceShape,
    sink: &'a S,
    isa: Isa,
    threads: usize,
    fault: Option<Fault>,
    cache: KvCache,
    pending: Pending,
}

/// The repeat penalty and the tokens that it applies to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Penalty<'a> {
    pub(crate) recent: &'a [u32],
    /// In units of 2⁻¹⁶.
    pub(crate) penalty: u32,
}

impl<'a, S: Sink + ?Sized> Forward<'a, S> {
    /// Before the first position.
    pub(crate) fn new(
        weights: &'a Weights<'a>,
        shape: TraceShape,
        means: Means,
        sink: &'a S,
        fault: Option<Fault>,
    ) -> Self {
        Self {
            weights,
            shape,
            sink,
            isa: means.isa,
            threads: means.threads.max(1),
            fault,
            cache: KvCache::default(),
            pending: Pending::new(shape.slot_log2),
        }
    }

    /// Makes room for positions, before the first token.
    pub(crate) fn reserve(&mut self, positions: usize) {
        let header = self.weights.header;
        let shape = KvShape {
            layers: size(header.layers),
            kv_heads: size(header.kv_heads),
            head_dim: size(header.head_dim),
        };
        self.cache = KvCache::new(shape, positions);
    }

    /// Goes on from a cache, with room for this many positions.
    pub(crate) fn go_on(&mut self, cache: KvCache, positions: usize) {
        self.cache = cache;
        self.cache.grow(positions);
    }

    /// The cache, which the inference has no more use for.
    pub(crate) fn take_cache(&mut self) -> KvCache {
        mem::take(&mut self.cache)
    }

    /// Computes all layers for some tokens, the first of which stands at `position`. Returns the
    /// last token's residual stream, ready for the head.
    ///
    /// # Panics
    ///
    /// When there is no token, or no room for them.
    pub(crate) fn advance(&mut self, position: usize, tokens: &[u32]) -> Tile {
        assert!(!tokens.is_empty(), "at least one token");
        // Tiles of one size, so that the threads finish together.
        let share = tokens.len().div_ceil(tokens.len().div_ceil(TILE).max(self.threads));
        let mut tiles: Vec<_> = tokens
            .chunks(share)
            .enumerate()
            .map(|(index, tokens)| {
                TilePass::new(self.weights, &self.shape, position + index * share, tokens)
            })
            .collect();
        let threads = if tiles.len() == 1 { self.threads } else { 1 };
        let means = Effort { isa: self.isa, threads };
        let (weights, shape, sink, fault) = (self.weights, self.shape, self.sink, self.fault);
        // A token's slots wait for those of its head, so that they are hashed together.
        let first = tiles.first_mut().expect("at least one tile");
        first.pending = mem::take(&mut self.pending);
        for layer in 0..weights.layers.len() {
            each(&mut tiles, |tile| tile.project(weights, layer, means));
            tiles.iter().for_each(|tile| tile.store(&mut self.cache, layer));
            let cache = &self.cache;
            each(&mut tiles, |tile| {
                tile.finish(weights, layer, cache, means);
                tile.write(&shape, layer, fault);
                tile.pending.flush_many(sink, threads);
            });
            if fault.is_some() {
                tiles.iter().for_each(|tile| tile.store(&mut self.cache, layer));
            }
        }
        if let [_, rest @ ..] = &mut tiles[..] {
            each(rest, |tile| tile.pending.flush(sink, 1));
        }
        self.pending = mem::take(&mut tiles[0].pending);
        let last = tiles.last().expect("at least one tile");
        last.for_head(self.weights, last.positions.len() - 1)
    }

    /// Computes the head at a position: writes the parts' slots and returns the candidates.
    pub(crate) fn head(
        &mut self,
        position: usize,
        x: &Tile,
        penalty: Option<Penalty<'_>>,
    ) -> Candidates {
        let isa = self.isa;
        let parts = self.head_parts(x, |first, logits| {
            if let Some(Penalty { recent, penalty }) = penalty {
                penalise(logits, first, recent, penalty);
            }
            slot::head_part(first, logits, isa)
        });
        let mut merged = Candidates::default();
        for (part, bytes) in parts.iter().enumerate() {
            let node = self.shape.head(number(position), number(part));
            let fault = self.fault;
            let slot = self.slot(node);
            slot[..bytes.len()].copy_from_slice(bytes);
            Fault::flip(fault, node, slot);
            slot::candidates(slot).for_each(|candidate| merged.offer(candidate));
        }
        merged
    }

    /// Calls `of` for each of the head's parts, with the part's first token and its logits. Returns
    /// the results.
    pub(crate) fn head_parts<T: Send>(
        &self,
        x: &Tile,
        of: impl Fn(u32, &mut [f32]) -> T + Sync,
    ) -> Vec<T> {
        let header = self.weights.header;
        let (rows, vocab) = (size(header.part_rows()), size(header.vocab));
        let parts = (0..size(header.head_parts)).into_par_iter().map(|part| {
            let rows = (part * rows).min(vocab)..((part + 1) * rows).min(vocab);
            let mut logits = vec![0.0; rows.len()];
            if !rows.is_empty() {
                let product = Product { w: self.weights.head, rows: rows.clone(), x };
                mat_tile(&mut logits, &product, self.isa);
            }
            of(number(rows.start), &mut logits)
        });
        parts.collect()
    }

    /// A new slot, zero, for this node.
    pub(crate) fn slot(&mut self, node: u32) -> &mut [u8] {
        self.pending.slot(node)
    }

    /// Hands over what is pending.
    pub(crate) fn flush(&mut self) {
        self.pending.flush(self.sink, self.threads);
    }
}

/// Runs the tiles in parallel. Where there is one tile, it may use all threads itself.
fn each(tiles: &mut [TilePass], work: impl Fn(&mut TilePass) + Send + Sync) {
    match tiles {
        [tile] => work(tile),
        tiles => tiles.par_iter_mut().for_each(work),
    }
}
