//! The shapes of a text model's tensors.

use super::ends::Ends;
use super::error::ImageError;
use super::layout::{HEADER_BYTES, header as at};
use super::place::{long, word};

/// Largest of any count in a header, so that products of two fit 64 bits with room.
const LARGEST_COUNT: u32 = 1 << 24;

/// The shapes of a text model's tensors, and the numbers that its operators take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shapes {
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
    /// Tokens of the vocabulary.
    pub vocab: u32,
    /// The most positions.
    pub context: u32,
    /// Nodes that the output head is cut into.
    pub head_parts: u32,
    /// Added under the root of a norm.
    pub eps: f32,
    /// Attention scores are multiplied by this.
    pub attention_scale: f32,
    /// The tokens that end a sequence.
    pub ends: Ends,
    /// Positions that one position attends to, its own included; 0 means all of them.
    pub window: u32,
}

impl Shapes {
    /// Reads the fields of a header and checks them.
    pub(super) fn parse(header: &[u8; HEADER_BYTES]) -> Result<Self, ImageError> {
        let window = long(header, at::WINDOW);
        let shapes = Self {
            layers: word(header, at::LAYERS),
            dim: word(header, at::DIM),
            ffn: word(header, at::FFN),
            heads: word(header, at::HEADS),
            kv_heads: word(header, at::KV_HEADS),
            head_dim: word(header, at::HEAD_DIM),
            vocab: word(header, at::VOCAB),
            context: word(header, at::CONTEXT),
            head_parts: word(header, at::HEAD_PARTS),
            eps: f32::from_bits(word(header, at::EPS)),
            attention_scale: f32::from_bits(word(header, at::ATTENTION_SCALE)),
            ends: parse_ends(header)?,
            window: u32::try_from(window).map_err(|_| ImageError::Field("window"))?,
        };
        shapes.check()?;
        Ok(shapes)
    }

    /// Writes the fields that [`Shapes::parse`] reads.
    #[cfg(feature = "std")]
    pub(super) fn write(&self, header: &mut [u8; HEADER_BYTES]) {
        use super::place::{put_long, put_word};

        for (at, value) in [
            (at::LAYERS, self.layers),
            (at::DIM, self.dim),
            (at::FFN, self.ffn),
            (at::HEADS, self.heads),
            (at::KV_HEADS, self.kv_heads),
            (at::HEAD_DIM, self.head_dim),
            (at::VOCAB, self.vocab),
            (at::CONTEXT, self.context),
            (at::HEAD_PARTS, self.head_parts),
            (at::EPS, self.eps.to_bits()),
            (at::ATTENTION_SCALE, self.attention_scale.to_bits()),
        ] {
            put_word(header, at, value);
        }
        put_long(header, at::WINDOW, self.window.into());
        let (first, more) = self.ends.as_slice().split_first().expect("there is one");
        put_word(header, at::END_OF_SEQUENCE, *first);
        put_word(header, at::MORE_ENDS, u32::try_from(more.len()).expect("few"));
        for (place, token) in (at::MORE_ENDS + 4..).step_by(4).zip(more) {
            put_word(header, place, *token);
        }
    }

    /// Refuses shapes that the operators do not take, and names the field that is wrong.
    pub fn check(&self) -> Result<(), ImageError> {
        // Each count is at least 1.
        let counts = [
            ("dim", self.dim, LARGEST_COUNT),
            ("vocab", self.vocab, LARGEST_COUNT),
            ("head dim", self.head_dim, 1024),
            ("context", self.context, 1 << 17),
            ("layers", self.layers, 1 << 12),
            ("ffn", self.ffn, LARGEST_COUNT),
            ("heads", self.heads, 1 << 12),
            ("kv heads", self.kv_heads, self.heads),
            ("head parts", self.head_parts, self.vocab.div_ceil(8)),
        ];
        let is_out = |(_, count, most): &(_, u32, u32)| *count == 0 || count > most;
        if let Some((name, ..)) = counts.into_iter().find(is_out) {
            return Err(ImageError::Field(name));
        }
        let rules = [
            ("dim", self.dim.is_multiple_of(32)),
            ("ffn", self.ffn.is_multiple_of(32)),
            ("head dim", self.head_dim.is_multiple_of(2)),
            ("heads", self.query_dim().is_multiple_of(32)),
            ("kv heads", self.heads.is_multiple_of(self.kv_heads)),
            ("end of sequence", self.ends.as_slice().iter().all(|token| *token < self.vocab)),
            ("eps", self.eps.is_finite() && self.eps >= 0.0),
            ("attention scale", self.attention_scale.is_finite()),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((name, _)) => Err(ImageError::Field(name)),
            None => Ok(()),
        }
    }

    /// How many keys a position has, and how many values.
    pub const fn kv_dim(&self) -> u32 {
        self.kv_heads * self.head_dim
    }

    /// How many queries a position has.
    pub const fn query_dim(&self) -> u32 {
        self.heads * self.head_dim
    }

    /// Vocabulary rows of one head part, a multiple of 8; the last part may have fewer.
    pub const fn part_rows(&self) -> u32 {
        self.vocab.div_ceil(self.head_parts).next_multiple_of(8)
    }

    /// The first position that `position` attends to.
    pub const fn window_start(&self, position: u32) -> u32 {
        match self.window {
            0 => 0,
            window => (position + 1).saturating_sub(window),
        }
    }
}

/// Reads the tokens that end a sequence: the first one, and up to 15 more behind their number.
fn parse_ends(header: &[u8; HEADER_BYTES]) -> Result<Ends, ImageError> {
    let bad = ImageError::Field("end of sequence");
    let more = word(header, at::MORE_ENDS) as usize;
    if more >= Ends::MOST {
        return Err(bad);
    }
    let places = (at::MORE_ENDS + 4..).step_by(4).take(more);
    let places = core::iter::once(at::END_OF_SEQUENCE).chain(places);
    Ends::new(places.map(|place| word(header, place))).ok_or(bad)
}
