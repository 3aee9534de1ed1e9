//! A committed trace: its root, its parts and their openings.

use std::collections::BTreeMap;

use imo_commit::Hash;

use crate::slot_tree::SlotTree;

/// All slots of an inference under one root. Slots that no node wrote are zero.
#[derive(Debug, Clone)]
pub struct Trace {
    tree: SlotTree,
    /// Without the zeros at their ends.
    slots: BTreeMap<u32, Box<[u8]>>,
}

impl Trace {
    pub(crate) fn new(tree: SlotTree, slots: BTreeMap<u32, Box<[u8]>>) -> Self {
        Self { tree, slots }
    }

    /// The root a claim commits to, of depth `nodes_log2 + slot_log2 - 7`.
    pub fn root(&self) -> Hash {
        self.subtree(self.nodes_log2(), 0)
    }

    /// D: the trace has 2^D slots.
    pub fn nodes_log2(&self) -> u8 {
        self.tree.nodes_log2()
    }

    /// A slot has 2^this bytes.
    pub fn slot_log2(&self) -> u8 {
        self.tree.slot_log2()
    }

    /// The root of the `2^level` slots from slot `index · 2^level` on.
    ///
    /// # Panics
    ///
    /// When the trace has no such subtree.
    pub fn subtree(&self, level: u8, index: u32) -> Hash {
        self.tree.subtree(level, index)
    }

    /// The tree over its slots.
    pub const fn tree(&self) -> &SlotTree {
        &self.tree
    }

    /// The siblings on the way from a slot to the root, bottom-up.
    pub fn open(&self, node: u32) -> Vec<Hash> {
        (0..self.nodes_log2()).map(|level| self.subtree(level, (node >> level) ^ 1)).collect()
    }

    /// What a node wrote, without the zeros at the end of its slot.
    pub fn slot_prefix(&self, node: u32) -> &[u8] {
        self.slots.get(&node).map_or(&[], |slot| slot)
    }

    /// A whole slot.
    pub fn slot(&self, node: u32) -> Vec<u8> {
        let mut slot = self.slot_prefix(node).to_vec();
        slot.resize(1 << self.slot_log2(), 0);
        slot
    }

    /// Copies `out.len()` bytes of the trace from `offset` on: the memory that a node's run reads.
    pub fn read(&self, offset: u64, out: &mut [u8]) {
        out.fill(0);
        let mut done = 0;
        while done < out.len() {
            let position = offset + done as u64;
            let within = usize::try_from(position & self.slot_mask()).expect("below a slot's size");
            let count = (out.len() - done).min((1 << self.slot_log2()) - within);
            let prefix = u32::try_from(position >> self.slot_log2())
                .map_or(&[][..], |node| self.slot_prefix(node));
            if let Some(bytes) = prefix.get(within..) {
                let bytes = &bytes[..bytes.len().min(count)];
                out[done..done + bytes.len()].copy_from_slice(bytes);
            }
            done += count;
        }
    }

    /// The nodes with a slot that is not zero, in order.
    pub fn nodes(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().filter(|(_, slot)| !slot.is_empty()).map(|(&node, _)| node)
    }

    fn slot_mask(&self) -> u64 {
        (1 << self.slot_log2()) - 1
    }
}

#[cfg(test)]
mod tests {
    use imo_commit::{dense_root, root_from_opening};

    use crate::{Commitment, Sink};

    const NODES_LOG2: u8 = 5;
    const SLOT_LOG2: u8 = 9;

    #[test]
    fn a_trace_is_the_tree_over_its_slots() {
        arbtest::arbtest(|u| {
            let mut memory = vec![0; 1 << (NODES_LOG2 + SLOT_LOG2)];
            let sink = Commitment::new(SLOT_LOG2);
            for (node, slot) in memory.chunks_exact_mut(1 << SLOT_LOG2).enumerate() {
                if u.ratio(1, 3)? {
                    let length = u.choose_index(slot.len() + 1)?;
                    u.fill_buffer(&mut slot[..length])?;
                    sink.accept(&[u32::try_from(node).expect("few nodes")], slot);
                }
            }
            let trace = sink.into_trace(NODES_LOG2);
            assert_eq!(trace.root(), dense_root(&memory, NODES_LOG2 + SLOT_LOG2 - 7));

            let node = u.int_in_range(0..=(1_u32 << NODES_LOG2) - 1)?;
            let leaf = trace.subtree(0, node);
            let siblings = trace.open(node);
            assert_eq!(root_from_opening(leaf, u64::from(node), &siblings), trace.root());

            let start = u.choose_index(memory.len())?;
            let mut read = vec![1; u.choose_index((memory.len() - start).min(1500) + 1)?];
            trace.read(start as u64, &mut read);
            assert_eq!(read, memory[start..start + read.len()]);
            Ok(())
        });
    }
}
