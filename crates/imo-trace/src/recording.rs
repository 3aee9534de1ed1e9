//! A sink that keeps the slots themselves.

use std::sync::Mutex;

use imo_commit::{LEAF_LOG2, used_leaves};

use crate::commitment::Commitment;
use crate::sink::Sink;
use crate::trace::Trace;

/// Commits to every slot and keeps it too, so that a claimant can run a node in the machine.
///
/// Memory: about 3.2 KiB per layer and position of SmolLM2, 15 MiB for 150 positions.
#[derive(Debug)]
pub struct Recording {
    commitment: Commitment,
    /// Nodes and their slots; the zeros at the end of a slot are left out.
    slots: Mutex<Vec<(u32, Box<[u8]>)>>,
}

impl Recording {
    /// A sink for slots of `2^slot_log2` bytes.
    pub fn new(slot_log2: u8) -> Self {
        Self { commitment: Commitment::new(slot_log2), slots: Mutex::default() }
    }

    /// The trace of `2^nodes_log2` nodes. Slots that were not handed over are zero.
    pub fn into_trace(self, nodes_log2: u8) -> Trace {
        let slots = self.slots.into_inner().expect(UNPOISONED).into_iter().collect();
        Trace::new(self.commitment.into_tree(nodes_log2), slots)
    }
}

impl Sink for Recording {
    fn accept(&self, nodes: &[u32], slots: &[u8]) {
        self.commitment.accept(nodes, slots);
        let slot_bytes = 1 << self.commitment.slot_log2();
        let slots = slots.chunks_exact(slot_bytes).map(without_trailing_zeros);
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

#[cfg(test)]
mod tests {
    use imo_commit::{dense_root, root_from_opening};

    use super::*;

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

            let other = u.int_in_range(0..=(1_u32 << NODES_LOG2) - 1)?;
            let mut slot = vec![0; 1 << SLOT_LOG2];
            assert!(trace.with_slot(other, &slot).is_none(), "zero afterwards");
            slot[u.choose_index(1 << SLOT_LOG2)?] = u.int_in_range(1..=255)?;
            let changed = trace.with_slot(other, &slot);
            assert_eq!(changed.is_none(), trace.slot_prefix(other).is_empty(), "zero before");
            if let Some(changed) = changed {
                let mut memory = memory.clone();
                let at = usize::try_from(other).expect("few nodes") << SLOT_LOG2;
                memory[at..at + (1 << SLOT_LOG2)].copy_from_slice(&slot);
                assert_eq!(changed.tree().root(), dense_root(&memory, NODES_LOG2 + SLOT_LOG2 - 7));
                assert_eq!(changed.slot(other), slot);
                assert!(changed.nodes().eq(trace.nodes()));
            }

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
