//! The header of an image.

use core::ops::Deref;

use super::error::ImageError;
use super::layer::Layer;
use super::layout::{HEADER_BYTES, LAYER_BYTES, WINDOW_BYTES, header as at};
use super::place::{Tensor, Vector, check_within, long};
use super::program::{TextProgram, program_number};
use super::shapes::Shapes;

/// The shapes of a text model, and where everything lies. It takes the first [`HEADER_BYTES`] of
/// an image; the tables of the layers follow it.
///
/// | bytes | field | range |
/// |---|---|---|
/// | 0 | `IMOMODEL` | |
/// | 8 | u32 version | 2 |
/// | 12 | u32 number of the program that runs the model | 1 or 2, a [`TextProgram`] |
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
/// | 168 | u32 number of further tokens that end a sequence | ≤ 15 |
/// | 172 | u32 each: these tokens | < vocab |
///
/// Every count is from 1 to 2^24. The rest is zero. [`Shapes`] says what the fields mean; a header
/// has the fields and functions of its shapes as its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// The program that runs the model.
    pub program: TextProgram,
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
        let number = program_number(bytes)?;
        let program = TextProgram::numbered(number).ok_or(ImageError::Program(number))?;
        let shapes = Shapes::parse(bytes)?;
        let length = long(bytes, at::LENGTH);
        let matrix = |name, at| Tensor::parse(name, bytes, at, (shapes.vocab, shapes.dim), length);
        let vector = |name, at, count| Vector::parse(name, bytes, at, count, length);
        let rotations = u64::from(shapes.context) * u64::from(shapes.head_dim);
        let header = Self {
            program,
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
        write_start(&mut bytes, self.program.number);
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

/// Code that computes a model asks its header for shapes all the time, so a header has their
/// fields.
impl Deref for Header {
    type Target = Shapes;

    fn deref(&self) -> &Shapes {
        &self.shapes
    }
}

#[cfg(test)]
mod tests {
    use imo_tensor::Format;

    use super::*;
    use crate::image::ends::Ends;
    use crate::image::layout::ALIGNMENT;

    fn header() -> Header {
        let shapes = Shapes {
            layers: 3,
            dim: 64,
            ffn: 96,
            heads: 4,
            kv_heads: 2,
            head_dim: 16,
            vocab: 300,
            context: 128,
            head_parts: 8,
            eps: 1e-5,
            attention_scale: 0.25,
            ends: Ends::new([299, 3, 17]).expect("a few"),
            window: 7,
        };
        let matrix = |place| tensor(place, shapes.vocab, shapes.dim);
        Header {
            program: TextProgram::TEXT_LONG,
            length: 1 << 20,
            shapes,
            embedding: matrix(8),
            head: matrix(1000),
            output_norm: Vector { offset: 2000 * ALIGNMENT, length: shapes.dim },
            rope: Vector { offset: 2001 * ALIGNMENT, length: shapes.context * shapes.head_dim },
            tokenizer: (4000 * ALIGNMENT, 5678),
        }
    }

    fn tensor(place: u64, rows: u32, columns: u32) -> Tensor {
        Tensor { offset: place * ALIGNMENT, format: Format::Q8_0, rows, columns }
    }

    #[test]
    fn a_header_and_a_layer_are_read_as_they_were_written() {
        let header = header();
        assert_eq!(Header::parse(&header.encode()), Ok(header));
        let vector = |place, length| Vector { offset: place * ALIGNMENT, length };
        let layer = Layer {
            attention_norm: vector(10, 64),
            ffn_norm: vector(20, 64),
            query: tensor(30, 64, 64),
            key: tensor(80, 32, 64),
            value: tensor(120, 32, 64),
            output: tensor(160, 64, 64),
            gate: tensor(200, 96, 64),
            up: tensor(260, 96, 64),
            down: tensor(320, 64, 96),
            bias: Some(vector(400, 128)),
        };
        for layer in [layer, Layer { bias: None, ..layer }] {
            assert_eq!(header.layer(&layer.encode()), Ok(layer));
        }
    }

    #[test]
    fn an_image_of_another_program_is_refused_by_its_number() {
        let mut image = header().encode();
        assert_eq!(program_number(&image), Ok(2));
        image[at::PROGRAM] = 7;
        assert_eq!(program_number(&image), Ok(7));
        let refusal = Header::parse(&image).expect_err("another program");
        assert_eq!(refusal, ImageError::Program(7));
        assert!(refusal.to_string().contains("program 7"), "{refusal}");
        image[at::VERSION] = 1;
        assert_eq!(Header::parse(&image), Err(ImageError::NotAnImage));
    }

    #[test]
    fn shapes_that_operators_do_not_take_are_refused_by_name() {
        let fine = header().shapes;
        assert_eq!(fine.check(), Ok(()));
        for (name, shapes) in [
            ("layers", Shapes { layers: 0, ..fine }),
            ("layers", Shapes { layers: 4097, ..fine }),
            ("dim", Shapes { dim: 33, ..fine }),
            ("kv heads", Shapes { kv_heads: 0, ..fine }),
            ("kv heads", Shapes { kv_heads: 3, ..fine }),
            ("heads", Shapes { heads: 3, kv_heads: 3, head_dim: 6, ..fine }),
            ("head dim", Shapes { head_dim: 17, ..fine }),
            ("context", Shapes { context: (1 << 17) + 1, ..fine }),
            ("head parts", Shapes { head_parts: 39, ..fine }),
            ("end of sequence", Shapes { ends: Ends::one(300), ..fine }),
            ("eps", Shapes { eps: -1.0, ..fine }),
            ("attention scale", Shapes { attention_scale: f32::NAN, ..fine }),
        ] {
            assert_eq!(shapes.check(), Err(ImageError::Field(name)), "{shapes:?}");
        }
    }
}
