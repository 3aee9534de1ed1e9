//! Graph and input to output and trace, fast.
//!
//! **Invariant:** the trace is the scalar definition's, byte for byte, for every instruction set,
//! number of threads and way of cutting the prompt.

#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    expect(dead_code, unused_variables, reason = "other processors run the definition itself")
)]

mod attention;

mod elementwise;

mod fault;
pub use fault::Fault;

mod forward;

mod input;
pub use input::Request;

mod isa;
pub use isa::Isa;

mod kv;

mod linear;

mod pending;

mod run;

mod session;
pub use session::{Answer, Deviations, Limits, Means, Session, SessionError, Step};

mod sink;
pub use sink::{Commitment, Recording, Sink, Uncommitted};

mod slot;

mod tile;

mod tile_pass;

mod trace;
pub use trace::Trace;

mod trace_tree;
pub use trace_tree::TraceTree;

mod vector;

mod weights;
