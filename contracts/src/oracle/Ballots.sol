// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Ballot, BallotKind, IModelBallots } from "../interfaces/IModelBallots.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";
import { Numbers } from "../libraries/Numbers.sol";

/// @title The course of a ballot: one or two days of notice, seven to vote, two to wait, fourteen
/// to execute
/// @notice The registry opens ballots, counts votes and executes decisions with this library.
/// @dev Votes begin at midnight (UTC), at least a day after the proposal: then the ballots of a day
/// share the epoch that begins with their votes.
library Ballots {
    using Ballots for Ballot;

    /// @notice Least time between two ballots of a proposer, of one kind and for one token.
    uint256 internal constant PAUSE = 14 days;
    /// @notice Least time from the opening of a ballot to its execution.
    uint256 internal constant NOTICE = 1 days + VOTING + WAITING;
    /// @dev Time to vote.
    uint256 private constant VOTING = 7 days;
    /// @dev Time between the vote and the first possible execution.
    uint256 private constant WAITING = 2 days;
    /// @dev Time to execute.
    uint256 private constant EXECUTION = 14 days;
    /// @dev Divisor of the supply that gives what a proposer must hold: 1 %.
    uint256 private constant PROPOSERS = 100;
    /// @dev Divisor of the supply that gives the yes that a decision needs: 10 %.
    uint256 private constant QUORUM = 10;

    /// @notice Opens a ballot. `epoch` is the first of the two whose balances count.
    function open(
        Ballot storage self,
        bytes32 modelId,
        BallotKind kind,
        bytes32 data,
        IModelToken token,
        uint256 epoch
    ) internal {
        // ROUNDING: up, so that a proposer holds at least 1 %.
        uint256 needed = (token.totalSupplyAt(epoch) + PROPOSERS - 1) / PROPOSERS;
        uint256 held = token.balanceOfAt(msg.sender, epoch);
        if (held < needed) revert IModelBallots.TooFewTokens(held, needed);
        (self.modelId, self.kind, self.data) = (modelId, kind, data);
        self.epoch = uint32(epoch);
        self.end = uint40((block.timestamp / 1 days + 2) * 1 days + VOTING);
    }

    /// @notice First second in which votes are taken.
    function start(Ballot storage self) internal view returns (uint256) {
        return self.end - VOTING;
    }

    /// @notice Reverts unless votes are taken.
    function checkVoting(Ballot storage self) internal view {
        uint256 from = self.start();
        if (block.timestamp < from) revert IModelBallots.VotingNotBegun(from);
        if (block.timestamp > self.end) revert IModelBallots.VotingOver(self.end);
    }

    /// @notice Counts the caller's vote.
    /// @return weight The lesser of the caller's balances at the ballot's two epochs.
    function vote(Ballot storage self, IModelToken token, bool yes)
        internal
        returns (uint256 weight)
    {
        weight = Numbers.min(
            token.balanceOfAt(msg.sender, self.epoch), token.balanceOfAt(msg.sender, self.voteEpoch)
        );
        if (weight == 0) revert IModelBallots.TooFewTokens(0, 1);
        if (yes) self.yes += uint96(weight);
        else self.no += uint96(weight);
    }

    /// @notice Marks a ballot as executed. Reverts unless it passed, it is time, and this is the
    /// first time.
    function execute(Ballot storage self, uint256 ballot, IModelToken token) internal {
        if (self.executed) revert IModelBallots.ExecutedBefore(ballot);
        uint256 from = self.end + WAITING;
        uint256 to = from + EXECUTION;
        bool due = block.timestamp > from && block.timestamp <= to;
        if (!due) revert IModelBallots.NotExecutable(from, to);
        // ROUNDING: up, so that a decision has at least 10 %.
        uint256 needed = (token.totalSupplyAt(self.epoch) + QUORUM - 1) / QUORUM;
        (uint256 yes, uint256 no) = (self.yes, self.no);
        if (yes <= no || yes < needed) revert IModelBallots.NotPassed(yes, no, needed);
        self.executed = true;
    }
}
