//! What any guest program needs, whichever model it is for.
//!
//! A program gives each node of a trace as a pure function of three read-only [`Memories`]: the
//! packed model, the request, and the slots of earlier nodes. It works in a [`Workspace`] that the
//! caller provides and writes its slot. So the same functions run on the host, where tests hold the
//! engine against them, and in the virtual machine, where [`program!`] makes them a binary: it
//! starts, moves the machine's windows, runs one node and exits.
//!
//! **Invariant:** nothing here allocates, and only the start-up and the windows, which exist on the
//! machine alone, are `unsafe`.
#![no_std]
#![deny(clippy::float_arithmetic)]

mod bytes;
pub use bytes::{copy_floats, number, put_floats, put_word, word};

pub mod layout;

mod memories;
pub use memories::Memories;

mod workspace;
pub use workspace::{Needs, Workspace, take};

#[cfg(target_arch = "riscv32")]
mod machine;
#[cfg(target_arch = "riscv32")]
pub use machine::{Pools, Static, exit, run};
