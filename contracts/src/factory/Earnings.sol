// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { LaunchParams, TokenTerms } from "../interfaces/IImoFactory.sol";
import { Pricing } from "../interfaces/IModelRegistrar.sol";
import { RevenueAsset } from "../interfaces/IModelToken.sol";
import { BPS } from "../libraries/Units.sol";
import { Allocation } from "./Allocation.sol";

/// @title What those would earn who buy in a launch's sale
/// @notice The factory has terms refused under which revenue would not reach buyers, or nearly
/// none of it. Each bound is one of a product of several terms, since terms that look harmless by
/// themselves can trap buyers together.
library Earnings {
    /// @dev Least part of an answer's price that buyers get, in basis points.
    uint256 private constant MIN_BUYERS_BPS = 500;
    /// @dev Most wei that wait until holders get any of them.
    uint256 private constant MAX_WAITING = 0.1 ether;
    /// @dev Smallest minimum of ETH. With less, strangers could begin epochs for nothing.
    uint256 private constant MIN_MINIMUM = 0.0001 ether;
    /// @dev The same two bounds for a coin, as parts of its supply. ETH's are about 10^-9 and
    /// 10^-12 of its own.
    uint256 private constant COIN_WAITING_PART = 1e7;
    uint256 private constant COIN_MINIMUM_PART = 1e12;
    /// @dev Most answers until the first release.
    uint256 private constant MAX_ANSWERS = 1e6;
    /// @dev Most wei of an answer together with a work's mint fee.
    uint256 private constant MAX_PRICE = 1000 ether;

    /// @notice Thrown for a model whose answers cost nothing. No vote can raise a price of 0.
    error NoPrice();
    /// @notice Thrown when an answer or a work costs more than 1,000 ether.
    error AnswerTooDear(uint256 price, uint256 most);
    /// @notice Thrown when buyers would get less than a twentieth of an answer's price, in a sale
    /// that just reaches its soft cap. The rest is the operator's, the creator's, the protocol's
    /// and the grants'.
    error BuyersEarnTooLittle(uint256 bps, uint256 least);
    /// @notice Thrown for the minimum of an asset. `most` falls with the shared part, since the
    /// drip waits for minimum / shared part.
    error MinimumOutOfRange(address asset, uint256 minimum, uint256 least, uint256 most);
    /// @notice Thrown when a million answers would not be enough for the first release.
    error ReleaseOutOfReach(uint256 needed, uint256 perAnswer);

    /// @notice Reverts for terms under which buyers would earn nothing, or nearly nothing.
    function refuse(LaunchParams calldata params) internal view {
        uint256 price = _priceOf(params);
        uint256 dear = price + params.collection.mintFee;
        if (dear > MAX_PRICE) revert AnswerTooDear(dear, MAX_PRICE);

        uint256 holders = _holdersBps(params);
        uint256 vested = Allocation.vestedOf(params.allocation);
        uint256 sold = Allocation.leastSold(params);
        uint256 buyers = vested == 0 ? holders : holders * sold / (sold + vested);
        if (buyers < MIN_BUYERS_BPS) revert BuyersEarnTooLittle(buyers, MIN_BUYERS_BPS);

        _refuseMinimums(params.token);
        uint256 needed = _needed(params.token);
        uint256 perAnswer = price * holders / BPS;
        if (perAnswer * MAX_ANSWERS < needed) revert ReleaseOutOfReach(needed, perAnswer);
    }

    /// @dev The price of an answer with the most bytes and units that the terms speak of.
    function _priceOf(LaunchParams calldata params) private pure returns (uint256) {
        Pricing calldata pricing = params.model.pricing;
        bool free = pricing.basePrice == 0 && pricing.bytePrice == 0 && pricing.unitPrice == 0;
        if (free) revert NoPrice();
        uint256 units = params.collection.maxUnits;
        if (units < pricing.defaultUnits) units = pricing.defaultUnits;
        return pricing.basePrice + uint256(pricing.bytePrice) * pricing.defaultBytes
            + uint256(pricing.unitPrice) * units;
    }

    /// @dev The holders' part of an answer's price, in basis points.
    function _holdersBps(LaunchParams calldata params) private pure returns (uint256) {
        uint256 operator = params.model.pricing.operatorBps;
        uint256 others = uint256(params.split.creatorBps) + params.split.protocolBps;
        if (operator > BPS || others > BPS) return 0;
        return (BPS - operator) * (BPS - others) / BPS;
    }

    /// @dev Wei for which the drip waits. ROUNDING: up, as the drip's own.
    function _needed(TokenTerms calldata token) private pure returns (uint256) {
        uint256 shared = token.sharedBps;
        return shared == 0 ? 0 : (token.assets[0].minimum * BPS + shared - 1) / shared;
    }

    function _refuseMinimums(TokenTerms calldata token) private view {
        _refuseMinimum(token, token.assets[0], MIN_MINIMUM, MAX_WAITING);
        for (uint256 i = 1; i < token.assets.length; ++i) {
            RevenueAsset calldata coin = token.assets[i];
            uint256 supply = _supplyOf(coin.asset);
            _refuseMinimum(token, coin, supply / COIN_MINIMUM_PART, supply / COIN_WAITING_PART);
        }
    }

    /// @dev `waiting` is the most that may wait. Where nothing is shared, all of it is for burning,
    /// and nothing waits.
    function _refuseMinimum(
        TokenTerms calldata token,
        RevenueAsset calldata listed,
        uint256 least,
        uint256 waiting
    ) private pure {
        uint256 shared = token.sharedBps;
        uint256 most = waiting;
        if (shared != 0) most = waiting / BPS * shared + waiting % BPS * shared / BPS;
        bool inRange = listed.minimum >= least && listed.minimum <= most;
        if (!inRange) revert MinimumOutOfRange(listed.asset, listed.minimum, least, most);
    }

    /// @dev 0 for a contract that does not say.
    function _supplyOf(address coin) private view returns (uint256) {
        (bool ok, bytes memory reply) = coin.staticcall(abi.encodeCall(IERC20.totalSupply, ()));
        return ok && reply.length == 32 ? abi.decode(reply, (uint256)) : 0;
    }
}
