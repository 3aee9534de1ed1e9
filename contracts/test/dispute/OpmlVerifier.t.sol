// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimRecord, ClaimRecords, ClaimState } from "../../src/dispute/ClaimRecord.sol";
import { Dissection } from "../../src/dispute/Dissection.sol";
import { Game } from "../../src/dispute/Game.sol";
import { InputMemory } from "../../src/dispute/InputMemory.sol";
import { NodeRun } from "../../src/dispute/NodeRun.sol";
import { Phase, Side, Turn } from "../../src/dispute/Turn.sol";
import {
    ClaimPreimage,
    Conviction,
    IOpmlVerifier,
    Narrowing,
    Statement
} from "../../src/interfaces/IOpmlVerifier.sol";
import { IPurse } from "../../src/interfaces/IPurse.sol";
import { ClaimStatus, IVerifier } from "../../src/interfaces/IVerifier.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { Program, ProgramShape } from "../../src/types/Program.sol";
import { Request } from "../../src/types/Request.sol";
import { Submission } from "../../src/types/Submission.sol";
import { AccessLog } from "../../src/vm/AccessLog.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { Run, Segments, Toy } from "./Toy.sol";

/// @dev The rules of the game, each under the name of the attack that it answers.
contract OpmlVerifierTest is GameFixture {
    // -------------------------------------------------------------------------------------------- registration

    function test_a_poisoned_registration_is_another_id() external {
        Program memory program = Toy.program();
        bytes32 programId = _verifier.registerProgram(program);
        bytes32 root = Toy.rootOf(_model());
        assertEq(_verifier.registerContent(root, 128, programId), _contentId, "again is no error");
        assertNotEq(_verifier.registerContent(keccak256("poison"), 128, programId), _contentId);
        assertNotEq(_verifier.registerContent(root, 127, programId), _contentId);
        program.stepsLog2 = 1;
        bytes32 poisoned = _verifier.registerProgram(program);
        assertNotEq(poisoned, programId);
        assertNotEq(_verifier.registerContent(root, 128, poisoned), _contentId);
        assertEq(_verifier.programOf(programId).stepsLog2, Toy.CAP_LOG2, "and changes nothing");
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.UnknownProgram.selector, root));
        _verifier.registerContent(root, 128, root);
    }

    function test_a_program_is_registered_once_all_its_code_is_stored() external {
        Program memory program = Toy.program();
        bytes memory half = new bytes(16_384);
        program.codeDepth = 8;
        program.codeRoot = Merkle.zero(8);
        bytes memory reason =
            abi.encodeWithSelector(IOpmlVerifier.CodeNotStored.selector, program.codeRoot);
        vm.expectRevert(reason);
        _verifier.registerProgram(program);
        _stepper.storeCode(program.codeRoot, 8, 1, half, _one(Merkle.zero(7)));
        vm.expectRevert(reason);
        _verifier.registerProgram(program);
        _stepper.storeCode(program.codeRoot, 8, 0, half, _one(Merkle.zero(7)));
        bytes32 programId = _verifier.registerProgram(program);
        assertEq(_verifier.programOf(programId).codeRoot, program.codeRoot);
    }

    function test_an_image_beyond_the_machines_reach_is_refused() external {
        bytes32 programId = _verifier.registerProgram(Toy.program());
        _verifier.registerContent("root", uint64(128) << 40, programId);
        uint64 length = (uint64(128) << 40) + 1;
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.ImageTooLong.selector, length));
        _verifier.registerContent("root", length, programId);
    }

    function test_programs_out_of_range_are_refused_by_name() external {
        Program[15] memory bad;
        string[15] memory names = [
            "vmVersion",
            "codeBase",
            "codeDepth",
            "memoryDepth",
            "inputDepth",
            "nodesLog2",
            "slotLog2",
            "slotLog2",
            "stepsLog2",
            "outputAddress",
            "outputAddress",
            "entry",
            "entry",
            "promptLimit",
            "outputLimit"
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            bad[i] = Toy.program();
        }
        bad[0].vmVersion = 2;
        bad[1].codeBase += 4;
        bad[2].codeDepth = 18;
        bad[3].memoryDepth = 24;
        bad[4].inputDepth = 23;
        bad[5].nodesLog2 = 32;
        bad[6].slotLog2 = 6;
        bad[7].slotLog2 = 21;
        bad[8].stepsLog2 = 41;
        bad[9].outputAddress = 64;
        bad[10].outputAddress = 256;
        bad[11].entry = Toy.CODE - 4;
        bad[12].entry = Toy.CODE + 128;
        bad[13].promptLimit = 33;
        bad[14].outputLimit = 0;
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ProgramShape.ProgramOutOfRange.selector, names[i])
            );
            _verifier.registerProgram(bad[i]);
        }
    }

    // -------------------------------------------------------------------------------------------------- claims

    function test_an_early_emit_slot_is_refused() external {
        // The emit slot stands one slot early, with a right path, and zeros stand in its place.
        bytes memory trace = _honestTrace(ANN);
        for (uint256 i = 0; i < 128; ++i) {
            (trace[128 * 6 + i], trace[128 * 7 + i]) = (trace[128 * 7 + i], 0);
        }
        _refuse(trace, Toy.siblings(trace, 6));
        // Nor does it stand in a tree of another depth.
        _refuse(_model(), new bytes32[](0));
    }

    function _refuse(bytes memory trace, bytes32[] memory siblings) private {
        bytes memory evidence = abi.encode(Toy.rootOf(trace), address(0), siblings, "");
        hoax(HOST, 1 ether);
        vm.expectRevert(IOpmlVerifier.WrongEmitSlot.selector);
        _verifier.submit{ value: 1 ether }(_submission(ANN, _honestTrace(ANN)), evidence);
    }

    function test_a_wrong_output_or_length_is_refused() external {
        bytes memory trace = _honestTrace(ANN);
        Submission[3] memory wrong;
        for (uint256 i = 0; i < 3; ++i) {
            wrong[i] = _submission(ANN, trace);
        }
        wrong[0].answerHash = keccak256("forty-tw");
        wrong[1].answerLength -= 1;
        wrong[2].tokensUsed += 1;
        for (uint256 i = 0; i < 3; ++i) {
            hoax(HOST, 1 ether);
            vm.expectRevert(IOpmlVerifier.WrongEmitSlot.selector);
            _verifier.submit{ value: 1 ether }(wrong[i], _evidence(trace, address(0)));
        }
    }

    function test_a_truncated_answer_is_convicted_at_the_emit_node() external {
        // The claimant's emit slot says fewer tokens than the program gives.
        Player memory liar = _liar(ANN, ANN, Toy.EMIT, 100);
        assertEq(_submission(ANN, liar.trace).tokensUsed, 2);
        _deploy(3);
        bytes32 claim = _submit(liar);
        bytes32 game = _challenge(claim, BOB, liar.trace, Toy.EMIT);
        _play(game, liar, _honest(BOB, ANN));
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    function test_an_answer_over_the_limit_is_refused() external {
        Submission memory submission = _submission(ANN, _honestTrace(ANN));
        submission.answerLength = 101;
        bytes memory evidence = _evidence(_honestTrace(ANN), address(0));
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.AnswerTooLong.selector, 101, 100));
        _verifier.submit(submission, evidence);
        submission.contentId = "unknown";
        vm.expectRevert(
            abi.encodeWithSelector(IOpmlVerifier.UnknownContent.selector, bytes32("unknown"))
        );
        _verifier.submit(submission, evidence);
    }

    function test_a_claim_is_taken_once_and_for_its_bond() external {
        bytes memory trace = _honestTrace(ANN);
        bytes memory evidence = _evidence(trace, BOB);
        Submission memory submission = _submission(ANN, trace);
        vm.deal(HOST, 1 ether);
        vm.startPrank(HOST);
        vm.expectRevert(
            abi.encodeWithSelector(IPurse.BondTooSmall.selector, CLAIM_BOND - 1, CLAIM_BOND)
        );
        _verifier.submit{ value: CLAIM_BOND - 1 }(submission, evidence);
        bytes32 claim = _verifier.submit{ value: CLAIM_BOND + 5 }(submission, evidence);
        assertEq(ANN.balance, 5, "what is over");
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.AlreadySubmitted.selector, claim));
        _verifier.submit{ value: CLAIM_BOND }(submission, evidence);
        vm.stopPrank();
        // Another host's claim is another claim, so nobody can be in a host's way.
        hoax(EVE, 1 ether);
        assertNotEq(_verifier.submit{ value: CLAIM_BOND }(submission, evidence), claim);
    }

    function test_a_host_computes_the_id_of_its_claim() external {
        bytes memory trace = _honestTrace(ANN);
        bytes32 claim = _submit(ANN, trace, BOB);
        bytes32 details = keccak256(abi.encode(BOB, Toy.rootOf(trace)));
        assertEq(_submission(ANN, trace).claimId(address(_verifier), HOST, details), claim);
    }

    function test_serial_wrong_claims_do_not_hold_up_a_right_one() external {
        bytes32 right = _submit(_honest(ANN, ANN));
        for (uint32 node = 0; node < 6; ++node) {
            Player memory liar = _liar(EVE, EVE, node, 0);
            bytes32 wrong = _submit(liar);
            bytes32 game = _challenge(wrong, BOB, liar.trace, node);
            vm.warp(block.timestamp + 3 hours);
            assertEq(uint256(_verifier.claimOf(right).openGames), 0, "claims are independent");
            assertEq(uint256(_verifier.claimOf(wrong).openGames), 1);
            assertGt(_views[game].deadline, block.timestamp);
        }
        vm.warp(block.timestamp + 6 hours + 1);
        _expectStatus(right, ClaimStatus.Proven);
        _verifier.settleClaim(_preimages[right]);
        assertEq(ANN.balance, CLAIM_BOND);
    }

    function test_a_rejected_trace_can_be_claimed_again() external {
        // An honest claimant slept through a game. Nothing is barred: with another delegate it is another claim.
        Player memory asleep = _honest(ANN, ANN);
        asleep.silentFrom = 0;
        bytes32 claim = _submit(asleep);
        _play(_challenge(claim, BOB, asleep.trace, 3), asleep, _honest(BOB, ANN));
        _expectStatus(claim, ClaimStatus.Rejected);
        bytes32 again = _submit(ANN, asleep.trace, ANN);
        vm.warp(block.timestamp + WINDOW + 1);
        _expectStatus(again, ClaimStatus.Proven);
        _expectStatus(claim, ClaimStatus.Rejected);
    }

    function test_a_copied_claim_is_wrong_at_node_0() external {
        // Eve copies Ann's trace; node 0 holds Ann's address, and Eve's run of it is on Ann's input.
        Player memory eve = _honest(EVE, ANN);
        bytes32 claim = _submit(eve);
        _proveInput(claim);
        bytes32 game = _challenge(claim, BOB, eve.trace, 0);
        _play(game, eve, _honest(BOB, EVE));
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    // --------------------------------------------------------------------------------------------------- input

    function test_a_prompt_of_the_claimants_choosing_is_refused() external {
        bytes32 claim = _submit(_honest(ANN, ANN));
        ClaimPreimage memory preimage = _preimages[claim];
        Request memory request = _request();
        bytes memory other = hex"05000000";
        vm.expectRevert(abi.encodeWithSelector(InputMemory.NotTheText.selector, keccak256(other)));
        _verifier.proveInput(preimage, request, other);
        request.textHash = keccak256(other);
        vm.expectPartialRevert(IOpmlVerifier.NotTheRequest.selector);
        _verifier.proveInput(preimage, request, other);
        preimage.claimant = EVE;
        vm.expectPartialRevert(IOpmlVerifier.UnknownClaim.selector);
        _verifier.proveInput(preimage, _request(), PROMPT);
        assertEq(_verifier.inputRootOf(claim), 0);

        _proveInput(claim);
        assertEq(_verifier.inputRootOf(claim), Toy.rootOf(_segments(ANN, PROMPT).input));
    }

    function test_an_answer_to_another_prompt_is_convicted() external {
        Player memory eve = _playerOn(EVE, _segments(EVE, hex"05000000"));
        bytes32 claim = _submit(eve);
        _proveInput(claim);
        bytes32 game = _challengeWithheld(claim, BOB);
        _play(game, eve, _honest(BOB, EVE));
        assertEq(_views[game].turn.node, 1, "the first that reads the prompt");
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    function test_a_step_that_loads_input_convicts_once_the_input_is_proven() external {
        Player memory eve = _honest(EVE, ANN);
        bytes32 claim = _submit(eve);
        bytes32 game = _challenge(claim, BOB, eve.trace, 0);
        Player memory bob = _honest(BOB, EVE);
        uint256 moves = 0;
        while (_move(game, _toMove(game) == Side.Claimant ? eve : bob, eve.trace)) ++moves;
        assertEq(moves, 3, "stated, dissected twice, and the next would convict");
        assertFalse(_views[game].over);
        _proveInput(claim);
        _play(game, eve, bob);
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    // ----------------------------------------------------------------------------------------- opening a game

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

    // ---------------------------------------------------------------------------------------- who may move

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
        // Every call here comes from the test itself, a stranger; players only pick, state and dissect.
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 sham = _challengeWithheld(claim, EVE);
        bytes32 game = _challengeWithheld(claim, BOB);
        _play(game, liar, _honest(BOB, ANN));
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
        _verifier.closeGame(_views[sham].game);
    }

    // ----------------------------------------------------------------------------------------- moves in place

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
            // A name's high bits are none, and a turn has two bytes that say which of a few things it is.
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

    // -------------------------------------------------------------------------------------------------- clocks

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

    // ------------------------------------------------------------------------------------------------- helpers

    function _run(Player memory player, bytes memory trace, uint32 node)
        private
        pure
        returns (Run memory)
    {
        Segments memory segments = Segments(Toy.code(), _model(), player.input, trace);
        return Toy.run(segments, node, player.lieAt);
    }

    function _expectStatus(bytes32 claim, ClaimStatus status) private view {
        assertEq(uint256(_verifier.statusOf(claim)), uint256(status), "status");
    }

    function _expectEnd(bytes32 game, Side winner, IOpmlVerifier.Ending ending) private view {
        assertTrue(_views[game].over, "over");
        assertEq(uint256(_views[game].winner), uint256(winner), "winner");
        assertEq(uint256(_views[game].ending), uint256(ending), "ending");
    }
}
