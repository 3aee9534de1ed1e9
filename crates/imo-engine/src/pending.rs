//! Slots that wait for the sink: hashing many together is faster.

use imo_trace::Sink;
use rayon::prelude::*;

/// How many slots are handed over together, at least, unless the token has no more.
const TOGETHER: usize = 64;

/// Some nodes' slots, in the order in which they were written.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    slot_log2: u8,
    nodes: Vec<u32>,
    slots: Vec<u8>,
}

impl Pending {
    /// For slots of `2^slot_log2` bytes.
    pub(crate) fn new(slot_log2: u8) -> Self {
        Self { slot_log2, ..Self::default() }
    }

    /// A new slot, zero, for this node.
    pub(crate) fn slot(&mut self, node: u32) -> &mut [u8] {
        let start = self.slots.len();
        self.nodes.push(node);
        self.slots.resize(start + (1 << self.slot_log2), 0);
        &mut self.slots[start..]
    }

    /// Hands over the slots if there are enough of them.
    pub(crate) fn flush_many(&mut self, sink: &(impl Sink + ?Sized), threads: usize) {
        if self.nodes.len() >= TOGETHER {
            self.flush(sink, threads);
        }
    }

    /// Hands over the slots, in as many parts as there are threads.
    pub(crate) fn flush(&mut self, sink: &(impl Sink + ?Sized), threads: usize) {
        let share = self.nodes.len().div_ceil(threads).max(1);
        let shares =
            self.nodes.par_chunks(share).zip(self.slots.par_chunks(share << self.slot_log2));
        shares.for_each(|(nodes, slots)| sink.accept(nodes, slots));
        self.nodes.clear();
        self.slots.clear();
    }
}
