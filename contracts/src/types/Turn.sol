// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The players of a game.
enum Side {
    /// Posted the claim and defends it.
    Claimant,
    /// Says that one node of its trace is wrong.
    Challenger
}

/// @notice What a game waits for.
enum Phase {
    /// There is no such game, or it is over.
    None,
    /// The children of a committed subtree of the trace are to be revealed.
    Committed,
    /// The challenger is to pick one of them.
    Revealed,
    /// The claimant is to state its run of the node.
    Opening,
    /// The side that did not author the last dissection is to take it apart.
    Dissected
}

/// @notice A `Turn` in one word: its fields from the lowest bits up, each as wide as its type.
type PackedTurn is uint256;

/// @notice Where a game stands, beside its digest. The side to move is the author's opponent.
struct Turn {
    Phase phase;
    /// Who made the last move.
    Side author;
    /// Levels below the committed hash in a descent, steps in dispute as a power of two in a dissection.
    uint8 lengthLog2;
    /// Moves made.
    uint16 ply;
    /// The disputed node; in a descent, the index of the committed subtree among those of its height.
    uint32 node;
    /// First step in dispute.
    uint40 start;
    /// Gas that the challenger's moves are taken to have cost.
    uint32 challengerGas;
    /// Seconds that the sides have left, as of `since`.
    uint32 claimantLeft;
    uint32 challengerLeft;
    /// When the last move was made.
    uint40 since;
}

using Turns for Turn global;
using { unpack } for PackedTurn global;

/// @title Turns and chess clocks
/// @notice A clock runs only in its side's turn, and is filled up to the extension when that turn begins.
library Turns {
    /// @notice Who is to move.
    function toMove(Turn memory self) internal pure returns (Side) {
        return self.author == Side.Claimant ? Side.Challenger : Side.Claimant;
    }

    /// @notice Last second in which the side to move may move.
    function deadline(Turn memory self) internal pure returns (uint256) {
        bool claimant = self.toMove() == Side.Claimant;
        return uint256(self.since) + (claimant ? self.claimantLeft : self.challengerLeft);
    }

    /// @notice Stops the mover's clock and starts the other's.
    /// @param gas What the move is taken to have cost its sender.
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

/// @dev Reverts when there is no such phase or side.
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
