// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { Merkle } from "../libraries/Merkle.sol";
import { LittleEndian } from "./LittleEndian.sol";

/// @title The code of programs, in pieces that are contracts' code (docs/spec/vm.md)
/// @dev Where a piece lies follows from what it is a piece of, so no storage says it. INVARIANT: what lies there leads to that root.
library StoredCode {
    /// @dev Levels of a piece: 2^14 bytes, which a contract holds (EIP-170) and a block's gas writes many times over.
    uint256 private constant PIECE_DEPTH = 7;

    /// @notice Thrown when a piece with its siblings does not lead to the root of the code.
    error NotOfThisCode(bytes32 root);

    /// @notice Thrown when a piece that is to be read was never stored.
    error PieceNotStored(bytes32 root, uint256 index);

    /// @notice Stores piece `index` of a code, whose end may leave out zeros; returns where. Again is no error.
    /// @param siblings Of the piece's subtree under the root, bottom-up.
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

    /// @notice The little-endian number of `size` (1, 2 or 4) bytes at `offset`, a multiple of `size`, of a code.
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
            // Behind the stop byte. Past the end of a contract's code there are zeros.
            extcodecopy(place, sub(0x20, size), add(within, 1), size)
            value := mload(0x00)
        }
        return uint32(LittleEndian.reverse(value, size));
    }

    /// @notice The contract that holds a piece, or will.
    function placeOf(bytes32 root, uint8 depth, uint256 index) internal view returns (address) {
        return SSTORE2.predictDeterministicAddress(_salt(root, depth, index));
    }

    /// @dev With the depth, since a tree that nobody's code has may have leaves at several.
    function _salt(bytes32 root, uint8 depth, uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(root, depth, index));
    }

    function _isStored(address place) private view returns (bool) {
        return place.code.length != 0;
    }

    function _pieceDepth(uint8 depth) private pure returns (uint256) {
        return Math.min(depth, PIECE_DEPTH);
    }
}
