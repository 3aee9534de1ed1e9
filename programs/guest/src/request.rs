//! The request, as it lies in the input memory of every program (`docs/spec/request.md`).

/// Version of the layout.
const VERSION: u64 = 3;

/// Bytes of a leaf of the input memory. The input is padded to whole leaves.
#[cfg(any(test, feature = "std"))]
const LEAF_BYTES: usize = 128;

/// The big-endian words of 32 bytes before the input, in their order.
#[derive(Clone, Copy)]
enum Word {
    Version,
    ChainId,
    Host,
    Id,
    ModelId,
    Claimant,
    Seed,
    MaxUnits,
    Parameters,
    InputLength,
}

/// Bytes of the input memory before the input.
pub const HEADER_BYTES: usize = 32 * (Word::InputLength as usize + 1);

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

/// What is asked of a model. Only the model's program knows what parameters and input mean.
///
/// `B` holds the input: borrowed where a program reads its input memory, owned by whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<B> {
    /// Where the request was made, and who claims its answer.
    pub origin: Origin,
    /// Key of the random numbers.
    pub seed: u64,
    /// Most units that may be billed, at least 1. What a unit is, the program says.
    pub max_units: u32,
    /// How to answer, in the program's own layout. All zero are the program's defaults.
    pub parameters: [u8; 32],
    /// What to answer, in the program's own layout.
    pub input: B,
}

impl<B> Request<B> {
    /// A request with default parameters that belongs to no chain.
    pub fn local(input: impl Into<B>, max_units: u32) -> Self {
        let (origin, parameters) = (Origin::default(), [0; 32]);
        Self { origin, seed: 0, max_units, parameters, input: input.into() }
    }
}

impl<'a> Request<&'a [u8]> {
    /// Reads an input memory. `None` if it holds no well-formed request.
    pub fn parse(memory: &'a [u8]) -> Option<Self> {
        if memory.len() < HEADER_BYTES || number(memory, Word::Version)? != VERSION {
            return None;
        }
        let length = usize::try_from(number(memory, Word::InputLength)?).ok()?;
        let request = Self {
            origin: Origin::read(memory),
            seed: number(memory, Word::Seed)?,
            max_units: u32::try_from(number(memory, Word::MaxUnits)?).ok()?,
            parameters: *memory[place(Word::Parameters)].first_chunk()?,
            input: memory.get(HEADER_BYTES..HEADER_BYTES.checked_add(length)?)?,
        };
        (request.max_units > 0).then_some(request)
    }
}

impl Origin {
    /// Reads the origin in an input memory, whatever else the memory holds.
    pub fn read(memory: &[u8]) -> Self {
        let mut origin = Self::default();
        let copy = |out: &mut [u8], word| {
            if let Some(bytes) = memory.get(place(word)) {
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

/// A word as a number. `None` if it has bits above the lowest 64.
fn number(memory: &[u8], word: Word) -> Option<u64> {
    let (high, low) = memory[place(word)].split_at(24);
    let low = low.first_chunk().map(|it| u64::from_be_bytes(*it))?;
    (*high == [0; 24]).then_some(low)
}

/// Where a word lies.
const fn place(word: Word) -> core::ops::Range<usize> {
    32 * word as usize..32 * (word as usize + 1)
}

#[cfg(any(test, feature = "std"))]
impl<B: AsRef<[u8]>> Request<B> {
    /// The bytes of the input memory, without the leaves that are only padding.
    ///
    /// # Panics
    ///
    /// When the input has 4 GiB or more, which no program's limit allows.
    pub fn encode(&self) -> Vec<u8> {
        let (origin, input) = (&self.origin, self.input.as_ref());
        let length = u32::try_from(input.len()).expect("an input is far below 4 GiB");
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
        put(Word::MaxUnits, &self.max_units.to_be_bytes());
        put(Word::Parameters, &self.parameters);
        put(Word::InputLength, &length.to_be_bytes());
        memory.extend_from_slice(input);
        memory.resize(memory.len().next_multiple_of(LEAF_BYTES), 0);
        memory
    }
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;

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
            max_units: u.int_in_range(1..=u32::MAX)?,
            parameters: u.arbitrary()?,
            input: u.arbitrary()?,
        })
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        arbtest::arbtest(|u| {
            let request = request(u)?;
            let memory = request.encode();
            let Request { origin, seed, max_units, parameters, .. } = request;
            let input = &request.input[..];
            let expected = Request { origin, seed, max_units, parameters, input };
            assert_eq!(Request::parse(&memory), Some(expected));
            Ok(())
        });
    }

    #[test]
    fn words_are_big_endian_and_the_input_fills_leaves() {
        let mut parameters = [0; 32];
        (parameters[0], parameters[31]) = (8, 9);
        let request = Request {
            origin: Origin { chain_id: 0x0102, claimant: [7; 20], ..Origin::default() },
            seed: 5,
            parameters,
            ..Request::<Vec<u8>>::local("hello", 9)
        };
        let memory = request.encode();
        let word = |index: usize| &memory[32 * index..32 * (index + 1)];
        assert_eq!(memory.len(), 3 * 128);
        assert_eq!(word(0)[28..], [0, 0, 0, 3]);
        assert_eq!(word(1)[30..], [1, 2]);
        assert_eq!(word(5)[11..13], [0, 7]);
        assert_eq!(word(6)[24..], 5_u64.to_be_bytes());
        assert_eq!(word(7)[28..], 9_u32.to_be_bytes());
        assert_eq!(word(8), parameters);
        assert_eq!(word(9)[31], 5);
        assert_eq!(&memory[HEADER_BYTES..HEADER_BYTES + 6], b"hello\0");
    }

    #[test]
    fn a_memory_of_another_layout_holds_no_request() {
        let fine = || Request::<Vec<u8>>::local("hello", 9);
        assert!(Request::parse(&fine().encode()).is_some());
        assert_eq!(Request::parse(&Request { max_units: 0, ..fine() }.encode()), None);
        for (word, byte) in [(0, 31), (0, 0), (6, 23), (7, 27), (9, 0), (9, 29)] {
            let mut memory = fine().encode();
            memory[32 * word + byte] ^= 1;
            assert_eq!(Request::parse(&memory), None, "word {word}, byte {byte}");
        }
        for length in 0..HEADER_BYTES + 5 {
            assert_eq!(Request::parse(&fine().encode()[..length]), None, "{length} bytes");
        }
    }
}
