//! How bytes become a root, and how a part of them is opened (`docs/spec/commitments.md`).
//!
//! All that a claim commits to is hashed here: model images, requests, code, traces and the memory
//! of the machine. They share one kind of tree: Keccak-256, leaves of 128 bytes, a fixed depth. A
//! player of a dispute opens a leaf with the siblings on its way to the root, and the contract
//! checks them. [`DenseTree`] is the tree over bytes that stay as they are, and [`MemoryTree`] the
//! one over a memory that changes. Guest programs use this crate without the feature `std`; then it
//! only hashes.
//!
//! **Invariant:** each preimage is implemented once, and every vector path gives the bits of the
//! scalar path.
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
