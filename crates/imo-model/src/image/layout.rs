//! At which byte each field of the head stands. Reading and writing both take the offsets from
//! here, and the tables in the docs of the types show them. All numbers are little-endian.

/// Bytes of the header proper; the layers' tables follow.
pub const HEADER_BYTES: usize = 256;
/// Bytes of a layer's table.
pub const LAYER_BYTES: usize = 192;
/// Everything that has an offset begins on a multiple of this many bytes.
pub const ALIGNMENT: u64 = 128;

/// The most bytes that a node looks at together: what a window of the virtual machine shows.
pub const WINDOW_BYTES: u64 = 1 << 30;
/// Most steps of a node's run in the virtual machine, as a power of two: at 300 million steps a
/// second, a quarter of an hour. A model with a node that could need more is not packed.
pub const STEPS_LOG2: u8 = 38;

/// Fields of the header, as [`Header`](super::Header) shows them.
pub(crate) mod header {
    use super::tensor;

    pub(crate) const MAGIC: usize = 0;
    pub(crate) const VERSION: usize = 8;
    pub(crate) const PROGRAM: usize = 12;
    pub(crate) const LAYERS: usize = 16;
    pub(crate) const DIM: usize = 20;
    pub(crate) const FFN: usize = 24;
    pub(crate) const HEADS: usize = 28;
    pub(crate) const KV_HEADS: usize = 32;
    pub(crate) const HEAD_DIM: usize = 36;
    pub(crate) const VOCAB: usize = 40;
    pub(crate) const CONTEXT: usize = 44;
    pub(crate) const HEAD_PARTS: usize = 48;
    pub(crate) const EPS: usize = 52;
    pub(crate) const ATTENTION_SCALE: usize = 56;
    pub(crate) const END_OF_SEQUENCE: usize = 60;
    pub(crate) const EMBEDDING: usize = 64;
    pub(crate) const HEAD: usize = EMBEDDING + tensor::BYTES;
    pub(crate) const OUTPUT_NORM: usize = 112;
    pub(crate) const ROPE: usize = 120;
    pub(crate) const TOKENIZER: usize = 128;
    pub(crate) const TOKENIZER_LENGTH: usize = 136;
    pub(crate) const WINDOW: usize = 144;
    pub(crate) const LENGTH: usize = 160;
    pub(crate) const MORE_ENDS: usize = 168;
}

/// Fields of a layer's table, as [`Layer`](super::Layer) shows them.
pub(crate) mod layer {
    use super::tensor;

    pub(crate) const ATTENTION_NORM: usize = 0;
    pub(crate) const FFN_NORM: usize = 8;
    pub(crate) const QUERY: usize = 16;
    pub(crate) const KEY: usize = QUERY + tensor::BYTES;
    pub(crate) const VALUE: usize = KEY + tensor::BYTES;
    pub(crate) const OUTPUT: usize = VALUE + tensor::BYTES;
    pub(crate) const GATE: usize = OUTPUT + tensor::BYTES;
    pub(crate) const UP: usize = GATE + tensor::BYTES;
    pub(crate) const DOWN: usize = UP + tensor::BYTES;
    pub(crate) const BIAS: usize = DOWN + tensor::BYTES;
}

/// Fields of a tensor's entry, as [`Tensor`](super::Tensor) shows them.
pub(crate) mod tensor {
    pub(crate) const OFFSET: usize = 0;
    pub(crate) const FORMAT: usize = 8;
    pub(crate) const ROWS: usize = 12;
    pub(crate) const COLUMNS: usize = 16;
    /// Bytes of the entry; the last four are zero.
    pub(crate) const BYTES: usize = 24;
}
