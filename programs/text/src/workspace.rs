//! Working memory, carved out of a caller's slices.

use imo_model::{Header, TEMPLATE_LIMIT, scratch_words};

use crate::emit::ANSWER_BYTES;
use crate::request::PROMPT_LIMIT;

/// How many entries of each kind a node needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// binary32.
    pub floats: usize,
    /// 16-bit integers.
    pub shorts: usize,
    /// Sums of a quantised vector's blocks.
    pub sums: usize,
    /// Sums of one head's weighted values.
    pub totals: usize,
    /// 32-bit words.
    pub words: usize,
    /// 64-bit words.
    pub longs: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Needs {
    /// What the guest has: enough for LLaMA's shapes up to 70 B, and 2¹⁷ positions.
    pub const GUEST: Self = Self {
        floats: 320 * 1024,
        shorts: 64 * 1024,
        sums: 1024,
        totals: 256,
        words: 62 * 1024,
        longs: 62 * 1024,
        bytes: 36 * 1024,
    };

    /// What every node of a model needs.
    pub fn of(header: &Header) -> Self {
        let [dim, ffn, heads_dim, head_dim, context, part] = [
            header.dim,
            header.ffn,
            header.query_dim(),
            header.head_dim,
            header.context,
            header.part_rows(),
        ]
        .map(|count| count as usize);
        let kv_dim = header.kv_dim() as usize;
        let wide = dim.max(ffn).max(heads_dim);
        // The residual, its norm and the weights of that; queries, keys and values with what is added; a rotation, scores, and what comes of both.
        let attention =
            3 * dim + 2 * (heads_dim + 2 * kv_dim) + head_dim + context + heads_dim + dim;
        let feed_forward = 3 * dim + 2 * ffn;
        let head = dim * 3 + part;
        let kv = 2 * kv_dim + 2 * header.kv_heads as usize;
        let text = PROMPT_LIMIT as usize + TEMPLATE_LIMIT;
        Self {
            floats: attention.max(feed_forward).max(head),
            shorts: wide.max(kv + head_dim),
            sums: wide / 32,
            totals: head_dim,
            words: scratch_words(text),
            longs: scratch_words(text),
            bytes: (text + PROMPT_LIMIT as usize).max(ANSWER_BYTES),
        }
    }

    /// Whether `self` is enough for `other`.
    pub const fn covers(&self, other: &Self) -> bool {
        self.floats >= other.floats
            && self.shorts >= other.shorts
            && self.sums >= other.sums
            && self.totals >= other.totals
            && self.words >= other.words
            && self.longs >= other.longs
            && self.bytes >= other.bytes
    }
}

/// Slices to work in; what they hold before does not matter.
#[derive(Debug)]
pub struct Workspace<'a> {
    /// binary32.
    pub floats: &'a mut [f32],
    /// 16-bit integers.
    pub shorts: &'a mut [i16],
    /// Sums of a quantised vector's blocks.
    pub sums: &'a mut [i32],
    /// Sums of one head's weighted values.
    pub totals: &'a mut [i64],
    /// 32-bit words.
    pub words: &'a mut [u32],
    /// 64-bit words.
    pub longs: &'a mut [u64],
    /// Bytes.
    pub bytes: &'a mut [u8],
}

impl Workspace<'_> {
    /// How much it is.
    pub const fn size(&self) -> Needs {
        Needs {
            floats: self.floats.len(),
            shorts: self.shorts.len(),
            sums: self.sums.len(),
            totals: self.totals.len(),
            words: self.words.len(),
            longs: self.longs.len(),
            bytes: self.bytes.len(),
        }
    }
}

/// Takes the first `count` entries off a slice.
///
/// # Panics
/// If there are fewer; `Needs` says how many are enough.
pub(crate) fn take<'a, T>(pool: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (taken, rest) = core::mem::take(pool).split_at_mut(count);
    *pool = rest;
    taken
}
