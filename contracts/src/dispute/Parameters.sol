// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ProgramShape } from "../types/Program.sol";

/// @notice The parameters of a verifier, which never change. Times in seconds, bonds in wei.
struct Parameters {
    /// Sections of a dissection: 2^kLog2.
    uint8 kLog2;
    /// Time in which a claim can be challenged.
    uint32 window;
    /// Time that each side of a game has in all.
    uint32 clock;
    /// Time that a side has at least after a move of its opponent.
    uint32 extension;
    /// Least bond of a claim.
    uint96 claimBond;
    /// Least bond of a challenge.
    uint96 challengeBond;
}

/// @title The bounds of a verifier's parameters, and what follows from them
/// @notice The verifier checks its parameters once, when it is deployed. Window and clocks must
/// outlast the chain's forced inclusion and an outage (docs/decisions/0004-clocks-and-window.md).
library ParametersCheck {
    using ParametersCheck for Parameters;

    // Chain ids.
    uint256 private constant ANVIL = 31_337;
    uint256 private constant MAINNET = 1;
    uint256 private constant SEPOLIA = 11_155_111;
    uint256 private constant HOODI = 560_048;

    /// @dev Most time until a claim is decided, whatever challengers and claimant do. An oracle
    /// waits 180 days for a decision: twice this, and once the longest time to answer, for a claim
    /// that is lost on purpose and the next one.
    uint256 private constant MOST_DECISION_TIME = 75 days;

    /// @notice Thrown when a parameter is too small or too large on this chain. Names the
    /// parameter.
    error ParameterOutOfRange(string parameter);

    /// @notice Reverts unless every parameter is in its range on this chain.
    function check(Parameters memory self) internal view {
        if (self.kLog2 == 0 || self.kLog2 > 6) revert ParameterOutOfRange("kLog2");
        (uint256 window, uint256 clock, uint256 extension) = _leastTimes(block.chainid);
        if (self.window < window) revert ParameterOutOfRange("window");
        if (self.clock < clock) revert ParameterOutOfRange("clock");
        if (self.extension < extension) revert ParameterOutOfRange("extension");
        if (self.extension > self.clock) revert ParameterOutOfRange("extension");
        if (self.decisionTime() > MOST_DECISION_TIME) revert ParameterOutOfRange("decisionTime");
        if (self.challengeBond == 0) revert ParameterOutOfRange("challengeBond");
        if (self.claimBond < 2 * uint256(self.challengeBond)) {
            revert ParameterOutOfRange("claimBond");
        }
    }

    /// @notice Most time until a claim is decided: its window, then a game in which both sides take
    /// their whole clocks, and the extension for each of their moves.
    function decisionTime(Parameters memory self) internal pure returns (uint256) {
        (uint256 reveals, uint256 dissections) = self.moves();
        uint256 ofASide = self.clock + (reveals + dissections + 1) * self.extension;
        return self.window + 2 * ofASide;
    }

    /// @notice Most gas that a claimant spends in one game: for a withheld trace of the greatest
    /// depth, then the longest run.
    function defenceGas(Parameters memory self) internal pure returns (uint256) {
        uint256 k = 1 << self.kLog2;
        (uint256 reveals, uint256 dissections) = self.moves();
        uint256 stateAndConvict = 250_000 + 1000 * k;
        return reveals * (42_000 + 1200 * k) + dissections * (50_000 + 1300 * k) + stateAndConvict;
    }

    /// @notice Most moves of a claimant in one game, beside its statement.
    function moves(Parameters memory self)
        internal
        pure
        returns (uint256 reveals, uint256 dissections)
    {
        reveals = (ProgramShape.MAX_NODES_LOG2 + self.kLog2 - 1) / self.kLog2;
        // The two sides dissect in turn.
        dissections = (ProgramShape.MAX_STEPS_LOG2 + self.kLog2 - 1) / self.kLog2 / 2;
    }

    /// @dev Least window, clock and extension on a chain.
    function _leastTimes(uint256 chainId) private pure returns (uint256, uint256, uint256) {
        // A development chain may be as fast as it likes.
        if (chainId == ANVIL) return (1, 1, 1);
        if (chainId == MAINNET || chainId == SEPOLIA || chainId == HOODI) {
            return (24 hours, 12 hours, 30 minutes);
        }
        // A rollup's sequencer can hold a transaction back for up to a day before L1 forces it in.
        // An outage may take half a day more.
        return (36 hours, 36 hours, 30 minutes);
    }
}
