//! What lies where: the numbers of nodes, the bytes of slots, the request, and the limits.
//!
//! The nodes in this crate, the engine, the players of a dispute and the commands take all of these
//! from here. `docs/spec/trace.md` and `docs/spec/request.md` have the same tables in prose.

mod limits;
pub(crate) use limits::ANSWER_BYTES;
pub use limits::{INPUT_DEPTH, NEEDS, OUTPUT_LIMIT, PROMPT_LIMIT, STEPS_LOG2, needs};

mod nodes;
pub use nodes::{Kind, TraceShape};

mod request;
pub use request::{HEADER_BYTES, Origin, Request};

mod sampling;
pub use sampling::{ONE, SamplingWord, draw};

pub mod slots;
pub use slots::LayerSlot;

mod status;
pub use status::Status;

mod stops;
pub use stops::Stops;
