//! Why a model file is refused.

use std::io;
use std::path::PathBuf;

use imo_model::ImageError;

/// Why a file cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The file is not a readable GGUF file.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// It has something that is not supported.
    #[error("not supported: {what}")]
    Unsupported {
        /// What.
        what: String,
    },
    /// A tensor in a format that is not supported.
    #[error("the tensor {name:?} is stored as {format}, which is not supported")]
    TensorFormat {
        /// The tensor.
        name: String,
        /// Its format.
        format: String,
    },
    /// A tensor that the architecture has and the file has not.
    #[error("the tensor {name:?} is missing")]
    MissingTensor {
        /// The tensor.
        name: String,
    },
    /// A tensor that cannot be used.
    #[error("the tensor {name:?} cannot be packed: {what}")]
    Tensor {
        /// The tensor.
        name: String,
        /// Why.
        what: String,
    },
    /// A vocabulary that cannot be used.
    #[error("the vocabulary under {key:?} should have {expected}")]
    Vocabulary {
        /// The key.
        key: String,
        /// What is expected of it.
        expected: &'static str,
    },
    /// A chat template that cannot be frozen.
    #[error("the chat template cannot be frozen: {what}")]
    Template {
        /// Why.
        what: String,
    },
    /// Shapes that no image can have.
    #[error(transparent)]
    Shape(#[from] ImageError),
    /// The image cannot be written.
    #[error("cannot write the image")]
    Write(#[from] io::Error),
    /// A file that cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl PackError {
    pub(crate) const fn template(what: String) -> Self {
        Self::Template { what }
    }
}

/// Why bytes are not a GGUF file that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GgufError {
    /// The first four bytes are not `GGUF`.
    #[error("not a GGUF file")]
    NotGguf,
    /// The numbers are big-endian.
    #[error(
        "this GGUF file is big-endian, which is not supported; \
         convert it with `gguf-convert-endian FILE little`"
    )]
    BigEndian,
    /// Another version.
    #[error("GGUF version {0} is not supported, only 3")]
    Version(u32),
    /// The file ends too early.
    #[error("the file ends at byte {offset}, within {what}")]
    Truncated {
        /// Where.
        offset: usize,
        /// In what.
        what: &'static str,
    },
    /// A name that is not UTF-8.
    #[error("the name at byte {0} is not UTF-8")]
    NotUtf8(usize),
    /// A type of value that the format does not have.
    #[error("the key {key:?} has a value of unknown type {code}")]
    ValueType {
        /// The key.
        key: String,
        /// The code found.
        code: u32,
    },
    /// A tensor that does not lie within the file, or whose shape overflows.
    #[error("the tensor {name:?} does not lie within the file")]
    Tensor {
        /// Its name.
        name: String,
    },
    /// A key or tensor twice.
    #[error("{0:?} is there twice")]
    Twice(String),
    /// A key that is needed and missing, or of another type.
    #[error("the key {key:?} is missing or is not {expected}")]
    Key {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
}
