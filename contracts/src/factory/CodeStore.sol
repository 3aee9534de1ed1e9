// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { MAX_CODE_DATA } from "../libraries/Units.sol";

/// @title Creation code that is kept as the code of a contract, after a stop byte
/// @notice The factory deploys tokens and other parts from code stores, since it has no room for
/// their code.
contract CodeStore {
    /// @notice Thrown when code and stop byte do not fit into a contract (EIP-170).
    error CodeTooLong(uint256 length);

    constructor(bytes memory code) {
        if (code.length > MAX_CODE_DATA) revert CodeTooLong(code.length);
        assembly ("memory-safe") {
            let length := mload(code)
            // The last byte of the word that held the length becomes the stop byte.
            mstore(code, 0)
            return(add(code, 31), add(length, 1))
        }
    }
}
