//! What stands where in a slot (`docs/spec/trace.md`).

use imo_kernels::{Isa, sum_of_weights};
use imo_tensor::{CANDIDATES, Candidate, Candidates};
use imo_text::layout::LayerSlot;
use imo_text::layout::slots::{head, put_word, word};

use crate::numbers::{number, size};

/// Writes the residual stream into a layer's slot.
pub(crate) fn put_residual(slot: &mut [u8], residual: &[f32]) {
    for (bytes, value) in slot.as_chunks_mut().0.iter_mut().zip(residual) {
        *bytes = value.to_le_bytes();
    }
}

/// Reads the residual stream of a layer's slot.
pub(crate) fn residual(slot: &[u8], residual: &mut [f32]) {
    for (bytes, value) in slot.as_chunks().0.iter().zip(residual) {
        *value = f32::from_le_bytes(*bytes);
    }
}

/// Writes a layer's kv numbers into its slot.
pub(crate) fn put_kv(layout: &LayerSlot, slot: &mut [u8], kv: &[i16]) {
    let bytes = &mut slot[layout.kv_at()..][..2 * layout.kv_length()];
    for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(kv) {
        *bytes = value.to_le_bytes();
    }
}

/// Reads a layer's kv numbers from its slot.
pub(crate) fn kv(layout: &LayerSlot, slot: &[u8], kv: &mut [i16]) {
    let bytes = &slot[layout.kv_at()..][..2 * layout.kv_length()];
    for (bytes, value) in bytes.as_chunks().0.iter().zip(kv) {
        *value = i16::from_le_bytes(*bytes);
    }
}

/// The slot of a head part, without the zeros at its end: the best of `logits`, which are those of
/// the tokens from `first` on.
pub(crate) fn head_part(first: u32, logits: &[f32], isa: Isa) -> Vec<u8> {
    let mut candidates = Candidates::default();
    offer_all(&mut candidates, first, logits);
    let best = candidates.as_slice();
    let largest = best.first().map_or(0.0, |candidate| candidate.logit);
    let total = sum_of_weights(logits, largest, isa);
    let mut bytes = vec![0; head::BYTES];
    put_word(&mut bytes, head::COUNT, number(best.len()));
    put_word(&mut bytes, head::LARGEST, largest.to_bits());
    bytes[head::TOTAL].copy_from_slice(&total.to_le_bytes());
    let places = bytes[head::CANDIDATES..].as_chunks_mut::<{ head::CANDIDATE_BYTES }>().0;
    for (bytes, candidate) in places.iter_mut().zip(best) {
        put_word(bytes, 0, candidate.id);
        put_word(bytes, 4, candidate.logit.to_bits());
    }
    bytes
}

/// As [`Candidates::offer_all`], but skips the many logits that are below every kept one.
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
    let count = size(word(slot, head::COUNT)).min(CANDIDATES);
    let places = slot[head::CANDIDATES..].as_chunks::<{ head::CANDIDATE_BYTES }>().0;
    places
        .iter()
        .take(count)
        .map(|bytes| Candidate { id: word(bytes, 0), logit: f32::from_bits(word(bytes, 4)) })
}
