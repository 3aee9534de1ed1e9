// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { Merkle } from "../libraries/Merkle.sol";
import { Numbers } from "../libraries/Numbers.sol";
import { LittleEndian } from "./LittleEndian.sol";

/// @title The code of programs, kept as the code of contracts (docs/spec/vm.md)
/// @notice Before a program is registered, its code is stored here in pieces. The stepper then
/// reads the instruction of a step without a proof.
/// @dev The address of a piece follows from root, depth and index, so no storage is needed.
/// INVARIANT: the bytes at that address lead to that root.
library StoredCode {
    /// @dev Levels of a piece: 2^7 leaves, 2^14 bytes. A contract can hold them (EIP-170).
    uint256 private constant PIECE_DEPTH = 7;

    /// @notice Thrown when a piece and its siblings do not lead to the root of the code.
    error NotOfThisCode(bytes32 root);

    /// @notice Thrown when a step reads a piece that is not stored.
    error PieceNotStored(bytes32 root, uint256 index);

    /// @notice Stores a piece of a code. Storing it again is no error.
    /// @param piece Its bytes; zeros at its end can be left out.
    /// @param siblings Siblings of the piece's subtree under the root, bottom-up.
    /// @return place The contract that holds the piece.
    function store(
        bytes32 root,
        uint8 depth,
        uint256 index,
        bytes memory piece,
        bytes32[] calldata siblings
    ) internal returns (address place) {
        uint256 height = _pieceDepth(depth);
        bool isWhole = siblings.length == depth - height;
        if (!isWhole || Merkle.root(Merkle.root(piece, height), index, siblings) != root) {
            revert NotOfThisCode(root);
        }
        place = placeOf(root, depth, index);
        if (!_isStored(place)) SSTORE2.writeDeterministic(piece, _salt(root, depth, index));
    }

    /// @notice Whether every piece of a code is stored.
    function isComplete(bytes32 root, uint8 depth) internal view returns (bool) {
        uint256 pieces = 1 << (depth - _pieceDepth(depth));
        for (uint256 i = 0; i < pieces; ++i) {
            if (!_isStored(placeOf(root, depth, i))) return false;
        }
        return true;
    }

    /// @notice Reads a little-endian number of `size` (1, 2 or 4) bytes from a code.
    /// @param offset Place in the code; a multiple of `size`.
    function read(bytes32 root, uint8 depth, uint256 offset, uint256 size)
        internal
        view
        returns (uint32)
    {
        uint256 pieceBytes = Merkle.LEAF_BYTES << PIECE_DEPTH;
        uint256 index = offset / pieceBytes;
        address place = placeOf(root, depth, index);
        if (!_isStored(place)) revert PieceNotStored(root, index);
        uint256 within = offset % pieceBytes;
        uint256 value;
        assembly ("memory-safe") {
            mstore(0x00, 0)
            // The bytes follow a stop byte. Past its end, a contract's code is zero.
            extcodecopy(place, sub(0x20, size), add(within, 1), size)
            value := mload(0x00)
        }
        return uint32(LittleEndian.reverse(value, size));
    }

    /// @notice The address of a piece, whether it is stored yet or not.
    function placeOf(bytes32 root, uint8 depth, uint256 index) internal view returns (address) {
        return SSTORE2.predictDeterministicAddress(_salt(root, depth, index));
    }

    /// @dev Covers the depth too, since one root can have leaves at several depths in a made-up
    /// tree.
    function _salt(bytes32 root, uint8 depth, uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(root, depth, index));
    }

    function _isStored(address place) private view returns (bool) {
        return place.code.length != 0;
    }

    function _pieceDepth(uint8 depth) private pure returns (uint256) {
        return Numbers.min(depth, PIECE_DEPTH);
    }
}
