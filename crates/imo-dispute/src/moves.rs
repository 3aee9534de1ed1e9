//! The moves of a game.

use imo_commit::Hash;

/// A move. Each is named after the function of the contract that takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Opens the committed subtree; anyone may send it.
    Reveal {
        /// Roots of its children, left to right.
        children: Vec<Hash>,
    },
    /// Names the revealed child that is wrong.
    Pick {
        /// Index of the child.
        index: u64,
    },
    /// States the claimant's run: `2^steps_log2` steps, after which the machine has halted and left
    /// the claimed slot.
    State {
        /// Stated number of steps, as a power of two.
        steps_log2: u32,
        /// The final state, encoded.
        final_state: Vec<u8>,
        /// Siblings of the output slot in the final state's memory, bottom-up.
        opening: Vec<Hash>,
        /// States between the first and the last.
        states: Vec<Hash>,
    },
    /// Names the section of the opponent's dissection that is wrong, and gives my own states for
    /// it.
    Dissect {
        /// Index of the section.
        index: u64,
        /// Its start and end as the opponent stated them.
        pair: (Hash, Hash),
        /// Siblings of the pair under the digest.
        proof: Vec<Hash>,
        /// My states between its start and its end.
        states: Vec<Hash>,
        /// My end, which differs from the opponent's.
        last: Hash,
    },
    /// Proves that a single step of the last dissection is false; anyone may send it.
    Convict {
        /// Index of the step.
        index: u64,
        /// Its start and end as stated.
        pair: (Hash, Hash),
        /// Siblings of the pair under the digest.
        proof: Vec<Hash>,
        /// What the contract needs to take the step itself.
        witness: Vec<u8>,
    },
    /// Gives up. The game is lost, and waiting for the clock would only cost time.
    Concede,
    /// Ends the game, because the opponent's clock has run out; anyone may send it.
    Timeout,
}
