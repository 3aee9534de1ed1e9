//! What any guest program needs, whichever model it is for.
//!
//! A program computes each node of a trace as a pure function of three read-only [`Memories`]: the
//! packed model, the request, and the slots of earlier nodes. The function works in a [`Workspace`]
//! that the caller provides, and writes the node's slot. So the same functions run in two places.
//! On the host, tests compare the engine with them. In the virtual machine they are a binary, made
//! with `program!`: it starts, moves the machine's windows, runs one node and exits.
//!
//! **Invariant:** nothing here allocates. Only the start-up and the windows, which exist on the
//! machine alone, are `unsafe`.
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![deny(clippy::float_arithmetic)]

mod bytes;
pub use bytes::{copy_floats, number, put_floats, put_word, word};

pub mod layout;

mod memories;
pub use memories::Memories;

mod request;
pub use request::{HEADER_BYTES, Origin, Request};

mod workspace;
pub use workspace::{Needs, Workspace, take};

#[cfg(target_arch = "riscv32")]
mod machine;
#[cfg(target_arch = "riscv32")]
pub use machine::{Pools, Static, exit, run};
