// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { AccessLog } from "../../src/vm/AccessLog.sol";
import { Asm } from "./Asm.sol";
import { Cpu, Segment, StepFixture } from "./StepFixture.sol";

/// Arithmetic, jumps, system calls, faults and fixed points.
contract RiscvStepperTest is StepFixture {
    uint32 private constant MIN = 0x80000000;
    uint32 private constant MAX = 0x7fffffff;
    uint32 private constant NEG = 0xffffffff;

    /// rd = x7, rs1 = x5 = a, rs2 = x6 = b.
    function _op(uint32 funct7, uint32 funct3, uint32 a, uint32 b, uint32 result) private {
        Cpu memory cpu = _cpu();
        cpu.x[5] = a;
        cpu.x[6] = b;
        _expectResult(cpu, Asm.r(funct7, 6, 5, funct3, 7), 7, result, PC + 4);
    }

    function _opImm(uint32 funct3, uint32 a, int32 imm, uint32 result) private {
        Cpu memory cpu = _cpu();
        cpu.x[5] = a;
        _expectResult(cpu, Asm.i(0x13, funct3, 7, 5, imm), 7, result, PC + 4);
    }

    function test_add_and_sub_wrap() public {
        _op(0x00, 0, 3, 4, 7);
        _op(0x00, 0, NEG, 2, 1);
        _op(0x00, 0, MIN, MIN, 0);
        _op(0x20, 0, 3, 4, NEG);
        _op(0x20, 0, MIN, 1, MAX);
        _op(0x20, 0, 0, MIN, MIN);
        _opImm(0, NEG, 1, 0);
        _opImm(0, 0, -2048, 0xfffff800);
        _opImm(0, 1, 2047, 2048);
    }

    function test_comparisons_know_their_signs() public {
        _op(0x00, 2, MIN, MAX, 1);
        _op(0x00, 2, MAX, MIN, 0);
        _op(0x00, 2, NEG, 0, 1);
        _op(0x00, 2, 5, 5, 0);
        _op(0x00, 3, MIN, MAX, 0);
        _op(0x00, 3, 0, NEG, 1);
        _op(0x00, 3, 5, 5, 0);
        _opImm(2, 0, -1, 0);
        _opImm(2, MIN, -1, 1);
        // The immediate of SLTIU is sign-extended first, then compared without sign.
        _opImm(3, 0, -1, 1);
        _opImm(3, NEG, -1, 0);
    }

    function test_bitwise() public {
        _op(0x00, 4, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0);
        _op(0x00, 6, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0);
        _op(0x00, 7, 0xff00ff00, 0x0ff00ff0, 0x0f000f00);
        _opImm(4, 0x12345678, -1, 0xedcba987);
        _opImm(6, 0x12345678, 0x707, 0x1234577f);
        _opImm(7, 0x12345678, -16, 0x12345670);
    }

    function test_shifts_use_five_bits() public {
        _op(0x00, 1, 1, 31, MIN);
        _op(0x00, 1, 1, 32, 1);
        _op(0x00, 1, 3, NEG, MIN);
        _op(0x00, 5, MIN, 31, 1);
        _op(0x00, 5, MIN, 0xffffffe0, MIN);
        _op(0x20, 5, MIN, 31, NEG);
        _op(0x20, 5, MIN, 33, 0xc0000000);
        _op(0x20, 5, MAX, 30, 1);
        _opImm(1, 3, 31, MIN);
        _opImm(5, MIN, 31, 1);
        _opImm(5, MIN, 0x400 | 31, NEG);
        _opImm(5, MIN, 0x400, MIN);
    }

    function test_shifts_need_their_exact_funct7() public {
        int32[4] memory tops = [int32(0x020), 0x200, 0x420, -2048];
        for (uint256 i = 0; i < tops.length; ++i) {
            _expectFault(_cpu(), Asm.i(0x13, 1, 7, 5, tops[i]));
            _expectFault(_cpu(), Asm.i(0x13, 5, 7, 5, tops[i]));
        }
        _expectFault(_cpu(), Asm.i(0x13, 1, 7, 5, 0x400));
    }

    function test_register_operations_need_their_exact_funct7() public {
        for (uint32 funct7 = 2; funct7 < 128; ++funct7) {
            for (uint32 funct3 = 0; funct3 < 8; funct3 += 5) {
                if (funct7 != 0x20) _expectFault(_cpu(), Asm.r(funct7, 6, 5, funct3, 7));
            }
        }
        uint32[6] memory noTwin = [uint32(1), 2, 3, 4, 6, 7];
        for (uint256 i = 0; i < noTwin.length; ++i) {
            _expectFault(_cpu(), Asm.r(0x20, 6, 5, noTwin[i], 7));
        }
    }

    function test_multiplication() public {
        _op(0x01, 0, NEG, NEG, 1);
        _op(0x01, 0, 0x00010001, 0x00010001, 0x00020001);
        _op(0x01, 0, MIN, NEG, MIN);
        _op(0x01, 1, NEG, NEG, 0);
        _op(0x01, 1, MIN, MIN, 0x40000000);
        _op(0x01, 1, MIN, MAX, 0xc0000000);
        _op(0x01, 2, NEG, NEG, NEG);
        _op(0x01, 2, MIN, NEG, MIN);
        _op(0x01, 2, MAX, NEG, 0x7ffffffe);
        _op(0x01, 3, NEG, NEG, 0xfffffffe);
        _op(0x01, 3, MIN, MIN, 0x40000000);
    }

    function test_division() public {
        _op(0x01, 4, 0xffffffec, 6, 0xfffffffd); // -20 / 6 = -3
        _op(0x01, 4, 20, 0xfffffffa, 0xfffffffd);
        _op(0x01, 5, 0xffffffec, 6, 0x2aaaaaa7);
        _op(0x01, 6, 0xffffffec, 6, 0xfffffffe); // -20 % 6 = -2
        _op(0x01, 6, 20, 0xfffffffa, 2);
        _op(0x01, 7, 0xffffffec, 6, 2);
    }

    function test_division_by_zero_and_overflow() public {
        _op(0x01, 4, 7, 0, NEG);
        _op(0x01, 5, 7, 0, NEG);
        _op(0x01, 6, MIN, 0, MIN);
        _op(0x01, 7, NEG, 0, NEG);
        _op(0x01, 4, MIN, NEG, MIN);
        _op(0x01, 6, MIN, NEG, 0);
        _op(0x01, 5, MIN, NEG, 0);
        _op(0x01, 7, MIN, NEG, MIN);
    }

    function test_upper_immediates() public {
        _expectResult(_cpu(), Asm.u(0x37, 9, 0xfffff), 9, 0xfffff000, PC + 4);
        _expectResult(_cpu(), Asm.u(0x17, 9, 1), 9, PC + 0x1000, PC + 4);
        _expectResult(_cpu(), Asm.u(0x17, 9, 0xc0000), 9, 0x1a4, PC + 4);
    }

    function test_x0_stays_zero() public {
        _expectResult(_cpu(), Asm.u(0x37, 0, 0xfffff), 0, 0, PC + 4);
        _expectResult(_cpu(), Asm.r(0, 6, 5, 0, 0), 0, 0, PC + 4);
        _expectResult(_cpu(), Asm.r(0, 0, 0, 0, 7), 7, 0, PC + 4);
        _expectResult(_cpu(), Asm.jal(0, 16), 0, 0, PC + 16);
    }

    function test_every_register_is_read_and_written_in_its_place() public {
        for (uint32 i = 1; i < 32; ++i) {
            uint32 value = _cpu().x[i];
            _expectResult(_cpu(), Asm.i(0x13, 0, 32 - i, i, 1), 32 - i, value + 1, PC + 4);
        }
    }

    function test_jumps_link() public {
        _expectResult(_cpu(), Asm.jal(1, -0x1a4), 1, PC + 4, CODE);
        _expectResult(_cpu(), Asm.jal(1, 0x25678), 1, PC + 4, PC + 0x25678);
        _expectResult(_cpu(), Asm.jal(1, -0x100000), 1, PC + 4, PC - 0x100000);
        Cpu memory cpu = _cpu();
        cpu.x[5] = CODE + 0x80;
        _expectResult(cpu, Asm.i(0x67, 0, 1, 5, -0x7c), 1, PC + 4, CODE + 4);
        // Bit 0 of the sum is cleared, and the target is read before the link is written.
        _expectResult(cpu, Asm.i(0x67, 0, 5, 5, 9), 5, PC + 4, CODE + 0x88);
    }

    function test_jump_to_a_half_word_faults_and_links_nothing() public {
        _expectFault(_cpu(), Asm.jal(1, 6));
        Cpu memory cpu = _cpu();
        cpu.x[5] = CODE + 2;
        _expectFault(cpu, Asm.i(0x67, 0, 1, 5, 0));
        _expectFault(cpu, Asm.i(0x67, 0, 1, 5, 1));
    }

    function test_jalr_needs_funct3_zero() public {
        for (uint32 funct3 = 1; funct3 < 8; ++funct3) {
            _expectFault(_cpu(), Asm.i(0x67, funct3, 1, 5, 0));
        }
    }

    function test_leaving_the_code_faults_one_step_later() public {
        Cpu memory cpu = _cpu();
        cpu.x[5] = 0x100;
        _expectResult(cpu, Asm.i(0x67, 0, 0, 5, 0), 0, 0, 0x100);
        cpu.pc = 0x100;
        Cpu memory post = _copy(cpu);
        post.status = FAULT;
        _expect(cpu, _encode(cpu), post);
    }

    function _branch(uint32 funct3, uint32 a, uint32 b, bool taken) private {
        Cpu memory cpu = _cpu();
        cpu.x[5] = a;
        cpu.x[6] = b;
        _expectResult(cpu, Asm.b(funct3, 5, 6, -0x1a0), 0, 0, taken ? CODE + 4 : PC + 4);
        _expectResult(cpu, Asm.b(funct3, 5, 6, 0xabc), 0, 0, taken ? PC + 0xabc : PC + 4);
        // A target in the middle of a word is a fault only when it is taken.
        if (taken) _expectFault(cpu, Asm.b(funct3, 5, 6, 6));
        else _expectResult(cpu, Asm.b(funct3, 5, 6, 6), 0, 0, PC + 4);
    }

    function test_branches() public {
        uint32[2][5] memory pairs =
            [[uint32(5), 5], [uint32(5), 6], [uint32(6), 5], [MIN, MAX], [MAX, MIN]];
        bool[5] memory equal = [true, false, false, false, false];
        bool[5] memory less = [false, true, false, true, false];
        bool[5] memory below = [false, true, false, false, true];
        for (uint256 i = 0; i < pairs.length; ++i) {
            (uint32 a, uint32 b) = (pairs[i][0], pairs[i][1]);
            _branch(0, a, b, equal[i]);
            _branch(1, a, b, !equal[i]);
            _branch(4, a, b, less[i]);
            _branch(5, a, b, !less[i]);
            _branch(6, a, b, below[i]);
            _branch(7, a, b, !below[i]);
        }
        _expectFault(_cpu(), Asm.b(2, 5, 5, 8));
        _expectFault(_cpu(), Asm.b(3, 5, 6, 8));
    }

    function test_fence_does_nothing() public {
        _expectResult(_cpu(), 0x0ff0000f, 0, 0, PC + 4);
        _expectResult(_cpu(), 0xffff8f8f, 0, 0, PC + 4);
        _expectFault(_cpu(), 0x0000100f); // FENCE.I
        _expectFault(_cpu(), 0x0000200f);
    }

    function test_exit_halts_where_it_stands() public {
        Cpu memory cpu = _cpu();
        cpu.x[17] = 93;
        bytes memory witness = _fetch(cpu, 0x73);
        Cpu memory post = _copy(cpu);
        post.status = HALTED;
        _expect(cpu, witness, post);
    }

    function test_windows_move() public {
        Cpu memory cpu = _cpu();
        cpu.x[10] = 0x87654380;
        cpu.x[11] = 0xfedcba98;
        for (uint32 call = 1024; call <= 1025; ++call) {
            cpu.x[17] = call;
            bytes memory witness = _fetch(cpu, 0x73);
            Cpu memory post = _copy(cpu);
            post.pc = PC + 4;
            if (call == 1024) post.modelWindow = 0xfedcba9887654380;
            else post.traceWindow = 0xfedcba9887654380;
            _expect(cpu, witness, post);
        }
    }

    function test_a_window_inside_a_leaf_faults() public {
        Cpu memory cpu = _cpu();
        cpu.x[11] = 0;
        for (uint32 call = 1024; call <= 1025; ++call) {
            cpu.x[17] = call;
            cpu.x[10] = 64;
            _expectFault(cpu, 0x73);
            cpu.x[10] = 1;
            _expectFault(cpu, 0x73);
        }
    }

    function test_other_system_instructions_fault() public {
        Cpu memory cpu = _cpu();
        uint32[5] memory calls = [uint32(0), 64, 94, 1023, 1026];
        for (uint256 i = 0; i < calls.length; ++i) {
            cpu.x[17] = calls[i];
            cpu.x[10] = 0;
            _expectFault(cpu, 0x73);
        }
        cpu.x[17] = 93;
        _expectFault(cpu, 0x00100073); // EBREAK
        _expectFault(cpu, 0x30200073); // MRET
        _expectFault(cpu, 0x10500073); // WFI
        _expectFault(cpu, 0xc0002573); // RDCYCLE
        _expectFault(cpu, 0x000000f3); // ECALL with an rd
    }

    function test_illegal_opcodes_fault() public {
        bool[128] memory legal;
        uint8[11] memory families =
            [0x03, 0x0f, 0x13, 0x17, 0x23, 0x33, 0x37, 0x63, 0x67, 0x6f, 0x73];
        for (uint256 i = 0; i < families.length; ++i) {
            legal[families[i]] = true;
        }
        for (uint32 opcode = 0; opcode < 128; ++opcode) {
            if (!legal[opcode]) _expectFault(_cpu(), opcode);
        }
        _expectFault(_cpu(), 0);
        _expectFault(_cpu(), NEG);
        _expectFault(_cpu(), 0x00008082); // C.JR ra
        _expectFault(_cpu(), 0x0000202f); // AMO
    }

    function test_pc_outside_the_code_or_misaligned_takes_no_opening() public view {
        uint32 size = uint32(128) << CODE_DEPTH;
        uint32[7] memory places = [0, CODE - 4, CODE + size, NEG - 3, CODE + 1, CODE + 2, CODE + 3];
        for (uint256 i = 0; i < places.length; ++i) {
            Cpu memory cpu = _cpu();
            cpu.pc = places[i];
            Cpu memory post = _copy(cpu);
            post.status = FAULT;
            _expect(cpu, _encode(cpu), post);
        }
    }

    function test_first_and_last_instruction_of_the_code() public {
        Cpu memory cpu = _cpu();
        cpu.pc = CODE;
        _expectResult(cpu, Asm.u(0x37, 9, 1), 9, 0x1000, CODE + 4);
        cpu.pc = CODE + (uint32(128) << CODE_DEPTH) - 4;
        _expectResult(cpu, Asm.u(0x37, 9, 1), 9, 0x1000, cpu.pc + 4);
    }

    function test_pc_wraps_at_the_end_of_the_address_space() public {
        machine.codeBase = type(uint32).max - (uint32(128) << CODE_DEPTH) + 1;
        Cpu memory cpu = _cpu();
        cpu.pc = NEG - 3;
        _expectResult(cpu, Asm.u(0x37, 9, 1), 9, 0x1000, 0);
        _expectResult(cpu, Asm.jal(1, 12), 1, 0, 8);
    }

    function test_a_stopped_state_is_a_fixed_point() public view {
        for (uint256 status = 1; status < 256; ++status) {
            Cpu memory cpu = _cpu();
            cpu.status = uint8(status);
            _expect(cpu, _encode(cpu), cpu);
        }
    }

    function test_a_stopped_state_takes_no_opening() public {
        Cpu memory cpu = _cpu();
        cpu.status = HALTED;
        bytes memory witness = bytes.concat(_encode(cpu), _ramp());
        vm.expectRevert(abi.encodeWithSelector(AccessLog.WrongWitnessLength.selector, 305, 177));
        stepper.step(machine, witness);
    }

    function test_every_shorter_and_a_longer_witness_is_refused() public {
        bytes memory witness = _fetch(_cpu(), 0x13);
        assertEq(witness.length, 177);
        stepper.step(machine, witness);

        for (uint256 length = 0; length < witness.length; ++length) {
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                cut[i] = witness[i];
            }
            vm.expectRevert(
                abi.encodeWithSelector(AccessLog.WrongWitnessLength.selector, length, 177)
            );
            stepper.step(machine, cut);
        }

        vm.expectRevert(
            abi.encodeWithSelector(
                AccessLog.WrongWitnessLength.selector, witness.length + 1, witness.length
            )
        );
        stepper.step(machine, abi.encodePacked(witness, bytes1(0)));
    }
}
