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
    /// @param currency 0 is ETH.
    /// @param to Whom to pay; not 0.
    function withdraw(address currency, address to) external;

    /// @notice What `account` may withdraw of `currency`.
    /// @param account Whose.
    /// @param currency 0 is ETH.
    /// @return The sum, in units of the currency.
    function creditOf(address account, address currency) external view returns (uint256);
}
