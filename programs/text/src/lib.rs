//! The program that answers a text prompt: each node of its trace as a pure function.
//!
//! A node reads the packed model, the request and the slots before its own, and computes its own
//! slot (`docs/spec/trace.md`). Compiled for the virtual machine, this source is the guest that
//! runs in a dispute. On the host it is the definition: the engine's tests compare each slot with
//! it. [`layout`] says what lies where. The engine, the players and the commands take the numbers
//! of nodes, the bytes of slots, the request and the limits from there.
//!
//! **Invariant:** every node has a slot, for every request and every valid image. A node never
//! reads its own slot or a later one.
#![cfg_attr(not(any(test, feature = "std")), no_std)]

mod context;

mod emit;

mod head;

mod layer;

pub mod layout;

mod node;
pub use node::node;

mod tokens;
