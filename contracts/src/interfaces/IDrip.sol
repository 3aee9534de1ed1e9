// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Pays holders the revenue that is not credited yet, a bounded part at a time
/// @notice The drip receives the holders' part of revenue from the splitter, and the revenue of
/// contracts that cannot claim. Anyone can release. One release is at most a seventh of the waiting
/// sum (or the least sum that begins an epoch), however long nobody called. So it does not pay to
/// buy tokens for the one block before a release. Plain sends need 2,300 gas. Model
/// tokens that were sent here by mistake are burned; so they raise every holder's part.
interface IDrip {
    /// @notice `amount` of `asset` went to the token's holders.
    event Released(address indexed asset, uint256 amount);
    /// @notice No tokens are left, so `amount` of `asset` went to the creator.
    event ReleasedToCreator(address indexed asset, uint256 amount);
    /// @notice `amount` of the model's own tokens were burned. What they redeemed waits here.
    event Burned(uint256 amount);

    /// @notice Releases what is due. Works at most once an hour for each asset, and only after
    /// transfers of the token have opened. Tokens of the model are burned, all of them at any time.
    /// @param asset The asset; 0 is ETH.
    /// @return amount The sum that was released, in units of the asset.
    function release(address asset) external returns (uint256 amount);

    /// @notice Names the pair of the launch, whose balance each release settles in the token. Only
    /// the factory can call this, once.
    /// @param pair_ The pair.
    function setPair(address pair_) external;

    /// @notice What `release` would release now.
    /// @param asset The asset; 0 is ETH.
    /// @return The sum, in units of the asset; 0 if `release` would revert.
    function releasable(address asset) external view returns (uint256);

    /// @notice The time of the last release.
    /// @param asset The asset; 0 is ETH.
    /// @return The time, in seconds; 0 if there was none.
    function lastRelease(address asset) external view returns (uint256);

    /// @notice The pair of the launch.
    /// @return The pair; 0 if there is none.
    function pair() external view returns (address);

    /// @notice The token whose holders are paid.
    /// @return The model token.
    function token() external view returns (address);

    /// @notice The account that is paid when no tokens are left.
    /// @return The creator.
    function creator() external view returns (address);
}
