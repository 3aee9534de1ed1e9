//! The tree over a memory that changes: only the leaves that were written are hashed again.

use crate::{Hash, hash_branches, hash_leaves, zero_root};

/// How many neighbouring hashes are kept together.
const PAGE: usize = 64;

/// All hashes of a memory of 2^depth leaves, updated leaf by leaf. Parts that were never written
/// take no room, and none in a copy.
#[derive(Clone, Debug)]
pub struct MemoryTree {
    depth: u8,
    /// By height, then by index divided by `PAGE`. A missing page stands for the hashes of zeros.
    levels: Vec<Vec<Option<Box<[Hash; PAGE]>>>>,
}

impl MemoryTree {
    /// A memory of zeros.
    pub fn new(depth: u8) -> Self {
        let pages = |height: u8| (1_usize << (depth - height)).div_ceil(PAGE);
        Self { depth, levels: (0..=depth).map(|height| vec![None; pages(height)]).collect() }
    }

    /// Depth of the tree: the memory has 2^depth leaves.
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// Root of the tree over the whole memory.
    pub fn root(&self) -> Hash {
        self.node(self.depth, 0)
    }

    /// The hash of the subtree of this height with this index.
    pub fn node(&self, height: u8, index: usize) -> Hash {
        let page = self.levels[usize::from(height)].get(index / PAGE).and_then(Option::as_ref);
        page.map_or_else(|| zero_root(height), |page| page[index % PAGE])
    }

    /// The siblings of the subtree of this height with this index, bottom-up.
    pub fn open(&self, height: u8, index: usize) -> Vec<Hash> {
        (height..self.depth).map(|at| self.node(at, (index >> (at - height)) ^ 1)).collect()
    }

    /// Hashes these leaves of `memory` again, and everything above them.
    ///
    /// # Panics
    /// If a leaf is not in the memory.
    pub fn update(&mut self, memory: &[u8], leaves: impl IntoIterator<Item = usize>) {
        let mut dirty: Vec<usize> = leaves.into_iter().collect();
        dirty.sort_unstable();
        dirty.dedup();
        let mut hashes = vec![[0; 32]; dirty.len()];
        let contents = memory.as_chunks().0;
        hash_leaves(&mut hashes, dirty.iter().map(|leaf| &contents[*leaf]));
        self.set(0, &dirty, &hashes);
        for height in 0..self.depth {
            dirty.iter_mut().for_each(|index| *index >>= 1);
            dirty.dedup();
            let children = dirty.iter().flat_map(|index| [2 * index, 2 * index + 1]);
            let children: Vec<Hash> = children.map(|index| self.node(height, index)).collect();
            hashes.truncate(dirty.len());
            hash_branches(&mut hashes, &children);
            self.set(height + 1, &dirty, &hashes);
        }
    }

    fn set(&mut self, height: u8, indexes: &[usize], hashes: &[Hash]) {
        let pages = &mut self.levels[usize::from(height)];
        for (index, hash) in indexes.iter().zip(hashes) {
            let page =
                pages[index / PAGE].get_or_insert_with(|| Box::new([zero_root(height); PAGE]));
            page[index % PAGE] = *hash;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LEAF_BYTES, dense_root, root_from_opening};

    #[test]
    fn updates_give_the_root_of_the_whole() {
        arbtest::arbtest(|u| {
            let depth = u.int_in_range(0..=9_u8)?;
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
