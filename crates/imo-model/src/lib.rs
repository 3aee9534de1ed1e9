//! Model file to packed image, checked graph, tokenizer and model id.
//!
//! Without the feature `std` there is what a guest program reads: the image's header, the tokenizer, the ids, how a request
//! has its tokens chosen.
//!
//! **Invariant:** what parses cannot fault, and the same file packs to the same bytes on any machine.
#![cfg_attr(not(feature = "std"), no_std)]

mod image;
pub use image::{HEADER_BYTES, Header, ImageError, LAYER_BYTES, Layer, Tensor, Vector};

mod ids;
pub use ids::{Program, content_id, model_id};

mod tokenizer;
pub use tokenizer::{EncodeError, Piece, Scratch, TEMPLATE_LIMIT, Tokenizer, scratch_words};

#[cfg(feature = "std")]
mod gguf;
#[cfg(feature = "std")]
pub use gguf::{Gguf, GgufError, List, TensorInfo, Value};

#[cfg(feature = "std")]
mod convert;

#[cfg(feature = "std")]
mod stored;

#[cfg(feature = "std")]
mod vocabulary;

#[cfg(feature = "std")]
mod template;

#[cfg(feature = "std")]
mod architecture;

#[cfg(feature = "std")]
mod writer;

#[cfg(feature = "std")]
mod pack;
#[cfg(feature = "std")]
pub use pack::{PackError, PackReport, pack, pack_bytes, pack_to};

#[cfg(feature = "std")]
mod map;

#[cfg(feature = "std")]
mod packed;
#[cfg(feature = "std")]
pub use packed::{ModelImage, OpenError};

#[cfg(feature = "std")]
pub mod tiny;
