// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { Dissection } from "../../src/dispute/Dissection.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";

/// The library behind external calls.
contract DissectionCaller {
    function digest(bytes32 first, bytes32[] calldata middle, bytes32 last, uint256 sectionsLog2)
        external
        pure
        returns (bytes32)
    {
        return Dissection.digest(first, middle, last, sectionsLog2);
    }

    function check(
        bytes32 stated,
        uint256 sectionsLog2,
        uint256 index,
        bytes32 start,
        bytes32 end,
        bytes32[] calldata proof
    ) external pure {
        Dissection.check(stated, sectionsLog2, index, start, end, proof);
    }
}

contract DissectionTest is Test {
    DissectionCaller private immutable CALLER = new DissectionCaller();

    function testFuzz_the_digest_is_the_root_over_the_pairs(uint256 seed, uint256 sectionsLog2)
        external
        view
    {
        sectionsLog2 = bound(sectionsLog2, 0, 6);
        bytes32[] memory states = _states(seed, sectionsLog2);
        bytes32[] memory pairs = _pairs(states);
        assertEq(_digest(states, sectionsLog2), Merkle.join(pairs));
    }

    function testFuzz_a_pair_has_one_place(uint256 seed, uint256 sectionsLog2, uint256 index)
        external
    {
        sectionsLog2 = bound(sectionsLog2, 1, 6);
        index = bound(index, 0, (1 << sectionsLog2) - 1);
        bytes32[] memory states = _states(seed, sectionsLog2);
        bytes32 digest = _digest(states, sectionsLog2);
        bytes32[] memory proof = _proof(_pairs(states), index, sectionsLog2);
        (bytes32 start, bytes32 end) = (states[index], states[index + 1]);
        CALLER.check(digest, sectionsLog2, index, start, end, proof);

        vm.expectRevert(Dissection.PairNotStated.selector);
        CALLER.check(digest, sectionsLog2, index ^ 1, start, end, proof);
        vm.expectRevert(Dissection.PairNotStated.selector);
        CALLER.check(digest, sectionsLog2 - 1, index, start, end, proof);
        vm.expectRevert(Dissection.PairNotStated.selector);
        CALLER.check(digest, sectionsLog2, index, end, start, proof);
    }

    function test_a_dissection_states_every_section() external {
        for (uint256 given = 0; given < 20; ++given) {
            if (given != 15) {
                vm.expectRevert(
                    abi.encodeWithSelector(Dissection.WrongNumberOfStates.selector, given, 15)
                );
            }
            CALLER.digest("first", new bytes32[](given), "last", 4);
        }
    }

    function _digest(bytes32[] memory states, uint256 sectionsLog2) private view returns (bytes32) {
        bytes32[] memory middle = new bytes32[](states.length - 2);
        for (uint256 i = 0; i < middle.length; ++i) {
            middle[i] = states[i + 1];
        }
        return CALLER.digest(states[0], middle, states[states.length - 1], sectionsLog2);
    }

    function _states(uint256 seed, uint256 sectionsLog2)
        private
        pure
        returns (bytes32[] memory states)
    {
        states = new bytes32[]((1 << sectionsLog2) + 1);
        for (uint256 i = 0; i < states.length; ++i) {
            states[i] = keccak256(abi.encode(seed, i));
        }
    }

    function _pairs(bytes32[] memory states) private pure returns (bytes32[] memory pairs) {
        pairs = new bytes32[](states.length - 1);
        for (uint256 i = 0; i < pairs.length; ++i) {
            pairs[i] = keccak256(abi.encodePacked(hex"01", states[i], states[i + 1]));
        }
    }

    function _proof(bytes32[] memory level, uint256 index, uint256 height)
        private
        pure
        returns (bytes32[] memory proof)
    {
        proof = new bytes32[](height);
        for (uint256 t = 0; t < height; ++t) {
            proof[t] = level[index ^ 1];
            for (uint256 i = 0; i < level.length / 2; ++i) {
                level[i] = keccak256(abi.encodePacked(level[2 * i], level[2 * i + 1]));
            }
            index /= 2;
        }
    }
}
