// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Numbers of 1, 2 or 4 bytes as the machine stores them
/// @notice The stepper turns bytes of memory and code into numbers and back.
library LittleEndian {
    /// @notice The lowest `size` bytes in reverse order.
    function reverse(uint256 value, uint256 size) internal pure returns (uint256) {
        if (size == 1) return value & 0xff;
        uint256 pairs = ((value & 0x00ff00ff) << 8) | ((value >> 8) & 0x00ff00ff);
        if (size == 2) return pairs & 0xffff;
        return ((pairs & 0xffff) << 16) | (pairs >> 16);
    }
}
