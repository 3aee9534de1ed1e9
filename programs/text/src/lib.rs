//! The program that answers a text prompt: each node of its trace as a pure function.
//!
//! A node reads the packed model, the request and the slots before its own, and gives its slot
//! (`docs/spec/trace.md`). Compiled for the virtual machine, this source is the guest that a dispute
//! runs; in tests of the engine it is the definition that the engine is held against. [`layout`]
//! says what lies where in all of these: the engine, the players and the commands take the numbers
//! of nodes, the bytes of slots, the request and the limits from there.
//!
//! **Invariant:** total: for every node, every request and every valid image there is a slot, and no
//! slot at or past the node's own is read.
#![cfg_attr(not(any(test, feature = "std")), no_std)]

mod context;

mod emit;

mod head;

mod layer;

pub mod layout;

mod node;
pub use node::node;

mod tokens;
