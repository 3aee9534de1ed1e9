//! What a request says of how its answer is made, and of where it ends (`docs/spec/request.md`).

/// One in the scale of a request's temperature and repeat penalty.
pub const SAMPLING_ONE: u32 = 1 << 16;

/// The word of a request that says how tokens are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SamplingWord {
    /// In units of 2⁻¹⁶; 0 is greedy.
    pub temperature: u32,
    /// Candidates; 0 is the program's most.
    pub top_k: u16,
    /// In units of 2⁻¹⁶; 0 is off.
    pub top_p: u16,
    /// In units of 2⁻¹⁶; 0 is off.
    pub min_p: u16,
    /// In units of 2⁻¹⁶, at least 1; 0 is off.
    pub repeat_penalty: u32,
    /// Bytes of each stop sequence; 0 is none.
    pub stop_lengths: [u8; Stops::MOST],
}

impl SamplingWord {
    /// Bytes that say something; the others are zero.
    const USED: usize = 18;

    /// Reads a word; none where it is malformed.
    pub fn parse(word: &[u8; 32]) -> Option<Self> {
        let short = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        let long =
            |at: usize| u32::from_be_bytes([word[at], word[at + 1], word[at + 2], word[at + 3]]);
        let it = Self {
            temperature: long(0),
            top_k: short(4),
            top_p: short(6),
            min_p: short(8),
            repeat_penalty: long(10),
            stop_lengths: [word[14], word[15], word[16], word[17]],
        };
        let is_fine = word[Self::USED..].iter().all(|byte| *byte == 0)
            && it.stop_lengths.iter().all(|length| usize::from(*length) <= Stops::LONGEST);
        (is_fine && it.has_penalty_in_range()).then_some(it)
    }

    /// The word that says so.
    pub fn encode(&self) -> [u8; 32] {
        let mut word = [0; 32];
        word[..4].copy_from_slice(&self.temperature.to_be_bytes());
        word[4..6].copy_from_slice(&self.top_k.to_be_bytes());
        word[6..8].copy_from_slice(&self.top_p.to_be_bytes());
        word[8..10].copy_from_slice(&self.min_p.to_be_bytes());
        word[10..14].copy_from_slice(&self.repeat_penalty.to_be_bytes());
        word[14..Self::USED].copy_from_slice(&self.stop_lengths);
        word
    }

    /// Whether repeats are not made likelier, which nobody may ask for.
    pub const fn has_penalty_in_range(&self) -> bool {
        self.repeat_penalty == 0 || self.repeat_penalty >= SAMPLING_ONE
    }
}

/// Stop sequences: what is not said any more. They are bytes, and need not be whole characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    bytes: [[u8; Self::LONGEST]; Self::MOST],
    lengths: [u8; Self::MOST],
}

impl Stops {
    /// Most stop sequences.
    pub const MOST: usize = 4;
    /// Most bytes of one.
    pub const LONGEST: usize = 32;

    /// These sequences, an empty one standing for none; none where there are too many, or one is too long.
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut stops = Self::default();
        for (index, sequence) in sequences.into_iter().enumerate() {
            stops.bytes.get_mut(index)?.get_mut(..sequence.len())?.copy_from_slice(sequence);
            stops.lengths[index] = u8::try_from(sequence.len()).ok()?;
        }
        Some(stops)
    }

    /// Takes sequences of these lengths off the end of a text, and gives what is before them; none where that is too much.
    pub fn split(text: &[u8], lengths: [u8; Self::MOST]) -> Option<(&[u8], Self)> {
        if lengths == [0; Self::MOST] {
            return Some((text, Self::default()));
        }
        let length = lengths.iter().map(|length| usize::from(*length)).sum();
        let (prompt, mut rest) = text.split_at_checked(text.len().checked_sub(length)?)?;
        let stops = Self::new(lengths.map(|length| {
            let (sequence, after) = rest.split_at(length.into());
            rest = after;
            sequence
        }))?;
        Some((prompt, stops))
    }

    /// Bytes of each; 0 is none.
    pub const fn lengths(&self) -> [u8; Self::MOST] {
        self.lengths
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        matches!(self.lengths, [0, 0, 0, 0])
    }

    /// Those that there are.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.bytes.iter().zip(self.lengths).map(|(it, length)| &it[..length.into()]);
        all.filter(|sequence| !sequence.is_empty())
    }

    /// Whether one ends within `text`, where `before` comes before it.
    pub fn end_within(&self, before: &[u8], text: &[u8]) -> bool {
        let across = |stop: &[u8]| {
            let mut splits = (1..stop.len()).map(|at| stop.split_at(at));
            splits.any(|(start, end)| before.ends_with(start) && text.starts_with(end))
        };
        self.iter().any(|stop| find(text, stop).is_some() || across(stop))
    }

    /// How many bytes at the end of a text may be the beginning of one.
    pub fn begun_by(&self, text: &[u8]) -> usize {
        let begun = |stop: &[u8]| (1..stop.len()).rev().find(|at| text.ends_with(&stop[..*at]));
        self.iter().filter_map(begun).max().unwrap_or(0)
    }

    /// Where the first one in a text begins.
    pub fn first_in(&self, text: &[u8]) -> Option<usize> {
        self.iter().filter_map(|stop| find(text, stop)).min()
    }
}

fn find(text: &[u8], stop: &[u8]) -> Option<usize> {
    text.windows(stop.len()).position(|window| window == stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_was_written() {
        arbtest::arbtest(|u| {
            let word = SamplingWord {
                temperature: u.arbitrary()?,
                top_k: u.arbitrary()?,
                top_p: u.arbitrary()?,
                min_p: u.arbitrary()?,
                repeat_penalty: *u.choose(&[0, SAMPLING_ONE, 70_000, u32::MAX])?,
                stop_lengths: [0; 4].map(|_: u8| u.int_in_range(0..=32).unwrap_or(0)),
            };
            assert_eq!(SamplingWord::parse(&word.encode()), Some(word));
            Ok(())
        });
    }

    #[test]
    fn what_no_request_may_say_is_malformed() {
        let fine = SamplingWord { repeat_penalty: SAMPLING_ONE, ..SamplingWord::default() };
        assert!(SamplingWord::parse(&fine.encode()).is_some());
        for repeat_penalty in [1, SAMPLING_ONE - 1] {
            let word = SamplingWord { repeat_penalty, ..fine }.encode();
            assert_eq!(SamplingWord::parse(&word), None, "{repeat_penalty}");
        }
        for slot in 0..4 {
            let mut stop_lengths = [0; 4];
            stop_lengths[slot] = 33;
            assert_eq!(SamplingWord::parse(&SamplingWord { stop_lengths, ..fine }.encode()), None);
        }
        for byte in 18..32 {
            let mut word = fine.encode();
            word[byte] = 1;
            assert_eq!(SamplingWord::parse(&word), None, "byte {byte}");
        }
    }

    #[test]
    fn stops_stand_behind_the_prompt() {
        let stops = Stops::new([&b"one"[..], b"", b"three"]).expect("few and short");
        let split = Stops::split(b"promptonethree", stops.lengths());
        assert_eq!(split, Some((&b"prompt"[..], stops)));
        assert_eq!(Stops::split(b"onethree", [3, 0, 5, 0]), Some((&b""[..], stops)));
        assert_eq!(Stops::split(b"nethree", [3, 0, 5, 0]), None);
        assert_eq!(Stops::new([&[b'x'; 33][..]]), None);
        assert_eq!(Stops::new([&b"x"[..]; 5]), None);
        assert!(Stops::new([&b""[..]; 4]).is_some_and(|stops| stops.is_empty()));
    }

    /// By the definition: in the whole text.
    #[test]
    fn a_stop_ends_in_the_token_that_completes_it() {
        arbtest::arbtest(|u| {
            let mut letters = |most| -> arbtest::arbitrary::Result<Vec<u8>> {
                let count = u.int_in_range(0..=most)?;
                (0..count).map(|_| Ok(*u.choose(b"ab")?)).collect()
            };
            let (before, text) = (letters(40)?, letters(6)?);
            let sequences = [letters(4)?, letters(9)?, letters(32)?, letters(2)?];
            let stops = Stops::new(sequences.iter().map(Vec::as_slice)).expect("few and short");
            let whole = [before.clone(), text.clone()].concat();
            let ends = |stop: &Vec<u8>| {
                (0..whole.len()).any(|start| {
                    whole[start..].starts_with(stop) && start + stop.len() > before.len()
                })
            };
            let some = || sequences.iter().filter(|stop| !stop.is_empty());
            assert_eq!(stops.end_within(&before, &text), some().any(ends));
            // No byte matters that is further back than a stop reaches.
            let tail = &before[before.len().saturating_sub(Stops::LONGEST - 1)..];
            assert_eq!(stops.end_within(tail, &text), stops.end_within(&before, &text));
            let first =
                (0..whole.len()).find(|start| some().any(|stop| whole[*start..].starts_with(stop)));
            assert_eq!(stops.first_in(&whole), first);
            let begun = (0..whole.len()).find(|at| {
                some().any(|it| it.len() > whole.len() - at && it.starts_with(&whole[*at..]))
            });
            assert_eq!(stops.begun_by(&whole), begun.map_or(0, |at| whole.len() - at));
            Ok(())
        });
    }
}
