//! The answer to a request, and its tokens as they are chosen.

use imo_tensor::Candidate;
use imo_text::layout::Status;

use crate::numbers::number;

/// A token that was chosen.
#[derive(Debug)]
pub struct Step<'a> {
    /// The position that it was sampled at.
    pub position: u32,
    /// The token.
    pub token: u32,
    /// Its text; perhaps part of a character, and empty when it ends the sequence.
    pub text: &'a [u8],
    /// The best candidates with their logits, best first.
    pub candidates: &'a [Candidate],
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer's bytes, cut at the program's limit; an error text when `status` is not fine.
    pub bytes: Vec<u8>,
    /// What became of the prompt.
    pub status: Status,
    /// Tokens of the prompt, template included.
    pub prompt_tokens: Vec<u32>,
    /// Tokens generated, the one that ends the sequence included.
    pub tokens: Vec<u32>,
}

impl Answer {
    /// The units that a requester pays for, which are the tokens generated: 0 for an answer that is
    /// an error text.
    pub fn units_used(&self) -> u32 {
        number(self.tokens.len())
    }
}
