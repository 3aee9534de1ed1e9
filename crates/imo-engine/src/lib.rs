//! Graph and input to output and trace, fast.
//!
//! **Invariant:** the trace is the scalar definition's, byte for byte, for every instruction set,
//! number of threads and way of cutting the prompt.

mod input;
pub use input::Request;

mod isa;
pub use isa::Isa;

mod linear;

mod sink;
pub use sink::{Commitment, Sink, Uncommitted};

mod slot_tree;

mod tile;

mod trace;
pub use trace::Trace;

mod vector;
