//! Openings: the siblings that lead from a subtree to the root.

use crate::{Hash, hash_branch};

/// The root that a subtree's hash and its siblings, bottom-up, lead to.
///
/// `index` counts subtrees of that height; bit t says on which side the running hash stands at height t.
pub fn root_from_opening(hash: Hash, index: u64, siblings: &[Hash]) -> Hash {
    siblings.iter().enumerate().fold(hash, |hash, (height, sibling)| {
        if (index >> height) & 1 == 0 {
            hash_branch(hash, *sibling)
        } else {
            hash_branch(*sibling, hash)
        }
    })
}
