//! A packed image on disk, mapped and used as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use imo_commit::{DenseTree, Hash, depth};
use memmap2::Mmap;
use serde::{Deserialize, Serialize};

use crate::image::{HEADER_BYTES, Header, ImageError, LAYER_BYTES, Layer, Tensor};
use crate::map::map_file;
use crate::pack::PackReport;
use crate::tokenizer::Tokenizer;
use crate::trace::TraceShape;

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

/// What is known of an image since it was packed or validated, kept beside it.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Record {
    version: u32,
    root: String,
    length: u64,
    modified_ns: u128,
    source_sha256: String,
}

impl Record {
    pub(crate) fn of(report: &PackReport, image: &Path) -> io::Result<Self> {
        Ok(Self {
            version: 1,
            root: hex(&report.root),
            length: report.length,
            modified_ns: modified(image)?,
            source_sha256: hex(&report.source_sha256),
        })
    }

    pub(crate) fn write(&self, image: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a record is JSON");
        fs::write(Self::path(image), text + "\n")
    }

    fn read(image: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(image)).ok()?).ok()
    }

    fn path(image: &Path) -> PathBuf {
        let mut name = image.as_os_str().to_owned();
        name.push(".json");
        name.into()
    }
}

/// Bytes of an image: mapped, or in memory.
#[derive(Debug)]
enum Bytes {
    Mapped(Mmap),
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
    /// Maps an image. Its header is checked; its contents are trusted when the record beside it fits, else validated in full.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let io_error = |error| OpenError::Io { path: path.to_owned(), error };
        let map = map_file(path).map_err(io_error)?;
        let modified = modified(path).map_err(io_error)?;
        let record = Record::read(path).filter(|record| {
            (record.version, record.length, record.modified_ns) == (1, map.len() as u64, modified)
        });
        let root = record.as_ref().and_then(|record| unhex(&record.root));
        let image = Self::new(Bytes::Mapped(map), root)
            .and_then(
                |image| if root.is_some() { Ok(image) } else { image.validate().map(|()| image) },
            )
            .map_err(|error| OpenError::Image { path: path.to_owned(), error })?;
        if root.is_none() {
            let record = Record {
                version: 1,
                root: hex(&image.root()),
                length: image.bytes().len() as u64,
                modified_ns: modified,
                source_sha256: String::new(),
            };
            // A folder that cannot be written costs the next start a validation, nothing else.
            let _ = record.write(path);
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
            Bytes::Mapped(map) => map,
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
            Bytes::Mapped(map) => map,
            Bytes::Owned(bytes) => bytes,
        }
    }

    /// Shapes and places.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Places of each layer's weights.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// How a trace of this model is laid out.
    pub fn trace_shape(&self) -> TraceShape {
        TraceShape::smallest(&self.header)
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
        let start = usize::try_from(offset).expect("within the image");
        &self.bytes()[start..start + usize::try_from(length).expect("within the image")]
    }

    /// The root of the image; from the record when there is one.
    pub fn root(&self) -> Hash {
        self.recorded_root.unwrap_or_else(|| self.tree().root())
    }

    /// The tree over the image, hashed anew.
    pub fn tree(&self) -> DenseTree {
        DenseTree::new(self.bytes(), depth(self.bytes().len() as u64))
    }

    /// Checks all that the engine and the virtual machine rely on: what passes runs in both exactly alike and never faults.
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
        for layer in &self.layers {
            let matrices = [
                layer.query,
                layer.key,
                layer.value,
                layer.output,
                layer.gate,
                layer.up,
                layer.down,
            ];
            for matrix in &matrices {
                self.check_matrix("layer's weights", matrix)?;
            }
        }
        let norms = self.layers.iter().flat_map(|layer| [layer.attention_norm, layer.ffn_norm]);
        let vectors = norms.chain(self.layers.iter().filter_map(|layer| layer.bias));
        for vector in vectors.chain([self.header.output_norm, self.header.rope]) {
            let start = usize::try_from(vector.offset).expect("within the image");
            let values = self.bytes()[start..start + 4 * vector.length as usize].as_chunks().0;
            if !values.iter().all(|it| f32::from_le_bytes(*it).is_finite()) {
                return Err(ImageError::Field(
                    "norm, bias or rope table: a value that is not finite",
                ));
            }
        }
        Ok(())
    }

    fn check_matrix(&self, name: &'static str, tensor: &Tensor) -> Result<(), ImageError> {
        let start = usize::try_from(tensor.offset).expect("within the image");
        let matrix = tensor.over(&self.bytes()[start..start + tensor.bytes()]);
        let fine = matrix.scales_are_valid()
            && (0..matrix.rows()).all(|row| matrix.worst_row_sum(row) >> 63 == 0);
        if fine { Ok(()) } else { Err(ImageError::Field(name)) }
    }
}

fn modified(path: &Path) -> io::Result<u128> {
    let time = fs::metadata(path)?.modified()?;
    Ok(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(hash)
}
