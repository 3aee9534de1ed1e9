//! Byte pair merging in O(n log n), in a caller's memory.

use core::ops::Range;

use super::heap::Heap;
use super::lookup::Tokenizer;
use super::scratch::Room;
use super::tables::{NO_TOKEN, SPACE};

/// No neighbour.
const NONE: u32 = u32::MAX;

/// Gives the tokens of one piece of a text to `emit`. Merging begins with the piece's bytes.
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

/// Gives the tokens of a text to `emit`. Merging begins with the text's characters; a character
/// without a token gives the tokens of its bytes.
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

    /// Appends a symbol of `length` bytes.
    #[expect(clippy::cast_possible_truncation, reason = "a text in 32-bit links is below 4 GiB")]
    fn put(&mut self, at: usize, length: usize, token: u32) {
        self.tokens[at] = token;
        self.previous[at] = self.last;
        self.last = at as u32;
        let end = at + length;
        self.next[at] = if end < self.tokens.len() { end as u32 } else { NONE };
    }

    /// Merges pairs until none is left: the best rank first, and the leftmost among equals.
    fn merge(&mut self, tokenizer: &Tokenizer<'_>) {
        let mut at = 0;
        while at != NONE {
            self.push(tokenizer, at);
            at = self.next[at as usize];
        }
        while let Some(best) = self.heap.pop() {
            let at = (best & 0xffff_ffff) as u32;
            // An entry is stale when its left part was merged away or now has another neighbour.
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
