//! The header of an image.

use core::ops::Deref;

use super::error::ImageError;
use super::layer::Layer;
use super::layout::{HEADER_BYTES, LAYER_BYTES, WINDOW_BYTES, header as at};
use super::place::{Tensor, Vector, check_within, long};
use super::program::{TEXT_PROGRAM, program_number};
use super::shapes::Shapes;

/// The shapes of a text model, and where everything lies. It takes the first [`HEADER_BYTES`] of
/// an image; the tables of the layers follow it.
///
/// | bytes | field | range |
/// |---|---|---|
/// | 0 | `IMOMODEL` | |
/// | 8 | u32 version | 1 |
/// | 12 | u32 number of the program that runs the model | 1, which is `text` |
/// | 16 | u32 layers | ≤ 2^12 |
/// | 20 | u32 dim | a multiple of 32 |
/// | 24 | u32 ffn | a multiple of 32 |
/// | 28 | u32 heads | ≤ 2^12; heads · head dim is a multiple of 32 |
/// | 32 | u32 kv heads | divides heads |
/// | 36 | u32 head dim | even, ≤ 1,024 |
/// | 40 | u32 vocab | |
/// | 44 | u32 context | ≤ 2^17 |
/// | 48 | u32 head parts | ≤ ⌈vocab / 8⌉ |
/// | 52 | f32 eps | finite, ≥ 0 |
/// | 56 | f32 attention scale | finite |
/// | 60 | u32 token that ends a sequence | < vocab |
/// | 64 | tensor: embedding, vocab × dim | |
/// | 88 | tensor: output head, vocab × dim; the embedding again when they are tied | part ≤ 1 GiB |
/// | 112 | u64 offset: weight of the last norm, f32 × dim | |
/// | 120 | u64 offset: rotations, (cos, sin) f32 × context × head dim / 2 | |
/// | 128 | u64 offset of the tokenizer's tables | |
/// | 136 | u64 length of the tokenizer's tables | ≤ 1 GiB |
/// | 144 | u64 window | < 2^32 |
/// | 152 | u64 zero | |
/// | 160 | u64 length of the image | |
///
/// Every count is from 1 to 2^24. The rest is zero. What the fields mean is told by [`Shapes`],
/// whose fields and functions a header has as its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// Bytes of the whole image.
    pub length: u64,
    /// The shapes of all tensors.
    pub shapes: Shapes,
    /// Token embedding, vocab × dim.
    pub embedding: Tensor,
    /// Output head, vocab × dim; the embedding itself when they are tied.
    pub head: Tensor,
    /// Weight of the last norm.
    pub output_norm: Vector,
    /// (cos, sin) by position and pair.
    pub rope: Vector,
    /// Offset and length of the tokenizer's tables.
    pub tokenizer: (u64, u64),
}

impl Header {
    /// Reads the first [`HEADER_BYTES`] of an image.
    pub fn parse(image: &[u8]) -> Result<Self, ImageError> {
        let bytes: &[u8; HEADER_BYTES] = image.first_chunk().ok_or(ImageError::Truncated)?;
        match program_number(bytes)? {
            TEXT_PROGRAM => {}
            other => return Err(ImageError::Program(other)),
        }
        let shapes = Shapes::parse(bytes)?;
        let length = long(bytes, at::LENGTH);
        let matrix = |name, at| Tensor::parse(name, bytes, at, (shapes.vocab, shapes.dim), length);
        let vector = |name, at, count| Vector::parse(name, bytes, at, count, length);
        let rotations = u64::from(shapes.context) * u64::from(shapes.head_dim);
        let header = Self {
            length,
            shapes,
            embedding: matrix("embedding", at::EMBEDDING)?,
            head: matrix("head", at::HEAD)?,
            output_norm: vector("output norm", at::OUTPUT_NORM, shapes.dim.into())?,
            rope: vector("rope table", at::ROPE, rotations)?,
            tokenizer: (long(bytes, at::TOKENIZER), long(bytes, at::TOKENIZER_LENGTH)),
        };
        header.check_places()?;
        Ok(header)
    }

    fn check_places(&self) -> Result<(), ImageError> {
        let part = self.head.groups(0, self.part_rows());
        if part.wide_bytes() > WINDOW_BYTES || self.tokenizer.1 > WINDOW_BYTES {
            return Err(ImageError::Field("head's parts or tokenizer: over 1 GiB"));
        }
        check_within("layers", 0, self.layer_offset(self.layers), self.length)?;
        check_within("tokenizer", self.tokenizer.0, self.tokenizer.1, self.length)
    }

    /// Writes the header, as [`Header::parse`] reads it.
    #[cfg(feature = "std")]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        use super::place::put_long;
        use super::program::write_start;

        let mut bytes = [0; HEADER_BYTES];
        write_start(&mut bytes, TEXT_PROGRAM);
        self.shapes.write(&mut bytes);
        self.embedding.write(&mut bytes, at::EMBEDDING);
        self.head.write(&mut bytes, at::HEAD);
        put_long(&mut bytes, at::OUTPUT_NORM, self.output_norm.offset);
        put_long(&mut bytes, at::ROPE, self.rope.offset);
        put_long(&mut bytes, at::TOKENIZER, self.tokenizer.0);
        put_long(&mut bytes, at::TOKENIZER_LENGTH, self.tokenizer.1);
        put_long(&mut bytes, at::LENGTH, self.length);
        bytes
    }

    /// Offset of a layer's table of [`LAYER_BYTES`].
    pub const fn layer_offset(&self, layer: u32) -> u64 {
        HEADER_BYTES as u64 + layer as u64 * LAYER_BYTES as u64
    }

    /// Reads a layer's table.
    pub fn layer(&self, table: &[u8]) -> Result<Layer, ImageError> {
        Layer::parse(table, &self.shapes, self.length)
    }
}

/// A header is asked for its shapes wherever a model is computed, so it gives them as its own.
impl Deref for Header {
    type Target = Shapes;

    fn deref(&self) -> &Shapes {
        &self.shapes
    }
}
