// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimRecords } from "../../src/types/ClaimRecord.sol";
import { Side } from "../../src/types/Turn.sol";
import { ClaimPreimage, Conviction, IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { Toy } from "./Toy.sol";

/// @dev Which games can be opened. Each test is named after the attack that a rule stops.
contract OpmlVerifierChallengesTest is GameFixture {
    // Opening a game

    function test_a_served_proof_of_another_node_is_refused() external {
        bytes memory trace = _honestTrace(ANN);
        ClaimPreimage memory preimage = _preimages[_submit(_honest(ANN, ANN))];
        uint256 bond = _verifier.challengeBond();
        bytes32 slot = Toy.subtree(trace, 0, 5);
        bytes32[] memory siblings = Toy.siblings(trace, 5);
        vm.expectRevert(IOpmlVerifier.WrongSlot.selector);
        _verifier.challenge{ value: bond }(preimage, 0, 4, slot, siblings);
        vm.expectRevert(abi.encodeWithSelector(Merkle.IndexOutsideTree.selector, 13, 3));
        _verifier.challenge{ value: bond }(preimage, 0, 13, slot, siblings);
        // An inner node under a shorter path is no slot.
        bytes32[] memory shorter = new bytes32[](2);
        (shorter[0], shorter[1]) = (siblings[1], siblings[2]);
        vm.expectRevert(IOpmlVerifier.WrongSlot.selector);
        _verifier.challenge{ value: bond }(preimage, 0, 2, Toy.subtree(trace, 1, 2), shorter);
        _verifier.challenge{ value: bond }(preimage, 0, 5, slot, siblings);
    }

    function test_no_challenge_after_the_window_even_if_nobody_settled() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        uint256 end = block.timestamp + WINDOW;
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.WindowOpen.selector, end));
        _verifier.settleClaim(_preimages[claim]);
        _expectStatus(claim, ClaimStatus.Pending);
        uint256 before = vm.snapshotState();
        _challenge(claim, BOB, ann.trace, 3);
        vm.revertToState(before);

        vm.warp(end + 1);
        _expectStatus(claim, ClaimStatus.Proven);
        ClaimPreimage memory preimage = _preimages[claim];
        hoax(BOB, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.WindowClosed.selector, end));
        _verifier.challengeWithheld{ value: 1 ether }(preimage, 0);
        _verifier.settleClaim(_preimages[claim]);
        _expectStatus(claim, ClaimStatus.Proven);
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.NotPending.selector, claim));
        _verifier.settleClaim(_preimages[claim]);
    }

    function test_a_claim_waits_for_its_games() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        vm.warp(block.timestamp + WINDOW);
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        vm.warp(block.timestamp + 1 hours);
        _expectStatus(claim, ClaimStatus.Pending);
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.GamesOpen.selector, 1));
        _verifier.settleClaim(_preimages[claim]);
        _move(game, ann, ann.trace);
        vm.warp(_views[game].deadline + 1);
        _verifier.timeout(_views[game].game);
        _expectStatus(claim, ClaimStatus.Proven);
    }

    function test_a_sham_game_on_the_only_wrong_node_bars_nobody() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 sham = _challenge(claim, EVE, liar.trace, 3);
        // Eve shares every state of the liar's, so she gives up at once.
        Player memory eve = _liar(EVE, ANN, 3, 9);
        _play(sham, liar, eve);
        _expectEnd(sham, Side.Claimant, IOpmlVerifier.Ending.Concession);
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        _play(game, liar, _honest(BOB, ANN));
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
        _expectStatus(claim, ClaimStatus.Rejected);
    }

    function test_games_are_uncapped_and_parallel_also_on_one_node() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        ClaimPreimage memory preimage = _preimages[claim];
        bytes32 slot = Toy.subtree(liar.trace, 0, 3);
        bytes32[] memory siblings = Toy.siblings(liar.trace, 3);
        vm.deal(EVE, 100 ether);
        uint256 second;
        for (uint256 i = 0; i < 100; ++i) {
            vm.prank(EVE);
            _verifier.challenge{ value: CHALLENGE_BOND }(preimage, uint64(i), 3, slot, siblings);
            uint256 spent = vm.lastCallGas().gasTotalUsed;
            if (i == 1) second = spent;
            if (i > 1) assertApproxEqAbs(spent, second, 100, "no dearer");
        }
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        assertEq(_verifier.claimOf(claim).openGames, 101);
        uint256 began = block.timestamp;
        _play(game, liar, _honest(BOB, ANN));
        _expectStatus(claim, ClaimStatus.Rejected);
        assertEq(block.timestamp, began, "nobody waited for a sham");
    }

    function test_front_running_a_challenge_does_not_change_the_games_id() external {
        // A game's id depends on its challenger's own doings only.
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        uint256 before = vm.snapshotState();
        bytes32 alone = _challenge(claim, BOB, liar.trace, 3);
        bytes32 position = _views[alone].game.position();
        vm.revertToState(before);
        uint64 salt = _salt;
        bytes32 copied = _challenge(claim, EVE, liar.trace, 3);
        _salt = salt;
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        assertEq(game, alone);
        assertEq(_views[game].game.position(), position);
        assertNotEq(copied, game);
        assertNotEq(_challenge(claim, BOB, liar.trace, 3), game);
    }

    function test_a_salt_names_one_open_game() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        ClaimPreimage memory preimage = _preimages[claim];
        vm.deal(BOB, 1 ether);
        vm.startPrank(BOB);
        bytes32 game = _verifier.challengeWithheld{ value: CHALLENGE_BOND }(preimage, 7).id();
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.GameIsOpen.selector, game));
        _verifier.challengeWithheld{ value: CHALLENGE_BOND }(preimage, 7);
        vm.stopPrank();
        _read();
        bytes32 position = _verifier.positionOf(game);
        skip(1);
        _concede(game, ann);
        _read();
        assertTrue(_views[game].over);
        // The claim is rejected; against another the same salt is another game.
        preimage = _preimages[_submit(ANN, ann.trace, BOB)];
        hoax(BOB, 1 ether);
        bytes32 other = _verifier.challengeWithheld{ value: CHALLENGE_BOND }(preimage, 7).id();
        assertNotEq(other, game);
        assertNotEq(_verifier.positionOf(other), position);
    }
}
