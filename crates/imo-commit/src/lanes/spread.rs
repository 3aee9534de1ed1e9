//! Messages spread over the lanes of vectors.

use crate::Hash;

/// Hashes the messages, `LANES` at a time. If a single one is left at the end, it is not hashed,
/// and its place in `out` is returned.
///
/// Vectors are faster from two messages on, even if some of their lanes are idle.
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
