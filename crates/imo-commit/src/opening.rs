//! Openings: the siblings that lead from a subtree to the root.

use crate::{Hash, hash_branch};

/// The root that follows from the hash of a subtree and its siblings, bottom-up.
///
/// `index` is the subtree's place among those of its height. Its bit t is 1 where the hash that is
/// carried up is the right child, t levels above the subtree.
pub fn root_from_opening(hash: Hash, index: u64, siblings: &[Hash]) -> Hash {
    siblings.iter().enumerate().fold(hash, |hash, (height, sibling)| {
        if (index >> height) & 1 == 0 {
            hash_branch(hash, *sibling)
        } else {
            hash_branch(*sibling, hash)
        }
    })
}
