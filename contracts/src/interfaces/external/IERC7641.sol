// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title ERC-7641: Intrinsic RevShare Token
/// @notice ERC-165 id 0xed7b2e4e; with ERC-20's functions 0xdb4c0549.
interface IERC7641 is IERC20 {
    /// @notice What `account` can claim of the revenue of a snapshot.
    /// @param account The account.
    /// @param snapshotId The snapshot.
    /// @return The sum, in wei.
    function claimableRevenue(address account, uint256 snapshotId) external view returns (uint256);

    /// @notice Claims the caller's share of a snapshot's revenue. Reverts when it is 0.
    /// @param snapshotId The snapshot.
    function claim(uint256 snapshotId) external;

    /// @notice Credits the revenue that came in.
    /// @return The id of the newest snapshot; 0 before the first.
    function snapshot() external returns (uint256);

    /// @notice What burning `amount` would redeem now.
    /// @param amount Token units.
    /// @return The sum, in wei.
    function redeemableOnBurn(uint256 amount) external view returns (uint256);

    /// @notice Burns the caller's tokens and redeems their part of the redeemable revenue.
    /// @param amount Token units.
    function burn(uint256 amount) external;
}

/// @title ERC-7641's optional extension for revenue in ERC-20 tokens
/// @notice ERC-165 id 0x5d18f986.
interface IERC7641AltRevToken is IERC7641 {
    /// @notice What `account` can claim of a snapshot's revenue in `token`.
    /// @param account The account.
    /// @param snapshotId The snapshot.
    /// @param token The token of the revenue.
    /// @return The sum, in units of that token.
    function claimableERC20(address account, uint256 snapshotId, address token)
        external
        view
        returns (uint256);

    /// @notice What burning `amount` would redeem now in `token`.
    /// @param amount Token units.
    /// @param token The token of the revenue.
    /// @return The sum, in units of that token.
    function redeemableERC20OnBurn(uint256 amount, address token) external view returns (uint256);
}
