//! The program that answers a text prompt: each node of its trace as a pure function (`docs/spec/trace.md`).
//!
//! A node reads the packed model, the request and the slots before its own, and gives its slot. The same source is the guest of the virtual
//! machine and, in tests, the definition that the engine is held against.
//!
//! **Invariant:** total: for every node, every request and every valid image there is a slot, and no slot at or past the node's own is read.
#![cfg_attr(not(test), no_std)]

mod emit;
mod head;
mod layer;
mod memories;
pub use memories::Memories;

mod node;
pub use node::node;

mod request;
pub use request::{INPUT_HEADER, OUTPUT_LIMIT, PROMPT_LIMIT, Request};

mod status;
pub use status::Status;

mod tokens;

mod workspace;
pub use workspace::{Needs, Workspace};
