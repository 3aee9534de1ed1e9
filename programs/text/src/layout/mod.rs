//! What lies where: the numbers of nodes, the bytes of slots, the request, and the limits.
//!
//! The nodes in this crate, the engine, the players of a dispute and the commands take all of these
//! from here. `docs/spec/trace.md` and `docs/spec/request.md` have the same tables in prose.

mod conversation;
pub use conversation::Parts;
#[cfg(any(test, feature = "std"))]
pub use conversation::conversation;

mod draw;
pub use draw::draw;

mod limits;
pub(crate) use limits::ANSWER_BYTES;
pub use limits::{OUTPUT_LIMIT, STEPS_LOG2, needs, pools};

mod nodes;
pub use nodes::{Kind, TraceShape};

mod parameters;
pub use parameters::{Form, ONE, TextParameters};

pub mod slots;
pub use slots::LayerSlot;

mod status;
pub use status::Status;

mod stops;
pub use stops::Stops;

mod text_request;
pub use text_request::TextRequest;
