//! The tree over memory that changes: only what was written is hashed again.

use std::collections::BTreeSet;

use crate::{Hash, LEAF_BYTES, hash_branch, hash_leaf, zero_root};

/// All hashes of a memory of 2^depth leaves, kept up to date leaf by leaf.
///
/// Subtrees that were never written are not stored. INVARIANT: `levels[h]` has an entry for every subtree of height h up to the last
/// one that was written.
#[derive(Clone, Debug)]
pub struct MemoryTree {
    depth: u8,
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// A memory of zeros.
    pub fn new(depth: u8) -> Self {
        Self { depth, levels: vec![Vec::new(); usize::from(depth) + 1] }
    }

    /// The depth.
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.node(self.depth, 0)
    }

    /// The hash of the subtree of this height with this index.
    pub fn node(&self, height: u8, index: usize) -> Hash {
        let level = &self.levels[usize::from(height)];
        level.get(index).copied().unwrap_or_else(|| zero_root(height))
    }

    /// The siblings of the subtree of this height with this index, bottom-up.
    pub fn open(&self, height: u8, index: usize) -> Vec<Hash> {
        (height..self.depth).map(|at| self.node(at, (index >> (at - height)) ^ 1)).collect()
    }

    /// Takes the new contents of some leaves, all found in `memory`, and hashes what stands above them.
    ///
    /// # Panics
    /// If a leaf is not in the memory.
    pub fn update(&mut self, memory: &[u8], leaves: impl IntoIterator<Item = usize>) {
        let mut dirty = BTreeSet::new();
        for leaf in leaves {
            let bytes = memory[leaf * LEAF_BYTES..].first_chunk().expect("a whole leaf");
            self.set(0, leaf, hash_leaf(bytes));
            dirty.insert(leaf >> 1);
        }
        for height in 0..self.depth {
            let mut above = BTreeSet::new();
            for index in dirty {
                let hash =
                    hash_branch(self.node(height, 2 * index), self.node(height, 2 * index + 1));
                self.set(height + 1, index, hash);
                above.insert(index >> 1);
            }
            dirty = above;
        }
    }

    fn set(&mut self, height: u8, index: usize, hash: Hash) {
        assert!(index >> (self.depth - height) == 0, "subtree {index} of height {height}");
        let level = &mut self.levels[usize::from(height)];
        if level.len() <= index {
            level.resize(index + 1, zero_root(height));
        }
        level[index] = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dense_root, root_from_opening};

    #[test]
    fn updates_give_the_root_of_the_whole() {
        arbtest::arbtest(|u| {
            let depth = u.int_in_range(0..=6_u8)?;
            let mut memory = vec![0; LEAF_BYTES << depth];
            let mut tree = MemoryTree::new(depth);
            for _ in 0..u.int_in_range(0..=4)? {
                let mut leaves = Vec::new();
                for _ in 0..u.int_in_range(0..=5)? {
                    let at = u.choose_index(memory.len())?;
                    memory[at] = u.arbitrary()?;
                    leaves.push(at / LEAF_BYTES);
                }
                tree.update(&memory, leaves);
                assert_eq!(tree.root(), dense_root(&memory, depth));
            }
            let height = u.int_in_range(0..=depth)?;
            let index = u.choose_index(1 << (depth - height))?;
            let opening = tree.open(height, index);
            let root = root_from_opening(tree.node(height, index), index as u64, &opening);
            assert_eq!(root, tree.root());
            Ok(())
        });
    }
}
