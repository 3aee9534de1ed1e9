//! Turns a model file into an image, which is what `imo-model` reads.
//!
//! The maker of a model packs the model file once, before the launch. An operator or a challenger
//! packs the same file again, and compares the image's root with the one on chain. So packing
//! depends on nothing but the file. A file with anything that packing does not know is refused,
//! because the image would be another model. The module [`tiny`] makes small model files with
//! random weights, for tests here and in the crates above.
//!
//! **Invariant:** the same file packs to the same bytes on any machine, and `imo-model` accepts
//! every image that is written.

mod error;
pub use error::{GgufError, PackError};

mod gguf;
pub use gguf::{Gguf, List, TensorInfo, Value};

mod pack;
pub use pack::{Changes, PackReport, pack, pack_bytes, pack_to};

mod architecture;
mod convert;
mod stored;
mod template;
mod vocabulary;
mod writer;

pub mod tiny;
