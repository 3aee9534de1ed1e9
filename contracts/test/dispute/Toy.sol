// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../../src/libraries/Merkle.sol";
import { Program } from "../../src/types/Program.sol";
import {
    BRANCH,
    Instruction,
    JAL,
    LOAD,
    LUI,
    OP,
    OP_IMM,
    STORE
} from "../../src/vm/Instruction.sol";
import { MachineState, State } from "../../src/vm/MachineState.sol";
import { Asm } from "../vm/Asm.sol";

/// What a run reads, byte for byte; each a power of two of leaves.
struct Segments {
    bytes code;
    bytes model;
    bytes input;
    bytes trace;
}

/// A run of one node as a player has it.
struct Run {
    /// Hash of the state at each step.
    bytes32[] states;
    /// Its last state, encoded.
    bytes last;
    /// What it left at the output address.
    bytes slot;
}

/// @title A model of 30 instructions and 8 nodes
/// @notice Node 0 gives the claimant's address, node i in the middle
/// `prompt[0] * trace[i-1][0] + i`, and the last one the emit slot, which is all that the model
/// consists of. So there is a node that reads each of the segments.
library Toy {
    uint32 internal constant CODE = 0x40000000;
    uint32 internal constant OUTPUT = 128;
    uint256 internal constant RAM_BYTES = 256;
    uint256 internal constant SLOT_BYTES = 128;
    uint8 internal constant NODES_LOG2 = 3;
    uint32 internal constant NODES = 8;
    uint32 internal constant EMIT = NODES - 1;
    /// The emit node, the longest, halts after 154 steps.
    uint8 internal constant CAP_LOG2 = 8;
    uint256 internal constant CAP = 256;
    /// Byte of a slot that no node reads and that lies are about; in the emit slot, the lowest of
    /// the number of units.
    uint256 internal constant LIE = 95;
    /// A run without a lie.
    uint256 internal constant HONEST = type(uint256).max;

    function program() internal pure returns (Program memory) {
        return Program({
            codeRoot: Merkle.root(code(), 0),
            codeBase: CODE,
            entry: CODE,
            codeDepth: 0,
            memoryDepth: 1,
            inputDepth: 2,
            nodesLog2: NODES_LOG2,
            slotLog2: 7,
            stepsLog2: CAP_LOG2,
            outputAddress: OUTPUT,
            inputLimit: 32,
            outputLimit: 100,
            vmVersion: 1
        });
    }

    function code() internal pure returns (bytes memory) {
        uint32[32] memory words = [
            Asm.i(OP_IMM, 0, 5, 0, 1), // x5 = 2^a1 - 1, the emit node
            Asm.r(0, 11, 5, 1, 5),
            Asm.i(OP_IMM, 0, 5, 5, -1),
            Asm.i(OP_IMM, 0, 6, 0, 128), // to the output,
            Asm.u(LUI, 7, 0x80000), // from the model,
            Asm.i(OP_IMM, 0, 28, 0, 24), // 24 words
            Asm.b(0, 10, 5, 60), // if this is the emit node
            Asm.u(LUI, 7, 0x60000), // from the input's claimant,
            Asm.i(OP_IMM, 0, 7, 7, 172),
            Asm.i(OP_IMM, 0, 28, 0, 5), // 5 words
            Asm.b(0, 10, 0, 44), // if this is node 0
            Asm.u(LUI, 7, 0xc0000), // x9 = the slot before
            Asm.i(OP_IMM, 1, 8, 10, 7),
            Asm.r(0, 8, 7, 0, 7),
            Asm.i(LOAD, 2, 9, 7, -128),
            Asm.u(LUI, 7, 0x60000), // times the prompt
            Asm.i(LOAD, 2, 8, 7, 320),
            Asm.r(1, 8, 9, 0, 9),
            Asm.r(0, 10, 9, 0, 9), // plus the node
            Asm.s(2, 9, 6, 0),
            Asm.jal(0, 28),
            Asm.i(LOAD, 2, 9, 7, 0), // copy a word
            Asm.s(2, 9, 6, 0),
            Asm.i(OP_IMM, 0, 7, 7, 4),
            Asm.i(OP_IMM, 0, 6, 6, 4),
            Asm.i(OP_IMM, 0, 28, 28, -1),
            Asm.b(1, 28, 0, -20),
            Asm.i(OP_IMM, 0, 10, 0, 0), // exit 0
            Asm.i(OP_IMM, 0, 17, 0, 93),
            0x00000073,
            0,
            0
        ];
        bytes memory bytes_ = new bytes(128);
        for (uint256 i = 0; i < words.length; ++i) {
            store(bytes_, 4 * i, words[i]);
        }
        return bytes_;
    }

    /// The run of `node`; right unless a bit of its output is another one from step `lieAt` on.
    function run(Segments memory self, uint32 node, uint256 lieAt)
        internal
        pure
        returns (Run memory result)
    {
        bytes memory ram = new bytes(RAM_BYTES);
        State state = _first(node);
        result.states = new bytes32[](CAP + 1);
        result.states[0] = state.hash();
        for (uint256 i = 0; i < CAP; ++i) {
            step(self, state, ram);
            result.states[i + 1] = i < lieAt ? state.hash() : _lie(state, ram).hash();
        }
        result.last = encode(lieAt < CAP ? _lie(state, ram) : state);
        result.slot = slice(ram, OUTPUT, SLOT_BYTES);
    }

    /// What the contract needs to take step `index` of the right run of `node`.
    function witness(Segments memory self, uint32 node, uint256 index)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory ram = new bytes(RAM_BYTES);
        State state = _first(node);
        for (uint256 i = 0; i < index; ++i) {
            step(self, state, ram);
        }
        return _witness(self, state, ram);
    }

    /// The slots of all nodes, each computed from those before.
    function trace(Segments memory self) internal pure returns (bytes memory slots) {
        slots = new bytes(SLOT_BYTES * NODES);
        Segments memory growing = Segments(self.code, self.model, self.input, slots);
        for (uint32 node = 0; node < NODES; ++node) {
            bytes memory slot = run(growing, node, HONEST).slot;
            for (uint256 i = 0; i < SLOT_BYTES; ++i) {
                slots[SLOT_BYTES * node + i] = slot[i];
            }
        }
    }

    // The machine

    /// The instructions that the program uses, on whole segments.
    function step(Segments memory self, State state, bytes memory ram) internal pure {
        if (state.status() != MachineState.RUNNING) return;
        Instruction word = Instruction.wrap(load(self.code, state.pc() - CODE));
        uint32 opcode = word.opcode();
        uint32 a = state.x(word.rs1());
        uint32 b = state.x(word.rs2());
        uint32 next = state.pc() + 4;
        unchecked {
            if (opcode == LUI) {
                state.setX(word.rd(), word.immU());
            } else if (opcode == OP_IMM) {
                uint32 imm = word.immI();
                state.setX(word.rd(), word.funct3() == 0 ? a + imm : a << (imm & 31));
            } else if (opcode == OP) {
                bool shift = word.funct3() == 1;
                state.setX(word.rd(), word.funct7() == 1 ? a * b : shift ? a << (b & 31) : a + b);
            } else if (opcode == LOAD) {
                (bytes memory segment, uint256 offset) = _resolve(self, ram, a + word.immI());
                state.setX(word.rd(), load(segment, offset));
            } else if (opcode == STORE) {
                store(ram, a + word.immS(), b);
                state.setMemoryRoot(Merkle.root(ram, 1));
            } else if (opcode == BRANCH) {
                if ((a == b) == (word.funct3() == 0)) next = next - 4 + word.immB();
            } else if (opcode == JAL) {
                next = next - 4 + word.immJ();
            } else {
                state.setStatus(MachineState.HALTED);
                return;
            }
        }
        state.setPc(next);
    }

    /// The state with the bit of the output that lies are about.
    function _lie(State state, bytes memory ram) private pure returns (State lie) {
        bytes memory copied = bytes.concat(ram);
        copied[OUTPUT + LIE] ^= 0x01;
        bytes memory encoded = encode(state);
        assembly ("memory-safe") {
            lie := add(encoded, 0x20)
        }
        lie.setMemoryRoot(Merkle.root(copied, 1));
    }

    function _first(uint32 node) private pure returns (State state) {
        state = MachineState.zero();
        state.setMemoryRoot(Merkle.zero(1));
        state.setPc(CODE);
        state.setX(10, node);
        state.setX(11, NODES_LOG2);
        state.setX(12, 7);
    }

    function _witness(Segments memory self, State state, bytes memory ram)
        private
        pure
        returns (bytes memory bytes_)
    {
        bytes_ = encode(state);
        if (state.status() != MachineState.RUNNING) return bytes_;
        Instruction word = Instruction.wrap(load(self.code, state.pc() - CODE));
        if (word.opcode() == LOAD) {
            bytes memory segment;
            uint256 offset;
            unchecked {
                (segment, offset) = _resolve(self, ram, state.x(word.rs1()) + word.immI());
            }
            return bytes.concat(bytes_, open(segment, offset));
        }
        if (word.opcode() == STORE) {
            return bytes.concat(bytes_, open(ram, state.x(word.rs1()) + word.immS()));
        }
    }

    function _resolve(Segments memory self, bytes memory ram, uint32 target)
        private
        pure
        returns (bytes memory segment, uint256 offset)
    {
        if (target >= 0xc0000000) return (self.trace, target - 0xc0000000);
        if (target >= 0x80000000) return (self.model, target - 0x80000000);
        if (target >= 0x60000000) return (self.input, target - 0x60000000);
        return (ram, target);
    }

    // Bytes and trees

    function encode(State state) internal pure returns (bytes memory bytes_) {
        // Fields are read and written as whole words, so the last field needs room after it.
        bytes_ = new bytes(MachineState.BYTES + 0x20);
        assembly ("memory-safe") {
            mstore(bytes_, sub(mload(bytes_), 0x20))
        }
        assembly ("memory-safe") {
            mcopy(add(bytes_, 0x20), state, mload(bytes_))
        }
    }

    /// The leaf around an offset and its siblings.
    function open(bytes memory segment, uint256 offset) internal pure returns (bytes memory) {
        uint256 leaf = offset / 128;
        bytes memory path = abi.encodePacked(siblings(segment, leaf));
        return bytes.concat(slice(segment, 128 * leaf, 128), path);
    }

    /// Siblings of a leaf, bottom-up.
    function siblings(bytes memory segment, uint256 leaf)
        internal
        pure
        returns (bytes32[] memory path)
    {
        path = new bytes32[](Merkle.depthOf(segment.length));
        for (uint256 height = 0; height < path.length; ++height) {
            path[height] = subtree(segment, height, (leaf >> height) ^ 1);
        }
    }

    /// Root of the subtree with this height and index.
    function subtree(bytes memory segment, uint256 height, uint256 index)
        internal
        pure
        returns (bytes32)
    {
        return Merkle.root(slice(segment, index * (128 << height), 128 << height), height);
    }

    function rootOf(bytes memory segment) internal pure returns (bytes32) {
        return subtree(segment, Merkle.depthOf(segment.length), 0);
    }

    function slice(bytes memory source, uint256 start, uint256 length)
        internal
        pure
        returns (bytes memory part)
    {
        part = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(part, 0x20), add(add(source, 0x20), start), length)
        }
    }

    /// The little-endian word at an offset.
    function load(bytes memory segment, uint256 offset) internal pure returns (uint32 word) {
        for (uint256 i = 4; i > 0; --i) {
            word = (word << 8) | uint8(segment[offset + i - 1]);
        }
    }

    function store(bytes memory segment, uint256 offset, uint32 word) internal pure {
        for (uint256 i = 0; i < 4; ++i) {
            segment[offset + i] = bytes1(uint8(word >> (8 * i)));
        }
    }
}
