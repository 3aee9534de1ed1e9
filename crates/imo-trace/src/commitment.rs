//! A sink that keeps the slots' roots.

use std::sync::Mutex;

use imo_commit::{Hash, LEAF_LOG2, dense_roots};

use crate::sink::Sink;
use crate::trace_tree::TraceTree;

/// Hashes every slot and keeps its root: enough for a claim, and to find the node where two traces
/// differ.
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

    /// A slot has 2^this bytes.
    pub(crate) fn slot_log2(&self) -> u8 {
        self.slot_log2
    }

    /// The tree over `2^nodes_log2` nodes. Slots that were not handed over are zero.
    pub fn into_tree(self, nodes_log2: u8) -> TraceTree {
        let roots = self.roots.into_inner().expect("no thread panicked while it held them");
        TraceTree::new(roots, nodes_log2, self.slot_log2)
    }
}

impl Sink for Commitment {
    fn accept(&self, nodes: &[u32], slots: &[u8]) {
        assert_eq!(slots.len(), nodes.len() << self.slot_log2, "one slot per node");
        let roots = dense_roots(slots, self.slot_log2 - LEAF_LOG2);
        let new = nodes.iter().copied().zip(roots);
        self.roots.lock().expect("no thread panicked while it held them").extend(new);
    }
}
