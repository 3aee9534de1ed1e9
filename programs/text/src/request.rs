//! The request, as the input memory has it (`docs/spec/request.md`).

/// Bytes before the prompt: twelve words.
pub const INPUT_HEADER: usize = 12 * 32;
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
    /// In units of 2⁻¹⁶; 0 is greedy.
    pub temperature: u32,
    /// Candidates; 0 is all.
    pub top_k: u16,
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
            high.iter().all(|byte| *byte == 0).then_some(low)
        };
        if input.len() < INPUT_HEADER || number(0)? != 1 {
            return None;
        }
        let length = usize::try_from(number(11)?).ok()?;
        let prompt = input.get(INPUT_HEADER..INPUT_HEADER.checked_add(length)?)?;
        let request = Self {
            seed: number(6)?,
            max_tokens: u32::try_from(number(7)?).ok()?,
            temperature: u32::try_from(number(8)?).ok()?,
            top_k: u16::try_from(number(9)?).ok()?,
            raw: number(10)? & 1 == 1,
            prompt,
        };
        let fine = request.max_tokens > 0 && length > 0 && length <= PROMPT_LIMIT as usize;
        fine.then_some(request)
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
