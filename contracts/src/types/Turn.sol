// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The players of a game.
enum Side {
    /// Defends its claim.
    Claimant,
    /// Says that one node of the trace is wrong.
    Challenger
}

/// @notice The move that a game waits for.
enum Phase {
    /// None: there is no such game, or it is over.
    None,
    /// The claimant has to reveal the children of a committed subtree of the trace.
    Committed,
    /// The challenger has to pick one of the children.
    Revealed,
    /// The claimant has to state its run of the node.
    Opening,
    /// The side that did not make the last dissection has to take it apart.
    Dissected
}

/// @notice A `Turn` in one word.
/// @dev From the lowest bit: phase 8 | author 8 | lengthLog2 8 | ply 16 | node 32 | start 40 |
/// challengerGas 32 | claimantLeft 32 | challengerLeft 32 | since 40.
type PackedTurn is uint256;

/// @notice Where a game stands, apart from its digest. The side to move is the author's opponent.
struct Turn {
    Phase phase;
    /// The side that made the last move.
    Side author;
    /// In a descent, levels below the committed hash; in a dissection, the disputed steps as a
    /// power of two.
    uint8 lengthLog2;
    /// Number of moves so far.
    uint16 ply;
    /// The disputed node; in a descent, the index of the committed subtree among those of its
    /// height.
    uint32 node;
    /// The first disputed step.
    uint40 start;
    /// Gas that the verifier assumes for the challenger's moves.
    uint32 challengerGas;
    /// Seconds that the claimant had left at `since`.
    uint32 claimantLeft;
    /// Seconds that the challenger had left at `since`.
    uint32 challengerLeft;
    /// Time of the last move, in seconds.
    uint40 since;
}

using Turns for Turn global;
using { unpack } for PackedTurn global;

/// @title Turns and chess clocks
/// @notice The sides move in turn. A side's clock runs only in its own turn. When the turn begins,
/// a clock that shows less than the extension is set to the extension.
library Turns {
    /// @notice The side to move.
    function toMove(Turn memory self) internal pure returns (Side) {
        return self.author == Side.Claimant ? Side.Challenger : Side.Claimant;
    }

    /// @notice Last second in which the side to move can move.
    function deadline(Turn memory self) internal pure returns (uint256) {
        bool claimant = self.toMove() == Side.Claimant;
        return uint256(self.since) + (claimant ? self.claimantLeft : self.challengerLeft);
    }

    /// @notice Stops the mover's clock and starts the other one.
    /// @param extension Seconds that the next mover has at least.
    /// @param gas Gas that the verifier assumes for the move; counts only if the challenger made
    /// it.
    function pass(Turn memory self, uint256 extension, uint256 gas) internal view {
        uint32 spent = uint32(block.timestamp - self.since);
        if (self.toMove() == Side.Claimant) {
            self.claimantLeft -= spent;
            self.challengerLeft = _atLeast(self.challengerLeft, extension);
            self.author = Side.Claimant;
        } else {
            self.challengerLeft -= spent;
            self.claimantLeft = _atLeast(self.claimantLeft, extension);
            self.author = Side.Challenger;
            self.challengerGas += uint32(gas);
        }
        self.since = uint40(block.timestamp);
        ++self.ply;
    }

    /// @notice The turn in one word.
    function pack(Turn memory self) internal pure returns (PackedTurn) {
        uint256 clocks = uint256(self.challengerGas) | uint256(self.claimantLeft) << 32
            | uint256(self.challengerLeft) << 64 | uint256(self.since) << 96;
        uint256 place = uint256(self.ply) | uint256(self.node) << 16 | uint256(self.start) << 48;
        uint256 kind =
            uint256(self.phase) | uint256(self.author) << 8 | uint256(self.lengthLog2) << 16;
        return PackedTurn.wrap(kind | place << 24 | clocks << 112);
    }

    function _atLeast(uint32 left, uint256 extension) private pure returns (uint32) {
        return left < extension ? uint32(extension) : left;
    }
}

/// @notice The turn that a word stands for. Reverts when there is no such phase or side.
function unpack(PackedTurn self) pure returns (Turn memory) {
    uint256 word = PackedTurn.unwrap(self);
    return Turn({
        phase: Phase(uint8(word)),
        author: Side(uint8(word >> 8)),
        lengthLog2: uint8(word >> 16),
        ply: uint16(word >> 24),
        node: uint32(word >> 40),
        start: uint40(word >> 72),
        challengerGas: uint32(word >> 112),
        claimantLeft: uint32(word >> 144),
        challengerLeft: uint32(word >> 176),
        since: uint40(word >> 208)
    });
}
