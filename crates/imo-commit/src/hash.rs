//! The hashes that every tree is made of: of a leaf, of a branch, of zeros.

use tiny_keccak::{Hasher, Keccak};

/// A Keccak-256 hash.
pub type Hash = [u8; 32];

/// Bytes of a leaf. With the padding it takes one permutation of Keccak.
pub const LEAF_BYTES: usize = 128;

/// [`LEAF_BYTES`] as a power of two.
pub const LEAF_LOG2: u8 = 7;

/// Keccak-256 as Ethereum uses it; SHA3-256 pads differently.
pub fn keccak256(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    let mut keccak = Keccak::v256();
    keccak.update(bytes);
    keccak.finalize(&mut hash);
    hash
}

/// The hash of a leaf: Keccak-256 of its bytes.
pub fn hash_leaf(leaf: &[u8; LEAF_BYTES]) -> Hash {
    keccak256(leaf)
}

/// The hash of a branch: Keccak-256 of its children's hashes, the left one first.
pub fn hash_branch(left: Hash, right: Hash) -> Hash {
    let mut both = [0; 64];
    both[..32].copy_from_slice(&left);
    both[32..].copy_from_slice(&right);
    keccak256(&both)
}

/// The root of a tree of this depth whose leaves are all zero.
///
/// # Panics
/// If the depth is 64 or more; no segment is that large.
pub fn zero_root(depth: u8) -> Hash {
    #[cfg(feature = "std")]
    {
        use std::sync::LazyLock;
        static ROOTS: LazyLock<[Hash; 64]> = LazyLock::new(|| {
            let mut roots = [hash_leaf(&[0; LEAF_BYTES]); 64];
            for height in 1..roots.len() {
                roots[height] = hash_branch(roots[height - 1], roots[height - 1]);
            }
            roots
        });
        ROOTS[usize::from(depth)]
    }
    #[cfg(not(feature = "std"))]
    (0..depth).fold(hash_leaf(&[0; LEAF_BYTES]), |hash, _| hash_branch(hash, hash))
}

/// The depth of the smallest tree that holds `length` bytes.
pub const fn depth(length: u64) -> u8 {
    let leaves = length.div_ceil(LEAF_BYTES as u64);
    let mut depth = 0;
    while depth < 57 && 1_u64 << depth < leaves {
        depth += 1;
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keccak_is_ethereums() {
        let empty = keccak256(b"");
        assert_eq!(empty[..4], [0xc5, 0xd2, 0x46, 0x01]);
        assert_eq!(empty[28..], [0x5d, 0x85, 0xa4, 0x70]);
    }

    #[test]
    fn depth_is_the_least_that_holds() {
        for (length, expected) in
            [(0, 0), (1, 0), (128, 0), (129, 1), (256, 1), (257, 2), (1 << 30, 23)]
        {
            assert_eq!(depth(length), expected, "{length} bytes");
        }
    }

    #[test]
    fn a_zero_tree_is_two_zero_trees() {
        for height in 0..63 {
            let child = zero_root(height);
            assert_eq!(zero_root(height + 1), hash_branch(child, child));
        }
    }
}
