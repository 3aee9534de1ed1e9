//! Text to tokens and back, over tables that lie in the image (`docs/spec/image.md`).
//!
//! Byte-level BPE with the pre-tokenizers of GPT-2, SmolLM2, LLaMA 3 and Qwen2, and SentencePiece's BPE, as llama.cpp has them, and
//! SentencePiece's unigram. Only the chat template yields control tokens, never a user's text.

mod heap;
mod merge;
mod split;
mod unigram;

use core::cmp::Ordering;
use core::str;

use crate::image::ImageError;
use merge::Room;

#[cfg(feature = "std")]
pub(crate) use merge::SPACE;
pub use merge::Scratch;
pub(crate) use split::{Class, Splitter};

/// Words before the tables: tokens, merges, ranges, pieces, flags, bytes of text, the first token, characters, tokens by text, user's tokens.
pub(crate) const HEAD_WORDS: usize = 10;
/// Flags: the template trims the message; a text begins with a space of its own. Above them stands the splitter.
pub(crate) const TRIMS: u32 = 1;
pub(crate) const PREFIXES: u32 = 2;
pub(crate) const SPLITTER_SHIFT: u32 = 8;
/// Stands where no token is: some vocabularies have none for bytes that their corpus never had. Such a byte is dropped.
pub(crate) const NO_TOKEN: u32 = u32::MAX - 1;
/// Marks a control token in its offset.
pub(crate) const CONTROL: u32 = 1 << 31;

/// Most bytes that a chat template's own text may add to a prompt; a longer one makes every prompt too long.
pub const TEMPLATE_LIMIT: usize = 4096;

/// 32-bit words of scratch for a text of this many bytes.
pub const fn scratch_words(bytes: usize) -> usize {
    3 * (bytes + 1)
}

/// Most bytes of a piece of unigram, and most pieces: with both and the longest prompt the steps of a node
/// stay below 2³²: the worst that is known are 3.5 · 10⁹. SentencePiece's own pieces have at most 16 characters.
pub(crate) const PIECE_LIMIT: usize = 48;
pub(crate) const PIECES_LIMIT: usize = 1 << 18;

/// Most tokens that a user may write by name.
pub(crate) const USER_LIMIT: usize = 512;

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
    /// (character, token), ascending; of SentencePiece.
    characters: Words<'a>,
    /// Tokens in order of their text: where a piece that is a token needs no merging, and of unigram.
    by_text: Words<'a>,
    /// Of unigram: what each of those costs, and last, what a character costs that is none.
    costs: Words<'a>,
    /// Tokens that a user may write, the longest first.
    users: Words<'a>,
    splitter: Splitter,
    begin: u32,
    flags: u32,
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
        let (head, mut rest) =
            bytes.split_at_checked(4 * HEAD_WORDS).ok_or(ImageError::Truncated)?;
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
        let characters = take(2 * count(7))?;
        let by_text = take(count(8))?;
        let flags = head.get(4);
        let splitter = Splitter::from_code(flags >> SPLITTER_SHIFT);
        let splitter = splitter.ok_or(ImageError::Field("splitter"))?;
        let users = take(count(9))?;
        let costs = take(if splitter == Splitter::Unigram { count(8) + 1 } else { 0 })?;
        let text_bytes = usize::try_from(count(5)).unwrap_or(usize::MAX);
        let (token_text, template_text) =
            rest.split_at_checked(text_bytes).ok_or(ImageError::Place("token text"))?;
        let begin = head.get(6);
        Ok(Self {
            byte_tokens,
            offsets,
            merges,
            ranges,
            pieces,
            characters,
            by_text,
            costs,
            users,
            splitter,
            begin,
            flags,
            token_text,
            template_text,
        })
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
        bad(known(self.begin), "first token")?;
        let characters = self.characters.len() / 2;
        let ordered =
            (1..characters).all(|i| self.characters.get(2 * i - 2) < self.characters.get(2 * i));
        let tokens = (0..characters).all(|i| (self.characters.get(2 * i + 1) as usize) < vocab);
        bad(ordered && tokens, "characters")?;
        let text = |index: usize| self.text(self.by_text.get(index));
        let real = (0..self.by_text.len()).all(|i| (self.by_text.get(i) as usize) < vocab);
        bad(real && (1..self.by_text.len()).all(|i| text(i - 1) < text(i)), "tokens by text")?;
        let short = |index: usize| (1..=PIECE_LIMIT).contains(&text(index).len());
        let few = self.by_text.len() <= PIECES_LIMIT && (0..self.by_text.len()).all(short);
        bad(few || self.splitter != Splitter::Unigram, "pieces")?;
        let user = |index: usize| Some(self.users.get(index)).filter(|it| (*it as usize) < vocab);
        let longest_first = (0..self.users.len()).try_fold(usize::MAX, |longest, index| {
            let length = user(index).map(|token| self.text(token).len())?;
            (1..=longest).contains(&length).then_some(length)
        });
        bad(longest_first.is_some() && self.users.len() <= USER_LIMIT, "user's tokens")?;
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
            if self.begin != NO_TOKEN {
                emit(self.begin);
            }
            scratch.append(prompt)?;
            return self.encode_run(scratch, &mut emit);
        }
        let content = if self.flags & TRIMS != 0 { text.trim() } else { text };
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
        let (text, room) = scratch.take();
        let text = str::from_utf8(text).map_err(|_| EncodeError::NotUtf8)?;
        self.encode_between_users(text, 0, room, emit);
        Ok(())
    }

    /// Cuts a text at the tokens that a user may write, from the one of this index on, and encodes what is between them.
    fn encode_between_users(
        &self,
        mut text: &str,
        user: usize,
        room: &mut Room<'_>,
        emit: &mut impl FnMut(u32),
    ) {
        if user == self.users.len() {
            return self.encode_plain(text, room, emit);
        }
        let token = self.users.get(user);
        // Packing makes no name that is not UTF-8; one is taken for NUL.
        let name = str::from_utf8(self.text(token)).unwrap_or("\0");
        while let Some(at) = text.find(name) {
            self.encode_between_users(&text[..at], user + 1, room, emit);
            emit(token);
            text = &text[at + name.len()..];
        }
        self.encode_between_users(text, user + 1, room, emit);
    }

    fn encode_plain(&self, mut text: &str, room: &mut Room<'_>, emit: &mut impl FnMut(u32)) {
        let prefixed = self.flags & PREFIXES != 0;
        match self.splitter {
            _ if text.is_empty() => return,
            Splitter::Whole => return merge::characters(self, room, text, prefixed, emit),
            Splitter::Unigram => return unigram::pieces(self, room, text, prefixed, emit),
            _ => {}
        }
        while !text.is_empty() {
            let (mut run, rest) = text.split_at(split::first_run(self, text));
            while !run.is_empty() {
                let (piece, after) = run.split_at(split::first_piece(self, run));
                match self.token_of(piece.as_bytes()) {
                    Some(token) => emit(token),
                    None => merge::bytes(self, room, piece.as_bytes(), emit),
                }
                run = after;
            }
            text = rest;
        }
    }

    /// The token with this text, where the vocabulary says that it comes before any merge.
    fn token_of(&self, text: &[u8]) -> Option<u32> {
        let (mut low, mut high) = (0, self.by_text.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let token = self.by_text.get(middle);
            match self.text(token).cmp(text) {
                Ordering::Equal => return Some(token),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The token of a character by itself.
    fn character(&self, c: char) -> Option<u32> {
        let (mut low, mut high) = (0, self.characters.len() / 2);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.characters.get(2 * middle).cmp(&u32::from(c)) {
                Ordering::Equal => return Some(self.characters.get(2 * middle + 1)),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        None
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
