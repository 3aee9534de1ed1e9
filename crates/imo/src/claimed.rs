//! A trace of one's own, seen as somebody claimed it.

use imo_commit::{Hash, root_from_opening};
use imo_trace::Trace;
use imo_vm::{Run, TraceBytes};

/// The subtree of a claimed trace that differs from one's own, with the claimed siblings on its way to the root.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The node: all slots before it are as in one's own trace.
    pub node: u64,
    /// Root of its slot, as claimed.
    pub slot_root: Hash,
    /// Siblings as claimed, bottom-up.
    pub siblings: Vec<Hash>,
}

/// One's own trace up to the disputed node; from there on what the opening of that node has shown.
#[derive(Clone, Debug)]
pub struct ClaimedTrace<'a> {
    own: &'a Trace,
    difference: Option<Difference>,
}

impl<'a> ClaimedTrace<'a> {
    /// One's own trace.
    pub const fn own(trace: &'a Trace) -> Self {
        Self { own: trace, difference: None }
    }

    /// One's own trace before the node of `difference`.
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

/// A run of the machine as a player sees it.
#[derive(Debug)]
pub struct PlayerRun<'a, T> {
    run: Run<'a, T>,
    output: (usize, u8),
    stated_log2: Option<u32>,
}

impl<'a, T: TraceBytes> PlayerRun<'a, T> {
    /// A run whose slot of `2^slot_log2` bytes lies at `address`.
    pub const fn new(run: Run<'a, T>, address: usize, slot_log2: u8) -> Self {
        Self { run, output: (address, slot_log2), stated_log2: None }
    }

    /// States at least this many steps, as a power of two: a halted machine stays as it is, so any larger number is as true.
    #[must_use]
    pub const fn stating(mut self, steps_log2: Option<u32>) -> Self {
        self.stated_log2 = steps_log2;
        self
    }

    /// Ends with the slot that is claimed, on a machine that goes wrong right after the last true store to what differs: how a liar plays.
    #[must_use]
    pub fn claiming(mut self, claimed: &[u8]) -> Self {
        let (address, _) = self.output;
        let true_slot = self.run.output(address, claimed.len());
        let differs = |at: &usize| true_slot[*at] != claimed[*at];
        let Some(first) = (0..claimed.len()).find(differs) else { return self };
        let end = (first..claimed.len()).rfind(differs).unwrap_or(first) + 1;
        let last = self.run.last_store(address + first..address + end);
        let last = last.unwrap_or(self.run.steps() - 1);
        self.run = self.run.with_glitch(last, address + first, claimed[first..end].to_vec());
        self
    }

    /// The run itself.
    pub const fn inner(&self) -> &Run<'a, T> {
        &self.run
    }
}

impl<T: TraceBytes> imo_dispute::Run for PlayerRun<'_, T> {
    fn steps(&self) -> u64 {
        self.run.steps().max(self.stated_log2.map_or(0, |log2| 1 << log2))
    }

    fn state_hashes(&self, steps: &[u64]) -> Vec<Hash> {
        self.run.state_hashes(steps)
    }

    fn final_state(&self) -> (Vec<u8>, Vec<Hash>) {
        let (address, slot_log2) = self.output;
        (self.run.state_at(self.run.steps()).to_vec(), self.run.open_output(address, slot_log2))
    }

    fn witness(&self, step: u64) -> Vec<u8> {
        self.run.witness(step)
    }
}

/// The first node in which a claimed trace differs from one's own, found from the root down with the children that `children_of` tells
/// (level and index to the two children); none where it tells something that does not hash to its parent, or nothing differs.
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
