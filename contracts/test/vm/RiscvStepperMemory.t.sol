// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { AccessLog } from "../../src/vm/AccessLog.sol";
import { StoredCode } from "../../src/vm/StoredCode.sol";
import { Asm } from "./Asm.sol";
import { Cpu, Segment, StepFixture } from "./StepFixture.sol";

/// Loads, stores, segments and windows.
contract RiscvStepperMemoryTest is StepFixture {
    uint32 private constant LW = 2;

    /// Loads to x7 from x5 = `target`, which lies at `offset` of `segment`, whose leaf is 0x80,
    /// 0x81 …
    function _expectLoad(
        Cpu memory cpu,
        uint32 funct3,
        uint32 target,
        Segment segment,
        uint256 offset,
        uint32 value
    ) private {
        cpu.x[5] = target + 12;
        bytes memory memoryOpening = _open(cpu, segment, offset, _ramp());
        bytes memory witness =
            abi.encodePacked(_fetch(cpu, Asm.i(0x03, funct3, 7, 5, -12)), memoryOpening);
        Cpu memory post = _copy(cpu);
        post.x[7] = value;
        post.pc = PC + 4;
        _expect(cpu, witness, post);
    }

    function _expectLoadFault(Cpu memory cpu, uint32 funct3, uint32 target) private {
        cpu.x[5] = target;
        _expectFault(cpu, Asm.i(0x03, funct3, 7, 5, 0));
    }

    /// The word of the ramp at `offset`.
    function _word(uint256 offset) private pure returns (uint32) {
        return uint32(0x83828180 + 0x01010101 * (offset % 128));
    }

    function test_loads_extend_as_they_say() public {
        Cpu memory cpu = _cpu();
        _expectLoad(cpu, 0, 0x81, Segment.Memory, 0x81, 0xffffff81);
        _expectLoad(cpu, 1, 0x82, Segment.Memory, 0x82, 0xffff8382);
        _expectLoad(cpu, 2, 0x84, Segment.Memory, 0x84, 0x87868584);
        _expectLoad(cpu, 4, 0x81, Segment.Memory, 0x81, 0x81);
        _expectLoad(cpu, 5, 0x82, Segment.Memory, 0x82, 0x8382);
    }

    function test_small_positive_values_stay_positive() public {
        Cpu memory cpu = _cpu();
        cpu.x[5] = 0x100;
        bytes memory opening = _open(cpu, Segment.Memory, 0x100, _leaf(0, 0x12347f7e));
        for (uint32 funct3 = 0; funct3 < 6; ++funct3) {
            if (funct3 == 3) continue;
            bytes memory witness =
                abi.encodePacked(_fetch(cpu, Asm.i(0x03, funct3, 7, 5, 0)), opening);
            Cpu memory post = _copy(cpu);
            post.x[7] = funct3 % 4 == 0 ? 0x7e : funct3 % 4 == 1 ? 0x7f7e : 0x12347f7e;
            post.pc = PC + 4;
            _expect(cpu, witness, post);
        }
    }

    function test_every_place_in_a_leaf_is_loaded_and_stored() public {
        for (uint32 i = 0; i < 128; ++i) {
            _expectLoad(_cpu(), 4, 0x1f00 + i, Segment.Memory, 0x1f00 + i, 0x80 + i);
            _expectStore(_cpu(), 0, 0x1f00 + i);
            if (i % 2 == 0) _expectStore(_cpu(), 1, 0x1f00 + i);
            if (i % 4 == 0) {
                _expectLoad(_cpu(), 2, 0x1f00 + i, Segment.Memory, 0x1f00 + i, _word(i));
                _expectStore(_cpu(), 2, 0x1f00 + i);
            }
        }
    }

    /// Stores x6 at x5 = `target` of memory.
    function _expectStore(Cpu memory cpu, uint32 funct3, uint32 target) private {
        cpu.x[5] = target + 12;
        cpu.x[6] = 0x12345678;
        bytes memory opening = _open(cpu, Segment.Memory, target, _ramp());
        bytes memory witness = abi.encodePacked(_fetch(cpu, Asm.s(funct3, 6, 5, -12)), opening);

        bytes memory leaf = _ramp();
        uint8[4] memory stored = [0x78, 0x56, 0x34, 0x12];
        for (uint256 i = 0; i < 1 << funct3; ++i) {
            leaf[(target % 128) + i] = bytes1(stored[i]);
        }
        Cpu memory post = _copy(cpu);
        post.memoryRoot = _root(Segment.Memory, target, leaf);
        post.pc = PC + 4;
        _expect(cpu, witness, post);
    }

    function test_first_and_last_bytes_of_memory() public {
        uint32 size = uint32(128) << MEMORY_DEPTH;
        _expectLoad(_cpu(), LW, 0, Segment.Memory, 0, _word(0));
        _expectLoad(_cpu(), LW, size - 4, Segment.Memory, size - 4, _word(124));
        _expectStore(_cpu(), 2, 0);
        _expectStore(_cpu(), 2, size - 4);
        _expectLoadFault(_cpu(), LW, size);
        _expectStoreFault(_cpu(), 2, size);
        _expectStoreFault(_cpu(), 0, size);
    }

    function _expectStoreFault(Cpu memory cpu, uint32 funct3, uint32 target) private {
        cpu.x[5] = target;
        _expectFault(cpu, Asm.s(funct3, 6, 5, 0));
    }

    function test_read_only_segments_take_no_store() public {
        uint32[5] memory places = [CODE, INPUT, MODEL, TRACE, 0xfffffffc];
        for (uint256 i = 0; i < places.length; ++i) {
            for (uint32 funct3 = 0; funct3 < 3; ++funct3) {
                _expectStoreFault(_cpu(), funct3, places[i]);
            }
        }
    }

    function test_misaligned_accesses_fault() public {
        uint32[5] memory places = [uint32(0x100), CODE, INPUT, MODEL, TRACE];
        for (uint256 i = 0; i < places.length; ++i) {
            for (uint32 low = 1; low < 4; ++low) {
                _expectLoadFault(_cpu(), 2, places[i] + low);
                _expectStoreFault(_cpu(), 2, places[i] + low);
            }
            _expectLoadFault(_cpu(), 1, places[i] + 1);
            _expectLoadFault(_cpu(), 5, places[i] + 3);
            _expectStoreFault(_cpu(), 1, places[i] + 1);
        }
    }

    function test_illegal_loads_and_stores_fault() public {
        uint32[3] memory loads = [uint32(3), 6, 7];
        for (uint256 i = 0; i < loads.length; ++i) {
            _expectLoadFault(_cpu(), loads[i], 0x100);
        }
        for (uint32 funct3 = 3; funct3 < 8; ++funct3) {
            _expectStoreFault(_cpu(), funct3, 0x100);
        }
    }

    function test_a_load_to_x0_still_takes_its_opening() public {
        Cpu memory cpu = _cpu();
        cpu.x[5] = 0x100;
        bytes memory opening = _open(cpu, Segment.Memory, 0x100, _ramp());
        bytes memory witness = abi.encodePacked(_fetch(cpu, Asm.i(0x03, LW, 0, 5, 0)), opening);
        Cpu memory post = _copy(cpu);
        post.pc = PC + 4;
        _expect(cpu, witness, post);
    }

    function test_addresses_wrap_at_the_end_of_the_address_space() public {
        Cpu memory cpu = _cpu();
        cpu.x[5] = 0xfffffffc;
        bytes memory opening = _open(cpu, Segment.Memory, 8, _ramp());
        bytes memory witness = abi.encodePacked(_fetch(cpu, Asm.i(0x03, LW, 7, 5, 12)), opening);
        Cpu memory post = _copy(cpu);
        post.x[7] = _word(8);
        post.pc = PC + 4;
        _expect(cpu, witness, post);
    }

    function test_read_only_segments_begin_and_end() public {
        uint32 inputEnd = INPUT + (uint32(128) << INPUT_DEPTH);
        uint32 modelEnd = MODEL + (uint32(128) << MODEL_DEPTH);
        _expectLoad(_cpu(), LW, INPUT, Segment.Input, 0, _word(0));
        _expectLoad(_cpu(), LW, inputEnd - 4, Segment.Input, (128 << INPUT_DEPTH) - 4, _word(124));
        _expectLoad(_cpu(), LW, MODEL, Segment.Model, 0, _word(0));
        _expectLoad(_cpu(), LW, modelEnd - 4, Segment.Model, (128 << MODEL_DEPTH) - 4, _word(124));
        _expectLoadFault(_cpu(), LW, INPUT - 4);
        _expectLoadFault(_cpu(), LW, inputEnd);
        _expectLoadFault(_cpu(), LW, modelEnd);
        _expectLoadFault(_cpu(), 0, modelEnd);
        _expectLoadFault(_cpu(), LW, CODE - 4);
        _expectLoadFault(_cpu(), LW, CODE + (uint32(128) << CODE_DEPTH));
    }

    function test_code_is_readable() public {
        for (uint32 i = 0; i < 128; ++i) {
            _expectCodeLoad(4, CODE + 0x100 + i, 0x80 + i);
            if (i % 2 == 0) _expectCodeLoad(1, CODE + 0x80 + i, uint32(0xffff8180 + 0x0101 * i));
            if (i % 4 == 0) _expectCodeLoad(LW, CODE + i, _word(i));
        }
        _expectCodeLoad(0, PC, 0xffffff83);
        _expectCodeLoad(LW, PC, Asm.i(0x03, LW, 7, 5, 0));
    }

    /// Loads to x7 from code; no opening goes with it.
    function _expectCodeLoad(uint32 funct3, uint32 target, uint32 value) private {
        Cpu memory cpu = _cpu();
        cpu.x[5] = target;
        _expectResult(cpu, Asm.i(0x03, funct3, 7, 5, 0), 7, value, PC + 4);
    }

    function test_code_is_read_from_the_piece_that_it_lies_in() public {
        // A load from piece 5 by an instruction in piece 0.
        uint32 load = Asm.i(0x03, LW, 7, 5, 0);
        Cpu memory cpu = _cpu();
        cpu.x[5] = CODE + uint32(5 * PIECE_BYTES) + 28;
        bytes memory witness = _fetch(cpu, load);
        vm.expectRevert(
            abi.encodeWithSelector(StoredCode.PieceNotStored.selector, machine.codeRoot, 5)
        );
        stepper.step(machine, witness);
        _storePiece(5);
        Cpu memory post = _copy(cpu);
        post.x[7] = 0x05000000; // the last byte of a word with the number 5
        post.pc = PC + 4;
        _expect(cpu, witness, post);
        // The rest of the piece, which was not stored, is zero.
        cpu.x[5] = CODE + uint32(6 * PIECE_BYTES) - 4;
        post.x[5] = cpu.x[5];
        post.x[7] = 0;
        _expect(cpu, _encode(cpu), post);
    }

    function test_an_instruction_that_is_not_stored_is_not_taken_for_another() public {
        machine.codeRoot = keccak256("nobody's");
        bytes memory witness = _encode(_cpu());
        vm.expectRevert(
            abi.encodeWithSelector(StoredCode.PieceNotStored.selector, machine.codeRoot, 0)
        );
        stepper.step(machine, witness);
    }

    function test_misaligned_loads_from_code_fault() public {
        for (uint32 low = 1; low < 4; ++low) {
            _expectLoadFault(_cpu(), LW, CODE + low);
        }
        _expectLoadFault(_cpu(), 1, CODE + 1);
        _expectLoadFault(_cpu(), 5, CODE + 3);
    }

    function test_memory_hides_code_from_loads_but_not_from_fetches() public {
        machine.codeBase = 0x1000;
        Cpu memory cpu = _cpu();
        cpu.pc = 0x1004;
        cpu.x[5] = 0x1004;
        bytes memory opening = _open(cpu, Segment.Memory, 0x1004, _ramp());
        bytes memory witness = abi.encodePacked(_fetch(cpu, Asm.i(0x03, LW, 7, 5, 0)), opening);
        Cpu memory post = _copy(cpu);
        post.x[7] = _word(4);
        post.pc = 0x1008;
        _expect(cpu, witness, post);
    }

    function test_code_hides_what_lies_under_it() public {
        machine.codeBase = MODEL;
        Cpu memory cpu = _cpu();
        cpu.pc = MODEL + 0x44;
        cpu.x[5] = MODEL + 0x44;
        uint32 load = Asm.i(0x03, LW, 7, 5, 0);
        bytes memory witness = _fetch(cpu, load);
        Cpu memory post = _copy(cpu);
        post.x[7] = load;
        post.pc += 4;
        _expect(cpu, witness, post);
    }

    function test_model_window_shifts_loads() public {
        Cpu memory cpu = _cpu();
        cpu.modelWindow = 0x1234580;
        _expectLoad(cpu, LW, MODEL + 0x40, Segment.Model, 0x12345c0, _word(0x40));
        cpu = _cpu();
        machine.modelDepth = 33;
        cpu.modelWindow = 0x7fc0000080;
        _expectLoad(cpu, LW, 0xbffffffc, Segment.Model, 0x800000007c, _word(0x7c));
        cpu = _cpu();
        cpu.modelWindow = 0xffffffff80;
        _expectLoad(cpu, LW, MODEL + 0x7c, Segment.Model, 0xfffffffffc, _word(0x7c));
        _expectLoadFault(cpu, LW, MODEL + 0x80);
    }

    function test_windows_do_not_wrap() public {
        Cpu memory cpu = _cpu();
        cpu.modelWindow = 0xffffffffffffff80;
        cpu.traceWindow = 0xffffffffffffff80;
        _expectLoadFault(cpu, LW, MODEL + 0x7c);
        _expectLoadFault(cpu, LW, MODEL + 0x80);
        _expectLoadFault(cpu, LW, TRACE + 0x7c);
        _expectLoadFault(cpu, LW, TRACE + 0x80);
        machine.traceLimit = type(uint64).max;
        _expectLoadFault(cpu, LW, TRACE + 0x7c);
        _expectLoadFault(cpu, LW, TRACE + 0x80);
    }

    function test_deep_traces_reach_the_end_of_their_limit() public {
        machine.traceDepth = 48;
        machine.traceLimit = uint64(1) << 55;
        Cpu memory cpu = _cpu();
        cpu.traceWindow = (uint64(1) << 55) - 128;
        _expectLoad(cpu, LW, TRACE + 0x7c, Segment.Trace, (uint256(1) << 55) - 4, _word(0x7c));
        _expectLoadFault(cpu, LW, TRACE + 0x80);
    }

    function test_a_node_reads_only_slots_before_its_own() public {
        uint32 limit = uint32(machine.traceLimit);
        _expectLoad(_cpu(), LW, TRACE + limit - 4, Segment.Trace, limit - 4, _word(124));
        _expectLoad(_cpu(), 4, TRACE + limit - 1, Segment.Trace, limit - 1, 0xff);
        _expectLoadFault(_cpu(), LW, TRACE + limit);
        _expectLoadFault(_cpu(), 0, TRACE + limit);
        Cpu memory cpu = _cpu();
        cpu.traceWindow = limit;
        _expectLoadFault(cpu, LW, TRACE);
        cpu.traceWindow = limit - 128;
        _expectLoad(cpu, LW, TRACE + 124, Segment.Trace, limit - 4, _word(124));
        _expectLoadFault(cpu, LW, TRACE + 128);
        machine.traceLimit = 0;
        _expectLoadFault(_cpu(), 4, TRACE);
    }

    function test_an_access_across_the_limit_faults() public {
        machine.traceLimit = 0x102;
        _expectLoad(_cpu(), 5, TRACE + 0x100, Segment.Trace, 0x100, 0x8180);
        _expectLoadFault(_cpu(), LW, TRACE + 0x100);
    }

    function test_a_window_inside_a_leaf_cannot_straddle_leaves() public {
        // No run has such a window, but a dishonest player's state may.
        Cpu memory cpu = _cpu();
        cpu.modelWindow = 2;
        _expectLoadFault(cpu, LW, MODEL);
        _expectLoadFault(cpu, LW, MODEL + 2);
        _expectLoad(cpu, 5, MODEL, Segment.Model, 2, 0x8382);
    }

    /// A witness with an opening, which is accepted as it is.
    function _storeWitness() private returns (Cpu memory cpu, bytes memory witness) {
        cpu = _cpu();
        cpu.x[5] = 0x1234;
        bytes memory opening = _open(cpu, Segment.Memory, 0x1234, _ramp());
        witness = abi.encodePacked(_fetch(cpu, Asm.s(2, 6, 5, 0)), opening);
        assertEq(witness.length, 177 + 128 + 32 * uint256(MEMORY_DEPTH));
        stepper.step(machine, witness);
    }

    function test_every_flipped_byte_of_an_opening_is_noticed() public {
        (, bytes memory witness) = _storeWitness();
        for (uint256 i = 177; i < witness.length; ++i) {
            witness[i] ^= 0x01;
            (bool accepted, bytes memory reason) =
                address(stepper).call(abi.encodeCall(stepper.step, (machine, witness)));
            assertFalse(accepted);
            assertEq(bytes4(reason), AccessLog.WrongRoot.selector);
            witness[i] ^= 0x01;
        }
    }

    function test_every_flipped_byte_of_the_state_is_another_state() public {
        (, bytes memory witness) = _storeWitness();
        (bytes32 preState, bytes32 postState) = stepper.step(machine, witness);
        for (uint256 i = 0; i < 177; ++i) {
            witness[i] ^= 0x80;
            (bool accepted, bytes memory result) =
                address(stepper).call(abi.encodeCall(stepper.step, (machine, witness)));
            if (accepted) {
                (bytes32 otherPre, bytes32 otherPost) = abi.decode(result, (bytes32, bytes32));
                assertNotEq(otherPre, preState);
                assertNotEq(otherPost, postState);
            }
            witness[i] ^= 0x80;
        }
    }

    function test_a_witness_cut_anywhere_is_refused() public {
        (, bytes memory witness) = _storeWitness();
        for (uint256 length = 177; length < witness.length; length += 7) {
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                cut[i] = witness[i];
            }
            uint256 least = length < 305 ? 305 : witness.length;
            vm.expectRevert(
                abi.encodeWithSelector(AccessLog.WrongWitnessLength.selector, length, least)
            );
            stepper.step(machine, cut);
        }
    }

    function test_a_fault_takes_no_memory_opening() public {
        Cpu memory cpu = _cpu();
        cpu.x[5] = 0x102;
        bytes memory fetch = _fetch(cpu, Asm.i(0x03, LW, 7, 5, 0));
        bytes memory witness = abi.encodePacked(fetch, _open(cpu, Segment.Memory, 0x100, _ramp()));
        vm.expectRevert(
            abi.encodeWithSelector(
                AccessLog.WrongWitnessLength.selector, witness.length, fetch.length
            )
        );
        stepper.step(machine, witness);
    }
}
