//! The state of a game, as the chain tells it.

use imo_commit::Hash;

use crate::dissection::{Dissection, Range};

/// The two players.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Posted the claim and defends it.
    Claimant,
    /// Says that one node of the claimant's trace is wrong.
    Challenger,
}

impl Side {
    /// The opponent.
    pub const fn other(self) -> Self {
        match self {
            Self::Claimant => Self::Challenger,
            Self::Challenger => Self::Claimant,
        }
    }
}

/// How far the players have come down a trace that the claimant did not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descent {
    /// Index of the committed subtree among those of its height.
    pub prefix: u64,
    /// Levels between that subtree and the slots.
    pub levels: u32,
}

impl Descent {
    /// How many levels one reveal opens: `k_log2`, or what is left.
    pub fn opened(self, k_log2: u32) -> u32 {
        self.levels.min(k_log2)
    }

    /// The subtree that is child number `child` of a reveal.
    pub fn child(self, k_log2: u32, child: u64) -> Self {
        let opened = self.opened(k_log2);
        Self { prefix: (self.prefix << opened) + child, levels: self.levels - opened }
    }
}

/// What the game waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// For the children of a committed subtree of the trace: the claimant reveals them.
    Committed(Descent),
    /// For the challenger to pick one of the revealed children.
    Revealed(Descent, Vec<Hash>),
    /// For the claimant to state its run of the node.
    Opening,
    /// For the opponent of `author`, who gave states for the range.
    Dissected {
        /// Steps under dispute.
        range: Range,
        /// Who gave the states.
        author: Side,
        /// The states.
        dissection: Dissection,
    },
    /// For nothing: it is over.
    Resolved {
        /// Who won.
        winner: Side,
    },
}

/// A game between a claimant and a challenger, as the chain tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Game {
    /// Its id on the chain.
    pub id: Hash,
    /// Moves made so far.
    pub ply: u32,
    /// Sections of a dissection and children of a reveal: 2^this.
    pub k_log2: u32,
    /// What the game waits for.
    pub phase: Phase,
    /// The disputed node, once known.
    pub node: Option<u64>,
    /// Whether the clock of the side to move has run out, by the chain's time.
    pub expired: bool,
}

impl Game {
    /// The side whose clock runs; `None` when the game is over.
    pub const fn to_move(&self) -> Option<Side> {
        match &self.phase {
            Phase::Committed(_) | Phase::Opening => Some(Side::Claimant),
            Phase::Revealed(..) => Some(Side::Challenger),
            Phase::Dissected { author, .. } => Some(author.other()),
            Phase::Resolved { .. } => None,
        }
    }
}
