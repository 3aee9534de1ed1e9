//! The reader of packed models: an image's header and weights, its tokenizer, and the ids of
//! models and programs.
//!
//! The guest program reads images with this crate, built without the feature `std`: the header and
//! the tokenizer. With `std` there is also [`ModelImage`], an image on disk that is mapped and
//! checked once. The engine computes with its weights, and the commands derive the ids that the
//! chain knows the model by. `imo-pack` writes what is read here, by the same tables of offsets.
//!
//! **Invariant:** an image that is accepted never makes a reader fault.
#![cfg_attr(not(feature = "std"), no_std)]

mod image;
pub use image::{
    ALIGNMENT, Ends, HEADER_BYTES, Header, ImageError, LAYER_BYTES, Layer, STEPS_LOG2, Shapes,
    Tensor, TextProgram, Vector, WINDOW_BYTES, program_number,
};

#[cfg(feature = "std")]
pub use image::NodeSteps;

mod ids;
pub use ids::{Program, content_id, model_id};

mod tokenizer;
pub use tokenizer::{
    EncodeError, Part, Piece, Role, Scratch, Separator, TEMPLATE_LIMIT, Tokenizer, is_space,
    scratch_words, tables,
};

#[cfg(feature = "std")]
mod map;
#[cfg(feature = "std")]
pub use map::MappedFile;

#[cfg(feature = "std")]
mod new_file;
#[cfg(feature = "std")]
pub use new_file::NewFile;

#[cfg(feature = "std")]
mod packed;
#[cfg(feature = "std")]
pub use packed::{ModelImage, OpenError};

#[cfg(feature = "std")]
mod record;
#[cfg(feature = "std")]
pub use record::{Record, Stamp};
