// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../libraries/Merkle.sol";

/// @title A run cut into sections (docs/spec/game.md)
/// @notice A player dissects a disputed run by stating the machine's state at the end of each
/// section. The opponent picks the section in which the two disagree. The digest of a dissection is
/// the root of the binary tree over the pairs of states at the ends of its sections.
library Dissection {
    /// @notice Thrown unless there is a state for the end of every section but the last.
    error WrongNumberOfStates(uint256 given, uint256 needed);

    /// @notice Thrown when the pair of states is not the stated one of that section.
    error PairNotStated();

    /// @notice Digest of the dissection `first`, `middle`…, `last` into 2^sectionsLog2 sections.
    function digest(bytes32 first, bytes32[] calldata middle, bytes32 last, uint256 sectionsLog2)
        internal
        pure
        returns (bytes32)
    {
        uint256 sections = 1 << sectionsLog2;
        if (middle.length != sections - 1) {
            revert WrongNumberOfStates(middle.length, sections - 1);
        }
        bytes32[] memory pairs = new bytes32[](sections);
        bytes32 start = first;
        for (uint256 i = 0; i < sections; ++i) {
            bytes32 end = i == sections - 1 ? last : middle[i];
            pairs[i] = _hash(start, end);
            start = end;
        }
        return Merkle.join(pairs);
    }

    /// @notice Reverts unless section `index` goes from `start` to `end` in the dissection into
    /// 2^sectionsLog2 sections whose digest is `stated`.
    function check(
        bytes32 stated,
        uint256 sectionsLog2,
        uint256 index,
        bytes32 start,
        bytes32 end,
        bytes32[] calldata proof
    ) internal pure {
        if (proof.length != sectionsLog2) revert PairNotStated();
        bytes32 root = Merkle.root(_hash(start, end), index, proof);
        if (root != stated) revert PairNotStated();
    }

    /// @dev The preimage has 65 bytes, a length that no other preimage has.
    function _hash(bytes32 start, bytes32 end) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            mstore8(preimage, 0x01)
            mstore(add(preimage, 0x01), start)
            mstore(add(preimage, 0x21), end)
            hash := keccak256(preimage, 0x41)
        }
    }
}
