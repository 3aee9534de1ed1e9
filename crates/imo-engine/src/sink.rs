//! Where slots go as they are computed.

use std::sync::Mutex;

use imo_commit::{Hash, LEAF_LOG2, dense_roots, used_leaves};

use crate::trace::Trace;
use crate::trace_tree::TraceTree;

/// Takes the slots of live nodes, in any order and from any thread, each node once.
pub trait Sink: Sync {
    /// Takes the slots of `nodes`, one after the other in `slots`, all of one size.
    fn accept(&self, nodes: &[u32], slots: &[u8]);
}

/// Drops every slot: for a run that needs no commitment.
#[derive(Debug, Default)]
pub struct Uncommitted;

impl Sink for Uncommitted {
    fn accept(&self, _nodes: &[u32], _slots: &[u8]) {}
}

/// Hashes every slot and keeps its root: what a claim needs, and what finds the node where two traces differ.
#[derive(Debug)]
pub struct Commitment {
    slot_log2: u8,
    roots: Mutex<Vec<(u32, Hash)>>,
}

impl Commitment {
    /// A sink for slots of `2^slot_log2` bytes.
    pub fn new(slot_log2: u8) -> Self {
        assert!((7..=20).contains(&slot_log2), "a slot has 1 to 8,192 leaves");
        Self { slot_log2, roots: Mutex::default() }
    }

    /// The tree over `2^nodes_log2` nodes; those that were not taken are zero.
    pub fn into_tree(self, nodes_log2: u8) -> TraceTree {
        let roots = self.roots.into_inner().expect(UNPOISONED);
        TraceTree::new(roots, nodes_log2, self.slot_log2)
    }
}

impl Sink for Commitment {
    fn accept(&self, nodes: &[u32], slots: &[u8]) {
        assert_eq!(slots.len(), nodes.len() << self.slot_log2, "one slot per node");
        let roots = dense_roots(slots, self.slot_log2 - LEAF_LOG2);
        let new = nodes.iter().copied().zip(roots);
        self.roots.lock().expect(UNPOISONED).extend(new);
    }
}

/// Commits to every slot and keeps it too: what running a node in the machine takes.
///
/// Memory: about 3.2 KiB per layer and position of SmolLM2, 15 MiB for 150 positions.
#[derive(Debug)]
pub struct Recording {
    commitment: Commitment,
    /// Without the zeros at their ends.
    slots: Mutex<Vec<(u32, Box<[u8]>)>>,
}

impl Recording {
    /// A sink for slots of `2^slot_log2` bytes.
    pub fn new(slot_log2: u8) -> Self {
        Self { commitment: Commitment::new(slot_log2), slots: Mutex::default() }
    }

    /// The trace of `2^nodes_log2` nodes that was taken; all other slots are zero.
    pub fn into_trace(self, nodes_log2: u8) -> Trace {
        let slots = self.slots.into_inner().expect(UNPOISONED).into_iter().collect();
        Trace::new(self.commitment.into_tree(nodes_log2), slots)
    }
}

impl Sink for Recording {
    fn accept(&self, nodes: &[u32], slots: &[u8]) {
        self.commitment.accept(nodes, slots);
        let slots = slots.chunks_exact(1 << self.commitment.slot_log2).map(without_trailing_zeros);
        let new = nodes.iter().copied().zip(slots);
        self.slots.lock().expect(UNPOISONED).extend(new);
    }
}

const UNPOISONED: &str = "no thread panicked while it held them";

fn without_trailing_zeros(slot: &[u8]) -> Box<[u8]> {
    let slot = &slot[..used_leaves(slot.as_chunks().0) << LEAF_LOG2];
    let length = slot.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    slot[..length].into()
}
