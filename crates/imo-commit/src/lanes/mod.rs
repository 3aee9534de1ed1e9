//! Many Keccak-256 hashes at once: lane `i` of every vector belongs to message `i`.
//!
//! A leaf and a branch are each shorter than Keccak's rate of 136 bytes, so a hash is one
//! permutation. The widest vectors that the machine has are found at run time. The scalar path
//! defines the result; it serves single messages, and machines without such vectors.

use crate::{Hash, LEAF_BYTES, keccak256};

#[cfg(all(feature = "std", target_arch = "aarch64"))]
mod neon;
#[cfg(all(feature = "std", any(target_arch = "aarch64", target_arch = "x86_64")))]
mod permutation;
#[cfg(all(feature = "std", any(target_arch = "aarch64", target_arch = "x86_64")))]
mod spread;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86;

/// Hashes each leaf.
///
/// # Panics
/// If there is not one hash per leaf.
pub fn hash_leaves<'a>(out: &mut [Hash], leaves: impl IntoIterator<Item = &'a [u8; LEAF_BYTES]>) {
    hash_all::<8, _>(out, leaves.into_iter());
}

/// Hashes each pair of neighbours: `out[i] = keccak256(children[2 i] ‖ children[2 i + 1])`.
///
/// # Panics
/// If there is not one hash per pair.
pub fn hash_branches(out: &mut [Hash], children: &[Hash]) {
    hash_all::<8, _>(out, children.as_flattened().as_chunks::<64>().0.iter());
}

/// Hashes messages of whole 64-byte blocks, shorter than Keccak's rate, in at most `LANES` lanes.
fn hash_all<'a, const LANES: usize, const BYTES: usize>(
    out: &mut [Hash],
    mut messages: impl Iterator<Item = &'a [u8; BYTES]>,
) {
    let mut next = || messages.next().expect("one message per hash");
    #[cfg(all(feature = "std", target_arch = "aarch64"))]
    let out = neon::hash_all::<LANES, _>(out, &mut next);
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    let out = x86::hash_all::<LANES, _>(out, &mut next);
    for hash in out {
        *hash = keccak256(next());
    }
    assert!(messages.next().is_none(), "one hash per message");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const LANES: usize>(bytes: &[u8]) {
        let leaves = bytes.as_chunks::<LEAF_BYTES>().0;
        let mut hashes = vec![[0; 32]; leaves.len()];
        hash_all::<LANES, _>(&mut hashes, leaves.iter());
        assert_eq!(hashes, leaves.iter().map(|leaf| keccak256(leaf)).collect::<Vec<_>>());

        let branches = bytes.as_chunks::<64>().0;
        let mut hashes = vec![[0; 32]; branches.len()];
        hash_all::<LANES, _>(&mut hashes, branches.iter());
        assert_eq!(hashes, branches.iter().map(|pair| keccak256(pair)).collect::<Vec<_>>());
    }

    #[test]
    fn many_lanes_hash_as_one() {
        arbtest::arbtest(|u| {
            let count = u.int_in_range(0..=21_usize)?;
            let bytes: Vec<u8> =
                (0..count * LEAF_BYTES).map(|_| u.arbitrary()).collect::<Result<_, _>>()?;
            check::<8>(&bytes);
            check::<4>(&bytes);
            check::<2>(&bytes);
            Ok(())
        });
    }
}
