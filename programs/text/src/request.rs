//! The request, as the input memory has it (`docs/spec/request.md`).

use imo_model::{SamplingWord, Stops};

/// Bytes before the text: eleven words.
pub const INPUT_HEADER: usize = 11 * 32;
/// Version of the input memory's layout.
const VERSION: u64 = 2;
/// Most bytes of a prompt.
pub const PROMPT_LIMIT: u32 = 16_384;
/// Most bytes of an answer: what a contract can store as code, less one.
pub const OUTPUT_LIMIT: u32 = 24_575;

/// What the program reads of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Keys the sampling generator.
    pub seed: u64,
    /// Most tokens to generate, at least 1.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampling: SamplingWord,
    /// What ends the answer.
    pub stops: Stops,
    /// No chat template.
    pub raw: bool,
    /// The user's bytes, not empty.
    pub prompt: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads an input memory; none where it is no well-formed request.
    pub fn parse(input: &'a [u8]) -> Option<Self> {
        let number = |index: usize| {
            let word = &input[32 * index..32 * index + 32];
            let (high, low) = word.split_at(24);
            let low = low.first_chunk().map(|it| u64::from_be_bytes(*it))?;
            (*high == [0; 24]).then_some(low)
        };
        if input.len() < INPUT_HEADER || number(0)? != VERSION {
            return None;
        }
        let length = usize::try_from(number(10)?).ok()?;
        let text = input.get(INPUT_HEADER..INPUT_HEADER.checked_add(length)?)?;
        let sampling = SamplingWord::parse(input[8 * 32..].first_chunk()?)?;
        let (prompt, stops) = Stops::split(text, sampling.stop_lengths)?;
        let request = Self {
            seed: number(6)?,
            max_tokens: u32::try_from(number(7)?).ok()?,
            sampling,
            stops,
            raw: number(9)? & 1 == 1,
            prompt,
        };
        let is_length = (1..=PROMPT_LIMIT as usize).contains(&prompt.len());
        (request.max_tokens > 0 && is_length).then_some(request)
    }

    /// The claimant's address, whatever else the input holds.
    pub(crate) fn claimant(input: &[u8]) -> [u8; 20] {
        let mut claimant = [0; 20];
        if let Some(bytes) = input.get(5 * 32 + 12..6 * 32) {
            claimant.copy_from_slice(bytes);
        }
        claimant
    }
}
