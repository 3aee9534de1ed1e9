//! The Merkle tree over a trace's slots, of which most are zero.

use imo_commit::{Hash, LEAF_LOG2, hash_branches, hash_leaves, zero_root};

/// The roots of slots and everything above them; what is not stored is zero.
#[derive(Debug, Clone)]
pub struct SlotTree {
    slot_log2: u8,
    /// By level above the slots, sorted by index. INVARIANT: the last level has at most index 0.
    levels: Vec<Vec<(u32, Hash)>>,
}

impl SlotTree {
    /// The tree over `2^nodes_log2` slots of `2^slot_log2` bytes with these roots; other slots are zero.
    ///
    /// # Panics
    ///
    /// When the roots are not in the order of their nodes, or a node is not one of the trace.
    pub fn new(roots: Vec<(u32, Hash)>, nodes_log2: u8, slot_log2: u8) -> Self {
        assert!(roots.is_sorted_by(|a, b| a.0 < b.0), "each node once, in order");
        assert!(
            roots.last().is_none_or(|(node, _)| node >> nodes_log2 == 0),
            "a node of the trace"
        );
        let mut levels = vec![roots];
        for level in 0..nodes_log2 {
            let zero = zero_root(slot_log2 - LEAF_LOG2 + level);
            let next = parents(&levels[usize::from(level)], zero);
            levels.push(next);
        }
        Self { slot_log2, levels }
    }

    /// D: the tree has 2^D slots.
    pub fn nodes_log2(&self) -> u8 {
        u8::try_from(self.levels.len() - 1).expect("made from a u8")
    }

    /// A slot has 2^this bytes.
    pub fn slot_log2(&self) -> u8 {
        self.slot_log2
    }

    /// The roots of the slots that are not zero, in the order of their nodes.
    pub fn slot_roots(&self) -> &[(u32, Hash)] {
        &self.levels[0]
    }

    /// The root of the `2^level` slots from slot `index · 2^level` on.
    ///
    /// # Panics
    ///
    /// When the tree has no such subtree.
    pub fn subtree(&self, level: u8, index: u32) -> Hash {
        assert!(level <= self.nodes_log2(), "level {level} is above the root");
        assert!(index >> (self.nodes_log2() - level) == 0, "no subtree {index} at level {level}");
        let stored = &self.levels[usize::from(level)];
        stored
            .binary_search_by_key(&index, |(index, _)| *index)
            .map_or_else(|_| zero_root(self.slot_log2 - LEAF_LOG2 + level), |at| stored[at].1)
    }
}

/// The level above `children`, of which those left out are `zero`.
fn parents(children: &[(u32, Hash)], zero: Hash) -> Vec<(u32, Hash)> {
    let pairs: Vec<_> = children.chunk_by(|a, b| a.0 / 2 == b.0 / 2).collect();
    let mut flat = vec![zero; 2 * pairs.len()];
    for (pair, slots) in pairs.iter().zip(flat.as_chunks_mut::<2>().0) {
        for (index, hash) in *pair {
            slots[usize::from(index % 2 == 1)] = *hash;
        }
    }
    let mut hashes = vec![zero; pairs.len()];
    hash_branches(&mut hashes, flat.as_flattened());
    pairs.iter().zip(hashes).map(|(pair, hash)| (pair[0].0 / 2, hash)).collect()
}

/// The root of each slot of `2^slot_log2` bytes in `slots`.
///
/// Only the leaves up to the last one that any of the slots uses are hashed.
pub(crate) fn slot_roots(slots: &[u8], slot_log2: u8) -> Vec<Hash> {
    let size = 1 << slot_log2;
    let used = slots.chunks_exact(size).map(used_leaves).max().unwrap_or(0);
    if used == 0 {
        return vec![zero_root(slot_log2 - LEAF_LOG2); slots.len() >> slot_log2];
    }
    let leaves: Vec<u8> =
        slots.chunks_exact(size).flat_map(|slot| &slot[..used << LEAF_LOG2]).copied().collect();
    let mut width = used;
    let mut hashes = vec![[0; 32]; leaves.len() >> LEAF_LOG2];
    hash_leaves(&mut hashes, &leaves);
    for height in 0..slot_log2 - LEAF_LOG2 {
        if width % 2 == 1 {
            let rows = hashes.chunks_exact(width);
            hashes = rows.flat_map(|row| row.iter().copied().chain([zero_root(height)])).collect();
        }
        let mut above = vec![[0; 32]; hashes.len() / 2];
        hash_branches(&mut above, hashes.as_flattened());
        hashes = above;
        width = width.div_ceil(2);
    }
    hashes
}

/// Leaves up to the last one that is not zero.
fn used_leaves(slot: &[u8]) -> usize {
    let zero = |leaf: &&[u8; 1 << LEAF_LOG2]| leaf.iter().all(|&byte| byte == 0);
    let leaves = slot.as_chunks::<{ 1 << LEAF_LOG2 }>().0;
    leaves.len() - leaves.iter().rev().take_while(zero).count()
}
