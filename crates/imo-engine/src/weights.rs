//! An image's tensors as the kernels take them.

use imo_model::{Header, ImageError, LAYER_BYTES, Tensor, Vector};
use imo_tensor::Matrix;

/// All weights of a model. Matrices stay where the image has them.
#[derive(Debug)]
pub(crate) struct Weights<'a> {
    pub(crate) header: Header,
    pub(crate) layers: Vec<LayerWeights<'a>>,
    pub(crate) embedding: Matrix<'a>,
    pub(crate) head: Matrix<'a>,
    pub(crate) output_norm: Vec<f32>,
    /// (position, pair, cos and sin), little-endian.
    rope: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct LayerWeights<'a> {
    pub(crate) attention_norm: Vec<f32>,
    pub(crate) ffn_norm: Vec<f32>,
    pub(crate) query: Matrix<'a>,
    pub(crate) key: Matrix<'a>,
    pub(crate) value: Matrix<'a>,
    pub(crate) output: Matrix<'a>,
    pub(crate) gate: Matrix<'a>,
    pub(crate) up: Matrix<'a>,
    pub(crate) down: Matrix<'a>,
    /// Added to queries, keys and values, if anything is.
    pub(crate) bias: Option<Vec<f32>>,
}

impl<'a> LayerWeights<'a> {
    pub(crate) fn matrices(&self) -> [&Matrix<'a>; 7] {
        let Self { query, key, value, output, gate, up, down, .. } = self;
        [query, key, value, output, gate, up, down]
    }
}

impl<'a> Weights<'a> {
    /// Reads an image's tables.
    ///
    /// # Errors
    ///
    /// When a table does not fit the image.
    pub(crate) fn new(image: &'a [u8]) -> Result<Self, ImageError> {
        let header = Header::parse(image)?;
        if header.length != image.len() as u64 {
            return Err(ImageError::Truncated);
        }
        let layer = |index| {
            let table = &image[place(header.layer_offset(index))..][..LAYER_BYTES];
            let layer = header.layer(table)?;
            Ok(LayerWeights {
                attention_norm: floats(image, layer.attention_norm),
                ffn_norm: floats(image, layer.ffn_norm),
                query: matrix(image, &layer.query),
                key: matrix(image, &layer.key),
                value: matrix(image, &layer.value),
                output: matrix(image, &layer.output),
                gate: matrix(image, &layer.gate),
                up: matrix(image, &layer.up),
                down: matrix(image, &layer.down),
                bias: layer.bias.map(|bias| floats(image, bias)),
            })
        };
        Ok(Self {
            layers: (0..header.layers).map(layer).collect::<Result<_, ImageError>>()?,
            embedding: matrix(image, &header.embedding),
            head: matrix(image, &header.head),
            output_norm: floats(image, header.output_norm),
            rope: bytes_of(image, header.rope),
            header,
        })
    }

    /// (cos, sin) of each pair of a head at a position.
    pub(crate) fn angles(&self, position: usize) -> Vec<[f32; 2]> {
        let row = 4 * size(self.header.head_dim);
        let numbers = self.rope[position * row..(position + 1) * row].as_chunks::<4>().0;
        let pairs = numbers.as_chunks::<2>().0;
        pairs.iter().map(|pair| pair.map(f32::from_le_bytes)).collect()
    }
}

/// A count of the header as a size in memory.
pub(crate) fn size(count: u32) -> usize {
    usize::try_from(count).expect("a 64-bit machine")
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).expect("the header has checked that it lies within the image")
}

fn matrix<'a>(image: &'a [u8], tensor: &Tensor) -> Matrix<'a> {
    tensor.over(&image[place(tensor.offset)..][..tensor.bytes()])
}

fn bytes_of(image: &[u8], vector: Vector) -> &[u8] {
    &image[place(vector.offset)..][..4 * size(vector.length)]
}

fn floats(image: &[u8], vector: Vector) -> Vec<f32> {
    bytes_of(image, vector).as_chunks().0.iter().copied().map(f32::from_le_bytes).collect()
}
