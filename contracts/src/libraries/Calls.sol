// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Calls to contracts that may be hostile
library Calls {
    /// @dev Covers the price of a call itself, so that what is left after it holds 64/63 of the callee's gas.
    uint256 private constant CALL_GAS = 20_000;

    /// @notice Thrown when a callee would get less gas than was paid for.
    error NotEnoughGas(uint256 left, uint256 needed);

    /// @notice Calls with `gasLimit`, whole. A callee can be given 63/64 of the gas that is left; whoever calls must not be able to starve it.
    function tryCallWhole(address to, uint256 gasLimit, bytes memory data) internal returns (bool) {
        uint256 needed = gasLimit + gasLimit / 63 + CALL_GAS;
        if (gasleft() < needed) revert NotEnoughGas(gasleft(), needed);
        return tryCall(to, 0, gasLimit, data);
    }

    /// @notice Calls with no more than `gasLimit`, and copies nothing of what the callee returns.
    function tryCall(address to, uint256 value, uint256 gasLimit, bytes memory data)
        internal
        returns (bool success)
    {
        assembly ("memory-safe") {
            success := call(gasLimit, to, value, add(data, 0x20), mload(data), 0, 0)
        }
    }
}
