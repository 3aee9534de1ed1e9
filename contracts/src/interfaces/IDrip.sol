// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Pays holders what is theirs but not credited yet, a bounded part at a time
/// @notice Receives the holders' part of revenue and the revenue of contracts that cannot claim. Anyone may release. One
/// release is at most a seventh of what waits (or the least that begins an epoch), however long nobody called, so that buying
/// tokens for one block before a release does not pay. Plain sends take 2,300 gas. Model tokens must not be sent here.
interface IDrip {
    /// @notice `amount` of `asset` went to the token's holders.
    event Released(address indexed asset, uint256 amount);
    /// @notice No tokens are left, so `amount` of `asset` went to the creator.
    event ReleasedToCreator(address indexed asset, uint256 amount);

    /// @notice Releases what of `asset` is due; at most once an hour, and not before the token is open.
    /// @param asset 0 is ETH.
    /// @return amount What was released.
    function release(address asset) external returns (uint256 amount);

    /// @notice What `release` would release now; 0 where it would revert.
    /// @param asset 0 is ETH.
    /// @return The sum, in units of the asset.
    function releasable(address asset) external view returns (uint256);

    /// @notice Time of the last release of `asset`, in seconds; 0: none yet.
    /// @param asset 0 is ETH.
    /// @return The time.
    function lastRelease(address asset) external view returns (uint256);

    /// @notice The token whose holders are paid.
    /// @return The model token.
    function token() external view returns (address);

    /// @notice Who is paid when no tokens are left.
    /// @return The creator.
    function creator() external view returns (address);
}
