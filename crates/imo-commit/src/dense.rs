//! Trees over bytes that do not change: a model image, an input, code.

use std::thread;

use crate::{
    Hash, LEAF_BYTES, LEAF_LOG2, hash_branches, hash_leaves, root_from_opening, zero_root,
};

/// How many of the lowest levels are not kept: an opening hashes 2^6 leaves (8 KiB) again.
const SKIPPED: u8 = 6;
/// The least number of subtrees that is worth a thread.
const SHARE: usize = 64;

/// The root of `bytes`, padded with zeros to a tree of this depth.
///
/// # Panics
/// If the bytes do not fit.
pub fn dense_root(bytes: &[u8], depth: u8) -> Hash {
    DenseTree::new(bytes, depth).root()
}

/// The upper levels of the tree over some bytes. Each opening hashes the lowest levels again.
///
/// Memory: a hash of 32 bytes for each 8 KiB, and as much again for the levels above.
#[derive(Clone, Debug)]
pub struct DenseTree {
    depth: u8,
    /// Hashes of subtrees of height `bottom`, then of each height above. Zero subtrees at the end
    /// are left out.
    levels: Vec<Vec<Hash>>,
    bottom: u8,
}

impl DenseTree {
    /// Hashes `bytes`, padded with zeros to a tree of this depth. Many bytes are shared out among
    /// all processors.
    ///
    /// # Panics
    /// If the bytes do not fit.
    pub fn new(bytes: &[u8], depth: u8) -> Self {
        assert!(
            crate::depth(bytes.len() as u64) <= depth,
            "{} bytes at depth {depth}",
            bytes.len()
        );
        let bottom = depth.min(SKIPPED);
        let mut levels = vec![subtrees(bytes, bottom)];
        for height in bottom..depth {
            let below = &levels[levels.len() - 1];
            levels.push(level_above(below, height));
        }
        Self { depth, levels, bottom }
    }

    /// Root of the tree.
    pub fn root(&self) -> Hash {
        let top = &self.levels[self.levels.len() - 1];
        top.first().copied().unwrap_or_else(|| zero_root(self.depth))
    }

    /// Depth of the tree: it has 2^depth leaves.
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// The siblings of a leaf, bottom-up. `bytes` must be those that the tree was made from.
    ///
    /// # Panics
    /// If there is no such leaf.
    pub fn open(&self, bytes: &[u8], leaf: u64) -> Vec<Hash> {
        assert!(leaf >> self.depth == 0, "leaf {leaf} of a tree of depth {}", self.depth);
        let mut siblings = self.open_below(bytes, leaf);
        for (height, level) in (self.bottom..self.depth).zip(&self.levels) {
            let sibling = (leaf >> height) ^ 1;
            let hash = usize::try_from(sibling).ok().and_then(|index| level.get(index));
            siblings.push(hash.copied().unwrap_or_else(|| zero_root(height)));
        }
        debug_assert_eq!(root_from_opening(leaf_hash(bytes, leaf), leaf, &siblings), self.root());
        siblings
    }

    /// The siblings below the levels that are kept.
    fn open_below(&self, bytes: &[u8], leaf: u64) -> Vec<Hash> {
        let size = LEAF_BYTES << self.bottom;
        let start = usize::try_from(leaf >> self.bottom)
            .map_or(usize::MAX, |index| index.saturating_mul(size));
        let start = start.min(bytes.len());
        let mut padded = vec![0; size];
        let there = &bytes[start..bytes.len().min(start.saturating_add(size))];
        padded[..there.len()].copy_from_slice(there);

        let mut level = vec![[0; 32]; 1 << self.bottom];
        hash_leaves(&mut level, padded.as_chunks().0);
        let mut siblings = Vec::with_capacity(usize::from(self.depth));
        for height in 0..self.bottom {
            let within = (leaf >> height) & ((1 << (self.bottom - height)) - 1);
            siblings.push(level[usize::try_from(within ^ 1).expect("at most 2^6 leaves")]);
            level = level_above(&level, height);
        }
        siblings
    }
}

fn leaf_hash(bytes: &[u8], leaf: u64) -> Hash {
    let start = usize::try_from(leaf << LEAF_LOG2).unwrap_or(usize::MAX).min(bytes.len());
    let there = &bytes[start..bytes.len().min(start + LEAF_BYTES)];
    let mut padded = [0; LEAF_BYTES];
    padded[..there.len()].copy_from_slice(there);
    crate::hash_leaf(&padded)
}

/// The hashes of the subtrees of this height that hold any byte.
fn subtrees(bytes: &[u8], height: u8) -> Vec<Hash> {
    let size = LEAF_BYTES << height;
    let mut hashes = vec![[0; 32]; bytes.len().div_ceil(size)];
    let fill = |hashes: &mut [Hash], bytes: &[u8]| {
        for (hash, bytes) in hashes.iter_mut().zip(bytes.chunks(size)) {
            *hash = subtree(bytes, height);
        }
    };
    if hashes.len() <= SHARE {
        fill(&mut hashes, bytes);
        return hashes;
    }
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = hashes.len().div_ceil(workers).max(SHARE);
    thread::scope(|scope| {
        for (hashes, bytes) in hashes.chunks_mut(share).zip(bytes.chunks(share * size)) {
            scope.spawn(move || fill(hashes, bytes));
        }
    });
    hashes
}

/// The root of at most 2^height leaves.
fn subtree(bytes: &[u8], height: u8) -> Hash {
    // Looking for zeros is much faster than hashing them.
    if is_zero(bytes) {
        return zero_root(height);
    }
    let mut level = vec![[0; 32]; bytes.len().div_ceil(LEAF_BYTES)];
    let whole = bytes.len() / LEAF_BYTES;
    hash_leaves(&mut level[..whole], bytes.as_chunks().0);
    if whole < level.len() {
        level[whole] = leaf_hash(bytes, whole as u64);
    }
    for height in 0..height {
        level = level_above(&level, height);
    }
    level[0]
}

fn is_zero(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<64>();
    chunks.iter().all(|chunk| *chunk == [0; 64]) && rest.iter().all(|byte| *byte == 0)
}

/// The level above `level`, which has this height. Both leave out zeros at the end.
fn level_above(level: &[Hash], height: u8) -> Vec<Hash> {
    let mut above = vec![[0; 32]; level.len().div_ceil(2)];
    let pairs = level.len() / 2;
    hash_branches(&mut above[..pairs], &level[..2 * pairs]);
    if let [.., last] = level
        && level.len() % 2 == 1
    {
        above[pairs] = crate::hash_branch(*last, zero_root(height));
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hash_branch, hash_leaf};

    /// The root by its definition, leaf by leaf.
    fn root_by_definition(bytes: &[u8], depth: u8) -> Hash {
        if depth == 0 {
            let mut leaf = [0; LEAF_BYTES];
            leaf[..bytes.len()].copy_from_slice(bytes);
            return hash_leaf(&leaf);
        }
        let half = (LEAF_BYTES << (depth - 1)).min(bytes.len());
        let (left, right) = bytes.split_at(half);
        hash_branch(root_by_definition(left, depth - 1), root_by_definition(right, depth - 1))
    }

    #[test]
    fn every_opening_leads_to_the_root() {
        arbtest::arbtest(|u| {
            let depth = u.int_in_range(0..=9_u8)?;
            let length = u.int_in_range(0..=LEAF_BYTES << depth)?;
            let seed = u.arbitrary::<u8>()?;
            let mut bytes: Vec<u8> =
                (0..length).map(|i| (i as u64 * 31 % 251) as u8 ^ seed).collect();
            let gap = u.int_in_range(0..=length)?;
            bytes[gap..].iter_mut().take(u.int_in_range(0..=length)?).for_each(|it| *it = 0);
            let tree = DenseTree::new(&bytes, depth);
            assert_eq!(tree.root(), root_by_definition(&bytes, depth));
            let leaf = u.int_in_range(0..=(1_u64 << depth) - 1)?;
            let siblings = tree.open(&bytes, leaf);
            assert_eq!(root_from_opening(leaf_hash(&bytes, leaf), leaf, &siblings), tree.root());
            Ok(())
        });
    }
}
