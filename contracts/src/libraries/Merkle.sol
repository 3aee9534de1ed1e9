// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The one kind of tree behind every root (docs/spec/commitments.md)
/// @notice Memory, code, images and traces are committed to with this tree: keccak-256, leaves of
/// 128 bytes, binary branches, a fixed depth. Bytes past the end of the data are zero.
/// @dev A height counts levels above the leaves: a subtree of height h has 2^h leaves.
library Merkle {
    /// @notice Bytes of a leaf.
    uint256 internal constant LEAF_BYTES = 128;

    /// @notice Hash of a leaf of zeros: the root of the zero subtree of height 0.
    bytes32 internal constant ZERO_LEAF =
        0x012893657d8eb2efad4de0a91bcd0e39ad9837745dec3ea923737ea803fc8e3d;

    /// @notice Thrown when an opening's index is outside of the tree, which has a level for each
    /// sibling.
    error IndexOutsideTree(uint256 index, uint256 siblings);

    /// @notice Thrown when data does not fit into a tree of the given depth.
    error TooLongForTree(uint256 length, uint256 depth);

    /// @notice Thrown when the number of nodes of a complete tree is not a power of two.
    error NotPowerOfTwo(uint256 count);

    /// @notice Hash of a branch.
    function branch(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            hash := keccak256(0x00, 0x40)
        }
    }

    /// @notice Root of a subtree of zeros of the given height.
    function zero(uint256 height) internal pure returns (bytes32 hash) {
        hash = ZERO_LEAF;
        for (uint256 i = 0; i < height; ++i) {
            hash = branch(hash, hash);
        }
    }

    /// @notice Depth of the smallest tree that holds `length` bytes.
    function depthOf(uint256 length) internal pure returns (uint256 depth) {
        while (LEAF_BYTES << depth < length) ++depth;
    }

    /// @notice Root to which an opening leads.
    /// @param node Hash of a leaf, or root of a subtree.
    /// @param index Place of the node among those of its height; less than 2^(number of siblings).
    /// @param siblings One for each level from the node to the root, bottom-up.
    /// @dev The caller checks the number of siblings, which fixes the height of the node.
    function root(bytes32 node, uint256 index, bytes32[] calldata siblings)
        internal
        pure
        returns (bytes32 hash)
    {
        uint256 levels = siblings.length;
        if (index >> levels != 0) revert IndexOutsideTree(index, levels);
        assembly ("memory-safe") {
            hash := node
            let sibling := siblings.offset
            let end := add(sibling, shl(5, levels))
            for { } lt(sibling, end) { sibling := add(sibling, 0x20) } {
                // Bit t of the index puts the running hash on the left (0) or the right (0x20).
                let side := shl(5, and(index, 1))
                mstore(side, hash)
                mstore(xor(side, 0x20), calldataload(sibling))
                hash := keccak256(0x00, 0x40)
                index := shr(1, index)
            }
        }
    }

    /// @notice Root of a tree of 2^depth leaves that begins with `data` and is zero after it.
    /// @dev Costs one hash for each leaf and branch over `data`, and two for each level above them.
    function root(bytes memory data, uint256 depth) internal pure returns (bytes32) {
        uint256 length = data.length;
        if (length > LEAF_BYTES << depth) revert TooLongForTree(length, depth);
        if (length == 0) return zero(depth);

        bytes32[] memory nodes = _leaves(data);
        uint256 count = nodes.length - 1;
        bytes32 filler = ZERO_LEAF;
        for (uint256 height = 0; height < depth; ++height) {
            // When the number of nodes is odd, the last one is paired with a subtree of zeros.
            nodes[count] = filler;
            count = (count + 1) / 2;
            _halve(nodes, count);
            filler = branch(filler, filler);
        }
        return nodes[0];
    }

    /// @notice Root of the complete tree over `nodes`. Overwrites them.
    /// @param nodes Roots of subtrees of one height. Their number is a power of two.
    function join(bytes32[] memory nodes) internal pure returns (bytes32) {
        uint256 count = nodes.length;
        if (count == 0 || count & (count - 1) != 0) revert NotPowerOfTwo(count);

        while (count > 1) {
            count /= 2;
            _halve(nodes, count);
        }
        return nodes[0];
    }

    /// @dev Hashes of the leaves of non-empty data, followed by a spare node.
    function _leaves(bytes memory data) private pure returns (bytes32[] memory nodes) {
        uint256 whole = data.length / LEAF_BYTES;
        uint256 rest = data.length % LEAF_BYTES;
        nodes = new bytes32[](whole + (rest == 0 ? 1 : 2));
        bytes memory last = new bytes(LEAF_BYTES);
        assembly ("memory-safe") {
            let leaf := add(data, 0x20)
            let node := add(nodes, 0x20)
            for { let end := add(leaf, mul(whole, LEAF_BYTES)) } lt(leaf, end) {
                leaf := add(leaf, LEAF_BYTES)
                node := add(node, 0x20)
            } { mstore(node, keccak256(leaf, LEAF_BYTES)) }
            if rest {
                mcopy(add(last, 0x20), leaf, rest)
                mstore(node, keccak256(add(last, 0x20), LEAF_BYTES))
            }
        }
    }

    /// @dev Replaces the first 2 * `count` nodes by their `count` parents.
    function _halve(bytes32[] memory nodes, uint256 count) private pure {
        assembly ("memory-safe") {
            let parent := add(nodes, 0x20)
            let child := parent
            for { let end := add(parent, shl(5, count)) } lt(parent, end) {
                parent := add(parent, 0x20)
                child := add(child, 0x40)
            } { mstore(parent, keccak256(child, 0x40)) }
        }
    }
}
