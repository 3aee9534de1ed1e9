//! The tensors of an image, as the kernels read them.

use imo_model::{Header, Layer, ModelImage, Vector};
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
    rope: &'a [[u8; 4]],
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
    /// Biases of queries, keys and values, if the model has any.
    pub(crate) bias: Option<Vec<f32>>,
}

impl<'a> LayerWeights<'a> {
    fn new(image: &'a ModelImage, layer: &Layer) -> Self {
        Self {
            attention_norm: floats(image, layer.attention_norm),
            ffn_norm: floats(image, layer.ffn_norm),
            query: image.matrix(&layer.query),
            key: image.matrix(&layer.key),
            value: image.matrix(&layer.value),
            output: image.matrix(&layer.output),
            gate: image.matrix(&layer.gate),
            up: image.matrix(&layer.up),
            down: image.matrix(&layer.down),
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
    /// Finds the weights of an image, by its header.
    pub(crate) fn new(image: &'a ModelImage) -> Self {
        let header = image.header();
        Self {
            header,
            layers: image.layers().iter().map(|layer| LayerWeights::new(image, layer)).collect(),
            embedding: image.matrix(&header.embedding),
            head: image.matrix(&header.head),
            output_norm: floats(image, header.output_norm),
            rope: image.vector(header.rope),
        }
    }

    /// (cos, sin) of each pair of a head at a position.
    pub(crate) fn angles(&self, position: usize) -> Vec<[f32; 2]> {
        let row = size(self.header.head_dim);
        let pairs = self.rope[position * row..(position + 1) * row].as_chunks::<2>().0;
        pairs.iter().map(|pair| pair.map(f32::from_le_bytes)).collect()
    }
}

fn floats(image: &ModelImage, vector: Vector) -> Vec<f32> {
    image.vector(vector).iter().copied().map(f32::from_le_bytes).collect()
}
