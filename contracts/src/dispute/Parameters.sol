// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What a verifier is made with. Times in seconds, bonds in wei.
struct Parameters {
    /// Sections of a dissection: 2^kLog2.
    uint8 kLog2;
    /// How long a claim may be challenged.
    uint32 window;
    /// What each side of a game has in all.
    uint32 clock;
    /// What a side has at least after a move of its opponent.
    uint32 extension;
    /// Least bond of a claim.
    uint96 claimBond;
    /// Least bond of a challenge.
    uint96 challengeBond;
}

/// @title Which parameters a chain allows
/// @notice Window and clocks must outlast the chain's forced inclusion and an outage; a development chain may be as fast as it likes.
library ParametersCheck {
    uint256 private constant ANVIL = 31_337;

    /// @notice Thrown when a parameter is too small or too large on this chain; names it.
    error ParameterOutOfRange(string parameter);

    function check(Parameters memory self) internal view {
        if (self.kLog2 == 0 || self.kLog2 > 6) revert ParameterOutOfRange("kLog2");
        bool development = block.chainid == ANVIL;
        if (self.window < (development ? 1 : 24 hours)) revert ParameterOutOfRange("window");
        if (self.clock < (development ? 1 : 12 hours)) revert ParameterOutOfRange("clock");
        if (self.extension < (development ? 1 : 30 minutes)) {
            revert ParameterOutOfRange("extension");
        }
        if (self.window > 90 days) revert ParameterOutOfRange("window");
        if (self.clock > 90 days) revert ParameterOutOfRange("clock");
        if (self.extension > self.clock) revert ParameterOutOfRange("extension");
        if (self.challengeBond == 0) revert ParameterOutOfRange("challengeBond");
        if (self.claimBond < 2 * uint256(self.challengeBond)) {
            revert ParameterOutOfRange("claimBond");
        }
    }
}
