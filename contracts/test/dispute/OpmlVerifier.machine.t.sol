// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Side } from "../../src/types/Turn.sol";
import { Conviction, IOpmlVerifier, Statement } from "../../src/interfaces/IOpmlVerifier.sol";
import { IStepper, Machine } from "../../src/interfaces/IStepper.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { Program } from "../../src/types/Program.sol";
import { Submission } from "../../src/types/Submission.sol";
import { LOAD } from "../../src/vm/Instruction.sol";
import { MachineState } from "../../src/vm/MachineState.sol";
import { Asm } from "../vm/Asm.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { Run, Segments, Toy } from "./Toy.sol";

/// @dev The machine on which the verifier has a step executed: what it is made of, and how much of
/// the trace a node can read on it.
contract OpmlVerifierMachineTest is GameFixture {
    /// The toy's instruction that loads from the trace, and the step that executes it.
    uint256 private constant TRACE_LOAD = 14;
    uint32 private constant NODE = 2;

    // A node's view of the trace

    function test_a_node_that_reads_its_own_slot_is_convicted() external {
        // 3 * -1 + 2 is -1. So a slot of -1 would hold itself up.
        Segments memory segments = _loading(0);
        Toy.store(segments.trace, Toy.SLOT_BYTES * NODE, type(uint32).max);
        bytes32 game = _statedGame(segments);
        Conviction memory conviction = _conviction(game, TRACE_LOAD, segments);
        // The load faults, so the witness is the state alone.
        conviction.witness = Toy.slice(conviction.witness, 0, MachineState.BYTES);
        _verifier.convict(_views[game].game, _preimages[_views[game].game.claim], conviction);
        _read();
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    function test_a_node_reads_the_slot_before_its_own_to_the_last_word() external {
        Segments memory segments = _loading(-4);
        segments.trace = Toy.trace(segments);
        bytes32 game = _statedGame(segments);
        Conviction memory conviction = _conviction(game, TRACE_LOAD, segments);
        vm.expectRevert(IOpmlVerifier.StepIsRight.selector);
        _verifier.convict(_views[game].game, _preimages[_views[game].game.claim], conviction);
    }

    /// The toy with another program, whose nodes load from `offset` bytes after their slot's start.
    function _loading(int32 offset) private returns (Segments memory segments) {
        _deploy(6);
        segments = _segments(ANN, PROMPT);
        Toy.store(segments.code, 4 * TRACE_LOAD, Asm.i(LOAD, 2, 9, 7, offset));
        Program memory program = Toy.program();
        program.codeRoot = Toy.rootOf(segments.code);
        _stepper.storeCode(program.codeRoot, 0, 0, segments.code, new bytes32[](0));
        bytes32 programId = _verifier.registerProgram(program);
        _contentId = _verifier.registerContent(Toy.rootOf(_model()), 128, programId);
    }

    /// A game about a claim of the trace in which the claimant has stated each step.
    function _statedGame(Segments memory segments) private returns (bytes32 game) {
        Player memory ann = _playerOn(ANN, segments);
        Run memory run = Toy.run(segments, NODE, Toy.HONEST);
        uint256 slot = Toy.SLOT_BYTES * NODE;
        assertEq(
            run.slot, Toy.slice(segments.trace, slot, Toy.SLOT_BYTES), "the run gives the slot"
        );
        bytes32 claim = _submit(ann);
        game = _challenge(claim, BOB, segments.trace, NODE);
        Statement memory statement = _statement(ann, run);
        vm.prank(ANN);
        _verifier.state(_views[game].game, _preimages[claim], statement, "");
        _read();
        assertLe(_views[game].turn.lengthLog2, 6, "single steps");
    }

    // Every parameter

    /// @dev No two parameters of this program are equal.
    function _distinct() private pure returns (Program memory) {
        return Program({
            codeRoot: keccak256("code"),
            codeBase: Toy.CODE + 5 * 128,
            entry: Toy.CODE + 5 * 128 + 28,
            codeDepth: 5,
            memoryDepth: 9,
            inputDepth: 6,
            nodesLog2: 4,
            slotLog2: 10,
            stepsLog2: 12,
            outputAddress: 3 << 10,
            inputLimit: 77,
            outputLimit: 55,
            vmVersion: 1
        });
    }

    function test_a_step_runs_on_the_machine_that_content_claim_and_node_make() external {
        _deploy(6);
        _registerDistinct();
        bytes32 game = _distinctGame();
        bytes32[] memory states = _views[game].states;
        assertEq(states[0], _firstState(), "the first state");

        bytes32 claim = _views[game].game.claim;
        bytes memory call =
            abi.encodeCall(IStepper.step, (_machine(_preimages[claim].traceRoot), "witness"));
        vm.mockCall(address(_stepper), call, abi.encode(states[0], keccak256("another")));
        vm.expectCall(address(_stepper), call);
        bytes32[] memory proof = _path(_pairs(states), 0);
        _verifier.convict(
            _views[game].game,
            _preimages[claim],
            Conviction({ index: 0, end: states[1], proof: proof, inputRoot: 0, witness: "witness" })
        );
        _read();
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
    }

    function _registerDistinct() private {
        Program memory program = _distinct();
        vm.mockCall(
            address(_stepper),
            abi.encodeCall(IStepper.hasCode, (program.codeRoot, program.codeDepth)),
            abi.encode(true)
        );
        bytes32 programId = _verifier.registerProgram(program);
        assertEq(abi.encode(_verifier.programOf(programId)), abi.encode(program));
        _contentId = _verifier.registerContent(keccak256("image"), 128 << 11, programId);
        (uint32 inputLimit, uint32 outputLimit) = _verifier.limits(_contentId);
        assertEq(inputLimit, program.inputLimit);
        assertEq(outputLimit, program.outputLimit);
    }

    /// A game about node 13, whose claimant has stated four steps. The trace is made of hashes
    /// alone.
    function _distinctGame() private returns (bytes32 game) {
        bytes32[] memory slots = _hashes("slot", 16);
        Submission memory submission =
            Submission(_contentId, _requestDigest(), ANN, keccak256("answer"), 55, 3);
        slots[15] = Merkle.root(submission.output(), 3);
        bytes32 claim = _claim(submission, slots);
        game = _challengeSlot(claim, slots, 13);

        bytes32[] memory opening = _hashes("opening", 6);
        bytes32 memoryRoot = _climb(slots[13], 3, opening);
        bytes memory halted = bytes.concat(memoryRoot, new bytes(144), hex"01");
        Statement memory statement = Statement(2, halted, opening, _hashes("state", 3));
        vm.prank(ANN);
        _verifier.state(_views[game].game, _preimages[claim], statement, "");
        _read();
    }

    function _firstState() private pure returns (bytes32) {
        uint32 entry = _distinct().entry;
        bytes memory registers = abi.encodePacked(new bytes(36), uint32(13), uint32(4), uint32(10));
        return keccak256(bytes.concat(Merkle.zero(9), bytes4(entry), registers, new bytes(93)));
    }

    function _machine(bytes32 traceRoot) private pure returns (Machine memory) {
        return Machine({
            codeRoot: keccak256("code"),
            modelRoot: keccak256("image"),
            inputRoot: 0,
            traceRoot: traceRoot,
            codeBase: Toy.CODE + 5 * 128,
            codeDepth: 5,
            memoryDepth: 9,
            inputDepth: 6,
            modelDepth: 11,
            traceDepth: 7,
            traceLimit: 13 << 10
        });
    }

    function _claim(Submission memory submission, bytes32[] memory slots)
        private
        returns (bytes32 claim)
    {
        bytes32 root = _climb(slots[15], 15, _path(slots, 15));
        hoax(HOST, CLAIM_BOND);
        claim = _verifier.submit{ value: CLAIM_BOND }(
            submission, abi.encode(root, address(0), _path(slots, 15), "")
        );
        _read();
    }

    function _challengeSlot(bytes32 claim, bytes32[] memory slots, uint32 node)
        private
        returns (bytes32 game)
    {
        bytes32[] memory path = _path(slots, node);
        hoax(BOB, CHALLENGE_BOND);
        game = _verifier.challenge{ value: CHALLENGE_BOND }(
                _preimages[claim], 0, node, slots[node], path).id();
        _read();
    }

    function _hashes(string memory what, uint256 count)
        private
        pure
        returns (bytes32[] memory all)
    {
        all = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            all[i] = keccak256(abi.encode(what, i));
        }
    }

    function _climb(bytes32 hash, uint256 index, bytes32[] memory path)
        private
        pure
        returns (bytes32)
    {
        for (uint256 i = 0; i < path.length; ++i) {
            bool right = (index >> i) & 1 == 1;
            hash = right ? Merkle.branch(path[i], hash) : Merkle.branch(hash, path[i]);
        }
        return hash;
    }
}
