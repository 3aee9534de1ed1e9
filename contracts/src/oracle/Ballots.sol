// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Ballot, BallotKind, IModelBallots } from "../interfaces/IModelBallots.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";

/// @title The course of a ballot: seven days of votes, two of waiting, fourteen to execute
library Ballots {
    uint256 internal constant PAUSE = 14 days;
    /// @dev From the opening of a ballot to its first execution.
    uint256 internal constant NOTICE = VOTING + WAITING;
    uint256 private constant VOTING = 7 days;
    uint256 private constant WAITING = 2 days;
    uint256 private constant EXECUTION = 14 days;
    /// @dev Parts of the supply, as divisors: 1 % proposes, 10 % decides.
    uint256 private constant PROPOSERS = 100;
    uint256 private constant QUORUM = 10;

    /// @notice Opens a ballot on balances before `epoch` began.
    function open(
        Ballot storage self,
        bytes32 modelId,
        BallotKind kind,
        bytes32 data,
        IModelToken token,
        uint256 epoch
    ) internal {
        // ROUNDING: up, so that 1 % is 1 % at least.
        uint256 needed = (token.totalSupplyAt(epoch) + PROPOSERS - 1) / PROPOSERS;
        uint256 held = token.balanceOfAt(msg.sender, epoch);
        if (held < needed) revert IModelBallots.TooFewTokens(held, needed);
        (self.modelId, self.kind, self.data) = (modelId, kind, data);
        self.epoch = uint32(epoch);
        self.end = uint40(block.timestamp + VOTING);
    }

    /// @return weight What the caller's vote counts.
    function vote(Ballot storage self, IModelToken token, bool yes)
        internal
        returns (uint256 weight)
    {
        if (block.timestamp > self.end) revert IModelBallots.VotingOver(self.end);
        weight = token.balanceOfAt(msg.sender, self.epoch);
        if (weight == 0) revert IModelBallots.TooFewTokens(0, 1);
        if (yes) self.yes += uint96(weight);
        else self.no += uint96(weight);
    }

    /// @notice Reverts unless the ballot passed and now is the time; it is executed but once.
    function execute(Ballot storage self, uint256 ballot, IModelToken token) internal {
        if (self.executed) revert IModelBallots.ExecutedBefore(ballot);
        uint256 from = self.end + WAITING;
        uint256 to = from + EXECUTION;
        bool due = block.timestamp > from && block.timestamp <= to;
        if (!due) revert IModelBallots.NotExecutable(from, to);
        // ROUNDING: up, so that 10 % is 10 % at least.
        uint256 needed = (token.totalSupplyAt(self.epoch) + QUORUM - 1) / QUORUM;
        (uint256 yes, uint256 no) = (self.yes, self.no);
        if (yes <= no || yes < needed) revert IModelBallots.NotPassed(yes, no, needed);
        self.executed = true;
    }
}
