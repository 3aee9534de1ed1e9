//! Byte pair merging in O(n log n), in a caller's memory.

use core::ops::Range;

use super::heap::Heap;
use super::{EncodeError, NO_TOKEN, Tokenizer, scratch_words};

/// No neighbour.
const NONE: u32 = u32::MAX;

/// Memory for one encoding.
#[derive(Debug)]
pub struct Scratch<'a> {
    text: &'a mut [u8],
    length: usize,
    room: Room<'a>,
}

/// Memory for cutting one piece of a text into tokens.
#[derive(Debug)]
pub(super) struct Room<'a> {
    links: &'a mut [u32],
    heap: &'a mut [u64],
}

impl<'a> Scratch<'a> {
    /// Scratch for as many bytes as `text` has.
    ///
    /// # Panics
    /// If `links` or `heap` have fewer than [`scratch_words`] entries for it.
    pub const fn new(text: &'a mut [u8], links: &'a mut [u32], heap: &'a mut [u64]) -> Self {
        let words = scratch_words(text.len());
        assert!(links.len() >= words && heap.len() >= words, "scratch for every byte");
        Self { text, length: 0, room: Room { links, heap } }
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.length + bytes.len();
        let place = self.text.get_mut(self.length..end).ok_or(EncodeError::TooLong)?;
        place.copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }

    /// What was collected, which is empty from then on, and the room to work in.
    pub(super) fn take(&mut self) -> (&[u8], &mut Room<'a>) {
        let length = core::mem::take(&mut self.length);
        (&self.text[..length], &mut self.room)
    }
}

impl Room<'_> {
    pub(super) const fn split(&mut self) -> (&mut [u32], &mut [u64]) {
        (self.links, self.heap)
    }
}

/// Gives the tokens of one piece of a text to `emit`: it begins as bytes.
pub(super) fn bytes(
    tokenizer: &Tokenizer<'_>,
    room: &mut Room<'_>,
    piece: &[u8],
    emit: &mut impl FnMut(u32),
) {
    let mut symbols = Symbols::new(room, piece.len());
    for (at, byte) in piece.iter().enumerate() {
        symbols.put(at, 1, tokenizer.byte_token(*byte));
    }
    symbols.merge(tokenizer);
    symbols.each(|_, token| {
        if token != NO_TOKEN {
            emit(token);
        }
    });
}

/// Gives the tokens of a text to `emit`: it begins as characters, and one that has no token is its bytes' tokens.
pub(super) fn characters(
    tokenizer: &Tokenizer<'_>,
    room: &mut Room<'_>,
    text: &str,
    prefixed: bool,
    emit: &mut impl FnMut(u32),
) {
    let prefix = if prefixed { " " } else { "" };
    let mut symbols = Symbols::new(room, prefix.len() + text.len());
    for (part, start) in [(prefix, 0), (text, prefix.len())] {
        for (at, c) in part.char_indices() {
            let token = tokenizer.character(c).unwrap_or(NO_TOKEN);
            symbols.put(start + at, c.len_utf8(), token);
        }
    }
    symbols.merge(tokenizer);
    symbols.each(|range, token| {
        if token != NO_TOKEN {
            return emit(token);
        }
        // SentencePiece's spaces are another character.
        let text = match range.start.checked_sub(prefix.len()) {
            Some(start) => &text[start..range.end - prefix.len()],
            None => prefix,
        };
        let text = if text == " " { SPACE } else { text };
        for byte in text.bytes() {
            emit(tokenizer.byte_token(byte));
        }
    });
}

/// What SentencePiece has for a space.
pub(crate) const SPACE: &str = "\u{2581}";

/// Tokens in a row, by the byte at which each begins.
struct Symbols<'a> {
    tokens: &'a mut [u32],
    next: &'a mut [u32],
    previous: &'a mut [u32],
    heap: Heap<'a>,
    last: u32,
}

impl<'a> Symbols<'a> {
    fn new(room: &'a mut Room<'_>, count: usize) -> Self {
        let (tokens, links) = room.links.split_at_mut(count);
        let (next, rest) = links.split_at_mut(count);
        let previous = &mut rest[..count];
        Self { tokens, next, previous, heap: Heap::new(room.heap), last: NONE }
    }

    /// The next symbol, which has `length` bytes.
    #[expect(clippy::cast_possible_truncation, reason = "a text in 32-bit links is below 4 GiB")]
    fn put(&mut self, at: usize, length: usize, token: u32) {
        self.tokens[at] = token;
        self.previous[at] = self.last;
        self.last = at as u32;
        let end = at + length;
        self.next[at] = if end < self.tokens.len() { end as u32 } else { NONE };
    }

    /// Merges pairs, the one of best rank first and of equals the leftmost, until none can be.
    fn merge(&mut self, tokenizer: &Tokenizer<'_>) {
        let mut at = 0;
        while at != NONE {
            self.push(tokenizer, at);
            at = self.next[at as usize];
        }
        while let Some(best) = self.heap.pop() {
            let at = (best & 0xffff_ffff) as u32;
            // An entry is stale when its left part was merged away or its pair is another one by now.
            if self.tokens[at as usize] == NONE {
                continue;
            }
            let Some((rank, result)) = self.pair(tokenizer, at) else { continue };
            if u64::from(rank) != best >> 32 {
                continue;
            }
            let gone = self.next[at as usize];
            self.tokens[at as usize] = result;
            self.tokens[gone as usize] = NONE;
            let after = self.next[gone as usize];
            self.next[at as usize] = after;
            if after != NONE {
                self.previous[after as usize] = at;
            }
            self.push(tokenizer, at);
            let before = self.previous[at as usize];
            if before != NONE {
                self.push(tokenizer, before);
            }
        }
    }

    /// Rank and result of merging a symbol with the next one.
    fn pair(&self, tokenizer: &Tokenizer<'_>, at: u32) -> Option<(u32, u32)> {
        let after = self.next[at as usize];
        if after == NONE {
            return None;
        }
        tokenizer.merge(self.tokens[at as usize], self.tokens[after as usize])
    }

    fn push(&mut self, tokenizer: &Tokenizer<'_>, at: u32) {
        if let Some((rank, _)) = self.pair(tokenizer, at) {
            self.heap.push(u64::from(rank) << 32 | u64::from(at));
        }
    }

    /// Each symbol's bytes and token.
    fn each(&self, mut visit: impl FnMut(Range<usize>, u32)) {
        let mut at = 0;
        while at != NONE {
            let next = self.next[at as usize];
            let end = if next == NONE { self.tokens.len() } else { next as usize };
            visit(at as usize..end, self.tokens[at as usize]);
            at = next;
        }
    }
}
