//! The code in pieces, as a chain keeps it.

use imo_commit::{DenseTree, Hash, LEAF_LOG2};

/// Depth of the tree over a piece, which has 2^14 bytes.
const PIECE_DEPTH: u8 = 7;

/// A part of a code segment.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// Its place among the pieces.
    pub index: u64,
    /// Its bytes. Zeros at the end are left out.
    pub bytes: &'a [u8],
    /// Siblings on the way from its subtree to the root, bottom-up.
    pub siblings: Vec<Hash>,
}

/// The pieces of a code whose tree has this depth.
///
/// # Panics
/// If the code does not fit the depth.
pub fn pieces(code: &[u8], depth: u8) -> Vec<Piece<'_>> {
    let tree = DenseTree::new(code, depth);
    let height = depth.min(PIECE_DEPTH);
    let mut chunks = code.chunks(1 << (height + LEAF_LOG2));
    let piece = |index| {
        let bytes = chunks.next().unwrap_or_default();
        let siblings = tree.open(code, index << height).split_off(height.into());
        Piece { index, bytes, siblings }
    };
    (0..1 << (depth - height)).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use imo_commit::{dense_root, root_from_opening};

    #[test]
    fn pieces_are_the_code_and_lead_to_its_root() {
        for (length, depth, count) in [(0, 0, 1), (100, 3, 1), (1 << 14, 7, 1), (40_000, 9, 4)] {
            let code: Vec<u8> = (1..=255).cycle().take(length).collect();
            let pieces = pieces(&code, depth);
            assert_eq!(pieces.len(), count);
            assert_eq!(pieces.iter().flat_map(|it| it.bytes).copied().collect::<Vec<_>>(), code);
            for (Piece { index, bytes, siblings }, place) in pieces.iter().zip(0..) {
                assert_eq!(*index, place);
                let subtree = dense_root(bytes, depth.min(PIECE_DEPTH));
                assert_eq!(root_from_opening(subtree, *index, siblings), dense_root(&code, depth));
            }
        }
    }
}
