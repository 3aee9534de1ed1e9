//! The Merkle tree over a trace's slots, of which most are zero.

use imo_commit::{Hash, LEAF_LOG2, hash_branch, hash_branches, zero_root};

/// The roots of an inference's slots under one root. Slots that no node wrote are zero.
///
/// Memory: about 80 bytes for each slot that was written.
#[derive(Debug, Clone)]
pub struct TraceTree {
    slot_log2: u8,
    /// By level above the slots, sorted by index; what is not stored is zero. INVARIANT: the last
    /// level has at most index 0.
    levels: Vec<Vec<(u32, Hash)>>,
}

impl TraceTree {
    /// The tree over `2^nodes_log2` slots of `2^slot_log2` bytes with these roots; the other slots
    /// are zero.
    ///
    /// # Panics
    ///
    /// When a node comes twice or is outside the trace.
    pub fn new(mut roots: Vec<(u32, Hash)>, nodes_log2: u8, slot_log2: u8) -> Self {
        roots.sort_unstable_by_key(|(node, _)| *node);
        assert!(roots.is_sorted_by(|a, b| a.0 < b.0), "each node once");
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

    /// The last node of the trace.
    ///
    /// # Panics
    ///
    /// Never: a trace has at most 2^31 nodes.
    pub fn last(&self) -> u32 {
        u32::try_from((1_u64 << self.nodes_log2()) - 1).expect("at most 2^31 nodes")
    }

    /// The root a claim commits to, of depth `nodes_log2 + slot_log2 - 7`.
    pub fn root(&self) -> Hash {
        self.subtree(self.nodes_log2(), 0)
    }

    /// The trace has 2^this slots.
    pub fn nodes_log2(&self) -> u8 {
        u8::try_from(self.levels.len() - 1).expect("made from a u8")
    }

    /// A slot has 2^this bytes.
    pub fn slot_log2(&self) -> u8 {
        self.slot_log2
    }

    /// The roots of the slots that were written, in the order of their nodes.
    pub fn slot_roots(&self) -> &[(u32, Hash)] {
        &self.levels[0]
    }

    /// The root of the `2^level` slots from slot `index · 2^level` on.
    ///
    /// # Panics
    ///
    /// When the trace has no such subtree.
    pub fn subtree(&self, level: u8, index: u32) -> Hash {
        assert!(level <= self.nodes_log2(), "level {level} is above the root");
        assert!(index >> (self.nodes_log2() - level) == 0, "no subtree {index} at level {level}");
        let stored = &self.levels[usize::from(level)];
        stored
            .binary_search_by_key(&index, |(index, _)| *index)
            .map_or_else(|_| zero_root(self.slot_log2 - LEAF_LOG2 + level), |at| stored[at].1)
    }

    /// The tree with another slot at a node. Costs one hash for each level.
    ///
    /// # Panics
    ///
    /// When the trace has no such node.
    #[must_use]
    pub fn with_slot(&self, node: u32, root: Hash) -> Self {
        let mut tree = self.clone();
        let (mut index, mut hash) = (node, root);
        for (level, sibling) in (0_usize..).zip(self.open(node)) {
            tree.put(level, index, hash);
            hash = if index.is_multiple_of(2) {
                hash_branch(hash, sibling)
            } else {
                hash_branch(sibling, hash)
            };
            index /= 2;
        }
        tree.put(usize::from(self.nodes_log2()), index, hash);
        tree
    }

    fn put(&mut self, level: usize, index: u32, hash: Hash) {
        let stored = &mut self.levels[level];
        match stored.binary_search_by_key(&index, |(index, _)| *index) {
            Ok(at) => stored[at].1 = hash,
            Err(at) => stored.insert(at, (index, hash)),
        }
    }

    /// The siblings on the way from a slot to the root, bottom-up.
    pub fn open(&self, node: u32) -> Vec<Hash> {
        (0..self.nodes_log2()).map(|level| self.subtree(level, (node >> level) ^ 1)).collect()
    }
}

/// The level above `children`. Children that are left out are `zero`.
fn parents(children: &[(u32, Hash)], zero: Hash) -> Vec<(u32, Hash)> {
    let pairs: Vec<_> = children.chunk_by(|a, b| a.0 / 2 == b.0 / 2).collect();
    let mut flat = vec![zero; 2 * pairs.len()];
    for (pair, slots) in pairs.iter().zip(flat.as_chunks_mut::<2>().0) {
        for (index, hash) in *pair {
            slots[usize::from(index % 2 == 1)] = *hash;
        }
    }
    let mut hashes = vec![zero; pairs.len()];
    hash_branches(&mut hashes, &flat);
    pairs.iter().zip(hashes).map(|(pair, hash)| (pair[0].0 / 2, hash)).collect()
}
