//! The parameters of a text request.

use imo_tensor::Sampling;

use crate::layout::stops::Stops;

/// 1.0, as a request writes its temperature and repeat penalty: in units of 2⁻¹⁶.
pub const ONE: u32 = 1 << 16;

/// What the prompt is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// A message of the user, which stands in the chat template.
    #[default]
    Message = 0,
    /// A text to continue, without the chat template.
    Raw = 1,
    /// A list of parts with roles, which stand in the chat template.
    Conversation = 2,
}

impl Form {
    const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Message),
            1 => Some(Self::Raw),
            2 => Some(Self::Conversation),
            _ => None,
        }
    }
}

/// The word of a request that says how to answer, and how its input is cut.
///
/// | bytes | field, big-endian |
/// |---|---|
/// | 0–3 | temperature |
/// | 4–5 | top-k |
/// | 6–7 | top-p |
/// | 8–9 | min-p |
/// | 10–13 | repeat penalty: 0, or at least [`ONE`] |
/// | 14–17 | bytes of each stop sequence, at most 32; 0 is none |
/// | 18 | [`Form`] |
/// | 19–31 | zero |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextParameters {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Bytes of each stop sequence; 0 is none.
    pub stop_lengths: [u8; Stops::MOST],
    /// What the prompt is.
    pub form: Form,
}

impl TextParameters {
    /// Bytes that are used; the others are zero.
    const USED: usize = 19;

    /// Reads a word. `None` if the program cannot read it.
    pub fn parse(word: &[u8; 32]) -> Option<Self> {
        let short = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        let long =
            |at: usize| u32::from_be_bytes([word[at], word[at + 1], word[at + 2], word[at + 3]]);
        let it = Self {
            sampling: Sampling {
                temperature: long(0),
                top_k: short(4),
                top_p: short(6),
                min_p: short(8),
                repeat_penalty: long(10),
            },
            stop_lengths: [word[14], word[15], word[16], word[17]],
            form: Form::from_code(word[18])?,
        };
        let is_fine = word[Self::USED..].iter().all(|byte| *byte == 0)
            && it.stop_lengths.iter().all(|length| usize::from(*length) <= Stops::LONGEST);
        (is_fine && Self::is_in_range(&it.sampling)).then_some(it)
    }

    /// Writes the word.
    pub fn encode(&self) -> [u8; 32] {
        let Sampling { temperature, top_k, top_p, min_p, repeat_penalty } = self.sampling;
        let mut word = [0; 32];
        word[..4].copy_from_slice(&temperature.to_be_bytes());
        word[4..6].copy_from_slice(&top_k.to_be_bytes());
        word[6..8].copy_from_slice(&top_p.to_be_bytes());
        word[8..10].copy_from_slice(&min_p.to_be_bytes());
        word[10..14].copy_from_slice(&repeat_penalty.to_be_bytes());
        word[14..18].copy_from_slice(&self.stop_lengths);
        word[18] = self.form as u8;
        word
    }

    /// Whether the repeat penalty is off, or at least 1. The other fields may have any value.
    pub const fn is_in_range(sampling: &Sampling) -> bool {
        sampling.repeat_penalty == 0 || sampling.repeat_penalty >= ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(sampling: Sampling, stop_lengths: [u8; 4]) -> TextParameters {
        TextParameters { sampling, stop_lengths, form: Form::Message }
    }

    #[test]
    fn a_word_is_read_as_it_was_written() {
        arbtest::arbtest(|u| {
            let sampling = Sampling {
                temperature: u.arbitrary()?,
                top_k: u.arbitrary()?,
                top_p: u.arbitrary()?,
                min_p: u.arbitrary()?,
                repeat_penalty: *u.choose(&[0, ONE, 70_000, u32::MAX])?,
            };
            let parameters = TextParameters {
                form: *u.choose(&[Form::Message, Form::Raw, Form::Conversation])?,
                ..word(sampling, [0; 4].map(|_: u8| u.int_in_range(0..=32).unwrap_or(0)))
            };
            assert_eq!(TextParameters::parse(&parameters.encode()), Some(parameters));
            Ok(())
        });
    }

    #[test]
    fn every_word_that_is_read_is_written_back() {
        arbtest::arbtest(|u| {
            // Mostly words of small bytes, which are often readable.
            let mut word = [0; 32];
            for byte in &mut word {
                *byte = *u.choose(&[0, 0, 0, 1, 2, 3, 32, 33, 255])?;
            }
            if u.ratio(3, 4)? {
                word[19..].fill(0);
            }
            if let Some(parameters) = TextParameters::parse(&word) {
                assert_eq!(parameters.encode(), word);
            }
            Ok(())
        });
    }

    #[test]
    fn every_field_has_its_place() {
        let sampling = Sampling {
            temperature: 0x0001_8000,
            top_k: 40,
            top_p: 0xc000,
            min_p: 0x0ccd,
            repeat_penalty: 0x0001_199a,
        };
        let parameters =
            TextParameters { form: Form::Conversation, ..word(sampling, [2, 0, 3, 0]) };
        let bytes = parameters.encode();
        assert_eq!(bytes[..10], [0, 1, 0x80, 0, 0, 40, 0xc0, 0, 0x0c, 0xcd]);
        assert_eq!(bytes[10..20], [0, 1, 0x19, 0x9a, 2, 0, 3, 0, 2, 0]);
        assert_eq!(TextParameters::parse(&[0; 32]), Some(TextParameters::default()));
    }

    #[test]
    fn a_word_out_of_range_cannot_be_read() {
        let fine = Sampling { repeat_penalty: ONE, ..Sampling::default() };
        assert!(TextParameters::parse(&word(fine, [0; 4]).encode()).is_some());
        for repeat_penalty in [1, ONE - 1] {
            let word = word(Sampling { repeat_penalty, ..fine }, [0; 4]).encode();
            assert_eq!(TextParameters::parse(&word), None, "{repeat_penalty}");
        }
        for slot in 0..4 {
            let mut stop_lengths = [0; 4];
            stop_lengths[slot] = 33;
            assert_eq!(TextParameters::parse(&word(fine, stop_lengths).encode()), None);
        }
        for byte in 18..32 {
            let mut word = word(fine, [0; 4]).encode();
            word[byte] = 3;
            assert_eq!(TextParameters::parse(&word), None, "byte {byte}");
        }
    }
}
