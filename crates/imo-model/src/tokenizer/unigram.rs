//! SentencePiece's unigram: of all ways to cut a text into pieces of the vocabulary, the one of
//! least cost, in a caller's memory.
//!
//! Costs are integers, so a sum is exact in any order. Two ways of equal cost are compared from the
//! end: where they first differ, the one with the longer piece wins. A character that is no piece
//! costs more than every piece, and becomes the tokens of its bytes.

use core::ops::Range;

use super::lookup::Tokenizer;
use super::scratch::Room;
use super::tables::{NO_TOKEN, SPACE};

/// Cost of a place to which no way is known yet.
const NONE: u64 = u64::MAX;

/// Gives the tokens of a text to `emit`, in O(n · longest piece).
pub(super) fn pieces(
    tokenizer: &Tokenizer<'_>,
    room: &mut Room<'_>,
    text: &str,
    prefixed: bool,
    emit: &mut impl FnMut(u32),
) {
    let text = Text { prefix: if prefixed { " " } else { "" }, text };
    let mut ways = Ways::new(room, text.len());
    let mut start = 0;
    while start < text.len() {
        let mut prefixed = Prefixed::all(tokenizer);
        let first = text.characters(start).next().map_or(text.len(), |(end, _)| end);
        for (end, c) in text.characters(start) {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| prefixed.narrow(byte));
            if let Some(index) = prefixed.whole() {
                let token = tokenizer.by_text.get(index);
                ways.offer(start..end, token, tokenizer.costs.get(index));
            } else if end == first {
                ways.offer(start..end, NO_TOKEN, tokenizer.costs.get(tokenizer.by_text.len()));
            }
            if prefixed.range.is_empty() {
                break;
            }
        }
        start = first;
    }
    ways.each(|range, token| match text.characters(range.start).next() {
        _ if token != NO_TOKEN => emit(token),
        Some((_, ' ')) => SPACE.bytes().for_each(|byte| emit(tokenizer.byte_token(byte))),
        Some((_, c)) => {
            let bytes = &mut [0; 4];
            c.encode_utf8(bytes).bytes().for_each(|byte| emit(tokenizer.byte_token(byte)));
        }
        None => {}
    });
}

/// A text after its prefix. SentencePiece's character for a space counts as a space.
struct Text<'a> {
    prefix: &'static str,
    text: &'a str,
}

impl Text<'_> {
    const fn len(&self) -> usize {
        self.prefix.len() + self.text.len()
    }

    /// The characters from a byte on, each with where it ends.
    fn characters(&self, start: usize) -> impl Iterator<Item = (usize, char)> {
        let prefix = self.prefix.get(start..).unwrap_or_default();
        let text = &self.text[start.saturating_sub(self.prefix.len())..];
        let mut end = start;
        prefix.chars().chain(text.chars()).map(move |c| {
            end += c.len_utf8();
            (end, if SPACE.starts_with(c) { ' ' } else { c })
        })
    }
}

/// The range of the pieces, in order of their text, that begin with what was read so far.
struct Prefixed<'a> {
    tokenizer: &'a Tokenizer<'a>,
    range: Range<usize>,
    length: usize,
}

impl<'a> Prefixed<'a> {
    const fn all(tokenizer: &'a Tokenizer<'a>) -> Self {
        Self { tokenizer, range: 0..tokenizer.by_text.len(), length: 0 }
    }

    fn text(&self, index: usize) -> &'a [u8] {
        self.tokenizer.text(self.tokenizer.by_text.get(index))
    }

    /// Reads a byte. In texts that begin alike the next bytes ascend, and the text that ends here
    /// comes first.
    fn narrow(&mut self, byte: u8) {
        let next = |index: usize| self.text(index).get(self.length).copied();
        let start = partition_point(self.range.clone(), |index| next(index) < Some(byte));
        let end = partition_point(start..self.range.end, |index| next(index) == Some(byte));
        self.range = start..end;
        self.length += 1;
    }

    /// The piece that is exactly what was read so far.
    fn whole(&self) -> Option<usize> {
        let first = self.range.start;
        (!self.range.is_empty() && self.text(first).len() == self.length).then_some(first)
    }
}

/// The first index for which this does not hold.
fn partition_point(range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let Range { start: mut low, end: mut high } = range;
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// The best way to each byte at which a piece may end, found in order of the pieces' starts.
/// Entry i is about byte i + 1.
struct Ways<'a> {
    costs: &'a mut [u64],
    /// Where the last piece of the way begins, and its token.
    starts: &'a mut [u32],
    tokens: &'a mut [u32],
    /// Where the piece from a byte ends, once the way is known.
    ends: &'a mut [u32],
}

impl<'a> Ways<'a> {
    fn new(room: &'a mut Room<'_>, length: usize) -> Self {
        let (links, costs) = room.split();
        let (starts, rest) = links.split_at_mut(length);
        let (tokens, rest) = rest.split_at_mut(length);
        let costs = &mut costs[..length];
        costs.fill(NONE);
        Self { costs, starts, tokens, ends: &mut rest[..length] }
    }

    /// Takes a piece as the end of a way if that is cheaper than before. A way that was found
    /// earlier has the longer last piece, so an equal cost does not replace it.
    #[expect(clippy::cast_possible_truncation, reason = "a text in 32-bit links is below 4 GiB")]
    fn offer(&mut self, Range { start, end }: Range<usize>, token: u32, cost: u32) {
        let before = start.checked_sub(1).map_or(0, |at| self.costs[at]);
        // At most 2^32 characters of less than 2^32 each.
        let total = before + u64::from(cost);
        if total < self.costs[end - 1] {
            self.costs[end - 1] = total;
            self.starts[end - 1] = start as u32;
            self.tokens[end - 1] = token;
        }
    }

    /// Each piece of the best way to the end, in order, with its token.
    fn each(self, mut visit: impl FnMut(Range<usize>, u32)) {
        let mut end = self.costs.len();
        while end > 0 {
            let start = self.starts[end - 1] as usize;
            #[expect(clippy::cast_possible_truncation, reason = "it came from 32 bits")]
            let last = end as u32;
            self.ends[start] = last;
            end = start;
        }
        while end < self.costs.len() {
            let start = end;
            end = self.ends[start] as usize;
            visit(start..end, self.tokens[end - 1]);
        }
    }
}
