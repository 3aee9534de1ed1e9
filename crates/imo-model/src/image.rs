//! The head of a packed image (`docs/spec/image.md`): what the model's shapes are, and where everything lies.

use imo_tensor::{Format, Matrix};

/// Bytes of the header proper; the layers' tables follow.
pub const HEADER_BYTES: usize = 256;
/// Bytes of a layer's table.
pub const LAYER_BYTES: usize = 192;
/// The first bytes of every image.
const MAGIC: [u8; 8] = *b"IMOMODEL";
/// Bytes of a tensor's entry.
const TENSOR_BYTES: usize = 24;
/// Bytes that a node can look at together: what a window of the virtual machine shows.
const WINDOW: u64 = 1 << 30;
/// Largest of any count in a header, so that products of two fit 64 bits with room.
const LARGEST_COUNT: u32 = 1 << 24;

/// Why bytes are not an image's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(thiserror::Error))]
pub enum ImageError {
    /// Fewer bytes than a header has.
    #[cfg_attr(feature = "std", error("the image ends in its header"))]
    Truncated,
    /// Another magic number or version.
    #[cfg_attr(feature = "std", error("not a packed model of version 1; pack the GGUF file again"))]
    NotAnImage,
    /// A field with a value that no packed model has.
    #[cfg_attr(feature = "std", error("the header's {0} is out of range"))]
    Field(&'static str),
    /// Something that does not lie within the image, or not on a 128-byte boundary.
    #[cfg_attr(feature = "std", error("the header's {0} lies outside the image or is not aligned"))]
    Place(&'static str),
}

/// Where a matrix lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Offset of its bytes, a multiple of 128.
    pub offset: u64,
    /// How it is stored.
    pub format: Format,
    /// Outputs.
    pub rows: u32,
    /// Inputs, a multiple of 32.
    pub columns: u32,
}

impl Tensor {
    /// Bytes it takes.
    pub const fn bytes(&self) -> usize {
        self.format.matrix_bytes(self.rows as usize, self.columns as usize)
    }

    /// Some of its rows, the first a multiple of 8: as many as there are, at most `count`.
    pub const fn groups(&self, first: u32, count: u32) -> Self {
        let group = self.format.matrix_bytes(8, self.columns as usize) as u64;
        let left = self.rows.saturating_sub(first);
        let rows = if count < left { count } else { left };
        Self { offset: self.offset + (first / 8) as u64 * group, rows, ..*self }
    }

    /// The matrix over these bytes, which are its own.
    ///
    /// # Panics
    /// If they are not as many as it takes.
    pub fn over<'a>(&self, bytes: &'a [u8]) -> Matrix<'a> {
        Matrix::new(self.format, self.rows as usize, self.columns as usize, bytes)
            .expect("the bytes of this tensor")
    }
}

/// Where a vector of binary32 lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Offset of its bytes, a multiple of 128.
    pub offset: u64,
    /// Number of values.
    pub length: u32,
}

/// Shapes, and where everything lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// Bytes of the whole image.
    pub length: u64,
    /// Layers.
    pub layers: u32,
    /// Width of the residual stream; a multiple of 32.
    pub dim: u32,
    /// Width of the feed-forward network; a multiple of 32.
    pub ffn: u32,
    /// Query heads.
    pub heads: u32,
    /// Key and value heads; divides `heads`.
    pub kv_heads: u32,
    /// Width of a head; even.
    pub head_dim: u32,
    /// Tokens.
    pub vocab: u32,
    /// Most positions.
    pub context: u32,
    /// Nodes that the head is cut into.
    pub head_parts: u32,
    /// Added under the root of a norm.
    pub eps: f32,
    /// What attention scores are multiplied with.
    pub attention_scale: f32,
    /// The token that ends a sequence.
    pub end_of_sequence: u32,
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
    /// Positions that one attends to, its own included; 0 is all of them.
    pub window: u32,
}

/// Where one layer's weights lie.
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
    /// Added to queries, keys and values, which it has one after the other.
    pub bias: Option<Vector>,
}

impl Header {
    /// Reads the first [`HEADER_BYTES`] of an image.
    pub fn parse(bytes: &[u8]) -> Result<Self, ImageError> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(ImageError::Truncated)?;
        if bytes[..8] != MAGIC || word(bytes, 8) != 1 || word(bytes, 12) != 1 {
            return Err(ImageError::NotAnImage);
        }
        let count = |name, at| match word(bytes, at) {
            count @ 1..=LARGEST_COUNT => Ok(count),
            _ => Err(ImageError::Field(name)),
        };
        let length = long(bytes, 160);
        let (dim, vocab) = (count("dim", 20)?, count("vocab", 40)?);
        let (head_dim, context) = (count("head dim", 36)?, count("context", 44)?);
        let header = Self {
            length,
            layers: count("layers", 16)?,
            dim,
            ffn: count("ffn", 24)?,
            heads: count("heads", 28)?,
            kv_heads: count("kv heads", 32)?,
            head_dim,
            vocab,
            context,
            head_parts: count("head parts", 48)?,
            eps: f32::from_bits(word(bytes, 52)),
            attention_scale: f32::from_bits(word(bytes, 56)),
            end_of_sequence: word(bytes, 60),
            embedding: tensor("embedding", bytes, 64, (vocab, dim), length)?,
            head: tensor("head", bytes, 88, (vocab, dim), length)?,
            output_norm: vector("output norm", bytes, 112, u64::from(dim), length)?,
            rope: vector(
                "rope table",
                bytes,
                120,
                u64::from(context) * u64::from(head_dim),
                length,
            )?,
            tokenizer: (long(bytes, 128), long(bytes, 136)),
            window: u32::try_from(long(bytes, 144)).map_err(|_| ImageError::Field("window"))?,
        };
        header.check_fields()?;
        header.check_places()?;
        Ok(header)
    }

    /// Whether the shapes are such as operators take.
    pub(crate) fn check_fields(&self) -> Result<(), ImageError> {
        let query_dim = u64::from(self.heads) * u64::from(self.head_dim);
        let fields = [
            ("dim", self.dim.is_multiple_of(32)),
            ("ffn", self.ffn.is_multiple_of(32)),
            ("head dim", self.head_dim.is_multiple_of(2) && self.head_dim <= 1024),
            ("heads", self.heads <= 4096 && query_dim.is_multiple_of(32)),
            ("kv heads", self.kv_heads <= self.heads && self.heads.is_multiple_of(self.kv_heads)),
            ("context", self.context <= 1 << 17),
            ("layers", self.layers <= 1 << 12),
            ("head parts", self.head_parts <= self.vocab.div_ceil(8)),
            ("end of sequence", self.end_of_sequence < self.vocab),
            ("eps", self.eps.is_finite() && self.eps >= 0.0),
            ("attention scale", self.attention_scale.is_finite()),
        ];
        if let Some((name, _)) = fields.into_iter().find(|(_, fine)| !fine) {
            return Err(ImageError::Field(name));
        }
        Ok(())
    }

    fn check_places(&self) -> Result<(), ImageError> {
        let part = self.head.groups(0, self.part_rows());
        if matrix_bytes(&part) > WINDOW || self.tokenizer.1 > WINDOW {
            return Err(ImageError::Field("head's parts or tokenizer: over 1 GiB"));
        }
        let tables = HEADER_BYTES as u64 + u64::from(self.layers) * LAYER_BYTES as u64;
        let tokenizer = within("tokenizer", self.tokenizer.0, self.tokenizer.1, self.length);
        within("layers", 0, tables, self.length).and(tokenizer)
    }

    /// Keys, or values, of a position.
    pub const fn kv_dim(&self) -> u32 {
        self.kv_heads * self.head_dim
    }

    /// Queries of a position.
    pub const fn query_dim(&self) -> u32 {
        self.heads * self.head_dim
    }

    /// Vocabulary rows of one head part, a multiple of 8; the last part may have fewer.
    pub const fn part_rows(&self) -> u32 {
        self.vocab.div_ceil(self.head_parts).next_multiple_of(8)
    }

    /// Offset of a layer's table of [`LAYER_BYTES`].
    pub const fn layer_offset(&self, layer: u32) -> u64 {
        HEADER_BYTES as u64 + layer as u64 * LAYER_BYTES as u64
    }

    /// Reads a layer's table.
    pub fn layer(&self, table: &[u8]) -> Result<Layer, ImageError> {
        let table: &[u8; LAYER_BYTES] = table.first_chunk().ok_or(ImageError::Truncated)?;
        let (dim, ffn, length) = (self.dim, self.ffn, self.length);
        let (query_dim, kv_dim) = (self.query_dim(), self.kv_dim());
        let at = |index: usize| 16 + index * TENSOR_BYTES;
        let tensor = |name, bytes, at, shape, length| match tensor(name, bytes, at, shape, length)?
        {
            tensor if matrix_bytes(&tensor) > WINDOW => Err(ImageError::Field(name)),
            tensor => Ok(tensor),
        };
        Ok(Layer {
            attention_norm: vector("attention norm", table, 0, u64::from(dim), length)?,
            ffn_norm: vector("ffn norm", table, 8, u64::from(dim), length)?,
            query: tensor("query", table, at(0), (query_dim, dim), length)?,
            key: tensor("key", table, at(1), (kv_dim, dim), length)?,
            value: tensor("value", table, at(2), (kv_dim, dim), length)?,
            output: tensor("attention output", table, at(3), (dim, query_dim), length)?,
            gate: tensor("gate", table, at(4), (ffn, dim), length)?,
            up: tensor("up", table, at(5), (ffn, dim), length)?,
            down: tensor("down", table, at(6), (dim, ffn), length)?,
            bias: match long(table, at(7)) {
                0 => None,
                _ => Some(vector("bias", table, at(7), u64::from(query_dim + 2 * kv_dim), length)?),
            },
        })
    }

    /// The first position that `position` attends to.
    pub const fn window_start(&self, position: u32) -> u32 {
        match self.window {
            0 => 0,
            window => (position + 1).saturating_sub(window),
        }
    }

    /// Writes the header, as [`Header::parse`] reads it.
    #[cfg(feature = "std")]
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        let words = [
            1,
            1,
            self.layers,
            self.dim,
            self.ffn,
            self.heads,
            self.kv_heads,
            self.head_dim,
            self.vocab,
            self.context,
            self.head_parts,
            self.eps.to_bits(),
            self.attention_scale.to_bits(),
            self.end_of_sequence,
        ];
        for (index, word) in words.into_iter().enumerate() {
            bytes[8 + 4 * index..12 + 4 * index].copy_from_slice(&word.to_le_bytes());
        }
        bytes[64..88].copy_from_slice(&self.embedding.encode());
        bytes[88..112].copy_from_slice(&self.head.encode());
        let longs = [
            self.output_norm.offset,
            self.rope.offset,
            self.tokenizer.0,
            self.tokenizer.1,
            self.window.into(),
            0,
            self.length,
        ];
        for (index, long) in longs.into_iter().enumerate() {
            bytes[112 + 8 * index..120 + 8 * index].copy_from_slice(&long.to_le_bytes());
        }
        bytes
    }
}

#[cfg(feature = "std")]
impl Tensor {
    fn encode(&self) -> [u8; TENSOR_BYTES] {
        let mut bytes = [0; TENSOR_BYTES];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8] = self.format as u8;
        bytes[12..16].copy_from_slice(&self.rows.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.columns.to_le_bytes());
        bytes
    }
}

#[cfg(feature = "std")]
impl Layer {
    /// Writes the table, as [`Header::layer`] reads it.
    pub(crate) fn encode(&self) -> [u8; LAYER_BYTES] {
        let mut bytes = [0; LAYER_BYTES];
        bytes[..8].copy_from_slice(&self.attention_norm.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.ffn_norm.offset.to_le_bytes());
        let tensors =
            [self.query, self.key, self.value, self.output, self.gate, self.up, self.down];
        for (index, tensor) in tensors.iter().enumerate() {
            let at = 16 + index * TENSOR_BYTES;
            bytes[at..at + TENSOR_BYTES].copy_from_slice(&tensor.encode());
        }
        if let Some(bias) = self.bias {
            bytes[16 + 7 * TENSOR_BYTES..].copy_from_slice(&bias.offset.to_le_bytes());
        }
        bytes
    }
}

fn tensor(
    name: &'static str,
    bytes: &[u8],
    at: usize,
    (rows, columns): (u32, u32),
    length: u64,
) -> Result<Tensor, ImageError> {
    let format = u8::try_from(word(bytes, at + 8)).ok().and_then(Format::from_code);
    let format = format.ok_or(ImageError::Field(name))?;
    let tensor = Tensor { offset: long(bytes, at), format, rows, columns };
    if word(bytes, at + 12) != rows
        || word(bytes, at + 16) != columns
        || !columns.is_multiple_of(32)
    {
        return Err(ImageError::Field(name));
    }
    within(name, tensor.offset, matrix_bytes(&tensor), length)?;
    Ok(tensor)
}

/// At most 2^24 · 2^24 · 3 bytes: no overflow in 64 bits, but perhaps in a guest's 32.
fn matrix_bytes(tensor: &Tensor) -> u64 {
    let blocks = u64::from(tensor.rows).div_ceil(8) * u64::from(tensor.columns / 32);
    blocks * tensor.format.block_bytes() as u64
}

fn vector(
    name: &'static str,
    bytes: &[u8],
    at: usize,
    count: u64,
    length: u64,
) -> Result<Vector, ImageError> {
    let offset = long(bytes, at);
    within(name, offset, 4 * count, length)?;
    Ok(Vector { offset, length: u32::try_from(count).map_err(|_| ImageError::Field(name))? })
}

fn within(name: &'static str, offset: u64, bytes: u64, length: u64) -> Result<(), ImageError> {
    let end = offset.checked_add(bytes);
    if offset.is_multiple_of(128) && end.is_some_and(|end| end <= length) {
        Ok(())
    } else {
        Err(ImageError::Place(name))
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}
