//! The tables of a tokenizer: they are taken apart and checked here, and looked up.

use core::cmp::Ordering;

use super::tables::{
    CONTROL, Class, NO_TOKEN, PIECE_LIMIT, PIECES_LIMIT, SEPARATORS, SPLITTER_SHIFT, Splitter,
    USER_LIMIT, head as at, piece, separator,
};
use crate::image::ImageError;

/// The tables of a tokenizer.
#[derive(Clone, Copy, Debug)]
pub struct Tokenizer<'a> {
    byte_tokens: Words<'a>,
    offsets: Words<'a>,
    merges: Words<'a>,
    ranges: Words<'a>,
    pub(super) separators: Words<'a>,
    pub(super) pieces: Words<'a>,
    /// (character, token), ascending; only in tables of SentencePiece.
    characters: Words<'a>,
    /// Tokens in order of their text; only in tables of unigram, and where a piece that is a token
    /// is not merged.
    pub(super) by_text: Words<'a>,
    /// What each token of `by_text` costs, and last, what any other character costs; only in tables
    /// of unigram.
    pub(super) costs: Words<'a>,
    /// Tokens that a user may write, the longest first.
    pub(super) users: Words<'a>,
    pub(super) splitter: Splitter,
    pub(super) begin: u32,
    pub(super) flags: u32,
    token_text: &'a [u8],
    pub(super) template_text: &'a [u8],
}

/// Little-endian 32-bit words in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a>(&'a [u8]);

impl Words<'_> {
    #[inline]
    pub(super) fn get(&self, index: usize) -> u32 {
        let at = 4 * index;
        u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len() / 4
    }
}

impl<'a> Tokenizer<'a> {
    /// Takes the tables apart and checks that each lies within `bytes`. [`Tokenizer::validate`]
    /// checks what they hold.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let (head, mut rest) =
            bytes.split_at_checked(4 * at::WORDS).ok_or(ImageError::Truncated)?;
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
        let offsets = take(count(at::TOKENS) + 1)?;
        let merges = take(4 * count(at::MERGES))?;
        let ranges = take(3 * count(at::RANGES))?;
        let separators = take((separator::WORDS * SEPARATORS) as u64)?;
        let pieces = take(piece::WORDS as u64 * count(at::PIECES))?;
        let characters = take(2 * count(at::CHARACTERS))?;
        let by_text = take(count(at::BY_TEXT))?;
        let flags = head.get(at::FLAGS);
        let splitter = Splitter::from_code(flags >> SPLITTER_SHIFT);
        let splitter = splitter.ok_or(ImageError::Field("splitter"))?;
        let users = take(count(at::USERS))?;
        let costs = take(if splitter == Splitter::Unigram { count(at::BY_TEXT) + 1 } else { 0 })?;
        let text_bytes = usize::try_from(count(at::TEXT_BYTES)).unwrap_or(usize::MAX);
        let (token_text, template_text) =
            rest.split_at_checked(text_bytes).ok_or(ImageError::Place("token text"))?;
        let begin = head.get(at::BEGIN);
        Ok(Self {
            byte_tokens,
            offsets,
            merges,
            ranges,
            separators,
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

    /// Checks every entry of every table, so that no lookup can be out of range.
    pub fn validate(&self) -> Result<(), ImageError> {
        let bad = |fine: bool, name| if fine { Ok(()) } else { Err(ImageError::Field(name)) };
        let vocab = self.vocab();
        let offset = |index| (self.offsets.get(index) & !CONTROL) as usize;
        let ascending = (0..vocab).all(|token| offset(token) <= offset(token + 1));
        bad(ascending && offset(vocab) <= self.token_text.len(), "token offsets")?;
        // INVARIANT: of all tables that a text is looked up in, none has a control token.
        let plain = |token: u32| (token as usize) < vocab && !self.is_control(token);
        let known = |token: u32| plain(token) || token == NO_TOKEN;
        bad((0..256).all(|byte| known(self.byte_tokens.get(byte))), "byte tokens")?;
        let merges = self.merges.len() / 4;
        let pair = |index: usize| (self.merges.get(4 * index), self.merges.get(4 * index + 1));
        bad((1..merges).all(|index| pair(index - 1) < pair(index)), "merges' order")?;
        let results = (0..merges).all(|index| plain(self.merges.get(4 * index + 3)));
        bad(results, "merges' results")?;
        let ranges = self.ranges.len() / 3;
        let starts = (1..ranges).all(|i| self.ranges.get(3 * i - 2) < self.ranges.get(3 * i));
        bad(starts && (0..ranges).all(|i| self.ranges.get(3 * i + 2) <= 3), "character classes")?;
        bad((self.begin as usize) < vocab || self.begin == NO_TOKEN, "first token")?;
        let characters = self.characters.len() / 2;
        let ordered =
            (1..characters).all(|i| self.characters.get(2 * i - 2) < self.characters.get(2 * i));
        let tokens = (0..characters).all(|i| plain(self.characters.get(2 * i + 1)));
        bad(ordered && tokens, "characters")?;
        let text = |index: usize| self.text(self.by_text.get(index));
        let real = (0..self.by_text.len()).all(|i| plain(self.by_text.get(i)));
        bad(real && (1..self.by_text.len()).all(|i| text(i - 1) < text(i)), "tokens by text")?;
        let short = |index: usize| (1..=PIECE_LIMIT).contains(&text(index).len());
        let few = self.by_text.len() <= PIECES_LIMIT && (0..self.by_text.len()).all(short);
        bad(few || self.splitter != Splitter::Unigram, "pieces")?;
        let user = |index: usize| Some(self.users.get(index)).filter(|it| plain(*it));
        let longest_first = (0..self.users.len()).try_fold(usize::MAX, |longest, index| {
            let length = user(index).map(|token| self.text(token).len())?;
            (1..=longest).contains(&length).then_some(length)
        });
        bad(longest_first.is_some() && self.users.len() <= USER_LIMIT, "user's tokens")?;
        bad(self.has_sound_separators(), "template")
    }

    /// Number of tokens.
    pub const fn vocab(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The bytes of a token. Control tokens, and numbers that are no token, have none.
    pub fn decode(&self, token: u32) -> &'a [u8] {
        if token as usize >= self.vocab() || self.is_control(token) {
            return &[];
        }
        self.text(token)
    }

    /// Whether this is a control token, which no user's text gives.
    pub fn is_control(&self, token: u32) -> bool {
        self.offsets.get(token as usize) & CONTROL != 0
    }

    pub(super) fn text(&self, token: u32) -> &'a [u8] {
        let start = self.offsets.get(token as usize) & !CONTROL;
        let end = self.offsets.get(token as usize + 1) & !CONTROL;
        self.token_text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The token with this text, if the vocabulary takes such a token before any merge.
    pub(super) fn token_of(&self, text: &[u8]) -> Option<u32> {
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
    pub(super) fn character(&self, c: char) -> Option<u32> {
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

    pub(super) fn class(&self, c: char) -> Class {
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
    pub(super) fn merge(&self, left: u32, right: u32) -> Option<(u32, u32)> {
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

    pub(super) fn byte_token(&self, byte: u8) -> u32 {
        self.byte_tokens.get(byte.into())
    }
}
