// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The part of wrapped ETH that is called
interface IWrappedEther {
    /// @notice Wraps `msg.value` for the caller.
    function deposit() external payable;

    /// @notice Unwraps for the caller, with 2,300 gas.
    /// @param amount In wei.
    function withdraw(uint256 amount) external;
}
