//! The limits of the program: of prompts, answers, steps and working memory.

use imo_guest::Needs;
use imo_model::{Shapes, TEMPLATE_LIMIT, scratch_words};

use crate::layout::stops::Stops;

pub use imo_model::STEPS_LOG2;

/// Most bytes of a prompt.
pub const PROMPT_LIMIT: u32 = 16_384;
/// Most bytes of an answer: one less than a contract can store as code.
pub const OUTPUT_LIMIT: u32 = 24_575;
/// Depth of the input memory's tree: 32 KiB in leaves of 128 bytes.
pub const INPUT_DEPTH: u8 = 8;

const _: () = assert!(
    imo_model::WINDOW_BYTES == imo_guest::layout::WINDOW_BYTES,
    "packing and the machine agree on the bytes that a window shows"
);

/// Bytes of text in which a stop sequence is looked for. One that begins within the limit ends
/// within these.
pub(crate) const ANSWER_BYTES: usize = OUTPUT_LIMIT as usize + Stops::LONGEST - 1;

/// The guest's working memory: enough for LLaMA's shapes up to 70 B, and 2¹⁷ positions.
pub const NEEDS: Needs = Needs {
    floats: 320 * 1024,
    shorts: 64 * 1024,
    sums: 1024,
    totals: 256,
    words: 62 * 1024,
    longs: 62 * 1024,
    bytes: 36 * 1024,
};

/// Working memory that is enough for every node of a model.
pub fn needs(shapes: &Shapes) -> Needs {
    let [dim, ffn, heads_dim, head_dim, context, part] = [
        shapes.dim,
        shapes.ffn,
        shapes.query_dim(),
        shapes.head_dim,
        shapes.context,
        shapes.part_rows(),
    ]
    .map(|count| count as usize);
    let kv_dim = shapes.kv_dim() as usize;
    let wide = dim.max(ffn).max(heads_dim);
    // In order: the residual stream, its norm and the weights of the norm; queries, keys and
    // values, and their biases; a rotation; scores; the outputs of the heads, and their product.
    let attention = 3 * dim + 2 * (heads_dim + 2 * kv_dim) + head_dim + context + heads_dim + dim;
    let feed_forward = 3 * dim + 2 * ffn;
    let head = dim * 3 + part;
    let kv = 2 * kv_dim + 2 * shapes.kv_heads as usize;
    let text = PROMPT_LIMIT as usize + TEMPLATE_LIMIT;
    Needs {
        floats: attention.max(feed_forward).max(head),
        shorts: wide.max(kv + head_dim),
        sums: wide / 32,
        totals: head_dim,
        words: scratch_words(text),
        longs: scratch_words(text),
        bytes: (text + PROMPT_LIMIT as usize).max(ANSWER_BYTES),
    }
}
