// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { Merkle } from "../../src/libraries/Merkle.sol";

/// The library behind external calls: calldata siblings, and reverts at a depth that can be
/// expected.
contract MerkleCaller {
    function root(bytes32 node, uint256 index, bytes32[] calldata siblings)
        external
        pure
        returns (bytes32)
    {
        return Merkle.root(node, index, siblings);
    }

    function root(bytes calldata data, uint256 depth) external pure returns (bytes32) {
        return Merkle.root(data, depth);
    }

    function join(bytes32[] memory nodes) external pure returns (bytes32) {
        return Merkle.join(nodes);
    }
}

contract MerkleTest is Test {
    MerkleCaller private immutable MERKLE = new MerkleCaller();

    function test_zero_leaf_is_the_hash_of_128_zeros() public pure {
        assertEq(Merkle.ZERO_LEAF, keccak256(new bytes(128)));
        assertEq(Merkle.zero(0), Merkle.ZERO_LEAF);
        assertEq(Merkle.zero(3), _reference(new bytes(1024), 3));
    }

    function test_depth_is_the_smallest_that_holds_the_bytes() public pure {
        assertEq(Merkle.depthOf(0), 0);
        assertEq(Merkle.depthOf(128), 0);
        assertEq(Merkle.depthOf(129), 1);
        assertEq(Merkle.depthOf(256), 1);
        assertEq(Merkle.depthOf(257), 2);
        assertEq(Merkle.depthOf(128 << 40), 40);
        assertEq(Merkle.depthOf((128 << 40) + 1), 41);
    }

    function test_nothing_has_the_root_of_zeros() public view {
        assertEq(MERKLE.root("", 0), Merkle.ZERO_LEAF);
        assertEq(MERKLE.root("", 5), Merkle.zero(5));
        assertEq(MERKLE.root(new bytes(400), 5), Merkle.zero(5));
    }

    function test_one_byte_too_many_is_refused() public {
        MERKLE.root(new bytes(512), 2);
        vm.expectRevert(abi.encodeWithSelector(Merkle.TooLongForTree.selector, 513, 2));
        MERKLE.root(new bytes(513), 2);
    }

    function test_join_needs_a_power_of_two() public {
        vm.expectRevert(abi.encodeWithSelector(Merkle.NotPowerOfTwo.selector, 0));
        MERKLE.join(new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(Merkle.NotPowerOfTwo.selector, 6));
        MERKLE.join(new bytes32[](6));
        assertEq(MERKLE.join(new bytes32[](1)), bytes32(0));
    }

    function test_index_outside_the_tree_is_refused() public {
        bytes32[] memory siblings = new bytes32[](3);
        MERKLE.root(0, 7, siblings);
        vm.expectRevert(abi.encodeWithSelector(Merkle.IndexOutsideTree.selector, 8, 3));
        MERKLE.root(0, 8, siblings);
    }

    function testFuzz_dense_root_is_the_definition(bytes memory data, uint256 extra) public view {
        uint256 depth = Merkle.depthOf(data.length) + bound(extra, 0, 4);
        assertEq(MERKLE.root(data, depth), _reference(data, depth));
    }

    function testFuzz_join_is_the_definition(bytes32 seed, uint256 depth) public view {
        depth = bound(depth, 0, 5);
        bytes memory data = _bytes(seed, 128 << depth);
        bytes32[] memory nodes = new bytes32[](1 << depth);
        for (uint256 i = 0; i < nodes.length; ++i) {
            nodes[i] = keccak256(_slice(data, 128 * i, 128));
        }
        assertEq(MERKLE.join(nodes), _reference(data, depth));
    }

    function testFuzz_an_opening_leads_to_the_root(
        bytes32 seed,
        uint256 depth,
        uint256 height,
        uint256 index
    ) public view {
        depth = bound(depth, 0, 5);
        height = bound(height, 0, depth);
        index = bound(index, 0, (1 << (depth - height)) - 1);
        bytes memory data = _bytes(seed, 128 << depth);

        bytes32[] memory siblings = new bytes32[](depth - height);
        for (uint256 t = 0; t < siblings.length; ++t) {
            uint256 size = 128 << (height + t);
            siblings[t] = _reference(_slice(data, ((index >> t) ^ 1) * size, size), height + t);
        }
        uint256 own = 128 << height;
        bytes32 node = _reference(_slice(data, index * own, own), height);
        assertEq(MERKLE.root(node, index, siblings), _reference(data, depth));
    }

    /// The definition, written as it is said: a tree is the hash of its two halves.
    function _reference(bytes memory data, uint256 depth) private pure returns (bytes32) {
        if (depth == 0) return keccak256(_slice(data, 0, 128));
        uint256 half = 64 << depth;
        bytes32 left = _reference(_slice(data, 0, half), depth - 1);
        bytes32 right = _reference(_slice(data, half, half), depth - 1);
        return keccak256(abi.encodePacked(left, right));
    }

    /// `length` bytes from `from`, zero behind the end.
    function _slice(bytes memory data, uint256 from, uint256 length)
        private
        pure
        returns (bytes memory part)
    {
        part = new bytes(length);
        for (uint256 i = 0; i < length && from + i < data.length; ++i) {
            part[i] = data[from + i];
        }
    }

    function _bytes(bytes32 seed, uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; i += 32) {
            bytes32 word = keccak256(abi.encode(seed, i));
            assembly ("memory-safe") {
                mstore(add(add(data, 0x20), i), word)
            }
        }
    }
}
