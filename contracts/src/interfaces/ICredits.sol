// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Keeps payments that were not taken
interface ICredits {
    /// @notice A payment was not taken; `account` may withdraw it.
    event CreditAdded(address indexed account, address indexed currency, uint256 amount);
    /// @notice A credit was withdrawn.
    event CreditWithdrawn(
        address indexed account, address indexed currency, address to, uint256 amount
    );

    /// @notice Sends the caller's credit to `to`.
    function withdraw(address currency, address to) external;

    /// @notice What `account` may withdraw of `currency`.
    function creditOf(address account, address currency) external view returns (uint256);
}
