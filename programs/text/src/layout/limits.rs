//! The limits of the programs: of inputs, answers, steps and working memory.

use imo_guest::Needs;
use imo_model::{Header, TEMPLATE_LIMIT, TextProgram, scratch_words};

use crate::layout::stops::Stops;

pub use imo_model::STEPS_LOG2;

/// Most bytes of an answer: one less than a contract can store as code.
pub const OUTPUT_LIMIT: u32 = 24_575;

const _: () = assert!(
    imo_model::WINDOW_BYTES == imo_guest::layout::WINDOW_BYTES,
    "packing and the machine agree on the bytes that a window shows"
);

/// Bytes of text in which a stop sequence is looked for. One that begins within the limit ends
/// within these.
pub(crate) const ANSWER_BYTES: usize = OUTPUT_LIMIT as usize + Stops::LONGEST - 1;

/// A program's working memory: enough for LLaMA's shapes up to 70 B, and 2¹⁷ positions.
pub const fn pools(program: TextProgram) -> Needs {
    let TextNeeds { words, bytes } = TextNeeds::of(program);
    Needs {
        floats: 320 * 1024,
        shorts: 64 * 1024,
        sums: 1024,
        totals: 256,
        words,
        longs: words,
        bytes,
    }
}

/// Working memory that is enough for every node of a model.
pub fn needs(header: &Header) -> Needs {
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
    // In order: the residual stream, its norm and the weights of the norm; queries, keys and
    // values, and their biases; a rotation; scores; the outputs of the heads, and their product.
    let attention = 3 * dim + 2 * (heads_dim + 2 * kv_dim) + head_dim + context + heads_dim + dim;
    let feed_forward = 3 * dim + 2 * ffn;
    let head = dim * 3 + part;
    let kv = 2 * kv_dim + 2 * header.kv_heads as usize;
    let TextNeeds { words, bytes } = TextNeeds::of(header.program);
    Needs {
        floats: attention.max(feed_forward).max(head),
        shorts: wide.max(kv + head_dim),
        sums: wide / 32,
        totals: head_dim,
        words,
        longs: words,
        bytes,
    }
}

/// What the tokenizer's nodes need for the longest input, and the last node for the longest answer.
struct TextNeeds {
    /// 32-bit words, and as many of 64 bits.
    words: usize,
    bytes: usize,
}

impl TextNeeds {
    const fn of(program: TextProgram) -> Self {
        let input = program.input_limit as usize;
        let text = input + TEMPLATE_LIMIT;
        let bytes = if text + input > ANSWER_BYTES { text + input } else { ANSWER_BYTES };
        Self { words: scratch_words(text), bytes }
    }
}

#[cfg(test)]
mod tests {
    use imo_guest::HEADER_BYTES;

    use super::*;

    #[test]
    fn the_input_memory_holds_the_longest_request() {
        for TextProgram { input_limit, input_depth, .. } in TextProgram::ALL {
            let bytes = HEADER_BYTES + input_limit as usize;
            assert!(bytes <= 128 << input_depth && bytes > 128 << (input_depth - 1));
        }
    }
}
