// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IModelToken, RevenueAsset } from "../interfaces/IModelToken.sol";
import {
    AccountRevenue,
    AssetRevenue,
    EpochRevenue,
    IRevenueLens
} from "../interfaces/IRevenueLens.sol";
import { Assets } from "../libraries/Assets.sol";
import { BPS } from "../libraries/Units.sol";

/// @title Reads everything that an account has in a model token
/// @notice The interface explains what it tells.
contract RevenueLens is IRevenueLens {
    /// @dev Gas for one view that asks an asset, so that no asset can spend all of it.
    uint256 private constant VIEW_GAS = 2_000_000;

    /// @inheritdoc IRevenueLens
    function revenueOf(
        IModelToken token,
        address account,
        address[] calldata others,
        uint256 newest
    ) external view returns (AccountRevenue memory found) {
        found.balance = token.balanceOf(account);
        found.supply = token.totalSupply();
        found.recipient = token.recipientOf(account);

        RevenueAsset[] memory listed = token.revenueAssets();
        found.assets = new AssetRevenue[](listed.length + others.length);
        for (uint256 i = 0; i < found.assets.length; ++i) {
            address asset = i < listed.length ? listed[i].asset : others[i - listed.length];
            found.assets[i] = _assetOf(token, account, asset, found.balance, found.supply);
        }
        found.epochs = _epochsOf(token, account, found.assets, newest);
    }

    function _assetOf(
        IModelToken token,
        address account,
        address asset,
        uint256 balance,
        uint256 supply
    ) private view returns (AssetRevenue memory found) {
        (found.asset, found.claimable) = (asset, token.claimableAll(account, asset));
        try token.redeemableERC20OnBurn{ gas: VIEW_GAS }(balance, asset) returns (uint256 amount) {
            (found.isReadable, found.redeemable) = (true, amount);
        } catch {
            return found;
        }
        if (supply == 0) return found;

        (uint256 owed, uint256 pool,) = token.booksOf(asset);
        uint256 held = _held(asset, address(token));
        // The drip is the recipient of the sale.
        uint256 waiting = _held(asset, token.recipientOf(token.opener()));
        if (held > owed + pool) waiting += held - owed - pool;
        found.pending = waiting * token.sharedBps() / BPS * balance / supply;
    }

    function _epochsOf(
        IModelToken token,
        address account,
        AssetRevenue[] memory assets,
        uint256 newest
    ) private view returns (EpochRevenue[] memory found) {
        uint256 last = token.epochCount();
        if (newest > last) newest = last;
        found = new EpochRevenue[](assets.length * newest);
        uint256 count;
        for (uint256 i = 0; i < assets.length; ++i) {
            for (uint256 epoch = last - newest + 1; epoch <= last; ++epoch) {
                uint256 amount = token.claimableERC20(account, epoch, assets[i].asset);
                if (amount == 0) continue;
                found[count++] = EpochRevenue(epoch, assets[i].asset, amount);
            }
        }
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    /// @dev At most as much as the books of a token take; 0 for nobody, and from an asset that does
    /// not answer.
    function _held(address asset, address holder) private view returns (uint256 amount) {
        if (holder == address(0)) return 0;
        if (asset == Assets.ETH) return holder.balance;
        (bool ok, bytes memory answer) =
            asset.staticcall{ gas: VIEW_GAS }(abi.encodeCall(IERC20.balanceOf, (holder)));
        if (!ok || answer.length < 32) return 0;
        amount = abi.decode(answer, (uint256));
        if (amount > type(uint112).max) amount = type(uint112).max;
    }
}
