//! An image's tensors as the kernels read them.

use imo_model::{Header, Layer, ModelImage, Tensor, Vector};
use imo_tensor::Matrix;

use crate::numbers::size;

/// All weights of a model. Matrices stay where the image has them.
#[derive(Debug)]
pub(crate) struct Weights<'a> {
    pub(crate) header: &'a Header,
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
    fn new(image: &'a [u8], layer: &Layer) -> Self {
        Self {
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
        }
    }

    /// All matrices of the layer.
    pub(crate) fn matrices(&self) -> [&Matrix<'a>; 7] {
        let Self { query, key, value, output, gate, up, down, .. } = self;
        [query, key, value, output, gate, up, down]
    }
}

impl<'a> Weights<'a> {
    /// The weights of an image, whose tables have been checked.
    pub(crate) fn new(image: &'a ModelImage) -> Self {
        let (header, bytes) = (image.header(), image.bytes());
        Self {
            header,
            layers: image.layers().iter().map(|layer| LayerWeights::new(bytes, layer)).collect(),
            embedding: matrix(bytes, &header.embedding),
            head: matrix(bytes, &header.head),
            output_norm: floats(bytes, header.output_norm),
            rope: bytes_of(bytes, header.rope),
        }
    }

    /// (cos, sin) of each pair of a head at a position.
    pub(crate) fn angles(&self, position: usize) -> Vec<[f32; 2]> {
        let row = 4 * size(self.header.head_dim);
        let numbers = self.rope[position * row..(position + 1) * row].as_chunks::<4>().0;
        let pairs = numbers.as_chunks::<2>().0;
        pairs.iter().map(|pair| pair.map(f32::from_le_bytes)).collect()
    }
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
