//! One's own trace, changed to what somebody claimed.

use imo_commit::{Hash, root_from_opening};
use imo_trace::Trace;
use imo_vm::TraceBytes;

/// Where a claimed trace differs from one's own, with the claimed siblings up to the root.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The first node that differs. All slots before it equal one's own.
    pub node: u64,
    /// Root of this node's slot, as claimed.
    pub slot_root: Hash,
    /// The siblings as claimed, bottom-up.
    pub siblings: Vec<Hash>,
}

/// One's own trace up to the disputed node. From there on, what the claimant has shown.
#[derive(Clone, Debug)]
pub struct ClaimedTrace<'a> {
    own: &'a Trace,
    difference: Option<Difference>,
}

impl<'a> ClaimedTrace<'a> {
    /// One's own trace, unchanged.
    pub const fn own(trace: &'a Trace) -> Self {
        Self { own: trace, difference: None }
    }

    /// One's own trace before the node of `difference`, and the claimed hashes from there on.
    pub const fn with(trace: &'a Trace, difference: Difference) -> Self {
        Self { own: trace, difference: Some(difference) }
    }
}

impl TraceBytes for ClaimedTrace<'_> {
    fn slot(&self, node: u64) -> &[u8] {
        u32::try_from(node).map_or(&[], |node| self.own.slot_prefix(node))
    }

    fn subtree(&self, levels: u8, index: u64) -> Hash {
        let own =
            || self.own.tree().subtree(levels, u32::try_from(index).expect("a node of the trace"));
        let Some(Difference { node, slot_root, siblings }) = &self.difference else { return own() };
        let level = usize::from(levels);
        if node >> levels == index {
            return root_from_opening(*slot_root, *node, &siblings[..level]);
        }
        match siblings.get(level) {
            Some(sibling) if (node >> levels) ^ 1 == index => *sibling,
            _ => own(),
        }
    }
}

impl imo_dispute::Trace for ClaimedTrace<'_> {
    fn subtree(&self, levels: u32, index: u64) -> Hash {
        TraceBytes::subtree(self, u8::try_from(levels).expect("at most 31 levels"), index)
    }
}

/// The first node in which a claimed trace differs from one's own. The search goes from the root
/// down; `children_of` gives the two children of the claimed subtree at a level and index. None if
/// these do not hash to their parent, or if nothing differs.
pub fn first_difference(
    own: &Trace,
    claimed_root: Hash,
    mut children_of: impl FnMut(u8, u32) -> Option<(Hash, Hash)>,
) -> Option<Difference> {
    let own = ClaimedTrace::own(own);
    let top = own.own.tree().nodes_log2();
    if own.own.tree().root() == claimed_root {
        return None;
    }
    let (mut claimed, mut index) = (claimed_root, 0_u32);
    let mut siblings = Vec::new();
    for level in (0..top).rev() {
        let (left, right) = children_of(level + 1, index)?;
        if imo_commit::hash_branch(left, right) != claimed {
            return None;
        }
        let goes_right = TraceBytes::subtree(&own, level, u64::from(2 * index)) == left;
        (claimed, index) = if goes_right { (right, 2 * index + 1) } else { (left, 2 * index) };
        siblings.push(if goes_right { left } else { right });
    }
    siblings.reverse();
    Some(Difference { node: index.into(), slot_root: claimed, siblings })
}
