//! The request, and the input memory that a trace is computed from.

use imo_model::{SamplingWord, Stops};

/// Bytes of the input memory before the text: eleven words.
const HEADER_BYTES: usize = 11 * 32;

/// Version of the input memory's layout.
const VERSION: u32 = 2;

/// Bytes of a leaf; the whole is padded to a multiple of it.
const LEAF_BYTES: usize = 128;

/// What is asked of a model, by whom and where (`docs/spec/request.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The chain that took the request; 0 where there is none.
    pub chain_id: u64,
    /// The oracle that took the request.
    pub host: [u8; 20],
    /// Its number there, big-endian.
    pub id: [u8; 32],
    /// The model's id on chain.
    pub model_id: [u8; 32],
    /// The account that claims the answer.
    pub claimant: [u8; 20],
    /// Keys the sampling generator.
    pub seed: u64,
    /// The most tokens to generate, at least 1.
    pub max_tokens: u32,
    /// In units of 2⁻¹⁶; 0 is greedy.
    pub temperature: u32,
    /// Candidates of the sampler; 0 means the program's most.
    pub top_k: u16,
    /// The part of the candidates' weight to choose from, in units of 2⁻¹⁶; 0 is off.
    pub top_p: u16,
    /// The least weight, as a part of the best candidate's, in units of 2⁻¹⁶; 0 is off.
    pub min_p: u16,
    /// What recent tokens' logits are divided by, in units of 2⁻¹⁶: at least 1, or 0 for no
    /// penalty. Other values make the request malformed.
    pub repeat_penalty: u32,
    /// Texts that end the answer and are not part of it.
    pub stops: Stops,
    /// Uses the prompt as it is, without the chat template.
    pub raw: bool,
    /// The user's bytes. They should be UTF-8; the program answers others with an error text.
    pub prompt: Vec<u8>,
}

impl Request {
    /// A greedy request that belongs to no chain.
    pub fn local(prompt: impl Into<Vec<u8>>, max_tokens: u32) -> Self {
        Self {
            chain_id: 0,
            host: [0; 20],
            id: [0; 32],
            model_id: [0; 32],
            claimant: [0; 20],
            seed: 0,
            max_tokens,
            temperature: 0,
            top_k: 0,
            top_p: 0,
            min_p: 0,
            repeat_penalty: 0,
            stops: Stops::default(),
            raw: false,
            prompt: prompt.into(),
        }
    }

    /// The word that says how tokens are chosen.
    pub fn sampling(&self) -> SamplingWord {
        SamplingWord {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repeat_penalty: self.repeat_penalty,
            stop_lengths: self.stops.lengths(),
        }
    }

    /// What the request hashes: the prompt, and behind it the stop sequences.
    pub fn text(&self) -> Vec<u8> {
        let mut text = self.prompt.clone();
        self.stops.iter().for_each(|stop| text.extend_from_slice(stop));
        text
    }

    /// The bytes of the input memory, up to its last leaf that is not padding.
    ///
    /// # Panics
    ///
    /// When the prompt has 4 GiB or more, which no program's limit allows.
    pub fn encode(&self) -> Vec<u8> {
        let text = self.text();
        let length = u32::try_from(text.len()).expect("a prompt is far below 4 GiB");
        let mut memory = Vec::with_capacity(HEADER_BYTES + text.len() + LEAF_BYTES);
        let mut word = |bytes: &[u8]| {
            memory.resize(memory.len() + 32 - bytes.len(), 0);
            memory.extend_from_slice(bytes);
        };
        word(&VERSION.to_be_bytes());
        word(&self.chain_id.to_be_bytes());
        word(&self.host);
        word(&self.id);
        word(&self.model_id);
        word(&self.claimant);
        word(&self.seed.to_be_bytes());
        word(&self.max_tokens.to_be_bytes());
        word(&self.sampling().encode());
        word(&[u8::from(self.raw)]);
        word(&length.to_be_bytes());
        memory.extend_from_slice(&text);
        memory.resize(memory.len().next_multiple_of(LEAF_BYTES), 0);
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_big_endian_and_the_text_fills_leaves() {
        let request = Request {
            chain_id: 0x0102,
            claimant: [7; 20],
            seed: 5,
            temperature: 0x0001_8000,
            top_k: 40,
            top_p: 0xc000,
            min_p: 0x0ccd,
            repeat_penalty: 0x0001_199a,
            stops: Stops::new([&b"\n\n"[..], b"", b"###"]).expect("few and short"),
            raw: true,
            ..Request::local("hello", 9)
        };
        let memory = request.encode();
        let word = |index: usize| &memory[32 * index..32 * (index + 1)];
        assert_eq!(memory.len(), 3 * LEAF_BYTES);
        assert_eq!(word(0)[28..], [0, 0, 0, 2]);
        assert_eq!(word(1)[30..], [1, 2]);
        assert_eq!(word(5)[11..13], [0, 7]);
        assert_eq!(word(6)[24..], 5_u64.to_be_bytes());
        assert_eq!(word(7)[28..], 9_u32.to_be_bytes());
        assert_eq!(word(8)[..10], [0, 1, 0x80, 0, 0, 40, 0xc0, 0, 0x0c, 0xcd]);
        assert_eq!(word(8)[10..20], [0, 1, 0x19, 0x9a, 2, 0, 3, 0, 0, 0]);
        assert_eq!(word(9)[31], 1);
        assert_eq!(word(10)[31], 10);
        assert_eq!(&memory[HEADER_BYTES..HEADER_BYTES + 11], b"hello\n\n###\0");
    }
}
