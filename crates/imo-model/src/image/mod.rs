//! The head of a packed image (`docs/spec/image.md`): what the model's shapes are, and where
//! everything lies.

mod ends;
pub use ends::Ends;

mod error;
pub use error::ImageError;

mod header;
pub use header::Header;

mod layer;
pub use layer::Layer;

mod layout;
pub use layout::{ALIGNMENT, HEADER_BYTES, LAYER_BYTES, STEPS_LOG2, WINDOW_BYTES};

mod place;
pub use place::{Tensor, Vector};

mod program;
pub use program::{TextProgram, program_number};

mod shapes;
pub use shapes::Shapes;

#[cfg(feature = "std")]
mod steps;
#[cfg(feature = "std")]
pub use steps::NodeSteps;
