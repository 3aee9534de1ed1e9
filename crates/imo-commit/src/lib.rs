//! How bytes become a root and how a root is opened (`docs/spec/commitments.md`).
//!
//! Keccak-256 Merkle trees with leaves of 128 bytes and a fixed depth, the same for memory, traces and model images. Without the
//! feature `std` there is only hashing, for guest programs.
//!
//! **Invariant:** one implementation of each preimage; every wider path gives the bits of the scalar one.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

mod hash;
pub use hash::{Hash, LEAF_BYTES, LEAF_LOG2, depth, hash_branch, hash_leaf, keccak256, zero_root};

mod lanes;
pub use lanes::{hash_branches, hash_leaves};

#[cfg(feature = "std")]
mod hex;
#[cfg(feature = "std")]
pub use hex::{hex, unhex};

#[cfg(feature = "std")]
mod opening;
#[cfg(feature = "std")]
pub use opening::root_from_opening;

#[cfg(feature = "std")]
mod dense;
#[cfg(feature = "std")]
pub use dense::{DenseTree, dense_root};

#[cfg(feature = "std")]
mod many;
#[cfg(feature = "std")]
pub use many::{dense_roots, used_leaves};

#[cfg(feature = "std")]
mod memory;
#[cfg(feature = "std")]
pub use memory::MemoryTree;
