//! A RISC-V program to states, steps and witnesses (`docs/spec/vm.md`).
//!
//! RV32IM over five memories, each with a Merkle root. One generic [`step`] serves the fast run, the run that makes witnesses and the one
//! that checks them, so that they cannot differ.
//!
//! **Invariant:** the step is total: every state has exactly one successor, whatever the memories hold.
#![deny(clippy::float_arithmetic)]

mod decode;
pub use decode::{Instruction, Operation, decode};

mod machine;
pub use machine::{INPUT_BASE, MODEL_BASE, Machine, Region, Roots, TRACE_BASE};

mod state;
pub use state::{BadState, STATE_BYTES, State, Status};

mod step;
pub use step::{Access, Memories, step};

mod memory;
pub use memory::{EmptyTrace, Memory, Segments, TraceBytes};

mod run;
pub use run::{Run, Stopped};

mod witness;
pub use witness::{BadWitness, WitnessRun, check, witness};

mod piece;
pub use piece::{Piece, pieces};

mod elf;
pub use elf::{Elf, ElfError};
