// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Dissection } from "../../src/dispute/Dissection.sol";
import { Game } from "../../src/types/Game.sol";
import { NodeRun } from "../../src/dispute/NodeRun.sol";
import { Phase, Side, Turn } from "../../src/types/Turn.sol";
import {
    ClaimPreimage,
    Conviction,
    IOpmlVerifier,
    Narrowing,
    Statement
} from "../../src/interfaces/IOpmlVerifier.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { AccessLog } from "../../src/vm/AccessLog.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { Run, Segments, Toy } from "./Toy.sol";

/// @dev Which moves are accepted, from whom and until when. Each test is named after the attack
/// that a rule stops.
contract OpmlVerifierMovesTest is GameFixture {
    // Who may move

    function test_only_a_player_or_its_delegate_concedes() external {
        Player memory ann = _honest(ANN, ANN);
        address delegate = makeAddr("delegate");
        bytes32 claim = _submit(ANN, ann.trace, delegate);
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        Game memory standing = _views[game].game;
        address[2] memory strangers = [EVE, BOB];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(strangers[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IOpmlVerifier.NotThePlayer.selector, strangers[i])
            );
            _verifier.concede(standing, "");
        }
        vm.prank(delegate);
        _verifier.concede(standing, "");
        _read();
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Concession);
    }

    function test_strangers_cannot_make_moves_that_only_a_player_can_know() external {
        Player memory ann = _honest(ANN, ANN);
        Player memory bob = _liar(BOB, ANN, 3, 9);
        bytes32 claim = _submit(ann);
        bytes32 game = _challengeWithheld(claim, BOB);
        Player memory eve = _honest(EVE, ANN);
        Turn memory turn = _views[game].turn;
        while (turn.phase != Phase.Dissected || turn.lengthLog2 > _kLog2) {
            bool claimants = _toMove(game) == Side.Claimant;
            Player memory stranger = claimants ? eve : _liar(EVE, ANN, 3, 9);
            if (turn.phase != Phase.Committed) {
                try this.move(game, stranger, ann.trace) {
                    revert("a stranger moved");
                } catch (bytes memory reason) {
                    assertEq(bytes4(reason), IOpmlVerifier.NotThePlayer.selector);
                }
            }
            _move(game, claimants ? ann : bob, ann.trace);
            turn = _views[game].turn;
        }
        assertEq(turn.ply, 7, "two reveals, two picks, state, two dissections");
    }

    function move(bytes32 game, Player memory player, bytes memory trace) external {
        _move(game, player, trace);
    }

    function test_what_the_contract_can_check_anyone_may_send() external {
        // Every call here comes from the test itself, a stranger; players only pick, state and
        // dissect.
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 sham = _challengeWithheld(claim, EVE);
        bytes32 game = _challengeWithheld(claim, BOB);
        _play(game, liar, _honest(BOB, ANN));
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
        _verifier.closeGame(_views[sham].game);
    }

    // Moves in place

    function test_a_reply_replayed_after_a_reorg_stands_nowhere_else() external {
        _deploy(4);
        Player memory bob = _honest(BOB, ANN);
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        uint256 before = vm.snapshotState();
        _move(game, liar, liar.trace);
        Game memory meant = _views[game].game;
        Run memory run = _run(bob, liar.trace, 3);
        Narrowing memory narrowing = _narrowing(game, bob, run, 4);

        // In another history the claimant states another run of the same length.
        vm.revertToState(before);
        liar.babbles = true;
        _move(game, liar, liar.trace);
        _expectElsewhere(game, meant, narrowing);

        // In a third one it states the same, a second later.
        vm.revertToState(before);
        liar.babbles = false;
        skip(1);
        _move(game, liar, liar.trace);
        assertEq(_views[game].game.digest, meant.digest);
        _expectElsewhere(game, meant, narrowing);
        // Looking again is all that it takes.
        _move(game, bob, liar.trace);
        assertEq(_views[game].turn.ply, 2);
    }

    function _expectElsewhere(bytes32 game, Game memory meant, Narrowing memory narrowing) private {
        bytes32 stands = _views[game].game.position();
        assertNotEq(meant.position(), stands);
        vm.prank(BOB);
        vm.expectRevert(
            abi.encodeWithSelector(IOpmlVerifier.NotThePosition.selector, meant.position(), stands)
        );
        _verifier.dissect(meant, narrowing, "");
    }

    function test_no_field_of_a_game_can_be_changed() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ANN, ann.trace, EVE);
        bytes32 one = _challenge(claim, BOB, ann.trace, 3);
        skip(1);
        bytes32 two = _challenge(claim, BOB, ann.trace, 3);
        Game memory first = _views[one].game;
        assertNotEq(first.position(), _views[two].game.position(), "two games on one node");
        for (uint256 bit = 0; bit < 8 * 256; ++bit) {
            // The high bits of an address are no part of it, and two bytes of a turn are enums with
            // few values.
            bool none = (bit / 256 >= 1 && bit / 256 <= 3 && bit % 256 >= 160)
                || (bit / 256 == 4 && bit % 256 >= 64) || (bit / 256 == 5 && bit % 256 >= 96);
            if (none) continue;
            Game memory changed = abi.decode(abi.encode(first), (Game));
            assembly ("memory-safe") {
                let field := add(changed, shl(5, div(bit, 256)))
                mstore(field, xor(mload(field), shl(mod(bit, 256), 1)))
            }
            vm.prank(ANN);
            vm.expectPartialRevert(IOpmlVerifier.NotThePosition.selector);
            _verifier.concede(changed, "");
        }
        _move(one, ann, ann.trace);
        vm.prank(BOB);
        vm.expectPartialRevert(IOpmlVerifier.NotThePosition.selector);
        _verifier.concede(first, "");
        vm.prank(BOB);
        _verifier.concede(_views[one].game, "");
        // Over, it can be played nowhere.
        vm.prank(BOB);
        vm.expectPartialRevert(IOpmlVerifier.NotThePosition.selector);
        _verifier.concede(_views[one].game, "");
    }

    function test_proving_a_true_pair_right_is_no_move() external {
        Player memory ann = _honest(ANN, ANN);
        ann.stepsLog2 = NEEDED;
        _deploy(6);
        bytes32 claim = _submit(ann);
        _proveInput(claim);
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        _move(game, ann, ann.trace);
        // 32 single steps, all true: neither side can make a verdict of one.
        Segments memory segments = Segments(Toy.code(), _model(), ann.input, ann.trace);
        for (uint256 index = 0; index < 32; ++index) {
            Conviction memory conviction = _conviction(game, index, segments);
            vm.expectRevert(IOpmlVerifier.StepIsRight.selector);
            _verifier.convict(_views[game].game, _preimages[claim], conviction);
        }
        vm.warp(_views[game].deadline + 1);
        _verifier.timeout(_views[game].game);
        _read();
        _expectEnd(game, Side.Claimant, IOpmlVerifier.Ending.Timeout);
    }

    function test_a_conviction_needs_the_stated_pair_and_its_witness() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        _deploy(6);
        bytes32 claim = _submit(liar);
        _proveInput(claim);
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        _move(game, liar, liar.trace);
        Segments memory segments = Segments(Toy.code(), _model(), liar.input, liar.trace);
        ClaimPreimage memory preimage = _preimages[claim];

        Conviction memory other = _conviction(game, 9, segments);
        other.end = keccak256("not what was stated");
        _expectRefused(game, preimage, other, Dissection.PairNotStated.selector);
        other = _conviction(game, 9, segments);
        other.index = 8;
        _expectRefused(game, preimage, other, Dissection.PairNotStated.selector);
        other = _conviction(game, 9, segments);
        other.witness = Toy.witness(segments, 3, 8);
        _expectRefused(game, preimage, other, Dissection.PairNotStated.selector);
        other = _conviction(game, 9, segments);
        other.witness = bytes.concat(other.witness, hex"00");
        _expectRefused(game, preimage, other, AccessLog.WrongWitnessLength.selector);
        other = _conviction(game, 9, segments);
        other.inputRoot = "another";
        _expectRefused(game, preimage, other, IOpmlVerifier.NotTheInput.selector);
        other = _conviction(game, 9, segments);
        preimage.traceRoot = "another";
        _expectRefused(game, preimage, other, IOpmlVerifier.NotThePosition.selector);

        // It loads nothing from the input, so it need not say what that is.
        other.inputRoot = 0;
        _verifier.convict(_views[game].game, _preimages[claim], other);
        _read();
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    function _expectRefused(
        bytes32 game,
        ClaimPreimage memory preimage,
        Conviction memory conviction,
        bytes4 reason
    ) private {
        vm.expectPartialRevert(reason);
        _verifier.convict(_views[game].game, preimage, conviction);
    }

    function test_a_run_that_does_not_end_in_the_claimed_slot_is_refused() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        Run memory run = _run(ann, ann.trace, 3);

        Statement memory statement = _statement(ann, run);
        statement.finalState[176] = 0x02;
        _expectRefused(game, statement, NodeRun.NotHalted.selector);
        statement = _statement(ann, run);
        statement.finalState[75] = 0x01;
        _expectRefused(game, statement, NodeRun.NotHalted.selector);
        statement = _statement(ann, run);
        statement.finalState = bytes.concat(statement.finalState, hex"00");
        _expectRefused(game, statement, NodeRun.NotHalted.selector);
        statement = _statement(ann, run);
        statement.finalState[31] ^= 0x01;
        _expectRefused(game, statement, NodeRun.WrongOutput.selector);
        statement = _statement(ann, run);
        statement.opening = new bytes32[](0);
        _expectRefused(game, statement, NodeRun.WrongOutput.selector);
        statement = _statement(ann, run);
        statement.stepsLog2 = Toy.CAP_LOG2 + 1;
        _expectRefused(game, statement, NodeRun.TooManySteps.selector);
        statement = _statement(ann, run);
        statement.states = new bytes32[](14);
        _expectRefused(game, statement, Dissection.WrongNumberOfStates.selector);
        _move(game, ann, ann.trace);
        assertEq(uint256(_views[game].turn.phase), uint256(Phase.Dissected));
    }

    function _expectRefused(bytes32 game, Statement memory statement, bytes4 reason) private {
        ClaimPreimage memory preimage = _preimages[_views[game].game.claim];
        vm.prank(ANN);
        vm.expectPartialRevert(reason);
        _verifier.state(_views[game].game, preimage, statement, "");
    }

    function test_a_dissection_names_a_stated_section_and_ends_elsewhere() external {
        _deploy(4);
        Player memory bob = _liar(BOB, ANN, 3, 9);
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        _move(game, ann, ann.trace);
        Run memory run = _run(bob, ann.trace, 3);

        Narrowing memory narrowing = _narrowing(game, bob, run, 4);
        narrowing.last = narrowing.end;
        _expectRefused(game, narrowing, IOpmlVerifier.SameEnd.selector);
        narrowing = _narrowing(game, bob, run, 4);
        narrowing.start = keccak256("invented");
        _expectRefused(game, narrowing, Dissection.PairNotStated.selector);
        narrowing = _narrowing(game, bob, run, 4);
        narrowing.index = 20;
        _expectRefused(game, narrowing, Merkle.IndexOutsideTree.selector);
        narrowing = _narrowing(game, bob, run, 4);
        narrowing.proof = new bytes32[](3);
        _expectRefused(game, narrowing, Dissection.PairNotStated.selector);
        narrowing = _narrowing(game, bob, run, 4);
        narrowing.states = new bytes32[](2);
        _expectRefused(game, narrowing, Dissection.WrongNumberOfStates.selector);
        Conviction memory early =
            _conviction(game, 4, Segments(Toy.code(), _model(), ann.input, ann.trace));
        vm.expectRevert(IOpmlVerifier.SectionIsLonger.selector);
        _verifier.convict(_views[game].game, _preimages[claim], early);

        _move(game, bob, ann.trace);
        (narrowing.start, narrowing.end) = (_views[game].states[0], _views[game].states[1]);
        narrowing.proof = _path(_pairs(_views[game].states), 0);
        (narrowing.index, narrowing.states) = (0, new bytes32[](0));
        vm.prank(ANN);
        vm.expectRevert(IOpmlVerifier.SectionIsOneStep.selector);
        _verifier.dissect(_views[game].game, narrowing, "");
    }

    function _expectRefused(bytes32 game, Narrowing memory narrowing, bytes4 reason) private {
        vm.prank(BOB);
        vm.expectPartialRevert(reason);
        _verifier.dissect(_views[game].game, narrowing, "");
    }

    function test_the_log_tells_the_path_of_a_slot_and_the_index_of_a_section() external {
        _deploy(4);
        Player memory ann = _honest(ANN, ANN);
        Player memory bob = _liar(BOB, ANN, 3, 9);
        bytes32 claim = _submit(ann);
        bytes32 game = keccak256(abi.encode(bytes32("imo.game.v1"), claim, BOB, _salt));
        bytes32 slot = Toy.subtree(ann.trace, 0, 3);
        bytes32[] memory siblings = Toy.siblings(ann.trace, 3);
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.Challenged(claim, game, BOB, _salt, CHALLENGE_BOND, slot, siblings);
        assertEq(_challenge(claim, BOB, ann.trace, 3), game);

        _move(game, ann, ann.trace);
        Narrowing memory narrowing = _narrowing(game, bob, _run(bob, ann.trace, 3), 4);
        vm.prank(BOB);
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.Dissected(game, 4, narrowing.start, narrowing.states, narrowing.last);
        _verifier.dissect(_views[game].game, narrowing, "");
    }

    function test_a_reveal_is_all_children_of_the_committed_hash() external {
        Player memory ann = _honest(ANN, ANN);
        _deploy(1);
        bytes32 game = _challengeWithheld(_submit(ann), BOB);
        Game memory standing = _views[game].game;
        bytes32[] memory children = _children(_views[game].turn, ann.trace);
        (children[0], children[1]) = (children[1], children[0]);
        vm.expectRevert(IOpmlVerifier.WrongChildren.selector);
        _verifier.reveal(standing, children);
        // Not one level further, although that hashes to the same.
        bytes32[] memory further = new bytes32[](4);
        for (uint256 i = 0; i < 4; ++i) {
            further[i] = Toy.subtree(ann.trace, 1, i);
        }
        vm.expectRevert(IOpmlVerifier.WrongChildren.selector);
        _verifier.reveal(standing, further);
        vm.expectRevert(IOpmlVerifier.WrongChildren.selector);
        _verifier.reveal(standing, _one(Toy.rootOf(ann.trace)));

        _move(game, ann, ann.trace);
        standing = _views[game].game;
        bytes32[] memory path = _path(_views[game].children, 1);
        bytes32 child = _views[game].children[1];
        vm.startPrank(BOB);
        vm.expectRevert(IOpmlVerifier.WrongChildren.selector);
        _verifier.pick(standing, 0, child, path, "");
        vm.expectRevert(abi.encodeWithSelector(Merkle.IndexOutsideTree.selector, 3, 1));
        _verifier.pick(standing, 3, child, path, "");
        _verifier.pick(standing, 1, child, path, "");
    }

    function test_a_move_of_another_phase_is_refused() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        Game memory standing = _views[game].game;
        vm.expectRevert(IOpmlVerifier.WrongPhase.selector);
        _verifier.reveal(standing, new bytes32[](1));
        vm.expectRevert(IOpmlVerifier.WrongPhase.selector);
        _verifier.pick(standing, 0, 0, new bytes32[](0), "");
        Narrowing memory narrowing;
        vm.expectRevert(IOpmlVerifier.WrongPhase.selector);
        _verifier.dissect(standing, narrowing, "");
        Conviction memory conviction;
        vm.expectRevert(IOpmlVerifier.WrongPhase.selector);
        _verifier.convict(standing, _preimages[claim], conviction);
    }

    // Clocks

    function test_a_late_move_reverts_even_if_nobody_called_timeout() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        Player memory bob = _honest(BOB, ANN);
        bytes32 claim = _submit(liar);
        _proveInput(claim);
        bytes32 game = _challengeWithheld(claim, BOB);
        while (!_views[game].over) {
            Player memory mover = _toMove(game) == Side.Claimant ? liar : bob;
            uint256 deadline = _views[game].deadline;
            // The last move is tried with a call that is caught, so it is seen not to end the game.
            vm.warp(deadline + 1);
            try this.move(game, mover, liar.trace) {
                assertFalse(_views[game].over, "convicted late");
                assertEq(_views[game].deadline, deadline, "moved late");
            } catch (bytes memory reason) {
                assertEq(bytes4(reason), IOpmlVerifier.TooLate.selector);
            }
            vm.warp(deadline);
            vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.TooEarly.selector, deadline));
            _verifier.timeout(_views[game].game);
            assertTrue(_move(game, mover, liar.trace), "in the last second");
        }
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    function test_a_last_second_move_leaves_the_extension() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        Player memory bob = _honest(BOB, ANN);
        bytes32 claim = _submit(liar);
        bytes32 game = _challengeWithheld(claim, BOB);
        uint256 began = block.timestamp;
        for (uint256 i = 0; i < 4; ++i) {
            // The first turn of a side has its whole clock, each later one the extension.
            assertEq(_views[game].deadline - block.timestamp, i < 2 ? CLOCK : EXTENSION);
            vm.warp(_views[game].deadline);
            _move(game, i % 2 == 0 ? liar : bob, liar.trace);
        }
        assertEq(block.timestamp - began, 2 * CLOCK + 2 * EXTENSION);
    }
}
