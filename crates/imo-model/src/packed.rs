//! A packed image on disk, mapped and used as it is.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use imo_commit::{DenseTree, Hash, depth};
use imo_tensor::Matrix;

use crate::image::{
    HEADER_BYTES, Header, ImageError, LAYER_BYTES, Layer, Tensor, Vector, program_number,
};
use crate::map::MappedFile;
use crate::record::{Record, Stamp};
use crate::tokenizer::Tokenizer;

/// Why an image cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is not a packed model.
    #[error("{path}: {error}")]
    Image {
        /// The file.
        path: PathBuf,
        /// Why.
        error: ImageError,
    },
}

/// Bytes of an image: mapped, or in memory.
#[derive(Debug)]
enum Bytes {
    Mapped(MappedFile),
    Owned(Vec<u8>),
}

/// A packed model.
#[derive(Debug)]
pub struct ModelImage {
    bytes: Bytes,
    header: Header,
    layers: Vec<Layer>,
    recorded_root: Option<Hash>,
}

impl ModelImage {
    /// Maps an image and checks its header. Its contents are trusted when there is a record beside
    /// it that fits, and validated in full otherwise.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let io_error = |error| OpenError::Io { path: path.to_owned(), error };
        let image_error = |error| OpenError::Image { path: path.to_owned(), error };
        let file = File::open(path).map_err(io_error)?;
        // Of the file that is mapped: another one may soon lie at its path.
        let stamp = Stamp::of(&file).map_err(io_error)?;
        let bytes = MappedFile::of(&file).map_err(io_error)?;
        let root = Record::root(path, stamp);
        let image = Self::new(Bytes::Mapped(bytes), root).map_err(image_error)?;
        if root.is_none() {
            image.validate().map_err(image_error)?;
            // If the folder cannot be written to, the next start validates again, and that is all.
            let _ = Record::new(stamp, image.root(), None).write(path);
        }
        Ok(image)
    }

    /// An image in memory, validated in full.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ImageError> {
        let image = Self::new(Bytes::Owned(bytes), None)?;
        image.validate()?;
        Ok(image)
    }

    fn new(bytes: Bytes, recorded_root: Option<Hash>) -> Result<Self, ImageError> {
        let all: &[u8] = match &bytes {
            Bytes::Mapped(file) => file,
            Bytes::Owned(bytes) => bytes,
        };
        let header = Header::parse(all)?;
        if header.length != all.len() as u64 {
            return Err(ImageError::Truncated);
        }
        let table = |layer: usize| &all[HEADER_BYTES + layer * LAYER_BYTES..];
        let layers = (0..header.layers as usize)
            .map(|layer| header.layer(table(layer)))
            .collect::<Result<_, _>>()?;
        Ok(Self { bytes, header, layers, recorded_root })
    }

    /// All its bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(file) => file,
            Bytes::Owned(bytes) => bytes,
        }
    }

    /// The number of the program that the image needs.
    ///
    /// # Panics
    /// Never: it was read when the image was opened.
    pub fn program_number(&self) -> u32 {
        program_number(self.bytes()).expect("the header was checked")
    }

    /// Shapes and places.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Places of each layer's weights.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// One of the matrices that the header or a layer points to.
    ///
    /// # Panics
    /// If the tensor is one of another image and does not lie within this one.
    pub fn matrix(&self, tensor: &Tensor) -> Matrix<'_> {
        tensor.over(self.bytes_at(tensor.offset, tensor.bytes()))
    }

    /// One of the vectors that the header or a layer points to, as little-endian binary32.
    ///
    /// # Panics
    /// If the vector is one of another image and does not lie within this one.
    pub fn vector(&self, vector: Vector) -> &[[u8; 4]] {
        self.bytes_at(vector.offset, 4 * vector.length as usize).as_chunks().0
    }

    fn bytes_at(&self, offset: u64, length: usize) -> &[u8] {
        &self.bytes()[usize::try_from(offset).expect("within the image")..][..length]
    }

    /// The tokenizer.
    ///
    /// # Panics
    /// Never: the tables were checked when the image was opened.
    pub fn tokenizer(&self) -> Tokenizer<'_> {
        Tokenizer::parse(self.tokenizer_bytes()).expect("the tables were checked")
    }

    fn tokenizer_bytes(&self) -> &[u8] {
        let (offset, length) = self.header.tokenizer;
        self.bytes_at(offset, usize::try_from(length).expect("within the image"))
    }

    /// The root of the image; from the record when there is one.
    pub fn root(&self) -> Hash {
        self.recorded_root.unwrap_or_else(|| self.tree().root())
    }

    /// The tree over the image, hashed anew.
    pub fn tree(&self) -> DenseTree {
        DenseTree::new(self.bytes(), depth(self.bytes().len() as u64))
    }

    /// Checks all that the engine and the virtual machine rely on. An image that passes gives the
    /// same in both, and never makes either fault.
    pub fn validate(&self) -> Result<(), ImageError> {
        let tokenizer = Tokenizer::parse(self.tokenizer_bytes())?;
        tokenizer.validate()?;
        if tokenizer.vocab() != self.header.vocab as usize {
            return Err(ImageError::Field("vocabulary"));
        }
        self.check_matrix("embedding", &self.header.embedding)?;
        if self.header.head != self.header.embedding {
            self.check_matrix("head", &self.header.head)?;
        }
        for tensor in self.layers.iter().flat_map(Layer::tensors) {
            self.check_matrix("layer's weights", &tensor)?;
        }
        let vectors = self.layers.iter().flat_map(Layer::vectors);
        for vector in vectors.chain([self.header.output_norm, self.header.rope]) {
            if !self.vector(vector).iter().all(|it| f32::from_le_bytes(*it).is_finite()) {
                return Err(ImageError::Field(
                    "norm, bias or rope table: a value that is not finite",
                ));
            }
        }
        Ok(())
    }

    fn check_matrix(&self, name: &'static str, tensor: &Tensor) -> Result<(), ImageError> {
        let matrix = self.matrix(tensor);
        let fine = matrix.scales_are_valid()
            && (0..matrix.rows()).all(|row| matrix.worst_row_sum(row) >> 63 == 0);
        if fine { Ok(()) } else { Err(ImageError::Field(name)) }
    }
}
