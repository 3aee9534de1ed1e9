// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../../src/libraries/Merkle.sol";
import { StoredCode } from "../../src/vm/StoredCode.sol";
import { Asm } from "./Asm.sol";
import { Cpu, StepFixture } from "./StepFixture.sol";

/// Code in pieces: what can be stored, where, and when it is complete.
contract StoredCodeTest is StepFixture {
    function _store(uint8 depth, uint256 index, bytes memory piece, bytes32[] memory siblings)
        private
        returns (address)
    {
        return stepper.storeCode(machine.codeRoot, depth, index, piece, siblings);
    }

    /// Two pieces, and the siblings of the second.
    function _setTwo() private returns (bytes memory one, bytes memory two, bytes32[] memory path) {
        (one, two) = (bytes.concat(_ramp(), "one"), bytes.concat("two", _ramp()));
        path = new bytes32[](1);
        path[0] = Merkle.root(one, PIECE_DEPTH);
        machine.codeRoot = Merkle.branch(path[0], Merkle.root(two, PIECE_DEPTH));
    }

    function _expectRefused(
        uint8 depth,
        uint256 index,
        bytes memory piece,
        bytes32[] memory siblings
    ) private {
        bytes4 notOfThisCode = StoredCode.NotOfThisCode.selector;
        vm.expectRevert(abi.encodeWithSelector(notOfThisCode, machine.codeRoot));
        _store(depth, index, piece, siblings);
    }

    function test_code_is_whole_once_every_piece_is_stored() public {
        _setCode(0, 0x13);
        uint8[8] memory order = [5, 0, 7, 1, 6, 2, 4, 3];
        for (uint256 i = 0; i < order.length; ++i) {
            assertFalse(stepper.hasCode(machine.codeRoot, CODE_DEPTH));
            _storePiece(order[i]);
        }
        assertTrue(stepper.hasCode(machine.codeRoot, CODE_DEPTH));
        assertFalse(stepper.hasCode(machine.codeRoot, CODE_DEPTH - 1));
        assertFalse(stepper.hasCode(keccak256("another"), CODE_DEPTH));
    }

    function test_code_of_less_than_a_piece_is_one() public {
        for (uint8 depth = 0; depth <= PIECE_DEPTH; ++depth) {
            bytes memory piece = bytes.concat("code", bytes1(depth));
            machine.codeRoot = Merkle.root(piece, depth);
            assertFalse(stepper.hasCode(machine.codeRoot, depth));
            _store(depth, 0, piece, new bytes32[](0));
            assertTrue(stepper.hasCode(machine.codeRoot, depth));
        }
    }

    function test_a_piece_is_a_contracts_code_behind_a_stop_byte() public {
        (, bytes memory two, bytes32[] memory path) = _setTwo();
        address place = stepper.placeOfCode(machine.codeRoot, 8, 1);
        assertEq(place.code.length, 0);
        assertEq(_store(8, 1, two, path), place);
        assertEq(place.code, bytes.concat(hex"00", two));
    }

    function test_a_piece_of_another_code_is_refused() public {
        (bytes memory one, bytes memory two, bytes32[] memory path) = _setTwo();
        _expectRefused(8, 1, one, path);
        _expectRefused(8, 0, two, path);
        for (uint256 i = 0; i < two.length; ++i) {
            two[i] ^= 0x01;
            _expectRefused(8, 1, two, path);
            two[i] ^= 0x01;
        }
        path[0] ^= bytes32(uint256(1));
        _expectRefused(8, 1, two, path);
        path[0] ^= bytes32(uint256(1));
        _store(8, 1, two, path);
    }

    function test_a_piece_at_another_depth_is_refused() public {
        (, bytes memory two, bytes32[] memory path) = _setTwo();
        _expectRefused(7, 0, two, path);
        _expectRefused(9, 1, two, path);
        _expectRefused(8, 0, two, new bytes32[](0));
        _expectRefused(0, 0, _ramp(), path);
    }

    function test_a_piece_outside_the_code_or_too_long_is_refused() public {
        (, bytes memory two, bytes32[] memory path) = _setTwo();
        vm.expectRevert(abi.encodeWithSelector(Merkle.IndexOutsideTree.selector, 3, 1));
        _store(8, 3, two, path);
        bytes memory long = new bytes(PIECE_BYTES + 1);
        vm.expectRevert(
            abi.encodeWithSelector(Merkle.TooLongForTree.selector, long.length, PIECE_DEPTH)
        );
        _store(8, 1, long, path);
    }

    function test_storing_again_is_no_error_and_changes_nothing() public {
        (, bytes memory two, bytes32[] memory path) = _setTwo();
        address place = _store(8, 1, two, path);
        // The same piece with a zero at its end.
        assertEq(_store(8, 1, bytes.concat(two, hex"00"), path), place);
        assertEq(place.code, bytes.concat(hex"00", two));
    }

    function test_a_piece_of_zeros_may_be_empty() public {
        machine.codeRoot = Merkle.zero(8);
        bytes32[] memory path = new bytes32[](1);
        path[0] = Merkle.zero(7);
        _store(8, 0, "", path);
        assertFalse(stepper.hasCode(machine.codeRoot, 8));
        _store(8, 1, new bytes(PIECE_BYTES), path);
        assertTrue(stepper.hasCode(machine.codeRoot, 8));
        machine.codeDepth = 8;
        Cpu memory cpu = _cpu();
        Cpu memory post = _copy(cpu);
        post.status = FAULT;
        _expect(cpu, _encode(cpu), post);
    }

    function test_a_lopsided_tree_is_another_code_at_each_depth() public {
        // Its piece 1 is `b` at depth 8 and `a` at depth 9.
        bytes32 z = keccak256("z");
        (bytes memory a, bytes memory b) = (abi.encode("a"), abi.encode("b"));
        bytes32 rootOfA = Merkle.root(a, PIECE_DEPTH);
        bytes32 rootOfB = Merkle.root(b, PIECE_DEPTH);
        machine.codeRoot = Merkle.branch(Merkle.branch(z, rootOfA), rootOfB);
        bytes32[] memory path = new bytes32[](1);
        path[0] = Merkle.branch(z, rootOfA);
        address placeOfB = _store(8, 1, b, path);
        path = new bytes32[](2);
        (path[0], path[1]) = (z, rootOfB);
        address placeOfA = _store(9, 1, a, path);
        assertEq(placeOfA.code, bytes.concat(hex"00", a));
        assertEq(placeOfB.code, bytes.concat(hex"00", b));
    }

    function test_instructions_on_both_sides_of_a_border_are_fetched() public {
        for (uint32 i = 1; i < 8; ++i) {
            Cpu memory cpu = _cpu();
            cpu.pc = CODE + uint32(PIECE_BYTES) * i;
            _expectResult(cpu, Asm.u(0x37, 9, i), 9, i << 12, cpu.pc + 4);
            cpu.pc -= 4;
            _expectResult(cpu, Asm.u(0x37, 9, 99), 9, 99 << 12, cpu.pc + 4);
        }
    }
}
