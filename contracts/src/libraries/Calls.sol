// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Calls and payments to contracts that may be hostile
/// @notice Everything that pays ether goes through here. Nothing of what a callee returns is
/// copied, so that no callee can spend the caller's gas on it.
library Calls {
    /// @notice Gas that a receiver of ether gets when somebody else asked for the payment.
    uint256 internal constant PUSH_GAS = 30_000;
    /// @dev Gas that stays with the caller: the price of the call itself, and what follows it.
    uint256 private constant RESERVE_GAS = 20_000;

    /// @notice Thrown when too little gas is left to give a callee all that it is meant to get.
    error NotEnoughGas(uint256 left, uint256 needed);

    /// @notice Reverts unless a callee can be given `gasLimit`, of which a call passes on 63/64.
    function requireGas(uint256 gasLimit) internal view {
        uint256 needed = gasLimit + gasLimit / 63 + RESERVE_GAS;
        if (gasleft() < needed) revert NotEnoughGas(gasleft(), needed);
    }

    /// @notice Calls with all of `gasLimit`, so that nobody can starve the callee.
    function tryCallWhole(address to, uint256 gasLimit, bytes memory data) internal returns (bool) {
        requireGas(gasLimit);
        return tryCall(to, 0, gasLimit, data);
    }

    /// @notice Calls with no more than `gasLimit`.
    function tryCall(address to, uint256 value, uint256 gasLimit, bytes memory data)
        internal
        returns (bool success)
    {
        assembly ("memory-safe") {
            success := call(gasLimit, to, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice Sends ether with no more than `gasLimit`, and 2,300 gas that come with any value.
    function trySend(address to, uint256 amount, uint256 gasLimit) internal returns (bool sent) {
        assembly ("memory-safe") {
            sent := call(gasLimit, to, amount, 0, 0, 0, 0)
        }
    }
}
