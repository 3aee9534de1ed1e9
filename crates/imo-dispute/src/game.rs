//! A game as the chain tells it.

use imo_commit::Hash;

use crate::dissection::{Dissection, Range};

/// The two players.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Posted the claim and defends it.
    Claimant,
    /// Says that one node of its trace is wrong.
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

/// Where a descent through a withheld trace stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descent {
    /// Index of the committed subtree among those of its height.
    pub prefix: u64,
    /// Levels between it and the slots.
    pub levels: u32,
}

impl Descent {
    /// How many levels one reveal opens: lg k, or what is left.
    pub fn opened(self, k_log2: u32) -> u32 {
        self.levels.min(k_log2)
    }

    /// The subtree that index `child` of a reveal names.
    pub fn child(self, k_log2: u32, child: u64) -> Self {
        let opened = self.opened(k_log2);
        Self { prefix: (self.prefix << opened) + child, levels: self.levels - opened }
    }
}

/// What the game waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The children of a committed subtree of the trace are to be revealed.
    Committed(Descent),
    /// The challenger is to pick one of the revealed children.
    Revealed(Descent, Vec<Hash>),
    /// The claimant is to state its run of the node.
    Opening,
    /// The range is dissected by `author`; its opponent is to move.
    Dissected {
        /// Steps under dispute.
        range: Range,
        /// Who gave the states.
        author: Side,
        /// The states.
        dissection: Dissection,
    },
    /// It is over.
    Resolved {
        /// Who won.
        winner: Side,
    },
}

/// A game as the chain tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Game {
    /// Its id.
    pub id: Hash,
    /// Moves made so far.
    pub ply: u32,
    /// Sections of a dissection and children of a reveal: 2^this.
    pub k_log2: u32,
    /// What it waits for.
    pub phase: Phase,
    /// The disputed node, once known.
    pub node: Option<u64>,
    /// Whether the clock of the side to move has run out, by the chain's time.
    pub expired: bool,
}

impl Game {
    /// Whose clock runs; none when the game is over.
    pub const fn to_move(&self) -> Option<Side> {
        match &self.phase {
            Phase::Committed(_) | Phase::Opening => Some(Side::Claimant),
            Phase::Revealed(..) => Some(Side::Challenger),
            Phase::Dissected { author, .. } => Some(author.other()),
            Phase::Resolved { .. } => None,
        }
    }
}
