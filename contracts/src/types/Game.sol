// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { PackedTurn } from "./Turn.sol";

/// @notice Everything about a game between the claimant of a claim and one challenger.
/// @dev The verifier stores only the hash of a game. Every call about the game brings the game
/// itself, as the logs tell it.
struct Game {
    bytes32 claim;
    address claimant;
    /// Can move for the claimant; 0 for nobody.
    address delegate;
    address challenger;
    /// Distinguishes the games of one challenger against one claim.
    uint64 salt;
    /// The challenger's bond, in wei.
    uint96 bond;
    /// Hash of the committed or revealed subtree of the trace, of the slot, or of the last
    /// dissection.
    bytes32 digest;
    PackedTurn turn;
}

using { id, position } for Game global;

/// @notice The name of a game as long as it is open.
/// @dev It depends only on what the challenger itself did, so that a reorg that reorders the moves
/// of others does not change it. The claim's id covers chain and verifier.
function id(Game memory self) pure returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.game.v1"), self.claim, self.challenger, self.salt));
}

/// @notice The position that a move answers: the hash of the game. The clocks are part of it, so no
/// position comes twice.
function position(Game memory self) pure returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.position.v1"), self));
}
