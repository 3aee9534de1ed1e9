// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A state of the machine (docs/spec/vm.md): the address in memory of its 177 bytes.
/// @dev The fields by their first byte, all big-endian: 0 root of memory | 32 pc | 36 x1 to x31 |
/// 160 modelWindow | 168 traceWindow | 176 status.
type State is uint256;

using MachineState for State global;

/// @title Reads and writes the fields of a state
/// @notice The stepper changes a state in place. The hash of a state is what players state in a
/// dispute.
library MachineState {
    /// @notice Bytes of a state.
    uint256 internal constant BYTES = 177;

    // The statuses. A state that is not RUNNING stays as it is.
    uint256 internal constant RUNNING = 0;
    uint256 internal constant HALTED = 1;
    uint256 internal constant FAULT = 2;

    /// @notice Copies the state from calldata.
    function copy(bytes calldata source) internal pure returns (State self) {
        assembly ("memory-safe") {
            self := mload(0x40)
            // Fields are read and written as whole words, so the last field needs room after it.
            mstore(0x40, add(self, 0xe0))
            calldatacopy(self, source.offset, BYTES)
        }
    }

    /// @notice A state of zeros.
    function zero() internal pure returns (State self) {
        assembly ("memory-safe") {
            self := mload(0x40)
            mstore(0x40, add(self, 0xe0))
            // Past its end, calldata is zero.
            calldatacopy(self, calldatasize(), BYTES)
        }
    }

    /// @notice Hash of the state.
    function hash(State self) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(self, BYTES)
        }
    }

    function memoryRoot(State self) internal pure returns (bytes32) {
        return bytes32(_get(self, 0, 256));
    }

    function pc(State self) internal pure returns (uint32) {
        return uint32(_get(self, 32, 32));
    }

    /// @notice Register `index`. x0 is zero.
    function x(State self, uint32 index) internal pure returns (uint32) {
        if (index == 0) return 0;
        return uint32(_get(self, 32 + 4 * uint256(index), 32));
    }

    function modelWindow(State self) internal pure returns (uint64) {
        return uint64(_get(self, 160, 64));
    }

    function traceWindow(State self) internal pure returns (uint64) {
        return uint64(_get(self, 168, 64));
    }

    function status(State self) internal pure returns (uint256) {
        return _get(self, 176, 8);
    }

    function setMemoryRoot(State self, bytes32 value) internal pure {
        _set(self, 0, 256, uint256(value));
    }

    function setPc(State self, uint32 value) internal pure {
        _set(self, 32, 32, value);
    }

    /// @notice Writes register `index`. A write to x0 does nothing.
    function setX(State self, uint32 index, uint32 value) internal pure {
        if (index != 0) _set(self, 32 + 4 * uint256(index), 32, value);
    }

    function setModelWindow(State self, uint64 value) internal pure {
        _set(self, 160, 64, value);
    }

    function setTraceWindow(State self, uint64 value) internal pure {
        _set(self, 168, 64, value);
    }

    function setStatus(State self, uint256 value) internal pure {
        _set(self, 176, 8, value);
    }

    /// @dev The big-endian number of `bits` bits at byte `offset`.
    function _get(State self, uint256 offset, uint256 bits) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, bits), mload(add(self, offset)))
        }
    }

    /// @dev Replaces that number by `value`, which is below 2^bits.
    function _set(State self, uint256 offset, uint256 bits, uint256 value) private pure {
        assembly ("memory-safe") {
            let place := add(self, offset)
            let rest := shr(bits, shl(bits, mload(place)))
            mstore(place, or(shl(sub(256, bits), value), rest))
        }
    }
}
