// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title ERC-5192: tokens that cannot be transferred while they are locked
/// @notice ERC-165 id 0xb45a3c0e.
interface IERC5192 {
    /// @notice A token was locked.
    event Locked(uint256 tokenId);
    /// @notice A token was unlocked. Here it stays unlocked for good.
    event Unlocked(uint256 tokenId);

    /// @notice Whether a token is locked. Reverts for one that does not exist.
    /// @param tokenId The token.
    /// @return True if it is.
    function locked(uint256 tokenId) external view returns (bool);
}
