//! A trace with its parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::trace_tree::TraceTree;

/// All slots of an inference, and the tree over them. Slots that no node wrote are zero.
#[derive(Debug, Clone)]
pub struct Trace {
    tree: Arc<TraceTree>,
    /// Without the zeros at their ends.
    slots: BTreeMap<u32, Box<[u8]>>,
}

impl Trace {
    pub(crate) fn new(tree: TraceTree, slots: BTreeMap<u32, Box<[u8]>>) -> Self {
        Self { tree: Arc::new(tree), slots }
    }

    /// The tree, which may outlive the slots.
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

#[cfg(test)]
mod tests {
    use imo_commit::{dense_root, root_from_opening};

    use crate::{Recording, Sink};

    const NODES_LOG2: u8 = 5;
    const SLOT_LOG2: u8 = 9;

    #[test]
    fn a_trace_is_the_tree_over_its_slots() {
        arbtest::arbtest(|u| {
            let mut memory = vec![0; 1 << (NODES_LOG2 + SLOT_LOG2)];
            let sink = Recording::new(SLOT_LOG2);
            for (node, slot) in memory.chunks_exact_mut(1 << SLOT_LOG2).enumerate() {
                if u.ratio(1, 3)? {
                    let length = u.choose_index(slot.len() + 1)?;
                    u.fill_buffer(&mut slot[..length])?;
                    sink.accept(&[u32::try_from(node).expect("few nodes")], slot);
                }
            }
            let trace = sink.into_trace(NODES_LOG2);
            let tree = trace.tree();
            assert_eq!(tree.root(), dense_root(&memory, NODES_LOG2 + SLOT_LOG2 - 7));

            let node = u.int_in_range(0..=(1_u32 << NODES_LOG2) - 1)?;
            let leaf = tree.subtree(0, node);
            let siblings = tree.open(node);
            assert_eq!(root_from_opening(leaf, u64::from(node), &siblings), tree.root());

            let written = &memory[usize::try_from(node).expect("few nodes") << SLOT_LOG2..];
            assert_eq!(trace.slot(node), written[..1 << SLOT_LOG2]);
            assert!(trace.slot_prefix(node).last() != Some(&0), "no zeros are kept");
            let are_zero = |node| trace.slot(node).iter().all(|byte| *byte == 0);
            assert!((0..1 << NODES_LOG2).all(|it| are_zero(it) != trace.nodes().any(|n| n == it)));
            Ok(())
        });
    }
}
