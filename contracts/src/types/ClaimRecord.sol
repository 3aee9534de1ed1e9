// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Numbers } from "../libraries/Numbers.sol";
import { ClaimStatus } from "./ClaimStatus.sol";

/// @notice The states of a claim.
enum ClaimState {
    /// Never submitted.
    Unknown,
    /// Can be challenged, or waits for its bond.
    Pending,
    /// Lost a game.
    Rejected,
    /// Proven, and its bond was paid back.
    Settled
}

/// @notice What the verifier stores about a claim, in one word.
/// @dev From the lowest bit: windowEnd 40 | openGames 32 | state 8 | bond 96.
struct ClaimRecord {
    /// Last second in which a game can be opened.
    uint40 windowEnd;
    uint32 openGames;
    ClaimState state;
    /// Wei held for the claim: its bond or, once rejected, the rest for challengers of other games.
    uint96 bond;
}

using ClaimRecords for ClaimRecord global;

/// @title The states of a claim, and the division of its bond
/// @notice The verifier opens games on a pending claim, rejects it when it loses one, and pays the
/// bond back when it stands. Half of a lost bond is burnt, so that losing to oneself never pays.
library ClaimRecords {
    /// @notice Thrown when a claim is unknown, rejected or settled.
    error NotPending(bytes32 claim);
    /// @notice Thrown for a challenge after the claim's window, which ended at second `windowEnd`.
    error WindowClosed(uint256 windowEnd);
    /// @notice Thrown when a claim is to be settled within its window, until second `windowEnd`.
    error WindowOpen(uint256 windowEnd);
    /// @notice Thrown when a claim is to be settled while `count` games against it are open.
    error GamesOpen(uint256 count);
    /// @notice Thrown when a game is to be closed although its claim is not rejected.
    error ClaimStands(bytes32 claim);

    /// @notice Reverts unless the claim is pending.
    function checkPending(ClaimRecord memory self, bytes32 claim) internal pure {
        if (self.state != ClaimState.Pending) revert NotPending(claim);
    }

    /// @notice Counts a new game against the claim.
    function open(ClaimRecord memory self, bytes32 claim) internal view {
        self.checkPending(claim);
        if (block.timestamp > self.windowEnd) revert WindowClosed(self.windowEnd);
        ++self.openGames;
    }

    /// @notice Rejects the claim, whose claimant lost a game.
    /// @param gas The price of the gas of the challenger's moves, in wei.
    /// @return prize The challenger's part: a quarter of the bond and its gas, at most an eighth of
    /// it.
    /// @return burnt Half of the bond, and what nobody waits for. Up to a quarter is kept for the
    /// challengers of other open games.
    function reject(ClaimRecord memory self, uint256 gas)
        internal
        pure
        returns (uint256 prize, uint256 burnt)
    {
        uint256 lost = self.bond;
        uint256 gasBack = Numbers.min(lost / 8, gas);
        uint256 kept = --self.openGames == 0 ? 0 : lost / 4 - gasBack;
        prize = lost / 4 + gasBack;
        burnt = lost - prize - kept;
        self.state = ClaimState.Rejected;
        // No more than it was, so it fits.
        self.bond = uint96(kept);
    }

    /// @notice Closes a game against a rejected claim.
    /// @param gas The price of the gas of the challenger's moves, in wei.
    /// @return gasBack The challenger's payment for its gas.
    /// @return burnt The rest, if this was the last open game.
    function close(ClaimRecord memory self, bytes32 claim, uint256 gas)
        internal
        pure
        returns (uint256 gasBack, uint256 burnt)
    {
        if (self.state != ClaimState.Rejected) revert ClaimStands(claim);
        gasBack = Numbers.min(self.bond, gas);
        uint256 left = self.bond - gasBack;
        if (--self.openGames == 0) (burnt, left) = (left, 0);
        self.bond = uint96(left);
    }

    /// @notice Settles a proven claim.
    /// @return held The bond to pay back.
    function settle(ClaimRecord memory self, bytes32 claim) internal view returns (uint256 held) {
        self.checkPending(claim);
        if (block.timestamp <= self.windowEnd) revert WindowOpen(self.windowEnd);
        if (self.openGames != 0) revert GamesOpen(self.openGames);
        held = self.bond;
        (self.state, self.bond) = (ClaimState.Settled, 0);
    }

    /// @notice What the verifier says of the claim now.
    function status(ClaimRecord memory self) internal view returns (ClaimStatus) {
        if (self.state == ClaimState.Unknown) return ClaimStatus.Unknown;
        if (self.state == ClaimState.Rejected) return ClaimStatus.Rejected;
        bool stands = block.timestamp > self.windowEnd && self.openGames == 0;
        if (self.state == ClaimState.Settled || stands) return ClaimStatus.Proven;
        return ClaimStatus.Pending;
    }
}
