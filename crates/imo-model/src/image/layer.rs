//! The table of one layer.

use super::error::ImageError;
use super::layout::{LAYER_BYTES, WINDOW_BYTES, layer as at};
use super::place::{Tensor, Vector, long};
use super::shapes::Shapes;

/// Where one layer's weights lie. Its table has [`LAYER_BYTES`]:
///
/// | bytes | field |
/// |---|---|
/// | 0 | u64 offset: weight of the norm before attention, f32 × dim |
/// | 8 | u64 offset: weight of the norm before the feed-forward network, f32 × dim |
/// | 16, 40, 64, 88 | tensors: query, key, value, output; each at most 1 GiB |
/// | 112, 136, 160 | tensors: gate, up, down; each at most 1 GiB |
/// | 184 | u64 offset: biases, f32 × (heads + 2 kv heads) · head dim; 0 means none |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the architecture's")]
pub struct Layer {
    pub attention_norm: Vector,
    pub ffn_norm: Vector,
    pub query: Tensor,
    pub key: Tensor,
    pub value: Tensor,
    pub output: Tensor,
    pub gate: Tensor,
    pub up: Tensor,
    pub down: Tensor,
    /// Added to the queries, keys and values; it holds theirs one after the other.
    pub bias: Option<Vector>,
}

impl Layer {
    /// Reads the table of a layer with these shapes, in an image of `length` bytes.
    pub(super) fn parse(table: &[u8], shapes: &Shapes, length: u64) -> Result<Self, ImageError> {
        let table: &[u8; LAYER_BYTES] = table.first_chunk().ok_or(ImageError::Truncated)?;
        let (dim, ffn) = (shapes.dim, shapes.ffn);
        let (query_dim, kv_dim) = (shapes.query_dim(), shapes.kv_dim());
        let vector = |name, at, count: u32| Vector::parse(name, table, at, count.into(), length);
        let tensor = |name, at, shape| match Tensor::parse(name, table, at, shape, length)? {
            tensor if tensor.wide_bytes() > WINDOW_BYTES => Err(ImageError::Field(name)),
            tensor => Ok(tensor),
        };
        Ok(Self {
            attention_norm: vector("attention norm", at::ATTENTION_NORM, dim)?,
            ffn_norm: vector("ffn norm", at::FFN_NORM, dim)?,
            query: tensor("query", at::QUERY, (query_dim, dim))?,
            key: tensor("key", at::KEY, (kv_dim, dim))?,
            value: tensor("value", at::VALUE, (kv_dim, dim))?,
            output: tensor("attention output", at::OUTPUT, (dim, query_dim))?,
            gate: tensor("gate", at::GATE, (ffn, dim))?,
            up: tensor("up", at::UP, (ffn, dim))?,
            down: tensor("down", at::DOWN, (dim, ffn))?,
            bias: match long(table, at::BIAS) {
                0 => None,
                _ => Some(vector("bias", at::BIAS, query_dim + 2 * kv_dim)?),
            },
        })
    }

    /// The table, as [`Header::layer`](super::Header::layer) reads it.
    #[cfg(feature = "std")]
    pub fn encode(&self) -> [u8; LAYER_BYTES] {
        use super::place::put_long;

        let mut table = [0; LAYER_BYTES];
        put_long(&mut table, at::ATTENTION_NORM, self.attention_norm.offset);
        put_long(&mut table, at::FFN_NORM, self.ffn_norm.offset);
        self.query.write(&mut table, at::QUERY);
        self.key.write(&mut table, at::KEY);
        self.value.write(&mut table, at::VALUE);
        self.output.write(&mut table, at::OUTPUT);
        self.gate.write(&mut table, at::GATE);
        self.up.write(&mut table, at::UP);
        self.down.write(&mut table, at::DOWN);
        put_long(&mut table, at::BIAS, self.bias.map_or(0, |bias| bias.offset));
        table
    }

    /// The layer's seven matrices.
    pub const fn tensors(&self) -> [Tensor; 7] {
        [self.query, self.key, self.value, self.output, self.gate, self.up, self.down]
    }

    /// The layer's two or three vectors.
    pub fn vectors(&self) -> impl Iterator<Item = Vector> + use<> {
        [self.attention_norm, self.ffn_norm].into_iter().chain(self.bias)
    }
}
