//! What stands where in a slot (`docs/spec/trace.md`).

use imo_kernels::{Isa, sum_of_weights};
use imo_model::Header;
use imo_tensor::{CANDIDATES, Candidate, Candidates};

use crate::numbers::{number, size};

/// The layout of a layer's slot: residual, keys, values, their exponents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerSlot {
    dim: usize,
    kv_dim: usize,
    kv_heads: usize,
}

impl LayerSlot {
    pub(crate) fn new(header: &Header) -> Self {
        Self {
            dim: size(header.dim),
            kv_dim: size(header.kv_dim()),
            kv_heads: size(header.kv_heads),
        }
    }

    pub(crate) fn put_residual(&self, slot: &mut [u8], residual: &[f32]) {
        for (bytes, value) in slot[..4 * self.dim].as_chunks_mut().0.iter_mut().zip(residual) {
            *bytes = value.to_le_bytes();
        }
    }

    pub(crate) fn residual(&self, slot: &[u8], residual: &mut [f32]) {
        for (bytes, value) in slot[..4 * self.dim].as_chunks().0.iter().zip(residual) {
            *value = f32::from_le_bytes(*bytes);
        }
    }

    /// Writes keys, values, exponents of keys and of values, which `kv` has in this order.
    pub(crate) fn put_kv(&self, slot: &mut [u8], kv: &[i16]) {
        let bytes = &mut slot[4 * self.dim..][..2 * self.kv_length()];
        for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(kv) {
            *bytes = value.to_le_bytes();
        }
    }

    pub(crate) fn kv(&self, slot: &[u8], kv: &mut [i16]) {
        let bytes = &slot[4 * self.dim..][..2 * self.kv_length()];
        for (bytes, value) in bytes.as_chunks().0.iter().zip(kv) {
            *value = i16::from_le_bytes(*bytes);
        }
    }

    /// How many numbers [`Self::put_kv`] writes.
    pub(crate) fn kv_length(&self) -> usize {
        2 * (self.kv_dim + self.kv_heads)
    }

    /// Keys, values, exponents of keys and of values.
    pub(crate) fn split<'a>(&self, kv: &'a [i16]) -> [&'a [i16]; 4] {
        let (keys, rest) = kv.split_at(self.kv_dim);
        let (values, rest) = rest.split_at(self.kv_dim);
        let (key_exponents, value_exponents) = rest.split_at(self.kv_heads);
        [keys, values, key_exponents, value_exponents]
    }

    /// As [`Self::split`].
    pub(crate) fn split_mut<'a>(&self, kv: &'a mut [i16]) -> [&'a mut [i16]; 4] {
        let (keys, rest) = kv.split_at_mut(self.kv_dim);
        let (values, rest) = rest.split_at_mut(self.kv_dim);
        let (key_exponents, value_exponents) = rest.split_at_mut(self.kv_heads);
        [keys, values, key_exponents, value_exponents]
    }
}

/// Where a head part's candidates begin.
const CANDIDATES_AT: usize = 16;

/// A head part's slot, without the zeros after it: the best of `logits`, the first of which is that
/// of token `first`.
pub(crate) fn head_part(first: u32, logits: &[f32], isa: Isa) -> Vec<u8> {
    let mut candidates = Candidates::default();
    offer_all(&mut candidates, first, logits);
    let best = candidates.as_slice();
    let largest = best.first().map_or(0.0, |candidate| candidate.logit);
    let total = sum_of_weights(logits, largest, isa);
    let mut bytes = vec![0; CANDIDATES_AT + 8 * CANDIDATES];
    bytes[..4].copy_from_slice(&number(best.len()).to_le_bytes());
    bytes[4..8].copy_from_slice(&largest.to_le_bytes());
    bytes[8..16].copy_from_slice(&total.to_le_bytes());
    for (bytes, candidate) in bytes[CANDIDATES_AT..].as_chunks_mut::<8>().0.iter_mut().zip(best) {
        bytes[..4].copy_from_slice(&candidate.id.to_le_bytes());
        bytes[4..].copy_from_slice(&candidate.logit.to_le_bytes());
    }
    bytes
}

/// As [`Candidates::offer_all`], but skips the many logits that are below all that are kept.
fn offer_all(candidates: &mut Candidates, first: u32, logits: &[f32]) {
    const TOGETHER: usize = 16;
    for (first, logits) in (first..).step_by(TOGETHER).zip(logits.chunks(TOGETHER)) {
        let worst = candidates.as_slice().get(CANDIDATES - 1).map(|it| it.logit);
        let below = |worst| logits.iter().fold(true, |all, logit| all & (*logit < worst));
        if !worst.is_some_and(below) {
            candidates.offer_all(first, logits);
        }
    }
}

/// The candidates in a head part's slot.
pub(crate) fn candidates(slot: &[u8]) -> impl Iterator<Item = Candidate> {
    let count = size(word(slot, 0)).min(CANDIDATES);
    slot[CANDIDATES_AT..]
        .as_chunks::<8>()
        .0
        .iter()
        .take(count)
        .map(|bytes| Candidate { id: word(bytes, 0), logit: f32::from_bits(word(bytes, 4)) })
}

/// The 32-bit number at a byte offset.
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*bytes[at..].first_chunk().expect("a number's bytes"))
}
