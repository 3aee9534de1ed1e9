//! A recorded trace.

use std::collections::BTreeMap;
use std::sync::Arc;

use imo_commit::{LEAF_LOG2, dense_root};

use crate::trace_tree::TraceTree;

/// All slots of an inference, and the tree over them. Slots that no node wrote are zero.
#[derive(Debug, Clone)]
pub struct Trace {
    tree: Arc<TraceTree>,
    /// By node; the zeros at the end of a slot are left out.
    slots: Arc<BTreeMap<u32, Box<[u8]>>>,
    /// A slot that is not what `slots` says.
    other: Option<(u32, Box<[u8]>)>,
}

impl Trace {
    pub(crate) fn new(tree: TraceTree, slots: BTreeMap<u32, Box<[u8]>>) -> Self {
        Self { tree: Arc::new(tree), slots: Arc::new(slots), other: None }
    }

    /// The tree over the slots, which may outlive them.
    pub fn tree(&self) -> &Arc<TraceTree> {
        &self.tree
    }

    /// What a node wrote, without the zeros at the end of its slot.
    pub fn slot_prefix(&self, node: u32) -> &[u8] {
        match &self.other {
            Some((it, slot)) if *it == node => slot,
            _ => self.slots.get(&node).map_or(&[], |slot| slot),
        }
    }

    /// A whole slot.
    pub fn slot(&self, node: u32) -> Vec<u8> {
        let mut slot = self.slot_prefix(node).to_vec();
        slot.resize(1 << self.tree.slot_log2(), 0);
        slot
    }

    /// The trace with other bytes in one slot. It shares all other slots with this one. None if the
    /// slot is zero before or after, or if this trace was made in the same way.
    pub fn with_slot(&self, node: u32, bytes: &[u8]) -> Option<Self> {
        let length = bytes.iter().rposition(|&byte| byte != 0)? + 1;
        if self.other.is_some() || self.slot_prefix(node).is_empty() {
            return None;
        }
        let mut slot = bytes.to_vec();
        slot.resize(1 << self.tree.slot_log2(), 0);
        let root = dense_root(&slot, self.tree.slot_log2() - LEAF_LOG2);
        Some(Self {
            tree: Arc::new(self.tree.with_slot(node, root)),
            slots: Arc::clone(&self.slots),
            other: Some((node, slot[..length].into())),
        })
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
