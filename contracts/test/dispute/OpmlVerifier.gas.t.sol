// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Vm } from "forge-std/Test.sol";

import { Game } from "../../src/types/Game.sol";
import { Parameters } from "../../src/dispute/Parameters.sol";
import { PackedTurn } from "../../src/types/Turn.sol";
import {
    ClaimPreimage,
    Conviction,
    IOpmlVerifier,
    Narrowing,
    Statement
} from "../../src/interfaces/IOpmlVerifier.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { Program } from "../../src/types/Program.sol";
import { Request } from "../../src/types/Request.sol";
import { Submission } from "../../src/types/Submission.sol";
import { Asm } from "../vm/Asm.sol";
import { Cpu, Segment, StepFixture } from "../vm/StepFixture.sol";

/// @dev Every move at the depths of SmolLM2 as a whole transaction, 21,000 and calldata included,
/// in snapshots/OpmlVerifier.json. The test knows the 16 subtrees at the top of the trace, and one
/// path in each of them.
/// forge-config: default.isolate = true
contract OpmlVerifierGasTest is StepFixture {
    uint8 private constant NODES_LOG2 = 19;
    uint8 private constant SLOT_LOG2 = 12;
    uint8 private constant STEPS_LOG2 = 28;
    uint32 private constant NODE = 300_000;
    bytes private constant PROMPT = "What is gravity? Answer in one short sentence, please.";

    address private immutable ANN = makeAddr("ann");
    address private immutable BOB = makeAddr("bob");

    IOpmlVerifier private _verifier;
    bytes32 private _contentId;
    ClaimPreimage private _preimage;
    bytes32 private _claim;
    Game private _game;
    bytes32[] private _top;
    uint64 private _salt;

    function setUp() public override {
        super.setUp();
        (machine.memoryDepth, machine.inputDepth) = (15, 12);
        Parameters memory parameters =
            Parameters(4, 24 hours, 12 hours, 30 minutes, 0.25 ether, 0.08 ether);
        bytes memory arguments = abi.encode(stepper, parameters);
        _verifier = IOpmlVerifier(deployCode("OpmlVerifier.sol:OpmlVerifier", arguments));
        vm.deal(address(this), 100 ether);
        vm.deal(BOB, 100 ether);
        vm.warp(1_800_000_000);
        // Players exist: to pay them creates no account.
        vm.deal(ANN, 1 ether);
        for (uint256 i = 0; i < 16; ++i) {
            _top.push(keccak256(abi.encode("subtree", i)));
        }
        _top[NODE >> 15] = _root("node", NODE % (1 << 15));
        _top[15] = _root(_emitRoot(), (1 << 15) - 1);
    }

    function test_registration() external {
        // A whole piece without a zero byte, which costs most.
        _setCode(PIECE_BYTES - 4, 0x01010101);
        _storePiece(0);
        _snap("storeCode, 16 KiB", 1 << 24);
        for (uint256 i = 1; i < pieces.length; ++i) {
            _storePiece(i);
        }
        _verifier.registerProgram(_program());
        _snap("registerProgram", 300_000);
    }

    function test_claim() external {
        _register();
        _submit();
        _snap("submit", 300_000);
        _verifier.proveInput(_preimage, _request(), PROMPT);
        _snap("proveInput", 300_000);
        vm.warp(block.timestamp + 24 hours + 1);
        _verifier.settleClaim(_preimage);
        _snap("settleClaim", 300_000);
    }

    function test_descent() external {
        _register();
        _submit();
        vm.prank(BOB);
        _game = _verifier.challengeWithheld{ value: 0.08 ether }(_preimage, 0);
        _snap("challengeWithheld", 300_000);
        vm.recordLogs();
        _verifier.reveal(_game, _top);
        _snap("reveal", 300_000);
        _read(_game.digest);
        bytes32[] memory path = _path(_top, NODE >> 15);
        vm.prank(BOB);
        _verifier.pick(_game, NODE >> 15, _top[NODE >> 15], path, "");
        _snap("pick", 300_000);
    }

    function test_dissection() external {
        _register();
        _submit();
        _challenge();
        _snap("challenge", 300_000);
        bytes32[] memory states = _words("first", 15);
        Statement memory statement = _statement(STEPS_LOG2, states);
        _state(statement);
        _snap("state", 300_000);
        _readStatement(statement);
        Narrowing memory narrowing = Narrowing({
            index: 5,
            start: states[4],
            end: states[5],
            proof: _proof(statement, 5),
            states: _words("second", 15),
            last: "other"
        });
        vm.recordLogs();
        vm.prank(BOB);
        _verifier.dissect(_game, narrowing, "");
        _snap("dissect", 300_000);
        _read(_digest(states[4], narrowing.states, "other"));
        vm.prank(ANN);
        _verifier.concede(_game, "");
        _snap("concede, claimant", 300_000);
    }

    function test_timeout() external {
        _register();
        _submit();
        _challenge();
        Statement memory statement = _statement(STEPS_LOG2, _words("first", 15));
        _state(statement);
        _readStatement(statement);
        vm.warp(block.timestamp + 13 hours);
        _verifier.timeout(_game);
        _snap("timeout, challenger", 300_000);
    }

    function test_close() external {
        _register();
        _submit();
        _challenge();
        Game memory other = _game;
        _challenge();
        vm.warp(block.timestamp + 13 hours);
        _verifier.timeout(_game);
        _snap("timeout, claimant", 300_000);
        _verifier.closeGame(other);
        _snap("closeGame", 300_000);
    }

    function test_convict_an_addition() external {
        Cpu memory cpu = _cpu();
        bytes memory witness = _fetch(cpu, Asm.r(0, 1, 2, 0, 3));
        _convict("convict, addition", cpu, witness);
    }

    function test_convict_a_load_from_memory() external {
        _convictLoad("convict, load from memory", Segment.Memory, 0x1f4);
    }

    function test_convict_a_load_from_the_model() external {
        _convictLoad("convict, load from model", Segment.Model, MODEL + 0x2d0f4);
    }

    function test_convict_a_store() external {
        Cpu memory cpu = _cpu();
        cpu.x[1] = 0x1f4;
        bytes memory opening = _open(cpu, Segment.Memory, 0x1f4, _ramp());
        bytes memory witness = bytes.concat(_fetch(cpu, Asm.s(2, 2, 1, 0)), opening);
        _convict("convict, store", cpu, witness);
    }

    function _convictLoad(string memory name, Segment segment, uint32 target) private {
        Cpu memory cpu = _cpu();
        cpu.x[1] = target;
        bytes memory opening = _open(cpu, segment, target & 0x7fffffff, _ramp());
        bytes memory witness = bytes.concat(_fetch(cpu, Asm.i(0x03, 2, 3, 1, 0)), opening);
        _convict(name, cpu, witness);
    }

    function _convict(string memory name, Cpu memory cpu, bytes memory witness) private {
        _register();
        _submit();
        _challenge();
        bytes32[] memory states = _words("states", 15);
        states[4] = keccak256(_encode(cpu));
        Statement memory statement = _statement(4, states);
        _state(statement);
        _readStatement(statement);
        Conviction memory conviction =
            Conviction(5, states[5], _proof(statement, 5), bytes32(0), witness);
        Game memory game = _withoutClaim();
        bytes memory call = abi.encodeCall(_verifier.convict, (game, _preimage, conviction));
        vm.snapshotValue("OpmlVerifier", string.concat(name, ", floor"), _floor(call));
        vm.prank(BOB);
        _verifier.convict(game, _preimage, conviction);
        _snap(name, 300_000);
    }

    // Moves

    function _register() private {
        if (machine.codeRoot == 0) _setCode(0, 0x13);
        for (uint256 i = 0; i < pieces.length; ++i) {
            _storePiece(i);
        }
        bytes32 programId = _verifier.registerProgram(_program());
        _contentId = _verifier.registerContent(
            machine.modelRoot, uint64(128) << machine.modelDepth, programId
        );
    }

    function _program() private view returns (Program memory) {
        return Program({
            codeRoot: machine.codeRoot,
            codeBase: CODE,
            entry: CODE,
            codeDepth: machine.codeDepth,
            memoryDepth: machine.memoryDepth,
            inputDepth: machine.inputDepth,
            nodesLog2: NODES_LOG2,
            slotLog2: SLOT_LOG2,
            stepsLog2: STEPS_LOG2,
            outputAddress: uint32(1) << SLOT_LOG2,
            inputLimit: 1 << 15,
            outputLimit: 24_575,
            vmVersion: 1
        });
    }

    function _submit() private {
        Submission memory submission =
            Submission(_contentId, _request().digest(), ANN, keccak256("answer"), 600, 120);
        bytes32 traceRoot = Merkle.join(_top);
        _preimage = ClaimPreimage({
            host: address(this),
            requestDigest: submission.requestDigest,
            contentId: _contentId,
            claimant: ANN,
            outputDigest: submission.outputDigest(),
            delegate: BOB,
            traceRoot: traceRoot
        });
        bytes memory evidence =
            abi.encode(traceRoot, BOB, _siblings(15), "https://operator.example");
        _claim = _verifier.submit{ value: 0.25 ether }(submission, evidence);
    }

    function _challenge() private {
        bytes32[] memory siblings = _siblings(NODE >> 15);
        vm.prank(BOB);
        uint64 salt = _salt++;
        _game = _verifier.challenge{ value: 0.08 ether }(_preimage, salt, NODE, "node", siblings);
    }

    function _state(Statement memory statement) private {
        Game memory game = _withoutClaim();
        vm.recordLogs();
        vm.prank(ANN);
        _verifier.state(game, _preimage, statement, "");
    }

    function _readStatement(Statement memory statement) private {
        _read(_digest(_firstState(), statement.states, keccak256(statement.finalState)));
    }

    function _statement(uint8 stepsLog2, bytes32[] memory states)
        private
        pure
        returns (Statement memory statement)
    {
        Cpu memory cpu = _cpu();
        (cpu.status, cpu.x[10]) = (HALTED, 0);
        bytes32[] memory opening = _words("opening", 10);
        // The output is the second of its kind.
        cpu.memoryRoot = Merkle.branch(opening[0], "node");
        for (uint256 t = 1; t < 10; ++t) {
            cpu.memoryRoot = Merkle.branch(cpu.memoryRoot, opening[t]);
        }
        return Statement(stepsLog2, _encode(cpu), opening, states);
    }

    /// The preimage tells the rest.
    function _withoutClaim() private view returns (Game memory game) {
        game = _game;
        (game.claim, game.claimant, game.delegate) = (0, address(0), address(0));
    }

    /// Takes the turn from the log.
    function _read(bytes32 digest) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _game.turn = abi.decode(logs[logs.length - 1].data, (PackedTurn));
        _game.digest = digest;
    }

    function _request() private view returns (Request memory) {
        return Request({
            host: address(this),
            id: 7,
            modelId: keccak256("model"),
            seed: 0x0123456789abcdef,
            maxUnits: 120,
            parameters: bytes32(uint256(52_429) << 224 | uint256(40) << 208),
            inputHash: keccak256(PROMPT)
        });
    }

    // Trees

    function _emitRoot() private pure returns (bytes32) {
        return Merkle.root(abi.encode(600, keccak256("answer"), 120), SLOT_LOG2 - 7);
    }

    /// Root of the subtree at the top in which a slot has this index and made-up siblings.
    function _root(bytes32 slot, uint256 index) private pure returns (bytes32 hash) {
        hash = slot;
        for (uint256 t = 0; t < 15; ++t) {
            bytes32 sibling = _sibling(Segment.Trace, t);
            bool right = (index >> t) % 2 == 1;
            hash = right ? Merkle.branch(sibling, hash) : Merkle.branch(hash, sibling);
        }
    }

    /// Siblings of the known slot in one of the subtrees at the top.
    function _siblings(uint256 subtree) private view returns (bytes32[] memory siblings) {
        siblings = new bytes32[](NODES_LOG2);
        bytes32[] memory upper = _path(_top, subtree);
        for (uint256 t = 0; t < NODES_LOG2; ++t) {
            siblings[t] = t < 15 ? _sibling(Segment.Trace, t) : upper[t - 15];
        }
    }

    function _proof(Statement memory statement, uint256 index)
        private
        pure
        returns (bytes32[] memory)
    {
        return _path(
            _pairs(_firstState(), statement.states, keccak256(statement.finalState)), index
        );
    }

    function _digest(bytes32 first, bytes32[] memory middle, bytes32 last)
        private
        pure
        returns (bytes32)
    {
        return Merkle.join(_pairs(first, middle, last));
    }

    function _pairs(bytes32 start, bytes32[] memory middle, bytes32 last)
        private
        pure
        returns (bytes32[] memory pairs)
    {
        pairs = new bytes32[](16);
        for (uint256 i = 0; i < 16; ++i) {
            bytes32 end = i == 15 ? last : middle[i];
            pairs[i] = keccak256(abi.encodePacked(hex"01", start, end));
            start = end;
        }
    }

    function _firstState() private pure returns (bytes32) {
        Cpu memory cpu;
        (cpu.memoryRoot, cpu.pc) = (Merkle.zero(15), CODE);
        (cpu.x[10], cpu.x[11], cpu.x[12]) = (NODE, NODES_LOG2, SLOT_LOG2);
        return keccak256(_encode(cpu));
    }

    function _path(bytes32[] memory nodes, uint256 index)
        private
        pure
        returns (bytes32[] memory path)
    {
        path = new bytes32[](4);
        for (uint256 t = 0; t < 4; ++t) {
            bytes32[] memory part = new bytes32[](1 << t);
            for (uint256 i = 0; i < part.length; ++i) {
                part[i] = nodes[(((index >> t) ^ 1) << t) + i];
            }
            path[t] = Merkle.join(part);
        }
    }

    function _words(string memory name, uint256 count)
        private
        pure
        returns (bytes32[] memory words)
    {
        words = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = keccak256(abi.encode(name, i));
        }
    }

    /// What EIP-7623 asks for a transaction with these bytes, whatever it executes.
    function _floor(bytes memory data) private pure returns (uint256 gas) {
        gas = 21_000;
        for (uint256 i = 0; i < data.length; ++i) {
            gas += data[i] == 0 ? 10 : 40;
        }
    }

    function _snap(string memory name, uint256 bar) private {
        assertLe(vm.snapshotGasLastCall("OpmlVerifier", name), bar, name);
    }
}
