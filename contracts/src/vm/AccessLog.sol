// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../libraries/Merkle.sol";
import { LittleEndian } from "./LittleEndian.sol";

/// @title The parts of a witness, taken in order
/// @notice The stepper reads and writes memory through this log as if it held whole segments. Each
/// access takes the next leaf with its siblings from the witness and checks that they lead to the
/// segment's root.
library AccessLog {
    /// @dev Positions in calldata. INVARIANT: next <= end. The log is finished when they are equal.
    struct Log {
        uint256 start;
        uint256 next;
        uint256 end;
    }

    /// @notice Thrown when a witness is longer than its step needs, or shorter (then `expected` is
    /// the least length that it needs).
    error WrongWitnessLength(uint256 actual, uint256 expected);

    /// @notice Thrown when a leaf and its siblings do not lead to the segment's root.
    error WrongRoot(bytes32 actual, bytes32 expected);

    /// @notice The log of a witness.
    function open(bytes calldata witness) internal pure returns (Log memory self) {
        assembly ("memory-safe") {
            mstore(self, witness.offset)
            mstore(add(self, 0x20), witness.offset)
            mstore(add(self, 0x40), add(witness.offset, witness.length))
        }
    }

    /// @notice Takes the next `length` bytes.
    function take(Log memory self, uint256 length) internal pure returns (bytes calldata part) {
        uint256 next = self.next;
        if (length > self.end - next) {
            revert WrongWitnessLength(self.end - self.start, next - self.start + length);
        }
        self.next = next + length;
        assembly ("memory-safe") {
            part.offset := next
            part.length := length
        }
    }

    /// @notice Reverts unless every byte was taken.
    function finish(Log memory self) internal pure {
        if (self.next != self.end) {
            revert WrongWitnessLength(self.end - self.start, self.next - self.start);
        }
    }

    /// @notice Reads a little-endian number of `size` (1, 2 or 4) bytes from a segment.
    /// @param offset Place in the segment; a multiple of `size`.
    function read(Log memory self, bytes32 root, uint256 depth, uint256 offset, uint256 size)
        internal
        pure
        returns (uint32)
    {
        (uint256 leaf, bytes32[] calldata siblings) = _takeOpening(self, depth);
        _check(leaf, offset, siblings, root);
        return uint32(LittleEndian.reverse(_field(leaf, offset, size), size));
    }

    /// @notice Writes such a number.
    /// @return The segment's new root.
    function write(
        Log memory self,
        bytes32 root,
        uint256 depth,
        uint256 offset,
        uint256 size,
        uint32 value
    ) internal pure returns (bytes32) {
        (uint256 leaf, bytes32[] calldata siblings) = _takeOpening(self, depth);
        _check(leaf, offset, siblings, root);
        _setField(leaf, offset, size, LittleEndian.reverse(value, size));
        return _root(leaf, offset, siblings);
    }

    /// @dev Takes a leaf, which it copies to memory, and its siblings.
    function _takeOpening(Log memory self, uint256 depth)
        private
        pure
        returns (uint256 leaf, bytes32[] calldata siblings)
    {
        bytes calldata source = take(self, Merkle.LEAF_BYTES);
        bytes calldata path = take(self, 32 * depth);
        assembly ("memory-safe") {
            leaf := mload(0x40)
            // A field is read and written as a whole word, so the last field needs room after it.
            mstore(0x40, add(leaf, 0xa0))
            calldatacopy(leaf, source.offset, source.length)
            siblings.offset := path.offset
            siblings.length := depth
        }
    }

    function _check(uint256 leaf, uint256 offset, bytes32[] calldata siblings, bytes32 expected)
        private
        pure
    {
        bytes32 actual = _root(leaf, offset, siblings);
        if (actual != expected) revert WrongRoot(actual, expected);
    }

    /// @dev Root of the segment whose leaf around `offset` lies in memory at `leaf`.
    function _root(uint256 leaf, uint256 offset, bytes32[] calldata siblings)
        private
        pure
        returns (bytes32)
    {
        bytes32 hash;
        assembly ("memory-safe") {
            hash := keccak256(leaf, 128)
        }
        return Merkle.root(hash, offset / Merkle.LEAF_BYTES, siblings);
    }

    /// @dev The `size` bytes at `offset`, the first byte highest.
    function _field(uint256 leaf, uint256 offset, uint256 size)
        private
        pure
        returns (uint256 value)
    {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, size)), mload(add(leaf, and(offset, 127))))
        }
    }

    function _setField(uint256 leaf, uint256 offset, uint256 size, uint256 value) private pure {
        assembly ("memory-safe") {
            let place := add(leaf, and(offset, 127))
            let bits := shl(3, size)
            let rest := shr(bits, shl(bits, mload(place)))
            mstore(place, or(shl(sub(256, bits), value), rest))
        }
    }
}
