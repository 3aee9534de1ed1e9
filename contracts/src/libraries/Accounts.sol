// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title What kind of account an address is
library Accounts {
    /// @dev How code begins that only names another account's code, and its bytes (EIP-7702).
    bytes3 private constant DELEGATION = 0xef0100;
    uint256 private constant DELEGATION_BYTES = 23;

    /// @notice Whether an account has no code of its own: none at all, or a delegation.
    function hasNoCode(address account) internal view returns (bool) {
        uint256 size = account.code.length;
        if (size != DELEGATION_BYTES) return size == 0;
        bytes32 code;
        assembly ("memory-safe") {
            extcodecopy(account, 0x00, 0, 0x20)
            code := mload(0x00)
        }
        return bytes3(code) == DELEGATION;
    }
}
