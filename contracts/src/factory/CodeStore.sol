// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { MAX_CODE_DATA } from "../libraries/Units.sol";

/// @title Creation code kept as a contract's code, behind a stop byte
/// @dev The factory deploys tokens from it, since their code has no room in its own.
contract CodeStore {
    /// @notice Thrown when code and stop byte do not fit a contract (EIP-170).
    error CodeTooLong(uint256 length);

    constructor(bytes memory code) {
        if (code.length > MAX_CODE_DATA) revert CodeTooLong(code.length);
        assembly ("memory-safe") {
            let length := mload(code)
            // The last byte of the length's own word becomes the stop byte.
            mstore(code, 0)
            return(add(code, 31), add(length, 1))
        }
    }
}
