// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { IStepper, Machine } from "../../src/interfaces/IStepper.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";

/// A state, field by field. x[0] is not encoded.
struct Cpu {
    bytes32 memoryRoot;
    uint32 pc;
    uint32[32] x;
    uint64 modelWindow;
    uint64 traceWindow;
    uint8 status;
}

/// Which segment an access opens.
enum Segment {
    Memory,
    Input,
    Model,
    Trace
}

/// Witnesses for one step. Each segment but the code is a tree of which one leaf is known and all
/// siblings on its path are made up, so that every bit of an offset matters to the root. The code
/// consists of pieces, each of which begins with other bytes.
abstract contract StepFixture is Test {
    uint32 internal constant CODE = 0x40000000;
    uint32 internal constant PC = CODE + 0x1a4;
    uint32 internal constant INPUT = 0x60000000;
    uint32 internal constant MODEL = 0x80000000;
    uint32 internal constant TRACE = 0xc0000000;

    uint8 internal constant RUNNING = 0;
    uint8 internal constant HALTED = 1;
    uint8 internal constant FAULT = 2;

    /// As deep as SmolLM2's.
    uint8 internal constant MEMORY_DEPTH = 14;
    uint8 internal constant CODE_DEPTH = 10;
    uint8 internal constant INPUT_DEPTH = 8;
    uint8 internal constant MODEL_DEPTH = 20;
    uint8 internal constant TRACE_DEPTH = 24;

    /// Levels and bytes of a piece of code.
    uint256 internal constant PIECE_DEPTH = 7;
    uint256 internal constant PIECE_BYTES = 16_384;

    IStepper internal stepper;
    Machine internal machine;
    /// The pieces of the machine's code.
    bytes[] internal pieces;
    bytes32[] internal pieceRoots;

    function setUp() public virtual {
        // Only this contract is compiled through the IR; deployed by name, it does not take the
        // tests with it.
        stepper = IStepper(deployCode("RiscvStepper.sol:RiscvStepper"));
        machine = Machine({
            codeRoot: 0,
            modelRoot: 0,
            inputRoot: 0,
            traceRoot: 0,
            codeBase: CODE,
            codeDepth: CODE_DEPTH,
            memoryDepth: MEMORY_DEPTH,
            inputDepth: INPUT_DEPTH,
            modelDepth: MODEL_DEPTH,
            traceDepth: TRACE_DEPTH,
            traceLimit: 1000 << 12
        });
    }

    /// A running state at PC with distinct registers.
    function _cpu() internal pure returns (Cpu memory cpu) {
        cpu.memoryRoot = keccak256("memory");
        cpu.pc = PC;
        for (uint32 i = 1; i < 32; ++i) {
            cpu.x[i] = 0x01010101 * i;
        }
    }

    function _copy(Cpu memory cpu) internal pure returns (Cpu memory) {
        return abi.decode(abi.encode(cpu), (Cpu));
    }

    function _encode(Cpu memory cpu) internal pure returns (bytes memory state) {
        state = abi.encodePacked(cpu.memoryRoot, cpu.pc);
        for (uint256 i = 1; i < 32; ++i) {
            state = abi.encodePacked(state, cpu.x[i]);
        }
        return abi.encodePacked(state, cpu.modelWindow, cpu.traceWindow, cpu.status);
    }

    /// The state, which is a witness of the instruction `word` at its pc; stores that instruction's
    /// piece and sets the code root.
    function _fetch(Cpu memory cpu, uint32 word) internal returns (bytes memory) {
        uint256 offset = uint256(cpu.pc) - machine.codeBase;
        _setCode(offset, word);
        _storePiece(offset / PIECE_BYTES);
        return _encode(cpu);
    }

    /// Makes a code with the little-endian `word` at `offset`, behind 0x80, 0x81 … in its piece,
    /// and sets the code root.
    function _setCode(uint256 offset, uint32 word) internal {
        delete pieces;
        delete pieceRoots;
        for (uint256 i = 0; i < 2 ** (machine.codeDepth - PIECE_DEPTH); ++i) {
            bool isWords = i == offset / PIECE_BYTES;
            bytes memory piece = isWords ? _codeUpTo(offset % PIECE_BYTES, word) : abi.encode(i);
            pieces.push(piece);
            pieceRoots.push(Merkle.root(piece, PIECE_DEPTH));
        }
        machine.codeRoot = Merkle.join(pieceRoots);
    }

    function _codeUpTo(uint256 offset, uint32 word) private pure returns (bytes memory piece) {
        while (piece.length + 128 <= offset) piece = bytes.concat(piece, _ramp());
        piece = bytes.concat(piece, _leaf(offset, word));
    }

    /// Stores one of the pieces of the code.
    function _storePiece(uint256 index) internal {
        bytes32[] memory siblings = new bytes32[](machine.codeDepth - PIECE_DEPTH);
        for (uint256 t = 0; t < siblings.length; ++t) {
            bytes32[] memory part = new bytes32[](1 << t);
            for (uint256 i = 0; i < part.length; ++i) {
                part[i] = pieceRoots[(((index >> t) ^ 1) << t) + i];
            }
            siblings[t] = Merkle.join(part);
        }
        stepper.storeCode(machine.codeRoot, machine.codeDepth, index, pieces[index], siblings);
    }

    /// Opening of `leaf` around `offset` of a segment; sets the segment's root.
    function _open(Cpu memory cpu, Segment segment, uint256 offset, bytes memory leaf)
        internal
        returns (bytes memory)
    {
        uint256 depth = _depth(segment);
        bytes32 root = _root(segment, offset, leaf);
        if (segment == Segment.Memory) cpu.memoryRoot = root;
        if (segment == Segment.Input) machine.inputRoot = root;
        if (segment == Segment.Model) machine.modelRoot = root;
        if (segment == Segment.Trace) machine.traceRoot = root;
        bytes memory opening = leaf;
        for (uint256 t = 0; t < depth; ++t) {
            opening = abi.encodePacked(opening, _sibling(segment, t));
        }
        return opening;
    }

    /// Root over `leaf` around `offset`, as docs/spec/commitments.md has it.
    function _root(Segment segment, uint256 offset, bytes memory leaf)
        internal
        view
        returns (bytes32 hash)
    {
        hash = keccak256(leaf);
        for (uint256 t = 0; t < _depth(segment); ++t) {
            bytes32 sibling = _sibling(segment, t);
            bool right = (offset / 128 / 2 ** t) % 2 == 1;
            hash = right
                ? keccak256(abi.encodePacked(sibling, hash))
                : keccak256(abi.encodePacked(hash, sibling));
        }
    }

    function _depth(Segment segment) internal view returns (uint256) {
        if (segment == Segment.Memory) return machine.memoryDepth;
        if (segment == Segment.Input) return machine.inputDepth;
        if (segment == Segment.Model) return machine.modelDepth;
        return machine.traceDepth;
    }

    /// A leaf of 0x80, 0x81 … with the little-endian `word` in the place of `offset`.
    function _leaf(uint256 offset, uint32 word) internal pure returns (bytes memory leaf) {
        leaf = _ramp();
        for (uint256 i = 0; i < 4; ++i) {
            leaf[(offset % 128) + i] = bytes1(uint8(word >> (8 * i)));
        }
    }

    function _ramp() internal pure returns (bytes memory leaf) {
        leaf = new bytes(128);
        for (uint256 i = 0; i < 128; ++i) {
            leaf[i] = bytes1(uint8(0x80 + i));
        }
    }

    function _sibling(Segment segment, uint256 height) internal pure returns (bytes32) {
        return keccak256(abi.encode("sibling", segment, height));
    }

    /// The contract takes `pre` to exactly `post` and consumes the witness.
    function _expect(Cpu memory pre, bytes memory witness, Cpu memory post) internal view {
        (bytes32 preState, bytes32 postState) = stepper.step(machine, witness);
        assertEq(preState, keccak256(_encode(pre)), "pre-state");
        assertEq(postState, keccak256(_encode(post)), "post-state");
    }

    /// An instruction that faults without touching memory.
    function _expectFault(Cpu memory cpu, uint32 word) internal {
        bytes memory witness = _fetch(cpu, word);
        Cpu memory post = _copy(cpu);
        post.status = FAULT;
        _expect(cpu, witness, post);
    }

    /// An instruction that touches no memory, sets rd to `value` and goes to `pc`.
    function _expectResult(Cpu memory cpu, uint32 word, uint32 rd, uint32 value, uint32 pc)
        internal
    {
        bytes memory witness = _fetch(cpu, word);
        Cpu memory post = _copy(cpu);
        if (rd != 0) post.x[rd] = value;
        post.pc = pc;
        _expect(cpu, witness, post);
    }
}
