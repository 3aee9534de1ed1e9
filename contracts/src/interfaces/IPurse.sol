// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Bonds, and payments that stop nobody
/// @notice Who is owed ether is sent it at once, with gas enough for a plain receiver; what is not taken can be withdrawn. Amounts in wei.
interface IPurse {
    /// @notice `account` was sent what it was owed.
    event Paid(address indexed account, uint256 amount);
    /// @notice A payment was not taken; `account` may withdraw it.
    event Credited(address indexed account, uint256 amount);
    /// @notice An account's credit was paid out.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice Part of a lost bond is nobody's from now on: it stays in the contract, which never pays it out.
    event Burnt(bytes32 indexed claim, uint256 amount);

    /// @notice Thrown when a call brings less than the bond, in wei.
    error BondTooSmall(uint256 given, uint256 needed);
    /// @notice Thrown when an account has no credit.
    error NothingToWithdraw();
    /// @notice Thrown when the receiver of a withdrawal does not take it.
    error TransferFailed();

    /// @notice Pays the caller's credit to `to`.
    /// @param to Who is paid.
    /// @return amount Wei that were paid.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice What `account` may withdraw.
    /// @param account Whose credit.
    /// @return Wei that it can withdraw.
    function creditOf(address account) external view returns (uint256);
}
