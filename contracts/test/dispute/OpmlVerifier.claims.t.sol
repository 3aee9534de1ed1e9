// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { InputMemory } from "../../src/dispute/InputMemory.sol";
import { Side } from "../../src/types/Turn.sol";
import { ClaimPreimage, Conviction, IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
import { IPurse } from "../../src/interfaces/IPurse.sol";
import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { Program, ProgramShape } from "../../src/types/Program.sol";
import { Request } from "../../src/types/Request.sol";
import { Submission } from "../../src/types/Submission.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { Toy } from "./Toy.sol";

/// @dev What can be registered and claimed. Each test is named after the attack that a rule stops.
contract OpmlVerifierClaimsTest is GameFixture {
    // Registration

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

    function test_a_registration_is_logged_once() external {
        Program memory program = Toy.program();
        program.stepsLog2 = 1;
        bytes32 programId = keccak256(abi.encode(bytes32("imo.program.v1"), program));
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.ProgramRegistered(programId, program);
        _verifier.registerProgram(program);

        bytes32 contentId = keccak256(
            abi.encode(bytes32("imo.content.v1"), bytes32("image"), uint64(128), programId)
        );
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.ContentRegistered(contentId, "image", 128, programId);
        _verifier.registerContent("image", 128, programId);

        vm.recordLogs();
        assertEq(_verifier.registerProgram(program), programId);
        assertEq(_verifier.registerContent("image", 128, programId), contentId);
        assertEq(vm.getRecordedLogs().length, 0);
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
            "inputLimit",
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
        bad[13].inputLimit = 193;
        bad[14].outputLimit = 0;
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ProgramShape.ProgramOutOfRange.selector, names[i])
            );
            _verifier.registerProgram(bad[i]);
        }
    }

    function test_an_input_may_fill_the_memory_behind_its_ten_words() external {
        Program memory program = Toy.program();
        program.inputLimit = 512 - 320;
        assertNotEq(_verifier.registerProgram(program), 0);
        ++program.inputLimit;
        vm.expectRevert(
            abi.encodeWithSelector(ProgramShape.ProgramOutOfRange.selector, "inputLimit")
        );
        _verifier.registerProgram(program);
        program.inputLimit = 0;
        vm.expectRevert(
            abi.encodeWithSelector(ProgramShape.ProgramOutOfRange.selector, "inputLimit")
        );
        _verifier.registerProgram(program);
    }

    // Claims

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
        wrong[2].unitsUsed += 1;
        for (uint256 i = 0; i < 3; ++i) {
            hoax(HOST, 1 ether);
            vm.expectRevert(IOpmlVerifier.WrongEmitSlot.selector);
            _verifier.submit{ value: 1 ether }(wrong[i], _evidence(trace, address(0)));
        }
    }

    function test_a_truncated_answer_is_convicted_at_the_emit_node() external {
        // The claimant's emit slot says fewer units than the program gives.
        Player memory liar = _liar(ANN, ANN, Toy.EMIT, 100);
        assertEq(_submission(ANN, liar.trace).unitsUsed, 2);
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

    function test_the_log_says_what_a_claim_is_held_for_and_until_when() external {
        vm.fee(200 gwei);
        bytes memory trace = _honestTrace(ANN);
        uint256 bond = _verifier.bond(_contentId);
        assertGt(bond, CLAIM_BOND);
        uint256 end = block.timestamp + WINDOW;
        Submission memory submission = _submission(ANN, trace);
        ClaimPreimage memory preimage = ClaimPreimage({
            host: HOST,
            requestDigest: _requestDigest(),
            contentId: _contentId,
            claimant: ANN,
            outputDigest: submission.outputDigest(),
            delegate: BOB,
            traceRoot: Toy.rootOf(trace)
        });
        bytes32 claim = submission.claimId(
            address(_verifier), HOST, keccak256(abi.encode(BOB, preimage.traceRoot))
        );
        hoax(HOST, bond);
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.ClaimSubmitted(
            claim, _contentId, HOST, preimage, "https://trace", bond, end
        );
        _verifier.submit{ value: bond }(submission, _evidence(trace, BOB));
        assertEq(_verifier.claimOf(claim).bond, bond);
        assertEq(_verifier.claimOf(claim).windowEnd, end);

        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.InputProven(claim, Toy.rootOf(_segments(ANN, PROMPT).input));
        _verifier.proveInput(preimage, _request(), PROMPT);

        vm.warp(end + 1);
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.ClaimSettled(claim);
        vm.expectEmit(address(_verifier));
        emit IPurse.Paid(ANN, bond);
        _verifier.settleClaim(preimage);
        assertEq(_verifier.claimOf(claim).bond, 0);
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
        // An honest claimant slept through a game. Nothing is barred: with another delegate it is
        // another claim.
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
        // Eve copies Ann's trace; node 0 holds Ann's address, and Eve's run of it is on Ann's
        // input.
        Player memory eve = _honest(EVE, ANN);
        bytes32 claim = _submit(eve);
        _proveInput(claim);
        bytes32 game = _challenge(claim, BOB, eve.trace, 0);
        _play(game, eve, _honest(BOB, EVE));
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    // Input

    function test_a_prompt_of_the_claimants_choosing_is_refused() external {
        bytes32 claim = _submit(_honest(ANN, ANN));
        ClaimPreimage memory preimage = _preimages[claim];
        Request memory request = _request();
        bytes memory other = hex"05000000";
        vm.expectRevert(abi.encodeWithSelector(InputMemory.WrongInput.selector, keccak256(other)));
        _verifier.proveInput(preimage, request, other);
        request.inputHash = keccak256(other);
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
}
