//! Where slots go as they are computed.

/// Takes the slots of live nodes, in any order and from any thread, each node once.
pub trait Sink: Sync {
    /// Takes the slots of `nodes`, one after the other in `slots`, all of one size.
    fn accept(&self, nodes: &[u32], slots: &[u8]);
}

/// Drops every slot: for a run that needs no commitment.
#[derive(Debug, Default)]
pub struct Uncommitted;

impl Sink for Uncommitted {
    fn accept(&self, _nodes: &[u32], _slots: &[u8]) {}
}
