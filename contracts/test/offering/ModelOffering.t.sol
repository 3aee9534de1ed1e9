// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { IModelOffering, SaleParams, SaleStatus } from "../../src/interfaces/IModelOffering.sol";
import { ISaleValidationHook } from "../../src/interfaces/external/ISaleValidationHook.sol";
import { Auction } from "../../src/offering/Auction.sol";
import { Credits } from "../../src/offering/Credits.sol";
import { ModelOffering } from "../../src/offering/ModelOffering.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { Sale } from "./Sale.sol";

/// @dev What the offering promises, case by case: 1,000 tokens at 0.1 ether, so 100 ether at most
/// and 25 at least.
contract ModelOfferingTest is Sale {
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");

    function test_oversubscribed_is_pro_rata() external {
        _begin(1000 ether, _terms());
        _bid(_ann, 0, 150 ether);
        _bid(_bob, 0, 50 ether);
        _settle();
        _claim(_bob);
        _claim(_ann);
        assertEq(_ann.balance, 75 ether);
        assertEq(_bob.balance, 25 ether);
        assertEq(_token.balanceOf(_ann), 750 ether);
        assertEq(_token.balanceOf(_bob), 250 ether);
        assertEq(_offering.bidOf(address(_token), _ann).tokens, 750 ether);
        assertTrue(_offering.bidOf(address(_token), _ann).claimed);
    }

    /// @dev An account that another one's call pays gets 30,000 gas. An account that calls for
    /// itself gets half of its own gas, so that a wallet can do more.
    function test_who_cancels_for_itself_is_paid_with_gas_enough() external {
        _begin(1000 ether, _terms());
        BusyWallet wallet = new BusyWallet();
        _bid(address(wallet), 0, 7 ether);
        wallet.cancel(_offering, address(_token));
        assertEq(address(wallet).balance, 7 ether);
        assertEq(_offering.creditOf(address(wallet), ETH), 0);
    }

    function test_unsold_tokens_are_burned() external {
        _begin(1000 ether, _terms());
        _bid(_ann, 0, 40 ether);
        _settle();
        _offering.open(address(_token));
        assertEq(_creator.balance, 40 ether);
        assertEq(_token.totalSupply(), 400 ether);
        _claim(_ann);
        assertEq(_token.balanceOf(_ann), 400 ether);
        bytes4 wrongStatus = ModelOffering.WrongStatus.selector;
        vm.expectRevert(abi.encodeWithSelector(wrongStatus, SaleStatus.Open));
        _offering.open(address(_token));
    }

    function test_below_the_soft_cap_all_is_refunded_and_burned() external {
        _begin(1000 ether, _terms());
        _bid(_ann, 0, 25 ether - 1);
        _settle();
        _offering.open(address(_token));
        assertEq(_token.totalSupply(), 0);
        _claim(_ann);
        assertEq(_ann.balance, 25 ether - 1);
        assertEq(_creator.balance, 0);
        assertEq(uint8(_offering.saleOf(address(_token)).status), uint8(SaleStatus.Closed));
    }

    /// @dev A page can show a sale from the log alone: its terms, bids and cancelled bids, its
    /// price, what bidders got, and what became of the rest.
    function test_the_log_tells_a_sales_course() external {
        SaleParams memory terms = _terms();
        _token = _deploy(1000 ether);
        address token = address(_token);
        vm.expectEmit();
        emit IModelOffering.SaleCreated(token, 1000 ether, terms, _plain());
        _offering.create(token, 1000 ether, terms, _plain());
        _bid(_ann, 0, 10 ether);
        vm.deal(_ann, 50 ether);
        vm.expectEmit();
        emit IModelOffering.Bid(token, _ann, 0, 40 ether);
        vm.prank(_ann);
        _offering.bid{ value: 30 ether }(token, 0, 30 ether, "");
        _bid(_bob, 0, 7 ether);
        vm.expectEmit();
        emit IModelOffering.BidCancelled(token, _bob, 7 ether);
        vm.prank(_bob);
        _offering.cancel(token);
        vm.warp(terms.end);
        vm.expectEmit();
        emit IModelOffering.Settled(token, SaleStatus.Sold, 40 ether, 400 ether, 0);
        _offering.settle(token, 2);
        vm.expectEmit();
        emit IModelOffering.BidClaimed(token, _ann, 400 ether, 40 ether, 0);
        _claim(_ann);
        vm.recordLogs();
        _claim(_ann);
        assertEq(vm.getRecordedLogs().length, 0, "what was claimed is not logged again");
        vm.expectEmit();
        emit IModelOffering.SaleOpened(token, SaleStatus.Open, 600 ether, 40 ether, 0);
        _offering.open(token);
    }

    function test_the_log_tells_that_a_sale_failed() external {
        _begin(1000 ether, _terms());
        _settle();
        vm.expectEmit();
        emit IModelOffering.SaleOpened(address(_token), SaleStatus.Closed, 1000 ether, 0, 0);
        _offering.open(address(_token));
    }

    function test_the_largest_bid_is_taken() external {
        _begin(1000 ether, _terms());
        _bid(_ann, 0, type(uint112).max);
        vm.deal(_ann, 1);
        vm.expectRevert(
            abi.encodeWithSelector(Auction.BidTooLarge.selector, uint256(type(uint112).max) + 1)
        );
        vm.prank(_ann);
        _offering.bid{ value: 1 }(address(_token), 0, 1, "");
    }

    /// @dev The walk goes on where it stopped, and nobody can change the demand below it.
    function test_between_two_halves_of_a_settlement_nobody_bids() external {
        SaleParams memory terms = _terms();
        (terms.ticks, terms.tickStep) = (8, 0.01 ether);
        _begin(1000 ether, terms);
        for (uint256 tick = 0; tick < 8; ++tick) {
            _bid(address(uint160(0xB1D000 + tick)), tick, 20 ether);
        }
        vm.warp(terms.end);
        assertFalse(_offering.settle(address(_token), 1));
        assertEq(uint8(_offering.saleOf(address(_token)).status), uint8(SaleStatus.Walking));
        vm.deal(_ann, 200 ether);
        bytes memory over =
            abi.encodeWithSelector(ModelOffering.SaleNotRunning.selector, terms.start, terms.end);
        vm.expectRevert(over);
        vm.prank(_ann);
        _offering.bid{ value: 200 ether }(address(_token), 7, 200 ether, "");
        vm.expectRevert(over);
        vm.prank(address(0xB1D007));
        _offering.cancel(address(_token));
        vm.expectRevert(
            abi.encodeWithSelector(ModelOffering.WrongStatus.selector, SaleStatus.Walking)
        );
        _claim(address(0xB1D007));
        vm.expectRevert(
            abi.encodeWithSelector(ModelOffering.WrongStatus.selector, SaleStatus.Walking)
        );
        _offering.open(address(_token));
        assertFalse(_offering.settle(address(_token), 1));
        assertTrue(_offering.settle(address(_token), 1));
        // At tick 2 six bids would pay 120 for what costs 120; the two below get nothing.
        assertEq(_offering.saleOf(address(_token)).proceeds, 120 ether);
        assertEq(_offering.saleOf(address(_token)).marginalTick, 3);
        bytes4 wrongStatus = ModelOffering.WrongStatus.selector;
        vm.expectRevert(abi.encodeWithSelector(wrongStatus, SaleStatus.Sold));
        _offering.settle(address(_token), 1);
    }

    function test_no_bids_fail() external {
        _begin(1000 ether, _terms());
        _settle();
        assertEq(uint8(_offering.saleOf(address(_token)).status), uint8(SaleStatus.Failed));
    }

    function test_in_the_last_fifth_bids_only_rise() external {
        SaleParams memory terms = _terms();
        (terms.ticks, terms.tickStep) = (3, 0.01 ether);
        _begin(1000 ether, terms);
        _bid(_ann, 2, 10 ether);
        vm.warp(terms.start + 4 days - 1);
        _bid(_ann, 1, 0);
        vm.warp(terms.start + 4 days);
        vm.prank(_ann);
        vm.expectRevert(
            abi.encodeWithSelector(ModelOffering.BidsLocked.selector, terms.start + 4 days)
        );
        _offering.cancel(address(_token));
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(Auction.TickLowered.selector, 0, 1));
        _offering.bid(address(_token), 0, 0, "");
        _bid(_ann, 2, 5 ether);
        assertEq(_offering.bidOf(address(_token), _ann).amount, 15 ether);
        assertEq(_offering.demandAt(address(_token), 1), 0);
        assertEq(_offering.demandAt(address(_token), 2), 15 ether);
    }

    function test_bids_are_taken_from_start_to_end() external {
        SaleParams memory terms = _terms();
        (terms.start, terms.end) = (terms.start + 1 days, terms.end + 1 days);
        _begin(1000 ether, terms);
        vm.deal(_ann, 2 ether);
        vm.expectPartialRevert(ModelOffering.SaleNotRunning.selector);
        vm.prank(_ann);
        _offering.bid{ value: 1 ether }(address(_token), 0, 1 ether, "");
        vm.warp(terms.end);
        vm.expectPartialRevert(ModelOffering.SaleNotRunning.selector);
        vm.prank(_ann);
        _offering.bid{ value: 1 ether }(address(_token), 0, 1 ether, "");
        vm.warp(terms.end - 1);
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.SaleNotOver.selector, terms.end));
        _offering.settle(address(_token), 1);
        _bid(_ann, 0, 1 ether);
    }

    function test_wrong_bids_are_refused() external {
        SaleParams memory terms = _terms();
        terms.minimumBid = 1 ether;
        _begin(1000 ether, terms);
        vm.deal(address(this), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(Auction.NoSuchTick.selector, 1, 1));
        _offering.bid{ value: 1 ether }(address(_token), 1, 1 ether, "");
        vm.expectRevert(
            abi.encodeWithSelector(Auction.BelowMinimumBid.selector, 0.5 ether, 1 ether)
        );
        _offering.bid{ value: 0.5 ether }(address(_token), 0, 0.5 ether, "");
        bytes4 wrongValue = ModelOffering.WrongValue.selector;
        vm.expectRevert(abi.encodeWithSelector(wrongValue, 1 ether, 2 ether));
        _offering.bid{ value: 1 ether }(address(_token), 0, 2 ether, "");
        vm.expectRevert(abi.encodeWithSelector(Auction.NoBid.selector, address(this)));
        _offering.cancel(address(_token));
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.NoSale.selector, _ann));
        _offering.bid(_ann, 0, 1, "");
    }

    function test_a_refund_that_is_not_taken_becomes_a_credit() external {
        Stubborn stubborn = new Stubborn();
        _begin(1000 ether, _terms());
        _bid(address(stubborn), 0, 100 ether);
        _bid(_ann, 0, 100 ether);
        _settle();
        address[] memory bidders = new address[](3);
        (bidders[0], bidders[1], bidders[2]) = (address(stubborn), _bob, _ann);
        _offering.claim(address(_token), bidders);
        assertEq(_ann.balance, 50 ether);
        assertEq(_token.balanceOf(address(stubborn)), 500 ether);
        assertEq(_offering.creditOf(address(stubborn), ETH), 50 ether);
        vm.prank(address(stubborn));
        _offering.withdraw(ETH, _bob);
        assertEq(_bob.balance, 50 ether);
        vm.prank(address(stubborn));
        vm.expectRevert(abi.encodeWithSelector(Credits.NoCredit.selector, address(stubborn), ETH));
        _offering.withdraw(ETH, _bob);
    }

    function test_a_gas_burning_bidder_stops_nobody() external {
        Burner burner = new Burner();
        _begin(1000 ether, _terms());
        _bid(address(burner), 0, 100 ether);
        _bid(_ann, 0, 100 ether);
        _settle();
        address[] memory bidders = new address[](2);
        (bidders[0], bidders[1]) = (address(burner), _ann);
        uint256 left = gasleft();
        _offering.claim(address(_token), bidders);
        assertLt(left - gasleft(), 400_000);
        assertEq(_ann.balance, 50 ether);
    }

    function test_a_creator_that_refuses_stops_nothing() external {
        _creator = address(new Stubborn());
        _begin(1000 ether, _terms());
        _bid(_ann, 0, 100 ether);
        _settle();
        _offering.open(address(_token));
        assertTrue(_token.isOpen());
        assertEq(_offering.creditOf(_creator, ETH), 100 ether);
    }

    function test_reentering_is_refused() external {
        Reentrant thief = new Reentrant(_offering);
        _begin(1000 ether, _terms());
        _bid(address(thief), 0, 100 ether);
        thief.cancel(address(_token));
        assertEq(address(thief).balance, 100 ether);
        assertEq(thief.refusals(), 1);
    }

    function test_a_sale_in_a_token_is_exact() external {
        Taxed coin = new Taxed();
        SaleParams memory terms = _terms();
        terms.currency = address(coin);
        _begin(1000 ether, terms);
        coin.mint(_ann, 300 ether);
        vm.startPrank(_ann);
        coin.approve(address(_offering), 300 ether);
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.WrongValue.selector, 1, 0));
        vm.deal(_ann, 1);
        _offering.bid{ value: 1 }(address(_token), 0, 100 ether, "");
        _offering.bid(address(_token), 0, 150 ether, "");
        coin.tax();
        vm.expectRevert(
            abi.encodeWithSelector(ModelOffering.InexactTransfer.selector, 99 ether, 100 ether)
        );
        _offering.bid(address(_token), 0, 100 ether, "");
        vm.stopPrank();
        coin.tax();
        _settle();
        _claim(_ann);
        _offering.open(address(_token));
        assertEq(coin.balanceOf(_ann), 200 ether);
        assertEq(coin.balanceOf(_creator), 100 ether);
    }

    function test_the_hook_decides_on_bids() external {
        SaleParams memory terms = _terms();
        terms.hook = address(new AllowOne(_ann));
        _begin(1000 ether, terms);
        _bid(_ann, 0, 1 ether);
        vm.deal(_bob, 1 ether);
        vm.prank(_bob);
        vm.expectRevert("not allowed");
        _offering.bid{ value: 1 ether }(address(_token), 0, 1 ether, "");
    }

    function test_traps_are_refused_by_name() external {
        _token = _deploy(1000 ether);
        SaleParams memory terms = _terms();

        terms.ticks = 0;
        _refuse(terms, abi.encodeWithSelector(Auction.InvalidTicks.selector, 0));
        terms.ticks = 1025;
        _refuse(terms, abi.encodeWithSelector(Auction.InvalidTicks.selector, 1025));
        terms.ticks = 2;
        _refuse(terms, abi.encodeWithSelector(Auction.NoTickStep.selector));
        terms = _terms();
        terms.floorPrice = 0;
        _refuse(terms, abi.encodeWithSelector(Auction.NoFloorPrice.selector));
        terms = _terms();
        terms.softCap = 0;
        _refuse(terms, abi.encodeWithSelector(Auction.NoSoftCap.selector));
        terms.softCap = 100 ether + 1;
        _refuse(
            terms,
            abi.encodeWithSelector(Auction.SoftCapAboveHardCap.selector, 100 ether + 1, 100 ether)
        );
        terms = _terms();
        terms.minimumBid = 101 ether;
        _refuse(
            terms,
            abi.encodeWithSelector(Auction.MinimumBidAboveHardCap.selector, 101 ether, 100 ether)
        );
        terms = _terms();
        terms.floorPrice = type(uint128).max;
        _refuse(terms, abi.encodePacked(Auction.HardCapTooLarge.selector));
        terms = _terms();
        terms.end = terms.start + 1 days - 1;
        _refuse(terms, abi.encodePacked(ModelOffering.SaleTooShort.selector));
        terms.end = terms.start + 366 days;
        _refuse(terms, abi.encodePacked(ModelOffering.SaleTooLong.selector));
        terms = _terms();
        terms.creator = address(0);
        _refuse(terms, abi.encodePacked(ModelOffering.NoCreator.selector));
        terms = _terms();
        terms.currency = address(_token);
        _refuse(terms, abi.encodePacked(ModelOffering.InvalidCurrency.selector));
        terms.currency = _ann;
        _refuse(terms, abi.encodePacked(ModelOffering.InvalidCurrency.selector));
        terms = _terms();
        terms.hook = _ann;
        _refuse(terms, abi.encodePacked(ModelOffering.InvalidHook.selector));
        terms = _terms();
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.NotFactory.selector, _ann));
        _offering.create(address(_token), 1000 ether, terms, _plain());
        vm.expectPartialRevert(ModelOffering.SupplyNotHeld.selector);
        _offering.create(address(_token), 1001 ether, terms, _plain());
        bytes4 notHeld = ModelOffering.SupplyNotHeld.selector;
        vm.expectRevert(abi.encodeWithSelector(notHeld, 1000 ether, 0));
        _offering.create(address(_token), 0, terms, _plain());
        _offering.create(address(_token), 1000 ether, terms, _plain());
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.SaleExists.selector, address(_token)));
        _offering.create(address(_token), 1000 ether, terms, _plain());
    }

    function _refuse(SaleParams memory terms, bytes memory reason) private {
        if (reason.length == 4) vm.expectPartialRevert(bytes4(reason));
        else vm.expectRevert(reason);
        _offering.create(address(_token), 1000 ether, terms, _plain());
    }

    function _terms() private view returns (SaleParams memory) {
        return _fixedPrice(1000 ether, 0.1 ether);
    }
}

/// @dev Takes no ETH.
contract Stubborn { }

/// @dev Takes ETH for more than 30,000 gas.
contract BusyWallet {
    uint256[4] private _notes;

    function cancel(ModelOffering offering, address token) external {
        offering.cancel(token);
    }

    receive() external payable {
        for (uint256 i = 0; i < 4; ++i) {
            _notes[i] = msg.value;
        }
    }
}

contract Burner {
    receive() external payable {
        while (true) { }
    }
}

contract Reentrant {
    ModelOffering private immutable _offering;
    address private _token;
    uint256 public refusals;

    constructor(ModelOffering offering) {
        _offering = offering;
    }

    function cancel(address token) external {
        _token = token;
        _offering.cancel(token);
    }

    receive() external payable {
        if (_token == address(0)) return;
        try _offering.bid{ value: msg.value }(_token, 0, msg.value, "") { }
        catch {
            ++refusals;
        }
    }
}

/// @dev Takes one percent of each transfer while taxed.
contract Taxed is ERC20("Taxed", "TAX") {
    bool private _taxed;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function tax() external {
        _taxed = !_taxed;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_taxed && to != address(0)) super._update(to, address(0), value / 100);
    }
}

contract AllowOne is ISaleValidationHook {
    address private immutable _one;

    constructor(address one) {
        _one = one;
    }

    function validate(uint256, uint128, address owner, address, bytes calldata) external view {
        require(owner == _one, "not allowed");
    }
}
