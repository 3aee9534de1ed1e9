// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { LaunchParams } from "../../src/interfaces/IImoFactory.sol";
import { Delivery, EscrowBooks } from "../../src/interfaces/IDeliveryEscrow.sol";
import { BidView, SaleStatus, SaleView } from "../../src/interfaces/IModelOffering.sol";
import { IUniswapV2Factory, IUniswapV2Pair } from "../../src/interfaces/external/IUniswapV2.sol";
import { IWrappedEther } from "../../src/interfaces/external/IWrappedEther.sol";
import { DeliveryEscrow } from "../../src/offering/DeliveryEscrow.sol";
import { ModelOffering } from "../../src/offering/ModelOffering.sol";
import { TokenVesting } from "../../src/offering/TokenVesting.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";

/// @dev A launch with every part, from its first bid to the end of refunds, with actions in any
/// order.
contract OfferingInvariantTest is Test {
    OfferingHandler private _handler;
    ModelOffering private _offering;
    DeliveryEscrow private _escrow;
    ModelToken private _token;

    function setUp() external {
        _handler = new OfferingHandler();
        (_offering, _escrow, _token) = (_handler.offering(), _handler.escrow(), _handler.token());
        targetSelector(FuzzSelector(address(_handler), _actions()));
        targetContract(address(_handler));
    }

    function invariant_the_offering_holds_what_it_owes_to_the_wei() external view {
        SaleView memory sale = _offering.saleOf(address(_token));
        bool opened = sale.status > SaleStatus.Failed;
        uint256 owed = _handler.unclaimed() - sale.proceedsLeft + _handler.credits();
        if (!opened) owed += sale.proceeds;
        assertEq(address(_offering).balance, owed);
    }

    function invariant_of_tokens_too() external view {
        SaleView memory sale = _offering.saleOf(address(_token));
        uint256 held = _token.balanceOf(address(_offering));
        if (sale.status > SaleStatus.Failed) assertEq(held, sale.soldLeft);
        else assertEq(held + sale.sold - sale.soldLeft, 1500 ether);
        uint256 sum = held + _handler.heldByPeople();
        assertEq(sum, _token.totalSupply(), "nobody else holds any");
    }

    function invariant_the_escrow_is_never_short() external view {
        EscrowBooks memory books = _escrow.booksOf(address(_token));
        uint256 paid = uint256(books.released) + books.refunded + books.forgone;
        assertEq(address(_escrow).balance, books.funded - paid);
        if (books.funded == 0 || books.forgone != 0) return;

        // Every token that can still come back gets what the ones before it got.
        Delivery memory delivery = _escrow.deliveryOf(address(_token));
        uint256 outside = delivery.returnable - _handler.returned();
        assertLe(_escrow.refundOf(address(_token), outside), books.funded - paid);
    }

    function invariant_the_creator_is_paid_no_faster_than_the_buyers() external view {
        EscrowBooks memory books = _escrow.booksOf(address(_token));
        Delivery memory delivery = _escrow.deliveryOf(address(_token));
        if (books.funded == 0) return;
        uint256 usage = _handler.usage();
        assertEq(delivery.sold, _handler.soldAtOpening(), "what was burned before earns nothing");
        assertLe(books.released, usage * delivery.sold / delivery.supply);
        // A pool that could not be opened adds to the escrow; it never goes to the creator at once.
        uint256 proceeds = _offering.saleOf(address(_token)).proceeds;
        uint256 kept = proceeds * 3000 / 10_000 + proceeds * 5000 / 10_000;
        assertEq(_handler.creatorGot(), proceeds - kept + books.released);
    }

    function invariant_nobody_pays_twice_or_is_paid_twice() external view {
        for (uint256 i = 0; i < _handler.PEOPLE(); ++i) {
            address person = _handler.people(i);
            BidView memory bid = _offering.bidOf(address(_token), person);
            assertEq(
                _handler.placed(person) - _handler.gotBack(person),
                bid.claimed ? _handler.spent(person) : bid.amount
            );
            if (bid.claimed) assertLe(_handler.spent(person), bid.amount);
        }
    }

    /// @dev A suite that does nothing would hold too: random actions do each thing. In a run of 64
    /// some may do little.
    function test_the_handler_reaches_every_action() external {
        bytes4[] memory actions = _actions();
        uint256 seed = 2;
        for (uint256 i = 0; i < 800; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes4 action = actions[seed % actions.length];
            bool flagged = action == OfferingHandler.pass.selector
                || action == OfferingHandler.prepare.selector;
            uint256 second = flagged ? (seed >> 8 & 7) / 7 : seed >> 64;
            (bool success,) = address(_handler)
                .call(bytes.concat(action, abi.encode(seed >> 16, second, seed >> 128)));
            assertTrue(success);
        }
        string[12] memory names = [
            "bid",
            "cancel",
            "prepare",
            "settle",
            "open",
            "claim",
            "use",
            "release",
            "refund",
            "close",
            "vest",
            "burn"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(_handler.calls(names[i]), 0, names[i]);
        }
    }

    function _actions() private pure returns (bytes4[] memory actions) {
        actions = new bytes4[](14);
        actions[0] = OfferingHandler.bid.selector;
        actions[1] = OfferingHandler.bid.selector;
        actions[2] = OfferingHandler.cancel.selector;
        actions[3] = OfferingHandler.prepare.selector;
        actions[4] = OfferingHandler.pass.selector;
        actions[5] = OfferingHandler.settle.selector;
        actions[6] = OfferingHandler.open.selector;
        actions[7] = OfferingHandler.claim.selector;
        actions[8] = OfferingHandler.use.selector;
        actions[9] = OfferingHandler.release.selector;
        actions[10] = OfferingHandler.refund.selector;
        actions[11] = OfferingHandler.close.selector;
        actions[12] = OfferingHandler.vest.selector;
        actions[13] = OfferingHandler.burn.selector;
    }
}

/// @dev Acts for five bidders, the creator and strangers; counts each action that did something.
contract OfferingHandler is LaunchFixture {
    uint256 public constant PEOPLE = 5;

    address[PEOPLE] public people;
    mapping(address person => uint256) public placed;
    mapping(address person => uint256) public gotBack;
    mapping(address person => uint256) public spent;
    uint256 public returned;
    /// @dev Sold tokens, claimed or not, when transfers opened.
    uint256 public soldAtOpening;
    /// @dev How often each action did something.
    mapping(string action => uint256) public calls;

    constructor() {
        setUp();
        for (uint256 i = 0; i < PEOPLE; ++i) {
            people[i] = address(uint160(0xA11CE000 + i));
        }
        LaunchParams memory params = _fullParams();
        (params.sale.ticks, params.sale.tickStep) = (16, 0.01 ether);
        params.escrow.deadline = params.sale.end + 30 days;
        params.escrow.refundEnd = params.sale.end + 60 days;
        _launch(params);
    }

    function bid(uint256 who, uint256 tick, uint256 amount) external {
        SaleView memory sale = _sale();
        uint256 end = _offering.termsOf(address(_token)).end;
        if (sale.status != SaleStatus.Bidding || block.timestamp >= end) return;
        address person = people[who % PEOPLE];
        BidView memory before = _offering.bidOf(address(_token), person);
        bool late = block.timestamp >= end - 3 days / uint256(5);
        tick = bound(tick, late ? before.tick : 0, 15);
        amount = bound(amount, before.amount == 0 ? 0.01 ether : 0, 80 ether);
        vm.deal(person, person.balance + amount);
        vm.prank(person);
        _offering.bid{ value: amount }(address(_token), tick, amount, "");
        placed[person] += amount;
        _did("bid");
    }

    function cancel(uint256 who) external {
        uint256 end = _offering.termsOf(address(_token)).end;
        address person = people[who % PEOPLE];
        bool has = _offering.bidOf(address(_token), person).amount != 0;
        if (!has || block.timestamp >= end - 3 days / uint256(5)) return;
        uint256 before = person.balance;
        vm.prank(person);
        _offering.cancel(address(_token));
        gotBack[person] += person.balance - before;
        _did("cancel");
    }

    /// @dev A stranger prepares the pair.
    function prepare(uint256 gift, bool synced) external {
        if (_token.isOpen()) return;
        address weth = _factory.weth();
        IUniswapV2Factory exchange = IUniswapV2Factory(_factory.exchange());
        address pair = exchange.getPair(address(_token), weth);
        if (pair == address(0)) pair = exchange.createPair(address(_token), weth);
        gift = bound(gift, 0, 50 ether);
        vm.deal(address(this), gift);
        IWrappedEther(weth).deposit{ value: gift }();
        (bool ok,) = weth.call(abi.encodeWithSignature("transfer(address,uint256)", pair, gift));
        assertTrue(ok);
        if (synced) IUniswapV2Pair(pair).sync();
        _did("prepare");
    }

    /// @dev A day at most, or to where the next thing is possible; not before there are bids.
    function pass(uint256 time, bool far) external {
        vm.roll(vm.getBlockNumber() + 1);
        if (calls["bid"] < 2) return;
        if (!far) return skip(time % 1 days);
        uint256 end = _offering.termsOf(address(_token)).end;
        uint40[3] memory stops = [uint40(end), uint40(end + 30 days), uint40(end + 60 days)];
        for (uint256 i = 0; i < 3; ++i) {
            if (block.timestamp < stops[i]) return vm.warp(stops[i]);
        }
    }

    function settle(uint256 words) external {
        bool over = block.timestamp >= _offering.termsOf(address(_token)).end;
        if (!over || _sale().status > SaleStatus.Walking) return;
        _offering.settle(address(_token), words % 3);
        _did("settle");
    }

    function open() external {
        SaleStatus status = _sale().status;
        if (status != SaleStatus.Sold && status != SaleStatus.Failed) return;
        _offering.open(address(_token));
        soldAtOpening = _sale().soldLeft;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            soldAtOpening += _token.balanceOf(people[i]);
        }
        _did("open");
    }

    /// @dev Before transfers open, and after.
    function burn(uint256 who, uint256 amount) external {
        address person = people[who % PEOPLE];
        uint256 held = _token.balanceOf(person);
        if (held == 0) return;
        vm.prank(person);
        _token.burn(bound(amount, 1, held));
        _did("burn");
    }

    function claim(uint256 who) external {
        if (_sale().status < SaleStatus.Sold) return;
        address person = people[who % PEOPLE];
        (uint256 tokens, uint256 refund_) = _offering.claimable(address(_token), person);
        uint256 before = person.balance;
        uint256 tokensBefore = _token.balanceOf(person);
        _claim(person);
        assertEq(person.balance - before, refund_, "as quoted");
        assertEq(_token.balanceOf(person) - tokensBefore, tokens, "as quoted");
        if (_offering.bidOf(address(_token), person).claimed && spent[person] == 0) {
            gotBack[person] += refund_;
            spent[person] = placed[person] - gotBack[person];
        }
        _did("claim");
    }

    /// @dev Includes the creator's own purchases: the oracle does not ask who pays.
    function use(uint256 amount) external {
        _use(bound(amount, 0, 20 ether));
        _did("use");
    }

    function release() external {
        if (_escrow.releasable(address(_token)) == 0) return;
        _escrow.release(address(_token));
        _did("release");
    }

    function refund(uint256 who, uint256 amount) external {
        Delivery memory delivery = _escrow.deliveryOf(address(_token));
        bool during = block.timestamp >= delivery.deadline && block.timestamp < delivery.refundEnd;
        if (!during) return;
        address person = people[who % PEOPLE];
        amount = bound(amount, 0, _token.balanceOf(person));
        vm.startPrank(person);
        _token.approve(address(_escrow), amount);
        // To an address of its own, so that it is not taken for a refund of the bid.
        _escrow.refund(address(_token), amount, address(uint160(person) + 1_000_000));
        vm.stopPrank();
        returned += amount;
        _did("refund");
    }

    function close() external {
        Delivery memory delivery = _escrow.deliveryOf(address(_token));
        if (delivery.refundEnd == 0 || block.timestamp < delivery.refundEnd) return;
        _escrow.close(address(_token));
        _did("close");
    }

    /// @dev Always tries to get at the creator's tokens early.
    function vest() external {
        TokenVesting(payable(_vesting())).release(address(_token));
        _did("vest");
    }

    function offering() external view returns (ModelOffering) {
        return _offering;
    }

    function escrow() external view returns (DeliveryEscrow) {
        return _escrow;
    }

    function token() external view returns (ModelToken) {
        return _token;
    }

    function usage() external view returns (uint256) {
        return _splitter.usage();
    }

    function creatorGot() external view returns (uint256) {
        return _creator.balance;
    }

    function unclaimed() external view returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            BidView memory placed_ = _offering.bidOf(address(_token), people[i]);
            if (!placed_.claimed) sum += placed_.amount;
        }
    }

    function credits() external view returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum += _offering.creditOf(people[i], ETH);
        }
        sum += _offering.creditOf(_creator, ETH);
    }

    function heldByPeople() external view returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum += _token.balanceOf(people[i]);
        }
        address pair =
            IUniswapV2Factory(_factory.exchange()).getPair(address(_token), _factory.weth());
        if (pair != address(0)) sum += _token.balanceOf(pair);
        sum += _token.balanceOf(_vesting()) + _token.balanceOf(_creator);
    }

    function _did(string memory action) private {
        ++calls[action];
    }

    function _vesting() private view returns (address) {
        return _offering.openingOf(address(_token)).grants[0].wallet;
    }
}
