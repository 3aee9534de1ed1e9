// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title A contract that a sale asks about each bid
/// @notice The signature is that of Uniswap's continuous clearing auction, so that its hooks work
/// unchanged. The caller's `token()` names the token of the bid, and its `bidOf` includes the bid.
interface ISaleValidationHook {
    /// @notice Reverts to refuse a bid.
    /// @param maxPrice The highest price to pay, in currency units per 1e18 token units.
    /// @param amount Currency that the bid adds.
    /// @param owner The bidder.
    /// @param sender The account that sent the bid.
    /// @param hookData Data that the bidder gave.
    function validate(
        uint256 maxPrice,
        uint128 amount,
        address owner,
        address sender,
        bytes calldata hookData
    ) external;
}
