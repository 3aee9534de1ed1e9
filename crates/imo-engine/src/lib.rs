//! The fast engine for text models: from a request to its answer and trace.
//!
//! The command line, the node and the measurements open a [`Session`] over a packed model and run
//! each [`imo_guest::Request`] in it. The session computes what the program `programs/text`
//! computes node by node, but with the vector kernels, many tokens and many threads at once. It
//! hands every slot to an [`imo_trace::Sink`], which commits to it, keeps it, or drops it. The
//! tests run the program's own nodes over the same trace and compare every slot.
//!
//! **Invariant:** the trace is that of the program, byte for byte, for every instruction set,
//! number of threads and way of cutting the prompt.

mod numbers;

mod options;
pub use options::{Deviations, Limits, Means};

mod answer;
pub use answer::{Answer, Step};

mod weights;

mod slot;

mod pending;

mod tile_pass;

mod forward;

mod run;
pub use run::Earlier;

mod session;
pub use session::{Session, SessionError};
