//! Deliberate faults, for rehearsals of disputes.

/// What is made wrong on purpose, to rehearse a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One bit of one node's slot is flipped. Later nodes are computed from the changed slot, so
    /// only this node is wrong.
    Node {
        /// The node.
        index: u32,
        /// The bit of its slot, from the lowest of byte 0.
        bit: u32,
    },
    /// The answer's first byte is changed (an empty answer gets a byte). The last node's slot
    /// commits to the changed answer, so that the last node is wrong.
    Output,
    /// The answer lacks its last byte (an empty answer gets a byte). Again the last node is wrong.
    Length,
}

impl Fault {
    /// Flips the bit in `slot` if the fault is in this node. Returns whether it did.
    #[inline]
    pub fn flip(fault: Option<Self>, node: u32, slot: &mut [u8]) -> bool {
        let Some(Self::Node { index, bit }) = fault else { return false };
        let byte = usize::try_from(bit / 8).ok().and_then(|at| slot.get_mut(at));
        let (true, Some(byte)) = (index == node, byte) else { return false };
        *byte ^= 1 << (bit % 8);
        true
    }

    /// Changes the bytes of the answer if the fault is there.
    pub fn spoil(fault: Option<Self>, answer: &mut Vec<u8>) {
        match (fault, answer.is_empty()) {
            (Some(Self::Output | Self::Length), true) => answer.push(b'?'),
            (Some(Self::Output), false) => answer[0] ^= 1,
            (Some(Self::Length), false) => {
                answer.pop();
            }
            (Some(Self::Node { .. }) | None, _) => {}
        }
    }
}
