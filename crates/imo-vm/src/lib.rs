//! The machine that settles a dispute about a node: it runs a RISC-V program step by step
//! (`docs/spec/vm.md`).
//!
//! In a dispute each player runs the disputed node here and sends hashes of the machine's states to
//! the contract. At the end one player sends the witness of a single step, and the contract
//! executes that instruction itself. The machine is RV32IM over five memories, each with a Merkle
//! root. One generic [`step`] serves the fast run, the run that makes witnesses and the run that
//! checks them, so the three cannot differ. Without the feature `std` there is only [`map`], the
//! numbers that guest programs are written against.
//!
//! **Invariant:** the step is total: every state has exactly one successor, whatever the memories
//! hold.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

pub mod map;

#[cfg(feature = "std")]
mod decode;
#[cfg(feature = "std")]
pub use decode::{Instruction, Operation, decode};

#[cfg(feature = "std")]
mod machine;
#[cfg(feature = "std")]
pub use machine::{Machine, Region, Roots};

#[cfg(feature = "std")]
mod state;
#[cfg(feature = "std")]
pub use state::{BadState, STATE_BYTES, State, Status};

#[cfg(feature = "std")]
mod step;
#[cfg(feature = "std")]
pub use step::{Access, Memories, step};

#[cfg(feature = "std")]
mod memory;
#[cfg(feature = "std")]
pub use memory::{EmptyTrace, Memory, Segments, TraceBytes};

#[cfg(feature = "std")]
mod run;
#[cfg(feature = "std")]
pub use run::{Run, Stopped};

#[cfg(feature = "std")]
mod witness;
#[cfg(feature = "std")]
pub use witness::{BadWitness, WitnessRun, check, witness};

#[cfg(feature = "std")]
mod piece;
#[cfg(feature = "std")]
pub use piece::{Piece, pieces};

#[cfg(feature = "std")]
mod elf;
#[cfg(feature = "std")]
pub use elf::{Elf, ElfError};
