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
        Self { text, length: 0, links, heap }
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.length + bytes.len();
        let place = self.text.get_mut(self.length..end).ok_or(EncodeError::TooLong)?;
        place.copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }

    pub(super) const fn take_length(&mut self) -> usize {
        core::mem::replace(&mut self.length, 0)
    }

    pub(super) const fn text(&self) -> &[u8] {
        self.text
    }
}

/// Gives the tokens of one piece of the text to `emit`.
pub(super) fn encode_piece(
    tokenizer: &Tokenizer<'_>,
    scratch: &mut Scratch<'_>,
    piece: Range<usize>,
    emit: &mut impl FnMut(u32),
) {
    let count = piece.len();
    let (tokens, links) = scratch.links.split_at_mut(count);
    let (next, rest) = links.split_at_mut(count);
    let previous = &mut rest[..count];
    for ((index, at), byte) in (0..).zip(0_u32..).zip(&scratch.text[piece]) {
        tokens[index] = tokenizer.byte_token(*byte);
        next[index] = if index + 1 < count { at + 1 } else { NONE };
        previous[index] = at.checked_sub(1).unwrap_or(NONE);
    }
    let mut heap = Heap::new(scratch.heap);
    let rank_at = |tokens: &[u32], next: &[u32], at: u32| {
        let after = next[at as usize];
        let pair = (after != NONE).then(|| (tokens[at as usize], tokens[after as usize]))?;
        tokenizer.merge(pair.0, pair.1)
    };
    let entry = |rank: u32, at: u32| u64::from(rank) << 32 | u64::from(at);
    for (at, _) in (0_u32..).zip(0..count) {
        if let Some((rank, _)) = rank_at(tokens, next, at) {
            heap.push(entry(rank, at));
        }
    }
    while let Some(best) = heap.pop() {
        let at = (best & 0xffff_ffff) as u32;
        // An entry is stale when its left part was merged away or its pair is another one by now.
        if tokens[at as usize] == NONE {
            continue;
        }
        let Some((rank, result)) = rank_at(tokens, next, at) else { continue };
        if u64::from(rank) != best >> 32 {
            continue;
        }
        let gone = next[at as usize];
        tokens[at as usize] = result;
        tokens[gone as usize] = NONE;
        next[at as usize] = next[gone as usize];
        if next[at as usize] != NONE {
            previous[next[at as usize] as usize] = at;
        }
        for changed in [at, previous[at as usize]] {
            if changed != NONE
                && let Some((rank, _)) = rank_at(tokens, next, changed)
            {
                heap.push(entry(rank, changed));
            }
        }
    }
    let mut at = 0;
    while at != NONE {
        if tokens[at as usize] != NO_TOKEN {
            emit(tokens[at as usize]);
        }
        at = next[at as usize];
    }
}
