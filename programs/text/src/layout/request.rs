//! The request, as it lies in the input memory.

use imo_tensor::Sampling;

use crate::layout::limits::{INPUT_DEPTH, PROMPT_LIMIT};
use crate::layout::sampling::SamplingWord;
use crate::layout::stops::Stops;

/// Bytes of a leaf of the input memory. The input is padded to whole leaves.
#[cfg(any(test, feature = "std"))]
const LEAF_BYTES: usize = 128;

/// Version of the input memory's layout.
const VERSION: u64 = 2;

/// The big-endian words of 32 bytes before the text, in their order.
#[derive(Clone, Copy)]
enum Word {
    Version,
    ChainId,
    Host,
    Id,
    ModelId,
    Claimant,
    Seed,
    MaxTokens,
    Sampling,
    Flags,
    TextLength,
}

/// Bytes before the text.
pub const HEADER_BYTES: usize = 32 * (Word::TextLength as usize + 1);

const _: () = assert!(
    HEADER_BYTES + PROMPT_LIMIT as usize + Stops::MOST * Stops::LONGEST <= 128 << INPUT_DEPTH,
    "the input memory holds the longest request"
);
/// The flag *raw*.
const RAW: u64 = 1;

/// Where a request was made, and who claims its answer.
///
/// No node computes with it, except that the claimant stands in slot 0. It makes the traces of
/// different requests and of different claimants differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The chain that took the request; 0 where there is none.
    pub chain_id: u64,
    /// The address of the oracle that took the request.
    pub host: [u8; 20],
    /// The request's number in that oracle, big-endian.
    pub id: [u8; 32],
    /// The model's id on chain.
    pub model_id: [u8; 32],
    /// The address that claims the answer.
    pub claimant: [u8; 20],
}

/// What is asked of a model (`docs/spec/request.md`).
///
/// `P` holds the prompt: borrowed where the program reads its input memory, owned by whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<P> {
    /// Where the request was made, and who claims its answer.
    pub origin: Origin,
    /// Key of the random numbers for sampling.
    pub seed: u64,
    /// Most tokens to generate, at least 1.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// What ends the answer, and is not part of it.
    pub stops: Stops,
    /// Takes the prompt as it is, without the chat template.
    pub raw: bool,
    /// The user's bytes, not empty. If they are not UTF-8, the answer is an error text.
    pub prompt: P,
}

impl<P: AsRef<[u8]>> Request<P> {
    /// A greedy request that belongs to no chain.
    pub fn local(prompt: impl Into<P>, max_tokens: u32) -> Self {
        Self {
            origin: Origin::default(),
            seed: 0,
            max_tokens,
            sampling: Sampling::default(),
            stops: Stops::default(),
            raw: false,
            prompt: prompt.into(),
        }
    }

    /// Whether every field is in its range, in a program that takes `prompt_limit` bytes of prompt.
    pub fn is_well_formed(&self, prompt_limit: usize) -> bool {
        let is_length = (1..=prompt_limit).contains(&self.prompt.as_ref().len());
        self.max_tokens > 0 && is_length && SamplingWord::is_in_range(&self.sampling)
    }
}

impl<'a> Request<&'a [u8]> {
    /// Reads an input memory. `None` if it holds no well-formed request.
    pub fn parse(input: &'a [u8]) -> Option<Self> {
        let number = |word: Word| {
            let (high, low) = input[place(word)].split_at(24);
            let low = low.first_chunk().map(|it| u64::from_be_bytes(*it))?;
            (*high == [0; 24]).then_some(low)
        };
        if input.len() < HEADER_BYTES || number(Word::Version)? != VERSION {
            return None;
        }
        let length = usize::try_from(number(Word::TextLength)?).ok()?;
        let text = input.get(HEADER_BYTES..HEADER_BYTES.checked_add(length)?)?;
        let word = SamplingWord::parse(input[place(Word::Sampling)].first_chunk()?)?;
        let (prompt, stops) = Stops::split(text, word.stop_lengths)?;
        let request = Self {
            origin: Origin::read(input),
            seed: number(Word::Seed)?,
            max_tokens: u32::try_from(number(Word::MaxTokens)?).ok()?,
            sampling: word.sampling,
            stops,
            raw: number(Word::Flags)? & RAW != 0,
            prompt,
        };
        request.is_well_formed(PROMPT_LIMIT as usize).then_some(request)
    }
}

impl Origin {
    /// Reads the origin in an input memory, whatever else the memory holds.
    pub(crate) fn read(input: &[u8]) -> Self {
        let mut origin = Self::default();
        let copy = |out: &mut [u8], word| {
            if let Some(bytes) = input.get(place(word)) {
                out.copy_from_slice(&bytes[32 - out.len()..]);
            }
        };
        let mut chain_id = [0; 8];
        copy(&mut chain_id, Word::ChainId);
        copy(&mut origin.host, Word::Host);
        copy(&mut origin.id, Word::Id);
        copy(&mut origin.model_id, Word::ModelId);
        copy(&mut origin.claimant, Word::Claimant);
        origin.chain_id = u64::from_be_bytes(chain_id);
        origin
    }
}

/// Where a word lies.
const fn place(word: Word) -> core::ops::Range<usize> {
    32 * word as usize..32 * (word as usize + 1)
}

#[cfg(any(test, feature = "std"))]
impl<P: AsRef<[u8]>> Request<P> {
    /// The bytes that the request's hash covers: the prompt, and the stop sequences behind it.
    pub fn text(&self) -> Vec<u8> {
        let mut text = self.prompt.as_ref().to_vec();
        self.stops.iter().for_each(|stop| text.extend_from_slice(stop));
        text
    }

    /// The word that says how tokens are chosen.
    pub fn sampling_word(&self) -> SamplingWord {
        SamplingWord { sampling: self.sampling, stop_lengths: self.stops.lengths() }
    }

    /// The bytes of the input memory, without the leaves that are only padding.
    ///
    /// # Panics
    ///
    /// When the prompt has 4 GiB or more, which no program's limit allows.
    pub fn encode(&self) -> Vec<u8> {
        let origin = &self.origin;
        let text = self.text();
        let length = u32::try_from(text.len()).expect("a prompt is far below 4 GiB");
        let mut memory = vec![0; HEADER_BYTES];
        let mut put = |word: Word, bytes: &[u8]| {
            let end = place(word).end;
            memory[end - bytes.len()..end].copy_from_slice(bytes);
        };
        put(Word::Version, &VERSION.to_be_bytes());
        put(Word::ChainId, &origin.chain_id.to_be_bytes());
        put(Word::Host, &origin.host);
        put(Word::Id, &origin.id);
        put(Word::ModelId, &origin.model_id);
        put(Word::Claimant, &origin.claimant);
        put(Word::Seed, &self.seed.to_be_bytes());
        put(Word::MaxTokens, &self.max_tokens.to_be_bytes());
        put(Word::Sampling, &self.sampling_word().encode());
        put(Word::Flags, &u64::from(self.raw).to_be_bytes());
        put(Word::TextLength, &length.to_be_bytes());
        memory.extend_from_slice(&text);
        memory.resize(memory.len().next_multiple_of(LEAF_BYTES), 0);
        memory
    }
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;
    use crate::layout::sampling::ONE;

    fn stops(u: &mut Unstructured<'_>) -> Result<Stops> {
        let mut sequences = Vec::new();
        for _ in 0..u.int_in_range(0..=Stops::MOST)? {
            let length = u.int_in_range(0..=Stops::LONGEST.min(u.len()))?;
            sequences.push(u.bytes(length)?);
        }
        Ok(Stops::new(sequences).expect("few and short"))
    }

    fn request(u: &mut Unstructured<'_>) -> Result<Request<Vec<u8>>> {
        Ok(Request {
            origin: Origin {
                chain_id: u.arbitrary()?,
                host: u.arbitrary()?,
                id: u.arbitrary()?,
                model_id: u.arbitrary()?,
                claimant: u.arbitrary()?,
            },
            seed: u.arbitrary()?,
            max_tokens: u.int_in_range(1..=u32::MAX)?,
            sampling: Sampling {
                temperature: u.arbitrary()?,
                top_k: u.arbitrary()?,
                top_p: u.arbitrary()?,
                min_p: u.arbitrary()?,
                repeat_penalty: *u.choose(&[0, ONE, 70_000, u32::MAX])?,
            },
            stops: stops(u)?,
            raw: u.arbitrary()?,
            prompt: std::iter::once(b'?').chain(u.arbitrary::<Vec<u8>>()?).collect(),
        })
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        arbtest::arbtest(|u| {
            let request = request(u)?;
            let input = request.encode();
            let Request { origin, seed, max_tokens, sampling, stops, raw, .. } = request;
            let prompt = &request.prompt[..];
            let expected = Request { origin, seed, max_tokens, sampling, stops, raw, prompt };
            assert_eq!(Request::parse(&input), Some(expected));
            Ok(())
        });
    }

    #[test]
    fn words_are_big_endian_and_the_text_fills_leaves() {
        let request = Request {
            origin: Origin { chain_id: 0x0102, claimant: [7; 20], ..Origin::default() },
            seed: 5,
            sampling: Sampling { temperature: 0x0001_8000, top_k: 40, ..Sampling::default() },
            stops: Stops::new([&b"\n\n"[..], b"", b"###"]).expect("few and short"),
            raw: true,
            ..Request::<Vec<u8>>::local("hello", 9)
        };
        let memory = request.encode();
        let word = |index: usize| &memory[32 * index..32 * (index + 1)];
        assert_eq!(memory.len(), 3 * 128);
        assert_eq!(word(0)[28..], [0, 0, 0, 2]);
        assert_eq!(word(1)[30..], [1, 2]);
        assert_eq!(word(5)[11..13], [0, 7]);
        assert_eq!(word(6)[24..], 5_u64.to_be_bytes());
        assert_eq!(word(7)[28..], 9_u32.to_be_bytes());
        assert_eq!(word(8)[..10], [0, 1, 0x80, 0, 0, 40, 0, 0, 0, 0]);
        assert_eq!(word(8)[10..20], [0, 0, 0, 0, 2, 0, 3, 0, 0, 0]);
        assert_eq!(word(9)[31], 1);
        assert_eq!(word(10)[31], 10);
        assert_eq!(&memory[HEADER_BYTES..HEADER_BYTES + 11], b"hello\n\n###\0");
    }

    #[test]
    fn a_request_with_a_field_out_of_range_is_refused() {
        let fine = || Request::<Vec<u8>>::local("hello", 9);
        assert!(Request::parse(&fine().encode()).is_some());
        let malformed = [
            Request { max_tokens: 0, ..fine() },
            Request { prompt: Vec::new(), ..fine() },
            Request { prompt: vec![b'x'; PROMPT_LIMIT as usize + 1], ..fine() },
            Request { sampling: Sampling { repeat_penalty: 1, ..Sampling::default() }, ..fine() },
        ];
        for request in malformed {
            assert_eq!(Request::parse(&request.encode()), None, "{request:?}");
        }
        for (word, byte) in [(0, 31), (0, 0), (6, 23), (7, 27), (9, 0), (10, 0), (10, 29)] {
            let mut input = fine().encode();
            input[32 * word + byte] ^= 1;
            assert_eq!(Request::parse(&input), None, "word {word}, byte {byte}");
        }
        for length in 0..HEADER_BYTES + 5 {
            assert_eq!(Request::parse(&fine().encode()[..length]), None, "{length} bytes");
        }
    }
}
