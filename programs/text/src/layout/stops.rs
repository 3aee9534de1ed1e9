//! Stop sequences, which end an answer.

/// Stop sequences: the answer ends before the first of them. They are bytes, and need not be whole
/// characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    bytes: [[u8; Self::LONGEST]; Self::MOST],
    lengths: [u8; Self::MOST],
}

impl Stops {
    /// Most stop sequences.
    pub const MOST: usize = 4;
    /// Most bytes of one sequence.
    pub const LONGEST: usize = 32;

    /// Stops with these sequences; an empty one does not count. `None` if there are too many, or
    /// one is too long.
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut stops = Self::default();
        for (index, sequence) in sequences.into_iter().enumerate() {
            stops.bytes.get_mut(index)?.get_mut(..sequence.len())?.copy_from_slice(sequence);
            stops.lengths[index] = u8::try_from(sequence.len()).ok()?;
        }
        Some(stops)
    }

    /// Splits a text into its start and the sequences of these lengths at its end. `None` if the
    /// text is too short for them.
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

    /// Bytes of each sequence; 0 means that there is none.
    pub const fn lengths(&self) -> [u8; Self::MOST] {
        self.lengths
    }

    /// Whether there are no sequences.
    pub const fn is_empty(&self) -> bool {
        matches!(self.lengths, [0, 0, 0, 0])
    }

    /// The sequences that are not empty.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.bytes.iter().zip(self.lengths).map(|(it, length)| &it[..length.into()]);
        all.filter(|sequence| !sequence.is_empty())
    }

    /// Whether a sequence ends within `text`. It may begin in `before`, which precedes `text`.
    pub fn end_within(&self, before: &[u8], text: &[u8]) -> bool {
        let across = |stop: &[u8]| {
            let mut splits = (1..stop.len()).map(|at| stop.split_at(at));
            splits.any(|(start, end)| before.ends_with(start) && text.starts_with(end))
        };
        self.iter().any(|stop| find(text, stop).is_some() || across(stop))
    }

    /// How many bytes at the end of a text may be the beginning of a sequence.
    pub fn begun_by(&self, text: &[u8]) -> usize {
        let begun = |stop: &[u8]| (1..stop.len()).rev().find(|at| text.ends_with(&stop[..*at]));
        self.iter().filter_map(begun).max().unwrap_or(0)
    }

    /// Where the first sequence in a text begins.
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

    /// The definition looks for sequences in the whole text.
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
            // Bytes further back than a stop is long do not matter.
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
