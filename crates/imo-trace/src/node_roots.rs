//! The roots of a trace's slots as bytes (`docs/spec/trace.md`).
//!
//! A claimant publishes them with its claim, so that a challenger need not ask for them. They need
//! no proof: either they hash to the claimed root, or they are useless.

use imo_commit::Hash;

use crate::trace_tree::TraceTree;

/// The roots of a tree as bytes: runs of neighbouring nodes whose slots are not zero.
pub fn encode(tree: &TraceTree) -> Vec<u8> {
    let mut bytes = Vec::new();
    for run in tree.slot_roots().chunk_by(|a, b| a.0 + 1 == b.0) {
        let count = u32::try_from(run.len()).expect("fewer than the nodes of a trace");
        bytes.extend(run[0].0.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        for (_, root) in run {
            bytes.extend(root);
        }
    }
    bytes
}

/// Reads what [`encode`] writes: the tree over `2^nodes_log2` slots of `2^slot_log2` bytes. `None`
/// if the bytes are malformed.
pub fn decode(mut bytes: &[u8], nodes_log2: u8, slot_log2: u8) -> Option<TraceTree> {
    let mut roots: Vec<(u32, Hash)> = Vec::new();
    let mut next = 0;
    while !bytes.is_empty() {
        let first = u64::from(u32::from_le_bytes(take(&mut bytes)?));
        let count = u64::from(u32::from_le_bytes(take(&mut bytes)?));
        let end = first + count;
        if first < next || count == 0 || end > 1 << nodes_log2 {
            return None;
        }
        for node in first..end {
            roots.push((u32::try_from(node).ok()?, take(&mut bytes)?));
        }
        next = end;
    }
    Some(TraceTree::new(roots, nodes_log2, slot_log2))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES_LOG2: u8 = 6;
    const SLOT_LOG2: u8 = 8;

    #[test]
    fn encoded_roots_are_read_back() {
        arbtest::arbtest(|u| {
            let mut roots = Vec::new();
            for node in 0..1 << NODES_LOG2 {
                if u.ratio(2, 3)? {
                    roots.push((node, u.arbitrary()?));
                }
            }
            let tree = TraceTree::new(roots, NODES_LOG2, SLOT_LOG2);
            let read = decode(&encode(&tree), NODES_LOG2, SLOT_LOG2).expect("it was just written");
            assert_eq!(read.slot_roots(), tree.slot_roots());
            assert_eq!(read.subtree(NODES_LOG2, 0), tree.subtree(NODES_LOG2, 0));
            Ok(())
        });
    }

    #[test]
    fn malformed_roots_are_refused() {
        let run = |first: u32, count: u32, roots: usize| {
            [&first.to_le_bytes()[..], &count.to_le_bytes(), &vec![7; 32 * roots]].concat()
        };
        let reads = |bytes: &[u8]| decode(bytes, NODES_LOG2, SLOT_LOG2).is_some();
        assert!(reads(&[]) && reads(&run(63, 1, 1)));
        assert!(reads(&[run(1, 2, 2), run(3, 1, 1)].concat()));
        let malformed = [
            run(0, 0, 0),
            run(0, 2, 1),
            run(63, 2, 2),
            run(u32::MAX, u32::MAX, 1),
            run(0, 1, 1)[..39].to_vec(),
            [run(1, 2, 2), run(2, 1, 1)].concat(),
            [run(2, 1, 1), run(1, 1, 1)].concat(),
        ];
        for bytes in malformed {
            assert!(!reads(&bytes), "{bytes:?}");
        }
    }

    #[test]
    fn no_bytes_make_decoding_panic() {
        arbtest::arbtest(|u| {
            let mut bytes = u.arbitrary::<Vec<u8>>()?;
            // Some small numbers, so that some of the bytes are well-formed.
            for word in bytes.chunks_exact_mut(4) {
                if u.ratio(1, 2)? {
                    word.copy_from_slice(&u.int_in_range(0..=80_u32)?.to_le_bytes());
                }
            }
            decode(&bytes, NODES_LOG2, SLOT_LOG2);
            Ok(())
        });
    }
}
