//! Text to tokens and back, over tables that lie in the image (`docs/spec/image.md`).
//!
//! Byte-level BPE as GPT-2 has it, with the `smollm` pre-tokenizer: every digit by itself, then GPT-2's pattern. Only the chat template yields
//! control tokens, never a user's text.

mod heap;
mod merge;
mod split;

use core::str;

use crate::image::ImageError;

pub use merge::Scratch;
pub(crate) use split::Class;

/// Bytes before the tables.
pub(crate) const TABLES_AT: usize = 24;
/// Stands where no token is: some vocabularies have none for bytes that their corpus never had. Such a byte is dropped.
pub(crate) const NO_TOKEN: u32 = u32::MAX - 1;
/// Marks a control token in its offset.
pub(crate) const CONTROL: u32 = 1 << 31;

/// Most bytes that a chat template's own text may add to a prompt; a longer one makes every prompt too long.
pub const TEMPLATE_LIMIT: usize = 4096;

/// 32-bit words of scratch for a text of this many bytes.
pub const fn scratch_words(bytes: usize) -> usize {
    3 * bytes
}

/// Why a text has no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(thiserror::Error))]
pub enum EncodeError {
    /// Not UTF-8.
    #[cfg_attr(feature = "std", error("the prompt is not UTF-8"))]
    NotUtf8,
    /// Longer than the scratch given, template included.
    #[cfg_attr(feature = "std", error("the prompt is too long"))]
    TooLong,
}

/// A part of the frozen chat template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A control token.
    Control(u32),
    /// Text of the template.
    Text(&'a [u8]),
    /// The user's text.
    Content,
}

/// The tables of a tokenizer.
#[derive(Clone, Copy, Debug)]
pub struct Tokenizer<'a> {
    byte_tokens: Words<'a>,
    offsets: Words<'a>,
    merges: Words<'a>,
    ranges: Words<'a>,
    pieces: Words<'a>,
    trims: bool,
    token_text: &'a [u8],
    template_text: &'a [u8],
}

/// Little-endian 32-bit words in bytes.
#[derive(Clone, Copy, Debug)]
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    #[inline]
    fn get(&self, index: usize) -> u32 {
        let at = 4 * index;
        u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    const fn len(&self) -> usize {
        self.0.len() / 4
    }
}

impl<'a> Tokenizer<'a> {
    /// Takes the tables apart, checking that each lies within `bytes`. What they hold is checked by [`Tokenizer::validate`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let (head, mut rest) = bytes.split_at_checked(TABLES_AT).ok_or(ImageError::Truncated)?;
        let head = Words(head);
        let mut take = |words: u64| {
            let bytes = usize::try_from(4 * words).unwrap_or(usize::MAX);
            let (table, after) =
                rest.split_at_checked(bytes).ok_or(ImageError::Place("tokenizer"))?;
            rest = after;
            Ok(Words(table))
        };
        let count = |index| u64::from(head.get(index));
        let byte_tokens = take(256)?;
        let offsets = take(count(0) + 1)?;
        let merges = take(4 * count(1))?;
        let ranges = take(3 * count(2))?;
        let pieces = take(3 * count(3))?;
        let text_bytes = usize::try_from(count(5)).unwrap_or(usize::MAX);
        let (token_text, template_text) =
            rest.split_at_checked(text_bytes).ok_or(ImageError::Place("token text"))?;
        let trims = head.get(4) & 1 == 1;
        Ok(Self { byte_tokens, offsets, merges, ranges, pieces, trims, token_text, template_text })
    }

    /// Checks every entry of every table, so that nothing that is looked up can be out of range.
    pub fn validate(&self) -> Result<(), ImageError> {
        let bad = |fine: bool, name| if fine { Ok(()) } else { Err(ImageError::Field(name)) };
        let vocab = self.vocab();
        let offset = |index| (self.offsets.get(index) & !CONTROL) as usize;
        let ascending = (0..vocab).all(|token| offset(token) <= offset(token + 1));
        bad(ascending && offset(vocab) <= self.token_text.len(), "token offsets")?;
        let known = |token: u32| (token as usize) < vocab || token == NO_TOKEN;
        bad((0..256).all(|byte| known(self.byte_tokens.get(byte))), "byte tokens")?;
        let merges = self.merges.len() / 4;
        let pair = |index: usize| (self.merges.get(4 * index), self.merges.get(4 * index + 1));
        bad((1..merges).all(|index| pair(index - 1) < pair(index)), "merges' order")?;
        let results = (0..merges).all(|index| (self.merges.get(4 * index + 3) as usize) < vocab);
        bad(results, "merges' results")?;
        let ranges = self.ranges.len() / 3;
        let starts = (1..ranges).all(|i| self.ranges.get(3 * i - 2) < self.ranges.get(3 * i));
        bad(starts && (0..ranges).all(|i| self.ranges.get(3 * i + 2) <= 3), "character classes")?;
        bad((0..self.pieces.len() / 3).all(|index| self.checked_piece(index).is_some()), "template")
    }

    /// Number of tokens.
    pub const fn vocab(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The bytes of a token; a control token, and one that there is not, has none.
    pub fn decode(&self, token: u32) -> &'a [u8] {
        if token as usize >= self.vocab() || self.is_control(token) {
            return &[];
        }
        self.text(token)
    }

    /// Whether a token is one that no text gives.
    pub fn is_control(&self, token: u32) -> bool {
        self.offsets.get(token as usize) & CONTROL != 0
    }

    fn text(&self, token: u32) -> &'a [u8] {
        let start = self.offsets.get(token as usize) & !CONTROL;
        let end = self.offsets.get(token as usize + 1) & !CONTROL;
        self.token_text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The frozen chat template, in order.
    pub fn template(&self) -> impl Iterator<Item = Piece<'a>> + '_ {
        (0..self.pieces.len() / 3).filter_map(|index| self.checked_piece(index))
    }

    fn checked_piece(&self, index: usize) -> Option<Piece<'a>> {
        let [kind, a, b] = [0, 1, 2].map(|field| self.pieces.get(3 * index + field));
        match kind {
            0 => ((a as usize) < self.vocab()).then_some(Piece::Control(a)),
            1 => {
                let end = (a as usize).checked_add(b as usize)?;
                let text = self.template_text.get(a as usize..end)?;
                str::from_utf8(text).ok().map(|_| Piece::Text(text))
            }
            2 => Some(Piece::Content),
            _ => None,
        }
    }

    /// Gives the tokens of a prompt to `emit`, in order: within the chat template, or as it is when `raw`.
    pub fn encode_prompt(
        &self,
        prompt: &[u8],
        raw: bool,
        scratch: &mut Scratch<'_>,
        mut emit: impl FnMut(u32),
    ) -> Result<(), EncodeError> {
        let text = str::from_utf8(prompt).map_err(|_| EncodeError::NotUtf8)?;
        if raw {
            scratch.append(prompt)?;
            return self.encode_run(scratch, &mut emit);
        }
        let content = if self.trims { text.trim() } else { text };
        for piece in self.template() {
            match piece {
                Piece::Control(token) => {
                    self.encode_run(scratch, &mut emit)?;
                    emit(token);
                }
                Piece::Text(text) => scratch.append(text)?,
                Piece::Content => scratch.append(content.as_bytes())?,
            }
        }
        self.encode_run(scratch, &mut emit)
    }

    /// Encodes what the scratch has collected, and empties it.
    fn encode_run(
        &self,
        scratch: &mut Scratch<'_>,
        emit: &mut impl FnMut(u32),
    ) -> Result<(), EncodeError> {
        let length = scratch.take_length();
        let mut start = 0;
        while start < length {
            let rest =
                str::from_utf8(&scratch.text()[start..length]).map_err(|_| EncodeError::NotUtf8)?;
            let end = start + split::first_digit_or_run(self, rest);
            let is_digit = rest.chars().next().is_some_and(|c| self.class(c) == Class::Number);
            while start < end {
                let run = str::from_utf8(&scratch.text()[start..end])
                    .map_err(|_| EncodeError::NotUtf8)?;
                let piece = if is_digit { run.len() } else { split::first_piece(self, run) };
                merge::encode_piece(self, scratch, start..start + piece, emit);
                start += piece;
            }
        }
        Ok(())
    }

    fn class(&self, c: char) -> Class {
        let (mut low, mut high) = (0, self.ranges.len() / 3);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.ranges.get(3 * middle + 1) < u32::from(c) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        if low < self.ranges.len() / 3 && self.ranges.get(3 * low) <= u32::from(c) {
            Class::from_code(self.ranges.get(3 * low + 2))
        } else {
            Class::Other
        }
    }

    /// Rank and result of merging two tokens.
    fn merge(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let (mut low, mut high) = (0, self.merges.len() / 4);
        while low < high {
            let middle = usize::midpoint(low, high);
            let pair = (self.merges.get(4 * middle), self.merges.get(4 * middle + 1));
            if pair == (left, right) {
                return Some((self.merges.get(4 * middle + 2), self.merges.get(4 * middle + 3)));
            }
            if pair < (left, right) { low = middle + 1 } else { high = middle }
        }
        None
    }

    fn byte_token(&self, byte: u8) -> u32 {
        self.byte_tokens.get(byte.into())
    }
}

#[cfg(feature = "std")]
impl Tokenizer<'_> {
    /// The tokens of a prompt, with scratch of its own.
    pub fn encode(&self, prompt: &[u8], raw: bool) -> Result<Vec<u32>, EncodeError> {
        let size = prompt.len() + TEMPLATE_LIMIT;
        let (mut text, mut links, mut heap) =
            (vec![0; size], vec![0; scratch_words(size)], vec![0; scratch_words(size)]);
        let mut scratch = Scratch::new(&mut text, &mut links, &mut heap);
        let mut tokens = Vec::new();
        self.encode_prompt(prompt, raw, &mut scratch, |token| tokens.push(token))?;
        Ok(tokens)
    }

    /// The tokens of a text in which the names of control tokens stand for them: what a template's author writes, never a user.
    pub fn encode_with_controls(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let controls: Vec<(u32, &str)> = (0..u32::try_from(self.vocab()).unwrap_or(u32::MAX))
            .filter(|token| self.is_control(*token))
            .filter_map(|token| str::from_utf8(self.text(token)).ok().map(|name| (token, name)))
            .filter(|(_, name)| !name.is_empty())
            .collect();
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let found =
                controls.iter().filter_map(|(token, name)| Some((rest.find(name)?, *name, *token)));
            let next = found.min_by_key(|(at, name, _)| (*at, core::cmp::Reverse(name.len())));
            let (at, skip) = next.map_or((rest.len(), 0), |(at, name, _)| (at, name.len()));
            tokens.extend(self.encode(&rest.as_bytes()[..at], true)?);
            tokens.extend(next.map(|(_, _, token)| token));
            rest = &rest[at + skip..];
        }
        Ok(tokens)
    }
}
