// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The part of wrapped ETH that the offering and splitters call
interface IWrappedEther {
    /// @notice Wraps the value for the caller.
    function deposit() external payable;

    /// @notice Unwraps and pays the caller, who gets 2,300 gas.
    /// @param amount The sum, in wei.
    function withdraw(uint256 amount) external;
}
