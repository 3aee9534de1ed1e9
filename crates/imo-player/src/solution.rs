//! What answering a request gives.

use imo_commit::Hash;
use imo_trace::Trace;

use crate::claimed::Difference;

/// A request with its answer and trace, as one claimant would claim them.
#[derive(Debug)]
pub struct Solution {
    /// The input memory of the request.
    pub input: Vec<u8>,
    /// The answer, in bytes.
    pub answer: Vec<u8>,
    /// The units that the requester pays for; 0 if the answer is an error text.
    pub units_used: u32,
    /// Every slot, and the tree over them.
    pub trace: Trace,
}

impl Solution {
    /// The root that a claim commits to.
    pub fn root(&self) -> Hash {
        self.trace.tree().root()
    }

    /// The siblings of the last slot, which holds the answer's length and hash.
    pub fn open_emit(&self) -> Vec<Hash> {
        let tree = self.trace.tree();
        tree.open(tree.last())
    }

    /// Whether a claimed trace equals this one everywhere before the node of a difference.
    pub fn agrees_before(&self, difference: &Difference) -> bool {
        let Difference { node, siblings, .. } = difference;
        let left = (0_u8..).zip(siblings).filter(|(level, _)| node >> level & 1 == 1);
        left.into_iter().all(|(level, sibling)| {
            let index = u32::try_from(node >> level ^ 1).expect("a node of the trace");
            self.trace.tree().subtree(level, index) == *sibling
        })
    }
}
