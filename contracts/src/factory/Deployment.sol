// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Deploys contracts from stored creation code
/// @notice The factory deploys the parts of a launch with it.
library Deployment {
    /// @notice The creation code in a `CodeStore`; empty if there is no contract.
    function load(address store) internal view returns (bytes memory code) {
        uint256 size = store.code.length;
        code = new bytes(size == 0 ? 0 : size - 1);
        assembly ("memory-safe") {
            extcodecopy(store, add(code, 32), 1, mload(code))
        }
    }

    /// @notice Deploys with CREATE2. Reverts as the constructor does.
    function create(bytes memory code, bytes memory arguments, bytes32 salt)
        internal
        returns (address deployed)
    {
        bytes memory creation = bytes.concat(code, arguments);
        assembly ("memory-safe") {
            deployed := create2(0, add(creation, 32), mload(creation), salt)
            if iszero(deployed) {
                let copy := mload(0x40)
                returndatacopy(copy, 0, returndatasize())
                revert(copy, returndatasize())
            }
        }
    }
}
