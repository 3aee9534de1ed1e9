// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The part of wrapped ETH that is called
interface IWrappedEther {
    function deposit() external payable;

    function withdraw(uint256 amount) external;
}
