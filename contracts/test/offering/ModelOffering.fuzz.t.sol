// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { SaleParams, SaleStatus, SaleView } from "../../src/interfaces/IModelOffering.sol";
import { Sale } from "./Sale.sol";

/// @dev Random sales against the one line that defines the price: the proceeds are the largest,
/// over all ticks t, of min(demand at or above t, what the supply costs at t).
contract ModelOfferingFuzzTest is Sale {
    uint256 private constant BIDDERS = 9;

    uint256 private _random;
    SaleParams private _terms;
    uint96 private _supply;
    address[BIDDERS] private _bidders;
    uint256[BIDDERS] private _amounts;
    uint256[BIDDERS] private _ticks;
    /// @dev The bids as they stood at the end.
    Placed[BIDDERS] private _placed;

    struct Placed {
        uint256 tick;
        uint256 amount;
    }

    function testFuzz_fixed_price(uint256 seed) external {
        _run(seed, 1);
    }

    function testFuzz_few_ticks(uint256 seed) external {
        _run(seed, 2 + uint16(seed % 9));
    }

    function testFuzz_many_ticks(uint256 seed) external {
        _run(seed, 1024);
    }

    function _run(uint256 seed, uint16 ticks) private {
        _random = seed;
        _create(ticks);
        for (uint256 i = 0; i < 14; ++i) {
            _act();
        }
        for (uint256 i = 0; i < BIDDERS; ++i) {
            _placed[i] = Placed(_ticks[i], _amounts[i]);
        }
        for (uint256 i = 0; i < BIDDERS; ++i) {
            uint256 demand = _offering.demandAt(address(_token), _ticks[i]);
            assertEq(demand, _demandAt(_ticks[i]), "demand");
        }
        _settleAndCheck();
        _claimAllAndCheck();
    }

    function _create(uint16 ticks) private {
        _supply = uint96(_draw(2) == 0 ? 1e6 + _draw(1e6) : 1e24 + _draw(1e24));
        uint256 price = _supply > 1e18 ? 1e13 + _draw(1e15) : 1e18 + _draw(1e20);
        _terms = _fixedPrice(_supply, price);
        _terms.ticks = ticks;
        _terms.tickStep = uint128(1 + price / (1 + _draw(200)));
        if (_draw(3) != 0) _terms.softCap = 1;
        _begin(_supply, _terms);
        for (uint256 i = 0; i < BIDDERS; ++i) {
            _bidders[i] = address(uint160(0xB1D000 + i));
        }
    }

    function _act() private {
        uint256 who = _draw(BIDDERS);
        if (_draw(8) == 0 && _amounts[who] != 0) {
            vm.prank(_bidders[who]);
            _offering.cancel(address(_token));
            assertEq(_bidders[who].balance, _amounts[who], "whole bid back");
            vm.deal(_bidders[who], 0);
            (_amounts[who], _ticks[who]) = (0, 0);
            return;
        }
        uint256 tick = _tick();
        uint256 amount = _amount(tick);
        _bid(_bidders[who], tick, amount);
        _amounts[who] += amount;
        _ticks[who] = tick;
    }

    /// @dev Near each other half of the time, so that bids share ticks and pairs of ticks.
    function _tick() private returns (uint256) {
        uint256 span = _draw(2) == 0 && _terms.ticks > 4 ? 4 : _terms.ticks;
        return _draw(span);
    }

    /// @dev From dust to oversubscribed, and exactly what the supply costs.
    function _amount(uint256 tick) private returns (uint256) {
        uint256 kind = _draw(6);
        if (kind == 0) return _need(tick);
        if (kind == 1) return 1 + _draw(10);
        return 1 + _draw(_need(tick) / (1 + _draw(6)) + 1);
    }

    function _settleAndCheck() private {
        vm.warp(_terms.end);
        uint256 calls;
        while (!_offering.settle(address(_token), 1 + _draw(3))) {
            ++calls;
        }
        assertLe(calls, BIDDERS, "as many steps as pairs with bids");

        uint256 proceeds = _expectedProceeds();
        uint256 sold = proceeds < _need(0) ? proceeds * 1e18 / _terms.floorPrice : _supply;
        SaleView memory sale = _offering.saleOf(address(_token));
        bool failed = proceeds < _terms.softCap || sold == 0;
        assertEq(uint8(sale.status), uint8(failed ? SaleStatus.Failed : SaleStatus.Sold));
        if (failed) return;
        assertEq(sale.proceeds, proceeds, "R");
        assertEq(sale.sold, sold, "N");
    }

    function _claimAllAndCheck() private {
        SaleView memory sale = _offering.saleOf(address(_token));
        uint256 spent;
        uint256 tokens;
        for (uint256 left = BIDDERS; left != 0; --left) {
            uint256 who = _draw(left);
            (uint256 paid, uint256 got) = _claimAndCheck(who, sale);
            spent += paid;
            tokens += got;
            // Take it out of the draw.
            (_bidders[who], _amounts[who], _ticks[who]) =
            (_bidders[left - 1], _amounts[left - 1], _ticks[left - 1]);
        }
        assertEq(spent, sale.proceeds, "sum of what is spent");
        assertEq(tokens, sale.sold, "sum of tokens");
        assertEq(address(_offering).balance, sale.proceeds, "nothing over");

        _offering.open(address(_token));
        assertEq(_creator.balance, sale.proceeds);
        assertEq(address(_offering).balance, 0);
        assertEq(_token.balanceOf(address(_offering)), 0);
        assertEq(_token.totalSupply(), sale.sold);
        assertTrue(_token.isOpen());
    }

    function _claimAndCheck(uint256 who, SaleView memory sale)
        private
        returns (uint256 spent, uint256 tokens)
    {
        address bidder = _bidders[who];
        (uint256 quotedTokens, uint256 quotedRefund) = _offering.claimable(address(_token), bidder);
        _claim(bidder);
        tokens = _token.balanceOf(bidder);
        spent = _amounts[who] - bidder.balance;
        assertEq(tokens, quotedTokens, "quoted tokens");
        assertEq(bidder.balance, quotedRefund, "quoted refund");
        if (sale.status == SaleStatus.Failed) {
            assertEq(spent, 0, "a failed sale refunds all");
            return (spent, tokens);
        }
        assertGe(tokens, spent * sale.sold / sale.proceeds, "no less than the price gives");
        uint256 limit = _price(_ticks[who]);
        // One unit is the floor of N, one that of the own part.
        assertLe(spent * 1e18, (tokens + 2) * limit, "nobody pays above its limit");
        if (_filledAbove(_ticks[who]) < _need(_ticks[who])) {
            bool partly = _filledAbove(_ticks[who]) + _demandAt(_ticks[who]) > sale.proceeds;
            if (!partly) assertEq(spent, _amounts[who], "filled above the price");
        } else {
            assertEq(spent, 0, "nothing below the price");
        }
        _claim(bidder);
        assertEq(_token.balanceOf(bidder), tokens, "once");
    }

    function _expectedProceeds() private view returns (uint256 best) {
        for (uint256 i = 0; i < BIDDERS; ++i) {
            uint256 demand = _filledAbove(_ticks[i]) + _demandAt(_ticks[i]);
            uint256 need = _need(_ticks[i]);
            uint256 proceeds = demand < need ? demand : need;
            if (_amounts[i] != 0 && proceeds > best) best = proceeds;
        }
    }

    function _demandAt(uint256 tick) private view returns (uint256 sum) {
        for (uint256 i = 0; i < BIDDERS; ++i) {
            if (_placed[i].tick == tick) sum += _placed[i].amount;
        }
    }

    function _filledAbove(uint256 tick) private view returns (uint256 sum) {
        for (uint256 i = 0; i < BIDDERS; ++i) {
            if (_placed[i].tick > tick) sum += _placed[i].amount;
        }
    }

    function _need(uint256 tick) private view returns (uint256) {
        return _price(tick) * _supply / 1e18;
    }

    function _price(uint256 tick) private view returns (uint256) {
        return _terms.floorPrice + tick * _terms.tickStep;
    }

    function _draw(uint256 bound) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return (_random >> 64) % bound;
    }
}
