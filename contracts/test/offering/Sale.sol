// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { Grant, OpeningTerms, SaleParams } from "../../src/interfaces/IModelOffering.sol";
import { RevenueAsset, TokenParams } from "../../src/interfaces/IModelToken.sol";
import { ModelOffering } from "../../src/offering/ModelOffering.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";

/// @dev A sale of a real token without pool, grants and escrow, begun by this contract as the
/// factory.
abstract contract Sale is Test {
    address internal constant ETH = address(0);

    ModelOffering internal _offering = new ModelOffering(address(this), address(0), address(0));
    ModelToken internal _token;
    address internal _creator = makeAddr("creator");

    /// @dev A fixed-price sale: one tick.
    function _fixedPrice(uint256 supply, uint256 price) internal view returns (SaleParams memory) {
        return SaleParams({
            currency: ETH,
            creator: _creator,
            floorPrice: uint128(price),
            tickStep: 0,
            ticks: 1,
            start: uint40(block.timestamp),
            end: uint40(block.timestamp + 5 days),
            softCap: uint112(supply * price / 1e18 / 4),
            minimumBid: 1,
            hook: address(0)
        });
    }

    function _begin(uint96 supply, SaleParams memory terms) internal {
        _token = _deploy(supply);
        _offering.create(address(_token), supply, terms, _plain());
    }

    function _plain() internal pure returns (OpeningTerms memory opening) {
        opening.grants = new Grant[](0);
    }

    function _deploy(uint96 supply) internal returns (ModelToken) {
        RevenueAsset[] memory assets = new RevenueAsset[](1);
        assets[0] = RevenueAsset(ETH, 0.001 ether);
        return new ModelToken(
            TokenParams("Model", "MDL", supply, 8000, address(_offering), address(this), assets)
        );
    }

    function _bid(address bidder, uint256 tick, uint256 amount) internal {
        vm.deal(bidder, bidder.balance + amount);
        vm.prank(bidder);
        _offering.bid{ value: amount }(address(_token), tick, amount, "");
    }

    function _settle() internal {
        vm.warp(_offering.termsOf(address(_token)).end);
        while (!_offering.settle(address(_token), 1)) { }
    }

    function _claim(address bidder) internal {
        address[] memory bidders = new address[](1);
        bidders[0] = bidder;
        _offering.claim(address(_token), bidders);
    }
}
