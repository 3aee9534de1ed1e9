// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Keeps payments that a receiver refused
/// @notice A contract that pays many receivers must not fail because one of them refuses. It keeps
/// the refused payment as a credit, which the receiver withdraws.
interface ICredits {
    /// @notice `account` refused a payment and can withdraw it.
    event CreditAdded(address indexed account, address indexed currency, uint256 amount);
    /// @notice An account withdrew its credit.
    event CreditWithdrawn(
        address indexed account, address indexed currency, address to, uint256 amount
    );

    /// @notice Pays the caller's credit to `to`.
    /// @param currency The currency; 0 is ETH.
    /// @param to The account to pay; not 0.
    function withdraw(address currency, address to) external;

    /// @notice Pays the credit of an account to the account itself. Anyone can call this: the drip,
    /// which may have one, cannot.
    /// @param account The account.
    /// @param currency The currency; 0 for ETH.
    function withdrawFor(address account, address currency) external;

    /// @notice The credit of an account.
    /// @param account The account.
    /// @param currency The currency; 0 is ETH.
    /// @return The sum, in units of the currency.
    function creditOf(address account, address currency) external view returns (uint256);
}
