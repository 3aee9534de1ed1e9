// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { ClaimStatus } from "./ClaimStatus.sol";

enum ClaimState {
    Unknown,
    Pending,
    Rejected,
    /// Final, and the bond is back.
    Settled
}

/// @notice A claim while it lives; one storage slot.
struct ClaimRecord {
    /// Last second in which a game may be opened.
    uint40 windowEnd;
    uint32 openGames;
    ClaimState state;
    /// What is held for it: its bond; once rejected, what is left for the challengers of its other games.
    uint96 bond;
}

using ClaimRecords for ClaimRecord global;

/// @title The states of a claim, and how bonds are split
/// @notice Half of a lost bond is burnt, so losing to oneself never pays.
library ClaimRecords {
    /// @notice Thrown when a claim is unknown, rejected or settled.
    error NotPending(bytes32 claim);
    /// @notice Thrown when a game would be opened after the window.
    error WindowClosed(uint256 windowEnd);
    /// @notice Thrown when a claim would be settled within its window.
    error WindowOpen(uint256 windowEnd);
    /// @notice Thrown when a claim would be settled while games on it are open.
    error GamesOpen(uint256 count);
    /// @notice Thrown when games are to be closed for a rejection that has not come.
    error ClaimStands(bytes32 claim);

    function checkPending(ClaimRecord memory self, bytes32 claim) internal pure {
        if (self.state != ClaimState.Pending) revert NotPending(claim);
    }

    /// @notice A game begins.
    function open(ClaimRecord memory self, bytes32 claim) internal view {
        self.checkPending(claim);
        if (block.timestamp > self.windowEnd) revert WindowClosed(self.windowEnd);
        ++self.openGames;
    }

    /// @notice The claimant lost a game.
    /// @param gas What the challenger's moves are worth, in wei.
    /// @return prize What the challenger wins: a quarter, and its gas, at most an eighth.
    /// @return burnt Half, and what nobody waits for. The rest of a quarter is kept for the challengers of other open games.
    function reject(ClaimRecord memory self, uint256 gas)
        internal
        pure
        returns (uint256 prize, uint256 burnt)
    {
        uint256 lost = self.bond;
        uint256 gasBack = Math.min(lost / 8, gas);
        uint256 kept = --self.openGames == 0 ? 0 : lost / 4 - gasBack;
        prize = lost / 4 + gasBack;
        burnt = lost - prize - kept;
        self.state = ClaimState.Rejected;
        // Part of what it was.
        self.bond = uint96(kept);
    }

    /// @notice A game against a rejected claim is closed.
    /// @return gasBack What its challenger gets for its moves.
    /// @return burnt What is left when no game is.
    function close(ClaimRecord memory self, bytes32 claim, uint256 gas)
        internal
        pure
        returns (uint256 gasBack, uint256 burnt)
    {
        if (self.state != ClaimState.Rejected) revert ClaimStands(claim);
        gasBack = Math.min(self.bond, gas);
        uint256 left = self.bond - gasBack;
        if (--self.openGames == 0) (burnt, left) = (left, 0);
        self.bond = uint96(left);
    }

    /// @notice The claim is proven and its bond free.
    function settle(ClaimRecord memory self, bytes32 claim) internal view returns (uint256 held) {
        self.checkPending(claim);
        if (block.timestamp <= self.windowEnd) revert WindowOpen(self.windowEnd);
        if (self.openGames != 0) revert GamesOpen(self.openGames);
        held = self.bond;
        (self.state, self.bond) = (ClaimState.Settled, 0);
    }

    function status(ClaimRecord memory self) internal view returns (ClaimStatus) {
        if (self.state == ClaimState.Unknown) return ClaimStatus.Unknown;
        if (self.state == ClaimState.Rejected) return ClaimStatus.Rejected;
        bool stands = block.timestamp > self.windowEnd && self.openGames == 0;
        if (self.state == ClaimState.Settled || stands) return ClaimStatus.Proven;
        return ClaimStatus.Pending;
    }
}
