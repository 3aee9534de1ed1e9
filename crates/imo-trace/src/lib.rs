//! The trace of a program's run: one slot of bytes for each node, and the Merkle tree over them.
//!
//! An engine hands the slots that it computes to a [`Sink`]. A claimant commits to them with
//! [`Commitment`]. With [`Recording`] it also keeps them, for a claim that it may have to defend,
//! and it publishes the slots' roots with the claim ([`node_roots`]). A challenger compares the
//! [`TraceTree`] of its own trace with those roots, node by node. A rehearsal of a dispute makes
//! one slot or the answer wrong ([`Fault`]). Nothing here knows what a node computes.
//!
//! **Invariant:** the root depends on the slots alone, not on the order or the threads that they
//! came from.
#![deny(clippy::float_arithmetic)]

mod fault;
pub use fault::Fault;

mod trace_tree;
pub use trace_tree::TraceTree;

mod trace;
pub use trace::Trace;

mod sink;
pub use sink::{Sink, Uncommitted};

mod commitment;
pub use commitment::Commitment;

mod recording;
pub use recording::Recording;

pub mod node_roots;
