// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test, Vm } from "forge-std/Test.sol";

import { Game } from "../../src/types/Game.sol";
import { PackedTurn, Phase, Side, Turn } from "../../src/types/Turn.sol";
import { ClaimPreimage, IOpmlVerifier, Statement } from "../../src/interfaces/IOpmlVerifier.sol";
import { IPurse } from "../../src/interfaces/IPurse.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";

/// A game as the logs tell it.
struct View {
    /// What the next move must bring.
    Game game;
    Turn turn;
    uint256 deadline;
    /// What the last dissection states, both ends included.
    bytes32[] states;
    bytes32[] children;
    bool over;
    Side winner;
    IOpmlVerifier.Ending ending;
}

/// Follows claims and games by their logs alone.
abstract contract GameLog is Test {
    IOpmlVerifier internal _verifier;
    mapping(bytes32 claim => ClaimPreimage) internal _preimages;
    mapping(bytes32 game => View) internal _views;
    /// What the logs say is burnt.
    uint256 internal _burnt;

    /// Follows claims and games by their logs; what they say must be what the contract holds.
    function _read() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(_verifier)) _read(logs[i]);
        }
    }

    function _read(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == IOpmlVerifier.ClaimSubmitted.selector) {
            (ClaimPreimage memory preimage,,,) =
                abi.decode(log.data, (ClaimPreimage, string, uint256, uint256));
            _preimages[log.topics[1]] = preimage;
        } else if (kind == IOpmlVerifier.Challenged.selector) {
            Game storage game = _views[log.topics[2]].game;
            (uint64 salt, uint256 bond, bytes32 digest,) =
                abi.decode(log.data, (uint64, uint256, bytes32, bytes32[]));
            ClaimPreimage storage preimage = _preimages[log.topics[1]];
            (game.claimant, game.delegate) = (preimage.claimant, preimage.delegate);
            (game.claim, game.salt, game.bond) = (log.topics[1], salt, uint96(bond));
            game.challenger = address(uint160(uint256(log.topics[3])));
            game.digest = digest;
        } else if (kind == IOpmlVerifier.Revealed.selector) {
            _views[log.topics[1]].children = abi.decode(log.data, (bytes32[]));
        } else if (kind == IOpmlVerifier.Picked.selector) {
            View storage view_ = _views[log.topics[1]];
            view_.game.digest = view_.children[abi.decode(log.data, (uint256))];
        } else if (kind == IOpmlVerifier.Stated.selector) {
            (bytes32 first, Statement memory stated) = abi.decode(log.data, (bytes32, Statement));
            bytes32 last = keccak256(stated.finalState);
            _views[log.topics[1]].states = _join(first, stated.states, last);
        } else if (kind == IOpmlVerifier.Dissected.selector) {
            (, bytes32 start, bytes32[] memory states, bytes32 last) =
                abi.decode(log.data, (uint256, bytes32, bytes32[], bytes32));
            _views[log.topics[1]].states = _join(start, states, last);
        } else if (kind == IOpmlVerifier.Moved.selector) {
            View storage view_ = _views[log.topics[1]];
            view_.game.turn = abi.decode(log.data, (PackedTurn));
            view_.turn = view_.game.turn.unpack();
            view_.deadline = view_.turn.deadline();
            if (view_.turn.phase == Phase.Dissected) {
                view_.game.digest = Merkle.join(_pairs(view_.states));
            }
            _checkView(log.topics[1]);
        } else if (kind == IOpmlVerifier.Resolved.selector) {
            View storage view_ = _views[log.topics[2]];
            assertFalse(view_.over, "a game ends once");
            view_.over = true;
            (view_.winner, view_.ending) = abi.decode(log.data, (Side, IOpmlVerifier.Ending));
            assertEq(_verifier.positionOf(log.topics[2]), 0, "and is gone");
        } else if (kind == IPurse.Burnt.selector) {
            _burnt += abi.decode(log.data, (uint256));
        }
    }

    /// The position, computed from the logs as docs/spec/game.md says.
    function _checkView(bytes32 game) private view {
        Game memory it = _views[game].game;
        bytes32 claim = it.claim;
        bytes memory who = abi.encode(claim, it.claimant, it.delegate, it.challenger, it.salt);
        bytes memory what = abi.encode(it.bond, it.digest, it.turn);
        bytes32 position = keccak256(bytes.concat("imo.position.v1", bytes17(0), who, what));
        assertEq(_verifier.positionOf(game), position, "position from logs");
        bytes memory name = abi.encode(bytes32("imo.game.v1"), claim, it.challenger, it.salt);
        assertEq(game, keccak256(name), "id");
    }

    function _join(bytes32 first, bytes32[] memory middle, bytes32 last)
        private
        pure
        returns (bytes32[] memory states)
    {
        states = new bytes32[](middle.length + 2);
        states[0] = first;
        for (uint256 i = 0; i < middle.length; ++i) {
            states[i + 1] = middle[i];
        }
        states[states.length - 1] = last;
    }

    function _pairs(bytes32[] memory states) internal pure returns (bytes32[] memory pairs) {
        pairs = new bytes32[](states.length - 1);
        for (uint256 i = 0; i < pairs.length; ++i) {
            pairs[i] = keccak256(abi.encodePacked(hex"01", states[i], states[i + 1]));
        }
    }

    /// Siblings of a node of a complete tree, bottom-up.
}
