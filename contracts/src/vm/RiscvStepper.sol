// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IStepper, Machine } from "../interfaces/IStepper.sol";
import { Merkle } from "../libraries/Merkle.sol";
import { AccessLog } from "./AccessLog.sol";
import {
    AUIPC,
    BRANCH,
    FENCE,
    Instruction,
    JAL,
    JALR,
    LOAD,
    LUI,
    OP,
    OP_IMM,
    STORE,
    SYSTEM
} from "./Instruction.sol";
import { MachineState, State } from "./MachineState.sol";
import { StoredCode } from "./StoredCode.sol";

/// @title RV32IM, one instruction at a time
/// @notice The verifier calls this contract at the end of a dispute: it executes the one step that
/// the players disagree on. It is the third implementation of the machine, beside the interpreter
/// and the witness of `imo-vm`, and must agree with them after every step.
/// @dev Each family of instructions is a function that returns whether the instruction is legal.
/// INVARIANT: a function that returns false has changed nothing, so that a fault changes only the
/// status.
contract RiscvStepper is IStepper {
    using AccessLog for AccessLog.Log;

    // First addresses of the segments whose place is fixed.
    uint32 private constant INPUT = 0x60000000;
    uint32 private constant MODEL = 0x80000000;
    uint32 private constant TRACE = 0xc0000000;

    // System calls, by their number in a7.
    uint32 private constant EXIT = 93;
    uint32 private constant MODEL_WINDOW = 1024;
    uint32 private constant TRACE_WINDOW = 1025;

    uint32 private constant ECALL = 0x00000073;

    // Registers that a system call reads.
    uint32 private constant A0 = 10;
    uint32 private constant A1 = 11;
    uint32 private constant A7 = 17;

    /// @inheritdoc IStepper
    function storeCode(
        bytes32 codeRoot,
        uint8 codeDepth,
        uint256 index,
        bytes calldata piece,
        bytes32[] calldata siblings
    ) external returns (address place) {
        return StoredCode.store(codeRoot, codeDepth, index, piece, siblings);
    }

    /// @inheritdoc IStepper
    function hasCode(bytes32 codeRoot, uint8 codeDepth) external view returns (bool) {
        return StoredCode.isComplete(codeRoot, codeDepth);
    }

    /// @inheritdoc IStepper
    function placeOfCode(bytes32 codeRoot, uint8 codeDepth, uint256 index)
        external
        view
        returns (address)
    {
        return StoredCode.placeOf(codeRoot, codeDepth, index);
    }

    /// @inheritdoc IStepper
    function step(Machine calldata machine, bytes calldata witness)
        external
        view
        returns (bytes32 preState, bytes32 postState)
    {
        AccessLog.Log memory log = AccessLog.open(witness);
        State state = MachineState.copy(log.take(MachineState.BYTES));
        preState = state.hash();

        if (state.status() == MachineState.RUNNING && !_execute(machine, log, state)) {
            state.setStatus(MachineState.FAULT);
        }
        log.finish();
        postState = state.hash();
    }

    /// @dev Fetches the instruction at pc and executes it.
    function _execute(Machine calldata machine, AccessLog.Log memory log, State state)
        private
        view
        returns (bool)
    {
        uint32 pc = state.pc();
        if (pc % 4 != 0 || !_inCode(machine, pc)) return false;
        Instruction instruction = Instruction.wrap(
            StoredCode.read(machine.codeRoot, machine.codeDepth, pc - machine.codeBase, 4)
        );

        uint32 opcode = instruction.opcode();
        if (opcode == OP) return _op(state, instruction);
        if (opcode == OP_IMM) return _opImm(state, instruction);
        if (opcode == LOAD) return _load(machine, log, state, instruction);
        if (opcode == STORE) return _store(machine, log, state, instruction);
        if (opcode == BRANCH) return _branch(state, instruction);
        if (opcode == JAL) return _jal(state, instruction);
        if (opcode == JALR) return _jalr(state, instruction);
        if (opcode == LUI) return _assign(state, instruction, instruction.immU());
        if (opcode == AUIPC) return _assign(state, instruction, _add(pc, instruction.immU()));
        if (opcode == SYSTEM) return _system(state, instruction);
        if (opcode == FENCE) return instruction.funct3() == 0 && _next(state);
        return false;
    }

    /// @dev Instructions with two registers.
    function _op(State state, Instruction instruction) private pure returns (bool) {
        uint32 a = state.x(instruction.rs1());
        uint32 b = state.x(instruction.rs2());
        uint32 funct3 = instruction.funct3();
        uint32 funct7 = instruction.funct7();

        if (funct7 == 0x01) return _assign(state, instruction, _mulDiv(funct3, a, b));
        if (funct7 == 0x00) return _assign(state, instruction, _arithmetic(funct3, a, b));
        if (funct7 != 0x20) return false;
        if (funct3 == 0) return _assign(state, instruction, _sub(a, b));
        if (funct3 == 5) return _assign(state, instruction, _sra(a, b));
        return false;
    }

    /// @dev Instructions with a register and an immediate.
    function _opImm(State state, Instruction instruction) private pure returns (bool) {
        uint32 a = state.x(instruction.rs1());
        uint32 b = instruction.immI();
        uint32 funct3 = instruction.funct3();

        // Only the low five bits of a shift's immediate are the amount. The rest is a funct7.
        if (funct3 == 5 && instruction.funct7() == 0x20) {
            return _assign(state, instruction, _sra(a, b));
        }
        if ((funct3 == 1 || funct3 == 5) && instruction.funct7() != 0) return false;
        return _assign(state, instruction, _arithmetic(funct3, a, b));
    }

    function _load(
        Machine calldata machine,
        AccessLog.Log memory log,
        State state,
        Instruction instruction
    ) private view returns (bool) {
        uint32 funct3 = instruction.funct3();
        // 0, 1, 2: LB, LH, LW; 4, 5: LBU, LHU.
        if (funct3 == 3 || funct3 > 5) return false;
        uint256 size = 1 << (funct3 & 3);
        uint32 target = _add(state.x(instruction.rs1()), instruction.immI());

        (bool mapped, bool isCode, bytes32 root, uint8 depth, uint256 offset) =
            _resolve(machine, state, target, size);
        if (!mapped) return false;

        uint32 value = isCode
            ? StoredCode.read(root, depth, offset, size)
            : log.read(root, depth, offset, size);
        if (funct3 == 0) value = uint32(int32(int8(uint8(value))));
        if (funct3 == 1) value = uint32(int32(int16(uint16(value))));
        return _assign(state, instruction, value);
    }

    function _store(
        Machine calldata machine,
        AccessLog.Log memory log,
        State state,
        Instruction instruction
    ) private pure returns (bool) {
        uint32 funct3 = instruction.funct3();
        // 0, 1, 2: SB, SH, SW.
        if (funct3 > 2) return false;
        uint256 size = 1 << funct3;
        uint32 target = _add(state.x(instruction.rs1()), instruction.immS());
        if (target % size != 0 || target >= _bytes(machine.memoryDepth)) return false;

        uint32 value = state.x(instruction.rs2());
        bytes32 root = log.write(state.memoryRoot(), machine.memoryDepth, target, size, value);
        state.setMemoryRoot(root);
        return _next(state);
    }

    function _branch(State state, Instruction instruction) private pure returns (bool) {
        uint32 a = state.x(instruction.rs1());
        uint32 b = state.x(instruction.rs2());
        uint32 funct3 = instruction.funct3();

        // 0: BEQ, 4: BLT, 6: BLTU. The low bit negates.
        uint32 kind = funct3 & 6;
        if (kind == 2) return false;
        bool holds = kind == 0 ? a == b : kind == 4 ? int32(a) < int32(b) : a < b;
        bool taken = holds == (funct3 & 1 == 0);
        return taken ? _jump(state, _add(state.pc(), instruction.immB())) : _next(state);
    }

    function _jal(State state, Instruction instruction) private pure returns (bool) {
        return _link(state, instruction, _add(state.pc(), instruction.immJ()));
    }

    function _jalr(State state, Instruction instruction) private pure returns (bool) {
        if (instruction.funct3() != 0) return false;
        // The target is read before the link is written, since both may be one register.
        uint32 target = _add(state.x(instruction.rs1()), instruction.immI());
        return _link(state, instruction, target & ~uint32(1));
    }

    /// @dev ECALL. No other system instruction is legal.
    function _system(State state, Instruction instruction) private pure returns (bool) {
        if (Instruction.unwrap(instruction) != ECALL) return false;

        uint32 call = state.x(A7);
        if (call == EXIT) {
            state.setStatus(MachineState.HALTED);
            return true;
        }

        uint64 window = (uint64(state.x(A1)) << 32) | state.x(A0);
        if (window % Merkle.LEAF_BYTES != 0) return false;
        if (call == MODEL_WINDOW) state.setModelWindow(window);
        else if (call == TRACE_WINDOW) state.setTraceWindow(window);
        else return false;
        return _next(state);
    }

    /// @dev The segment, and the offset in it, from which a load of `size` bytes at `target` reads.
    function _resolve(Machine calldata machine, State state, uint32 target, uint256 size)
        private
        pure
        returns (bool mapped, bool isCode, bytes32 root, uint8 depth, uint256 offset)
    {
        uint256 end;
        if (target < _bytes(machine.memoryDepth)) {
            (root, depth, offset) = (state.memoryRoot(), machine.memoryDepth, target);
            end = _bytes(depth);
        } else if (_inCode(machine, target)) {
            isCode = true;
            (root, depth) = (machine.codeRoot, machine.codeDepth);
            offset = target - machine.codeBase;
            end = _bytes(depth);
        } else if (target >= TRACE) {
            (root, depth) = (machine.traceRoot, machine.traceDepth);
            offset = uint256(state.traceWindow()) + (target - TRACE);
            end = machine.traceLimit;
        } else if (target >= MODEL) {
            (root, depth) = (machine.modelRoot, machine.modelDepth);
            offset = uint256(state.modelWindow()) + (target - MODEL);
            end = _bytes(depth);
        } else if (target >= INPUT) {
            (root, depth, offset) = (machine.inputRoot, machine.inputDepth, target - INPUT);
            end = _bytes(depth);
        }
        // Without a segment the end is 0. An address is aligned when its offset is: in every run,
        // windows are multiples of a leaf, and a state with another window faults.
        mapped = target % size == 0 && offset % size == 0 && offset + size <= end;
    }

    function _inCode(Machine calldata machine, uint32 target) private pure returns (bool) {
        uint256 base = machine.codeBase;
        return target >= base && target < base + _bytes(machine.codeDepth);
    }

    /// @dev Bytes of a segment.
    function _bytes(uint256 depth) private pure returns (uint256) {
        return Merkle.LEAF_BYTES << depth;
    }

    /// @dev The operations that have an immediate and a register form, by funct3.
    function _arithmetic(uint32 funct3, uint32 a, uint32 b) private pure returns (uint32) {
        if (funct3 == 0) return _add(a, b);
        if (funct3 == 1) return a << (b & 31);
        if (funct3 == 2) return int32(a) < int32(b) ? 1 : 0;
        if (funct3 == 3) return a < b ? 1 : 0;
        if (funct3 == 4) return a ^ b;
        if (funct3 == 5) return a >> (b & 31);
        if (funct3 == 6) return a | b;
        return a & b;
    }

    /// @dev The M extension, by funct3.
    function _mulDiv(uint32 funct3, uint32 a, uint32 b) private pure returns (uint32) {
        int256 signedA = int32(a);
        int256 signedB = int32(b);
        if (funct3 == 0) return uint32(uint256(a) * b); // MUL
        if (funct3 == 1) return _high(signedA * signedB); // MULH
        if (funct3 == 2) return _high(signedA * int256(uint256(b))); // MULHSU
        if (funct3 == 3) return _high(int256(uint256(a) * b)); // MULHU
        if (funct3 == 5) return b == 0 ? type(uint32).max : a / b; // DIVU
        if (funct3 == 7) return b == 0 ? a : a % b; // REMU
        // INT_MIN / -1 is 2^31 in 256 bits, which is INT_MIN in 32 bits.
        if (funct3 == 4) return b == 0 ? type(uint32).max : _low(signedA / signedB); // DIV
        return b == 0 ? a : _low(signedA % signedB); // REM
    }

    function _add(uint32 a, uint32 b) private pure returns (uint32) {
        unchecked {
            return a + b;
        }
    }

    function _sub(uint32 a, uint32 b) private pure returns (uint32) {
        unchecked {
            return a - b;
        }
    }

    function _sra(uint32 a, uint32 b) private pure returns (uint32) {
        return uint32(int32(a) >> (b & 31));
    }

    function _low(int256 value) private pure returns (uint32) {
        return uint32(uint256(value));
    }

    function _high(int256 product) private pure returns (uint32) {
        return _low(product >> 32);
    }

    /// @dev Writes rd and goes to the next instruction.
    function _assign(State state, Instruction instruction, uint32 value)
        private
        pure
        returns (bool)
    {
        state.setX(instruction.rd(), value);
        return _next(state);
    }

    /// @dev Jumps, and writes the address after the jump to rd.
    function _link(State state, Instruction instruction, uint32 target)
        private
        pure
        returns (bool)
    {
        uint32 pc = state.pc();
        if (!_jump(state, target)) return false;
        state.setX(instruction.rd(), _add(pc, 4));
        return true;
    }

    function _jump(State state, uint32 target) private pure returns (bool) {
        if (target % 4 != 0) return false;
        state.setPc(target);
        return true;
    }

    function _next(State state) private pure returns (bool) {
        return _jump(state, _add(state.pc(), 4));
    }
}
