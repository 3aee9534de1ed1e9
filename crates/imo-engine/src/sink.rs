//! Where slots go as they are computed.

use std::sync::Mutex;

use imo_commit::Hash;

use crate::slot_tree::{SlotTree, slot_roots};
use crate::trace::Trace;

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

/// Hashes every slot to its root and keeps the slot, without the zeros at its end.
///
/// Memory: about 3.2 KiB per layer and position of SmolLM2, 15 MiB for 150 positions.
#[derive(Debug)]
pub struct Commitment {
    slot_log2: u8,
    kept: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    node: u32,
    root: Hash,
    /// Without the zeros at its end.
    slot: Box<[u8]>,
}

impl Commitment {
    /// A sink for slots of `2^slot_log2` bytes.
    pub fn new(slot_log2: u8) -> Self {
        assert!((7..=20).contains(&slot_log2), "a slot has 1 to 8,192 leaves");
        Self { slot_log2, kept: Mutex::default() }
    }

    /// The trace of `2^nodes_log2` nodes that was taken; all other slots are zero.
    pub fn into_trace(self, nodes_log2: u8) -> Trace {
        let mut kept = self.kept.into_inner().expect("no thread panicked while it held the slots");
        kept.sort_unstable_by_key(|kept| kept.node);
        let roots = kept.iter().map(|kept| (kept.node, kept.root)).collect();
        let slots = kept.into_iter().map(|kept| (kept.node, kept.slot)).collect();
        Trace::new(SlotTree::new(roots, nodes_log2, self.slot_log2), slots)
    }
}

impl Sink for Commitment {
    fn accept(&self, nodes: &[u32], slots: &[u8]) {
        let size = 1 << self.slot_log2;
        assert_eq!(slots.len(), nodes.len() * size, "one slot per node");
        let roots = slot_roots(slots, self.slot_log2);
        let new: Vec<_> = nodes
            .iter()
            .zip(roots)
            .zip(slots.chunks_exact(size))
            .map(|((&node, root), slot)| Kept { node, root, slot: without_trailing_zeros(slot) })
            .collect();
        self.kept.lock().expect("no thread panicked while it held the slots").extend(new);
    }
}

fn without_trailing_zeros(slot: &[u8]) -> Box<[u8]> {
    let length = slot.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    slot[..length].into()
}
