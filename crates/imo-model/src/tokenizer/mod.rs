//! Text to tokens and back, over tables that lie in the image (`docs/spec/image.md`).
//!
//! There is byte-level BPE with the pre-tokenizers of GPT-2, SmolLM2, LLaMA 3 and Qwen2, and
//! SentencePiece's BPE, both as llama.cpp has them, and SentencePiece's unigram. Only the chat
//! template yields control tokens; a user's text never does.

mod encode;
mod heap;
mod merge;
mod split;
mod unigram;

mod conversation;
pub use conversation::{Part, Role, is_space};

mod lookup;
pub use lookup::Tokenizer;

mod scratch;
#[cfg(feature = "std")]
pub(crate) use scratch::SEPARATED_LIMIT;
pub use scratch::{EncodeError, Scratch, TEMPLATE_LIMIT, scratch_words};

mod separators;
pub use separators::{Piece, Separator};

pub mod tables;
