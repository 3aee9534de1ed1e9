// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ImoFactory } from "../../src/factory/ImoFactory.sol";
import { LaunchParams } from "../../src/interfaces/IImoFactory.sol";
import { IModelOffering, SaleStatus, SaleView } from "../../src/interfaces/IModelOffering.sol";
import { IUniswapV2Factory, IUniswapV2Pair } from "../../src/interfaces/external/IUniswapV2.sol";
import { IWrappedEther } from "../../src/interfaces/external/IWrappedEther.sol";
import { Credits } from "../../src/offering/Credits.sol";
import { ModelOffering } from "../../src/offering/ModelOffering.sol";
import { Calls } from "../../src/libraries/Calls.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";
import { Coin } from "../token/TokenHarness.sol";
import { Taxed } from "./ModelOffering.t.sol";

/// @dev The pool opens at the price of the sale, whatever somebody did to the pair: on Uniswap's
/// own bytecode.
contract PoolTest is LaunchFixture {
    enum Prepared {
        NoPair,
        Empty,
        Donated,
        Synced,
        SyncedAndDonated
    }

    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");
    IUniswapV2Factory private _exchange;
    address private _weth;

    function setUp() public override {
        super.setUp();
        _exchange = IUniswapV2Factory(_factory.exchange());
        _weth = _factory.weth();
    }

    function testFuzz_the_pool_opens_at_the_price(uint256 seed, uint256 gift, uint256 raised)
        external
    {
        LaunchParams memory params = _fullParams();
        (params.sale.softCap, params.sale.minimumBid) = (0.03 ether, 1);
        (params.sale.tickStep, params.sale.ticks) = (0.07 ether, 3);
        params.allocation.poolBps = uint16(100 + (seed >> 8) % 4900);
        params.allocation.vesting[0].amount = uint96(1 + (seed >> 32) % 1 ether);
        _launch(params);
        Prepared prepared = Prepared(seed % 5);
        gift = _logUniform(gift, 96);
        address pair = _prepare(_weth, prepared, gift);

        _bid(_ann, _logUniform(raised, 67));
        _bid(_bob, 0.03 ether);
        _settle();
        _offering.open(address(_token));
        if (prepared == Prepared.NoPair) pair = _exchange.getPair(address(_token), _weth);
        _check(pair, _weth, params.allocation.poolBps);

        uint256 given = prepared < Prepared.Donated ? 0 : gift;
        assertEq(address(_drip).balance, given, "the gift is the holders'");
        _claim(_ann);
        _claim(_bob);
        assertEq(address(_offering).balance, 0, "nothing over");
        assertEq(IERC20(_weth).balanceOf(address(_offering)), 0);
        assertEq(_token.balanceOf(address(_offering)), 0);
    }

    /// @dev The currency's address below the token's and above it: the pair's two sides.
    function testFuzz_so_it_does_in_a_token(uint256 seed, uint256 gift, bool above) external {
        _checkInCoin(address(new Coin()), seed, gift, above);
    }

    /// @dev Uniswap's `skim` would send nothing from a pair without a gift.
    function testFuzz_so_it_does_in_a_token_that_refuses_transfers_of_nothing(
        uint256 seed,
        uint256 gift,
        bool above
    ) external {
        _checkInCoin(address(new Reserved()), seed, gift, above);
    }

    function test_nobody_trades_before_the_pool_is_open() external {
        _launch(_fullParams());
        address pair = _prepare(_weth, Prepared.Synced, 5 ether);
        _bid(_ann, 60 ether);
        _settle();
        // An early claim is possible, and of no use: what is claimed cannot move, so it cannot set
        // the price.
        _claim(_ann);
        vm.expectRevert(ModelToken.TransfersClosed.selector);
        vm.prank(_ann);
        _token.transfer(pair, 1);
        vm.expectRevert();
        IUniswapV2Pair(pair).mint(_ann);
        _offering.open(address(_token));
        _check(pair, _weth, 3000);
    }

    function test_nobody_takes_the_liquidity_out() external {
        _launch(_fullParams());
        _bid(_ann, 60 ether);
        _settle();
        _offering.open(address(_token));
        IERC20 liquidity = IERC20(_exchange.getPair(address(_token), _weth));
        assertEq(liquidity.balanceOf(address(0)), liquidity.totalSupply());
        assertGt(liquidity.totalSupply(), 1000);
    }

    function test_what_the_pair_earns_is_all_holders() external {
        _launch(_fullParams());
        _bid(_ann, 100 ether);
        _settle();
        _offering.open(address(_token));
        _claim(_ann);
        address pair = _exchange.getPair(address(_token), _weth);
        vm.roll(vm.getBlockNumber() + 1);
        _token.deposit{ value: 15 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        _token.claimAllFor(_one(pair), ETH, 10);
        assertApproxEqAbs(address(_drip).balance, 3 ether, 2);
    }

    function test_any_pair_of_the_token_can_be_redirected() external {
        _launch(_params());
        address coin = address(new Coin());
        vm.expectRevert(abi.encodeWithSelector(ImoFactory.NoPair.selector, address(_token), coin));
        _factory.redirectPair(address(_token), coin);
        address pair = _exchange.createPair(address(_token), coin);
        _factory.redirectPair(address(_token), coin);
        assertEq(_token.recipientOf(pair), address(_drip));
        vm.expectRevert(abi.encodeWithSelector(ImoFactory.NotLaunched.selector, coin));
        _factory.redirectPair(coin, address(_token));
        vm.expectRevert(abi.encodeWithSelector(ImoFactory.NotLaunched.selector, address(_drip)));
        _factory.redirectPair(address(_drip), coin);
    }

    function test_a_pool_that_fails_is_waited_for() external {
        _launch(_fullParams());
        _breakExchange();
        _bid(_ann, 100 ether);
        _settle();
        uint256 since = block.timestamp + 7 days;
        vm.warp(since - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ModelOffering.PoolNotOpened.selector, address(_token), since)
        );
        _offering.open(address(_token));
        vm.clearMockedCalls();
        _offering.open(address(_token));
        _check(_exchange.getPair(address(_token), _weth), _weth, 3000);
    }

    function test_a_pool_that_cannot_be_goes_with_the_escrow() external {
        _launch(_fullParams());
        _breakExchange();
        _bid(_ann, 100 ether);
        _settle();
        skip(7 days);
        vm.expectEmit();
        emit IModelOffering.PoolForgone(address(_token), 30 ether);
        _offering.open(address(_token));
        assertEq(_creator.balance, 20 ether, "no more at once than with a pool");
        assertEq(address(_escrow).balance, 80 ether);
        assertEq(_token.totalSupply(), 1200 ether, "the pool's tokens are burned");
        assertEq(_escrow.deliveryOf(address(_token)).returnable, 1000 ether);
    }

    function test_without_an_escrow_it_is_the_holders() external {
        LaunchParams memory params = _params();
        params.allocation.poolBps = 4000;
        _launch(params);
        _breakExchange();
        _bid(_ann, 50 ether);
        _settle();
        skip(7 days);
        _offering.open(address(_token));
        assertEq(_creator.balance, 30 ether);
        assertEq(address(_drip).balance, 20 ether);
    }

    function test_a_late_pool_is_not_left_out_by_withholding_gas() external {
        _launch(_fullParams());
        _bid(_ann, 100 ether);
        _settle();
        skip(30 days);
        for (uint256 gasLimit = 500_000; gasLimit < 7_100_000; gasLimit += 100_000) {
            try _offering.open{ gas: gasLimit }(address(_token)) {
                break;
            } catch { }
        }
        assertEq(uint8(_sale().status), uint8(SaleStatus.Sold), "not opened with less");
        vm.expectPartialRevert(Calls.NotEnoughGas.selector);
        _offering.open{ gas: 7_000_000 }(address(_token));
        _offering.open{ gas: 7_200_000 }(address(_token));
        _check(_exchange.getPair(address(_token), _weth), _weth, 3000);
    }

    function test_a_currency_that_turns_taxed_opens_no_pool_away_from_the_price() external {
        Taxed coin = new Taxed();
        LaunchParams memory params = _params();
        params.sale.currency = address(coin);
        params.allocation.poolBps = 2500;
        _launch(params);
        _bidInCoin(address(coin), 60 ether);
        _settle();
        coin.tax();
        vm.expectPartialRevert(ModelOffering.PoolNotOpened.selector);
        _offering.open(address(_token));
        skip(7 days);
        _offering.open(address(_token));
        assertTrue(_token.isOpen());
    }

    /// @dev A currency that is paused when the sale is opened: the drip gets a credit, for which it
    /// cannot ask.
    function test_what_a_paused_currency_owes_the_drip_is_paid_later() external {
        Taxed coin = new Taxed();
        LaunchParams memory params = _params();
        params.sale.currency = address(coin);
        params.allocation.poolBps = 2500;
        _launch(params);
        _bidInCoin(address(coin), 60 ether);
        _settle();
        skip(7 days);
        vm.mockCallRevert(address(coin), abi.encodeWithSelector(coin.transfer.selector), "paused");
        _offering.open(address(_token));
        vm.clearMockedCalls();
        uint256 owed = _offering.creditOf(address(_drip), address(coin));
        assertGt(owed, 0);
        _offering.withdrawFor(address(_drip), address(coin));
        assertEq(coin.balanceOf(address(_drip)), owed);
        vm.expectPartialRevert(Credits.NoCredit.selector);
        _offering.withdrawFor(address(_drip), address(coin));
    }

    function test_nobody_else_opens_a_pool() external {
        _launch(_fullParams());
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.NotSelf.selector, address(this)));
        _offering.openPool(address(_token), 1, 1);
        vm.deal(address(this), 1);
        (bool ok,) = address(_offering).call{ value: 1 }("");
        assertFalse(ok, "only wrapped ETH sends ETH without a bid");
    }

    function _checkInCoin(address code, uint256 seed, uint256 gift, bool above) private {
        address coin = above ? address(type(uint160).max - 1) : address(0x10000);
        vm.etch(coin, code.code);
        LaunchParams memory params = _params();
        params.sale.currency = coin;
        params.allocation.poolBps = 2500;
        _launch(params);
        Prepared prepared = Prepared(seed % 5);
        gift = _logUniform(gift, 111);
        address pair = _prepare(coin, prepared, gift);

        _bidInCoin(coin, 70 ether);
        _settle();
        _offering.open(address(_token));
        if (prepared == Prepared.NoPair) pair = _exchange.getPair(address(_token), coin);
        _check(pair, coin, 2500);
        uint256 given = prepared < Prepared.Donated ? 0 : gift;
        assertEq(IERC20(coin).balanceOf(address(_drip)), given);
        assertEq(IERC20(coin).balanceOf(_creator), 52.5 ether);
    }

    /// @dev What an attacker can do before. Transfers are closed, so it has no tokens to put in.
    function _prepare(address coin, Prepared prepared, uint256 gift)
        private
        returns (address pair)
    {
        if (prepared == Prepared.NoPair) return address(0);
        pair = _exchange.createPair(coin, address(_token));
        if (prepared == Prepared.Empty) return pair;
        if (coin == _weth) {
            vm.deal(address(this), gift);
            IWrappedEther(coin).deposit{ value: gift }();
        } else {
            Coin(coin).mint(address(this), gift);
        }
        uint256 first = prepared == Prepared.SyncedAndDonated ? gift / 3 : gift;
        if (first != 0) IERC20(coin).transfer(pair, first);
        if (prepared >= Prepared.Synced) IUniswapV2Pair(pair).sync();
        if (gift != first) IERC20(coin).transfer(pair, gift - first);
    }

    function _check(address pair, address coin, uint256 poolBps) private view {
        SaleView memory sale = _sale();
        uint256 amount = sale.proceeds * poolBps / 10_000;
        uint256 tokens = amount * sale.sold / sale.proceeds;
        (uint256 first, uint256 second,) = IUniswapV2Pair(pair).getReserves();
        (uint256 inToken, uint256 inCoin) =
            address(_token) < coin ? (first, second) : (second, first);
        assertEq(inToken, tokens, "tokens in the pool");
        assertEq(inCoin, amount, "currency in the pool");
        assertEq(_token.balanceOf(pair), tokens);
        assertEq(IERC20(coin).balanceOf(pair), amount);
        assertEq(IERC20(pair).totalSupply(), IERC20(pair).balanceOf(address(0)));
        assertEq(_token.recipientOf(pair), address(_drip));
        assertTrue(_token.isOpen());
    }

    function _bidInCoin(address coin, uint256 amount) private {
        Coin(coin).mint(_ann, amount);
        vm.startPrank(_ann);
        IERC20(coin).approve(address(_offering), amount);
        _offering.bid(address(_token), 0, amount, "");
        vm.stopPrank();
    }

    function _breakExchange() private {
        vm.mockCallRevert(
            address(_exchange), abi.encodePacked(IUniswapV2Factory.createPair.selector), "broken"
        );
    }

    /// @dev 1 to 2^bits - 1, each magnitude as likely as the others.
    function _logUniform(uint256 random, uint256 bits) private pure returns (uint256) {
        return 1 + (random >> 16) % ((1 << (1 + random % bits)) - 1);
    }
}

/// @dev An ERC-20 that refuses transfers of nothing.
contract Reserved is Coin {
    error Nothing();

    function _update(address from, address to, uint256 value) internal override {
        if (value == 0) revert Nothing();
        super._update(from, to, value);
    }
}
