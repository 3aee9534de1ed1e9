// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IModelToken } from "./IModelToken.sol";

/// @notice What an account has in one asset.
struct AssetRevenue {
    /// 0 is ETH.
    address asset;
    /// What `claimAll` pays, of all epochs together.
    uint256 claimable;
    /// The part that the account would get, at its present balance, of what waits in the token and
    /// in the drip for a later epoch.
    uint256 pending;
    /// What burning all of the account's tokens redeems.
    uint256 redeemable;
    /// False if the asset does not say what the token holds. Then `pending` and `redeemable` are 0.
    bool isReadable;
}

/// @notice What an account can claim of one epoch in one asset.
struct EpochRevenue {
    uint256 epoch;
    /// 0 is ETH.
    address asset;
    /// In units of the asset; above 0.
    uint256 amount;
}

/// @notice Everything that an account has in a model token.
struct AccountRevenue {
    /// In token units.
    uint256 balance;
    /// In token units.
    uint256 supply;
    /// As `recipientOf` gives it.
    address recipient;
    /// The launch list, then the assets that the caller named.
    AssetRevenue[] assets;
    /// By asset, then by epoch.
    EpochRevenue[] epochs;
}

/// @title Everything that an account has in a model token, in one call
/// @notice Wallets and portfolio pages ask here instead of making a call for each asset and epoch.
/// It has no state, and works for every model token.
interface IRevenueLens {
    /// @notice What `account` has in `token`. To be called from outside of a transaction: it may
    /// read many epochs. Use the block tag `pending` to see what can be claimed in the next block.
    /// @param token The model token.
    /// @param account The account.
    /// @param others Assets that are not on the launch list, to be told of too.
    /// @param newest How many of the newest epochs to tell of one by one.
    /// @return Everything that `account` has.
    function revenueOf(
        IModelToken token,
        address account,
        address[] calldata others,
        uint256 newest
    ) external view returns (AccountRevenue memory);
}
