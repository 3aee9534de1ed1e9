//! What a player may do.

use imo_commit::Hash;

/// A move, named as the contract's functions are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Children of the committed subtree, left to right; anyone may send it.
    Reveal {
        /// Their roots.
        children: Vec<Hash>,
    },
    /// The revealed child that is wrong.
    Pick {
        /// Its index.
        index: u64,
    },
    /// The claimant's run: `2^steps_log2` steps that end halted with the claimed slot as output.
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
    /// The section of the opponent's dissection that is wrong, and my own states for it.
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
    /// A single step of the last dissection that is false; anyone may send it.
    Convict {
        /// Index of the step.
        index: u64,
        /// Its two states as stated.
        pair: (Hash, Hash),
        /// Siblings of the pair under the digest.
        proof: Vec<Hash>,
        /// What the contract needs to take the step itself.
        witness: Vec<u8>,
    },
    /// The game is lost, and waiting for the clock would only cost time.
    Concede,
    /// The opponent's clock has run out; anyone may send it.
    Timeout,
}
