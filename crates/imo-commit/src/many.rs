//! Roots of many small trees. They are hashed together, so that the vector lanes are full.

use crate::{Hash, LEAF_BYTES, hash_branches, hash_leaves, zero_root};

/// The roots of trees of `2^depth` leaves, which stand one after the other in `bytes`.
///
/// Zero leaves at the end of a tree are not hashed.
///
/// # Panics
/// If `bytes` ends within a tree.
pub fn dense_roots(bytes: &[u8], depth: u8) -> Vec<Hash> {
    let (leaves, rest) = bytes.as_chunks();
    assert!(rest.is_empty() && leaves.len().is_multiple_of(1 << depth), "whole trees");
    let trees = || leaves.chunks_exact(1 << depth);
    // How many subtrees of the current height each tree has, without the zero ones at its end.
    let mut widths: Vec<_> = trees().map(used_leaves).collect();
    let mut hashes = vec![[0; 32]; widths.iter().sum()];
    hash_leaves(&mut hashes, trees().zip(&widths).flat_map(|(leaves, used)| &leaves[..*used]));
    for height in 0..depth {
        let pairs = in_pairs(&hashes, &widths, zero_root(height));
        hashes.truncate(pairs.len() / 2);
        hash_branches(&mut hashes, &pairs);
        widths.iter_mut().for_each(|width| *width = width.div_ceil(2));
    }
    let mut hashes = hashes.into_iter();
    let root = |width| if width == 0 { None } else { hashes.next() };
    widths.into_iter().map(root).map(|root| root.unwrap_or_else(|| zero_root(depth))).collect()
}

/// How many leaves there are up to the last one that is not zero.
pub fn used_leaves(leaves: &[[u8; LEAF_BYTES]]) -> usize {
    leaves.iter().rposition(|leaf| *leaf != [0; LEAF_BYTES]).map_or(0, |last| last + 1)
}

/// The rows of these widths, one after the other. A row of odd width gets `zero` at its end.
fn in_pairs(hashes: &[Hash], widths: &[usize], zero: Hash) -> Vec<Hash> {
    let mut pairs = Vec::with_capacity(hashes.len() + widths.len());
    let mut rest = hashes;
    for width in widths {
        let (row, after) = rest.split_at(*width);
        pairs.extend_from_slice(row);
        if width % 2 == 1 {
            pairs.push(zero);
        }
        rest = after;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dense_root;

    #[test]
    fn many_roots_are_the_roots_one_by_one() {
        arbtest::arbtest(|u| {
            let depth = u.int_in_range(0..=5_u8)?;
            let size = LEAF_BYTES << depth;
            let mut bytes = vec![0; size * u.int_in_range(0..=20)?];
            for tree in bytes.chunks_exact_mut(size) {
                let length = u.int_in_range(0..=size)?;
                tree[..length].fill(u.arbitrary()?);
            }
            let one_by_one: Vec<_> =
                bytes.chunks_exact(size).map(|tree| dense_root(tree, depth)).collect();
            assert_eq!(dense_roots(&bytes, depth), one_by_one);
            Ok(())
        });
    }
}
