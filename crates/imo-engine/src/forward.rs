//! Tokens through all layers and the head, slot by slot.

use std::mem;

use imo_model::TraceShape;
use imo_tensor::{Candidates, penalise};
use rayon::prelude::*;

use crate::fault::Fault;
use crate::isa::Isa;
use crate::kv::KvCache;
use crate::linear::{Product, mat_tile};
use crate::session::Session;
use crate::sink::Sink;
use crate::slot::{self, LayerSlot};
use crate::tile::{TILE, Tile};
use crate::tile_pass::{Effort, TilePass};
use crate::weights::{Weights, size};

/// An inference that has come to some position.
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

/// What recent tokens' logits are changed by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Penalty<'a> {
    pub(crate) recent: &'a [u32],
    /// In units of 2⁻¹⁶.
    pub(crate) penalty: u32,
}

/// Slots that the sink has not had yet: hashing many together is faster.
#[derive(Debug, Default)]
struct Pending {
    nodes: Vec<u32>,
    slots: Vec<u8>,
}

/// Slots that are handed over together, at least, unless a token ends before.
const PENDING_SLOTS: usize = 64;

impl<'a, S: Sink + ?Sized> Forward<'a, S> {
    /// Before the first position.
    pub(crate) fn new(session: &'a Session<'a>, sink: &'a S, fault: Option<Fault>) -> Self {
        let weights = session.weights();
        Self {
            weights,
            shape: session.limits().shape,
            sink,
            isa: session.means().isa,
            threads: session.means().threads.max(1),
            fault,
            cache: KvCache::default(),
            pending: Pending::default(),
        }
    }

    /// Makes room for positions; none must have been taken yet.
    pub(crate) fn reserve(&mut self, positions: usize) {
        self.cache = KvCache::new(&self.weights.header, positions);
    }

    /// Takes tokens, the first of which stands at `position`, through all layers, and returns the
    /// last of them as the head takes it.
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
            .map(|(index, tokens)| TilePass::new(self.weights, position + index * share, tokens))
            .collect();
        let threads = if tiles.len() == 1 { self.threads } else { 1 };
        let means = Effort { isa: self.isa, threads };
        for layer in 0..self.weights.layers.len() {
            let weights = self.weights;
            each(&mut tiles, |tile| tile.project(weights, layer, means));
            tiles.iter().for_each(|tile| tile.store(&mut self.cache, layer));
            let cache = &self.cache;
            each(&mut tiles, |tile| tile.finish(weights, layer, cache, means));
            tiles.iter_mut().for_each(|tile| self.write_layer(tile, layer));
        }
        let last = tiles.last().expect("at least one tile");
        last.for_head(self.weights, last.positions.len() - 1)
    }

    /// The slots of a layer; what the fault changes there goes on into what follows.
    fn write_layer(&mut self, tile: &mut TilePass, layer: usize) {
        let layout = LayerSlot::new(&self.weights.header);
        let (dim, kv_length) = (size(self.weights.header.dim), layout.kv_length());
        for (token, position) in tile.positions.clone().enumerate() {
            let residual = &mut tile.residual[token * dim..(token + 1) * dim];
            let kv = &mut tile.kv[token * kv_length..(token + 1) * kv_length];
            let node = self.shape.layer(number(position), number(layer));
            let fault = self.fault;
            let slot = self.slot(node);
            layout.put_residual(slot, residual);
            layout.put_kv(slot, kv);
            if Fault::flip(fault, node, slot) {
                layout.residual(slot, residual);
                layout.kv(slot, kv);
                tile.store(&mut self.cache, layer);
                return;
            }
        }
    }

    /// The head at a position: its parts' candidates, and the slots.
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

    /// What `of` makes of each of the head's parts: its first token and its logits.
    pub(crate) fn head_parts<T: Send>(
        &self,
        x: &Tile,
        of: impl Fn(u32, &mut [f32]) -> T + Sync,
    ) -> Vec<T> {
        let header = &self.weights.header;
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
        if self.pending.nodes.len() >= PENDING_SLOTS {
            self.flush();
        }
        let start = self.pending.slots.len();
        self.pending.nodes.push(node);
        self.pending.slots.resize(start + (1 << self.shape.slot_log2), 0);
        &mut self.pending.slots[start..]
    }

    /// Hands over what is pending.
    pub(crate) fn flush(&mut self) {
        let Pending { nodes, slots } = mem::take(&mut self.pending);
        let share = nodes.len().div_ceil(self.threads).max(1);
        let shares = nodes.par_chunks(share).zip(slots.par_chunks(share << self.shape.slot_log2));
        shares.for_each(|(nodes, slots)| self.sink.accept(nodes, slots));
    }
}

/// Runs the tiles side by side; one by itself may use all threads.
fn each(tiles: &mut [TilePass], work: impl Fn(&mut TilePass) + Send + Sync) {
    match tiles {
        [tile] => work(tile),
        tiles => tiles.par_iter_mut().for_each(work),
    }
}

/// A position, layer or part as nodes are counted.
pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).expect("the header bounds every count")
}
