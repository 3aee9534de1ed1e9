// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { PackedTurn } from "./Turn.sol";

/// @notice All that there is to a game. The chain keeps its hash alone; every call about the game brings it.
struct Game {
    bytes32 claim;
    address claimant;
    /// May move for the claimant; zero for nobody.
    address delegate;
    address challenger;
    /// Tells the games of one challenger against one claim apart.
    uint64 salt;
    /// What the challenger put up.
    uint96 bond;
    /// The committed or revealed part of the trace, the slot, or the last dissection.
    bytes32 digest;
    PackedTurn turn;
}

using { id, position } for Game global;

/// @notice Names a game as long as it is open.
/// @dev Of the challenger's own doings only, so that a reorg that moves those of others leaves it as it is. The claim names chain
/// and verifier.
function id(Game memory self) pure returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.game.v1"), self.claim, self.challenger, self.salt));
}

/// @notice Names the one position of the one game that a move answers. The clocks are part of it, so it comes once.
function position(Game memory self) pure returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.position.v1"), self));
}
