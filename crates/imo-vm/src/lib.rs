//! The machine that judges a node: a RISC-V program to states, steps and witnesses
//! (`docs/spec/vm.md`).
//!
//! A player of a dispute runs the disputed node here, states hashes of its states, and at the end
//! takes one step's witness to the contract, which executes the same instruction. The machine is
//! RV32IM over five memories, each with a Merkle root. One generic [`step`] serves the fast run,
//! the run that makes witnesses and the run that checks them, so that the three cannot differ.
//!
//! Without the feature `std` there is only [`map`]: what a guest program is written for.
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
