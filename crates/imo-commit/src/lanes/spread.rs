//! Messages spread over the lanes of vectors.

use crate::Hash;

/// Hashes all messages, `LANES` at a time, but for one that would be alone; returns its place.
///
/// From two messages on vectors are faster, even if some of their lanes are idle.
pub(super) fn in_lanes<'a, 'o, const BYTES: usize, const LANES: usize>(
    out: &'o mut [Hash],
    next: &mut impl FnMut() -> &'a [u8; BYTES],
    hash: impl Fn([&'a [u8; BYTES]; LANES]) -> [Hash; LANES],
) -> &'o mut [Hash] {
    let is_alone = out.len() % LANES == 1;
    let (many, rest) = out.split_at_mut(out.len() - usize::from(is_alone));
    for out in many.chunks_mut(LANES) {
        let mut messages = [next(); LANES];
        messages[1..out.len()].fill_with(&mut *next);
        out.copy_from_slice(&hash(messages)[..out.len()]);
    }
    rest
}
