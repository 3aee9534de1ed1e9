// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Holds bonds, and keeps payments that a receiver refused
/// @notice The verifier holds the bonds of claims and challenges. It pays at once, with enough gas
/// for a plain receiver. A refused payment becomes a credit, which the receiver withdraws. Amounts
/// in wei.
interface IPurse {
    /// @notice `account` was paid.
    event Paid(address indexed account, uint256 amount);
    /// @notice `account` refused a payment and can withdraw it.
    event Credited(address indexed account, uint256 amount);
    /// @notice An account withdrew its credit.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice Part of a lost bond now belongs to nobody. It stays in the contract, which never
    /// pays it out.
    event Burnt(bytes32 indexed claim, uint256 amount);

    /// @notice Thrown when a call brings less than the bond, in wei.
    error BondTooSmall(uint256 given, uint256 needed);
    /// @notice Thrown when an account has no credit.
    error NothingToWithdraw();
    /// @notice Thrown when the receiver of a withdrawal refuses it.
    error TransferFailed();

    /// @notice Pays the caller's credit to `to`.
    /// @param to The account to pay.
    /// @return amount The payment, in wei.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice The credit of an account.
    /// @param account The account.
    /// @return The sum, in wei.
    function creditOf(address account) external view returns (uint256);
}
