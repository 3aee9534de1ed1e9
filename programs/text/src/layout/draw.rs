//! The draw of a token.

use imo_tensor::{Candidates, Sampling};

/// Draws the token that follows a position.
///
/// The 32 random bits are the first of Keccak-256 over seed and position, 8 big-endian bytes each.
pub fn draw(candidates: &Candidates, sampling: &Sampling, seed: u64, position: u32) -> u32 {
    let mut preimage = [0; 16];
    preimage[..8].copy_from_slice(&seed.to_be_bytes());
    preimage[12..].copy_from_slice(&position.to_be_bytes());
    let hash = imo_commit::keccak256(&preimage);
    candidates.choose(sampling, u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]))
}
