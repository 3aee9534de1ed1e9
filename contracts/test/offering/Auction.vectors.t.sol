// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { SaleParams, SaleStatus, SaleView } from "../../src/interfaces/IModelOffering.sol";
import { Sale } from "./Sale.sol";

/// @dev Sells the random books of `crates/imo/tests/money/books.rs`, drawn from the same numbers,
/// and compares with what its rule gives: outcome and every claim, in a random order. The walk is
/// resumed at random.
contract AuctionVectorsTest is Sale {
    uint256 private constant BIDDERS = 12;

    uint256 private _random;
    SaleParams private _terms;
    uint96 private _supply;

    function fixtureNumber() external view returns (uint256[] memory numbers) {
        numbers = new uint256[](fixtureDigest().length);
        for (uint256 i = 0; i < numbers.length; ++i) {
            numbers[i] = i;
        }
    }

    function fixtureDigest() public view returns (bytes32[] memory digests) {
        digests = vm.parseJsonBytes32Array(vm.readFile("../vectors/auction.json"), ".books");
        assertGe(digests.length, 2000);
    }

    function tableBooksSellAsTheRuleSays(uint256 number, bytes32 digest) external {
        _random = number;
        _draw();
        assertEq(_sell(), digest);
    }

    function _draw() private {
        uint256[4] memory kinds = [uint256(1), 2, 64, 1024];
        uint256 kind = _draw(4);
        uint256 ticks = kinds[kind] + (kind == 1 ? _draw(9) : 0);
        uint256 least = _draw(2) == 0 ? 1e6 : 1e24;
        _supply = uint96(least + _draw(least));
        uint256 price = _supply > 1e18 ? 1e13 + _draw(1e15) : 1e18 + _draw(1e20);
        _terms = _fixedPrice(_supply, price);
        (_terms.ticks, _terms.tickStep) = (uint16(ticks), uint128(1 + price / (1 + _draw(200))));
        _terms.softCap = _draw(3) == 0 ? uint112(_need(0) / 4) : 1;
        _begin(_supply, _terms);

        uint256 thinness = _draw(2) == 0 ? 1 : 1 + _draw(200);
        for (uint256 left = 4 + _draw(24); left != 0; --left) {
            _act(thinness);
        }
    }

    function _act(uint256 thinness) private {
        address bidder = _bidder(_draw(BIDDERS));
        uint256 bidBefore = _offering.bidOf(address(_token), bidder).amount;
        if (_draw(8) == 0 && bidBefore != 0) {
            vm.prank(bidder);
            _offering.cancel(address(_token));
            return;
        }
        bool crowded = _draw(2) == 0 && _terms.ticks > 4;
        uint256 tick = _draw(crowded ? 4 : _terms.ticks);
        uint256 kind = _draw(6);
        uint256 amount;
        if (kind == 0 && thinness == 1) amount = _need(tick);
        else if (kind == 1) amount = 1 + _draw(10);
        else amount = 1 + _draw(_need(tick) / (thinness * (1 + _draw(6))) + 1);
        _bid(bidder, tick, amount);
    }

    function _sell() private returns (bytes32 chain) {
        vm.warp(_terms.end);
        uint256 claims = _random;
        while (!_offering.settle(address(_token), 1 + _draw(3))) { }
        _random = claims;
        SaleView memory sale = _offering.saleOf(address(_token));
        assertEq(sale.status == SaleStatus.Failed, sale.sold == 0);
        chain = keccak256(abi.encode(sale.proceeds, sale.sold));

        uint256[] memory order = new uint256[](BIDDERS);
        for (uint256 i = 0; i < BIDDERS; ++i) {
            order[i] = i;
        }
        for (uint256 left = BIDDERS; left != 0; --left) {
            uint256 place = _draw(left);
            chain = _claim(chain, order[place]);
            order[place] = order[left - 1];
        }
    }

    function _claim(bytes32 chain, uint256 index) private returns (bytes32) {
        address bidder = _bidder(index);
        uint256 amount = _offering.bidOf(address(_token), bidder).amount;
        if (amount == 0) return chain;
        vm.deal(bidder, 0);
        _claim(bidder);
        uint256 refund = bidder.balance;
        uint256 tokens = _token.balanceOf(bidder);
        return keccak256(abi.encode(chain, index, tokens, amount - refund, refund));
    }

    function _need(uint256 tick) private view returns (uint256) {
        return (_terms.floorPrice + tick * _terms.tickStep) * _supply / 1e18;
    }

    function _bidder(uint256 index) private pure returns (address) {
        return address(uint160(0xB1D000 + index));
    }

    function _draw(uint256 bound) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return (_random >> 64) % bound;
    }
}
