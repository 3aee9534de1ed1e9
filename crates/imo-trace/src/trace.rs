//! A recorded trace.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::trace_tree::TraceTree;

/// All slots of an inference, and the tree over them. Slots that no node wrote are zero.
#[derive(Debug, Clone)]
pub struct Trace {
    tree: Arc<TraceTree>,
    /// By node; the zeros at the end of a slot are left out.
    slots: BTreeMap<u32, Box<[u8]>>,
}

impl Trace {
    pub(crate) fn new(tree: TraceTree, slots: BTreeMap<u32, Box<[u8]>>) -> Self {
        Self { tree: Arc::new(tree), slots }
    }

    /// The tree over the slots, which may outlive them.
    pub fn tree(&self) -> &Arc<TraceTree> {
        &self.tree
    }

    /// What a node wrote, without the zeros at the end of its slot.
    pub fn slot_prefix(&self, node: u32) -> &[u8] {
        self.slots.get(&node).map_or(&[], |slot| slot)
    }

    /// A whole slot.
    pub fn slot(&self, node: u32) -> Vec<u8> {
        let mut slot = self.slot_prefix(node).to_vec();
        slot.resize(1 << self.tree.slot_log2(), 0);
        slot
    }

    /// The nodes with a slot that is not zero, in order.
    pub fn nodes(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().filter(|(_, slot)| !slot.is_empty()).map(|(&node, _)| node)
    }

    /// Bytes that the slots take.
    pub fn slot_bytes(&self) -> usize {
        self.slots.values().map(|slot| slot.len()).sum()
    }
}
