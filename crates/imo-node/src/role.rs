//! What a node does.

/// A way for a node to earn money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Answers requests, for fees.
    Operator,
    /// Runs other people's answers again and disputes wrong ones, for their bonds.
    Challenger,
}
