// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { Test } from "forge-std/Test.sol";
import { IDrip } from "../../src/interfaces/IDrip.sol";
import { ISplitter, Source } from "../../src/interfaces/ISplitter.sol";
import { RevenueAsset, TokenParams } from "../../src/interfaces/IModelToken.sol";
import { Drip } from "../../src/revenue/Drip.sol";
import { SplitParams } from "../../src/interfaces/ISplitter.sol";
import { Splitter } from "../../src/revenue/Splitter.sol";
import { Assets } from "../../src/libraries/Assets.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";

/// @dev From a fee to the holders: splitter, drip and token together. 10 % to the creator, 2 % to
/// the protocol.
contract RevenueTest is Test {
    address private constant ETH = address(0);

    ModelToken private _token;
    Drip private _drip;
    Splitter private _splitter;
    WrappedEther private _weth = new WrappedEther();
    address private _creator = makeAddr("creator");
    address private _protocol = makeAddr("protocol");
    address private _oracle = makeAddr("oracle");
    address private _collection = makeAddr("collection");

    function setUp() external {
        RevenueAsset[] memory assets = new RevenueAsset[](1);
        assets[0] = RevenueAsset(ETH, 0.001 ether);
        _token = new ModelToken(
            TokenParams("Model", "MDL", 1000 ether, 5000, address(this), address(this), assets)
        );
        _drip = new Drip(address(_token), _creator);
        _splitter = new Splitter(_split(1000, 200));
        _splitter.setCollection(_collection);
        vm.warp(1_800_000_000);
        vm.roll(vm.getBlockNumber() + 1);
        vm.deal(_oracle, 1000 ether);
        vm.deal(_collection, 1000 ether);
        vm.deal(address(this), 1000 ether);
    }

    receive() external payable { }

    function test_usage_is_divided_and_counted() external {
        vm.expectEmit();
        emit ISplitter.Revenue(Source.Usage, 0, ETH, 10 ether);
        _payUsage(10 ether);
        assertEq(_splitter.owed(_creator, ETH), 1 ether);
        assertEq(_splitter.owed(_protocol, ETH), 0.2 ether);
        assertEq(address(_drip).balance, 8.8 ether);
        assertEq(_splitter.usage(), 8.8 ether);
    }

    function test_mints_and_royalties_are_no_usage() external {
        vm.expectEmit();
        emit ISplitter.Revenue(Source.Mint, 3, ETH, 10 ether);
        vm.prank(_collection);
        _splitter.payMint{ value: 10 ether }(3);
        payable(address(_splitter)).transfer(10 ether);
        vm.expectEmit();
        emit ISplitter.Revenue(Source.Other, 0, ETH, 10 ether);
        assertEq(_splitter.collect(ETH), 10 ether);
        vm.recordLogs();
        assertEq(_splitter.collect(ETH), 0, "what is owed is not divided again");
        assertEq(vm.getRecordedLogs().length, 0, "nothing came, so the log has nothing");
        assertEq(_splitter.usage(), 0);
        assertEq(address(_drip).balance, 17.6 ether);
    }

    function test_only_oracle_and_collection_pay() external {
        vm.expectRevert(abi.encodeWithSelector(Splitter.NotOracle.selector, address(this)));
        _splitter.payUsage();
        vm.expectRevert(abi.encodeWithSelector(Splitter.NotCollection.selector, address(this)));
        _splitter.payMint(1);
        vm.expectRevert(abi.encodeWithSelector(Splitter.CollectionIsSet.selector, _collection));
        _splitter.setCollection(address(1));
        vm.prank(_oracle);
        vm.expectRevert(abi.encodeWithSelector(Splitter.NotFactory.selector, _oracle));
        _splitter.setCollection(address(1));
    }

    function test_wrapped_ether_is_unwrapped() external {
        _weth.deposit{ value: 10 ether }();
        _weth.transfer(address(_splitter), 10 ether);
        assertEq(_splitter.collect(address(_weth)), 10 ether);
        assertEq(_splitter.owed(_creator, ETH), 1 ether);
        assertEq(_weth.balanceOf(address(_splitter)), 0);
    }

    function test_a_sink_that_refuses_blocks_only_itself() external {
        _payUsage(10 ether);
        vm.etch(_creator, hex"fe");
        vm.expectRevert(
            abi.encodeWithSelector(Assets.PaymentRefused.selector, ETH, _creator, 1 ether)
        );
        _splitter.withdraw(_creator, ETH);
        vm.expectEmit();
        emit ISplitter.Withdrawn(_protocol, ETH, 0.2 ether);
        assertEq(_splitter.withdraw(_protocol, ETH), 0.2 ether);
        assertEq(_protocol.balance, 0.2 ether);
        vm.recordLogs();
        assertEq(_splitter.withdraw(_protocol, ETH), 0);
        assertEq(vm.getRecordedLogs().length, 0, "nothing was paid, so the log has nothing");
    }

    /// @dev A payment is no longer set aside, so nothing that comes next is taken for it.
    function test_what_is_paid_out_is_set_aside_no_longer() external {
        for (uint256 i = 0; i < 2; ++i) {
            _payUsage(10 ether);
            assertEq(_splitter.reserved(ETH), 1.2 ether);
            _splitter.withdraw(_creator, ETH);
            assertEq(_splitter.reserved(ETH), 0.2 ether);
            _splitter.withdraw(_protocol, ETH);
            assertEq(_splitter.reserved(ETH), 0);
            payable(address(_splitter)).transfer(10 ether);
            assertEq(_splitter.collect(ETH), 10 ether, "all that came");
            _splitter.withdraw(_creator, ETH);
            _splitter.withdraw(_protocol, ETH);
        }
    }

    /// @dev Sums of which a part is one wei, or none.
    function test_one_wei_is_divided_too() external {
        uint256[3] memory sums = [uint256(1), 10, 50];
        uint256[3] memory creators = [uint256(0), 1, 5];
        uint256[3] memory protocols = [uint256(0), 0, 1];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 had = address(_drip).balance;
            _payUsage(sums[i]);
            assertEq(_splitter.reserved(ETH), creators[i] + protocols[i]);
            assertEq(address(_drip).balance - had, sums[i] - creators[i] - protocols[i]);
            assertEq(_splitter.withdraw(_creator, ETH), creators[i]);
            assertEq(_splitter.withdraw(_protocol, ETH), protocols[i]);
        }
        assertEq(address(_splitter).balance, 0);
    }

    function test_the_collection_is_set_once_in_the_log() external {
        Splitter splitter = new Splitter(_split(1000, 200));
        vm.expectEmit();
        emit ISplitter.CollectionSet(_collection);
        splitter.setCollection(_collection);
        assertEq(splitter.collection(), _collection);
    }

    function test_every_wei_is_somewhere(uint96 amount, uint16 creatorBps, uint16 protocolBps)
        external
    {
        creatorBps %= 10_001;
        protocolBps %= 10_001 - creatorBps;
        Splitter splitter = new Splitter(_split(creatorBps, protocolBps));
        vm.deal(_oracle, amount);
        vm.prank(_oracle);
        splitter.payUsage{ value: amount }();
        assertEq(splitter.reserved(ETH) + address(_drip).balance, amount);
        assertEq(address(splitter).balance, splitter.reserved(ETH));
        assertGe(
            address(_drip).balance * 10_000,
            uint256(amount) * (10_000 - creatorBps - protocolBps),
            "roundings go to the holders"
        );
        splitter.withdraw(_creator, ETH);
        splitter.withdraw(_protocol, ETH);
        assertEq(address(splitter).balance, 0);
    }

    function test_a_split_above_the_whole_is_refused() external {
        SplitParams memory params = _split(9000, 1001);
        vm.expectRevert(abi.encodeWithSelector(Splitter.SplitAboveWhole.selector, 9000, 1001));
        new Splitter(params);
        assertEq(new Splitter(_split(9000, 1000)).creatorBps(), 9000, "the whole is none too much");
    }

    function test_an_asset_that_reenters_the_splitter_is_refused() external {
        ReentrantCoin coin = new ReentrantCoin(_splitter);
        coin.mint(address(_splitter), 10 ether);
        _splitter.collect(address(coin));
        assertEq(coin.refusals(), 1);
        assertEq(coin.balanceOf(address(_drip)), 8.8 ether);
    }

    function test_one_release_is_at_most_a_seventh() external {
        _token.open();
        _fund(70 ether);
        assertEq(_drip.release(ETH), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(Drip.TooEarly.selector, block.timestamp + 1 hours));
        _drip.release(ETH);
        assertEq(_drip.releasable(ETH), 0);
        vm.warp(block.timestamp + 30 days);
        assertEq(_drip.releasable(ETH), uint256(60 ether) / 7);
        assertEq(_drip.release(ETH), uint256(60 ether) / 7, "however long nobody called");
        vm.roll(vm.getBlockNumber() + 1);
        (uint256 owed, uint256 pool,) = _token.booksOf(ETH);
        assertEq(owed + pool, 10 ether + uint256(60 ether) / 7);
    }

    function test_an_hour_later_an_hours_part_is_due() external {
        _token.open();
        _fund(70 ether + 1);
        vm.expectEmit(address(_drip));
        emit IDrip.Released(ETH, 10 ether);
        _drip.release(ETH);
        uint256 first = block.timestamp;
        assertEq(_drip.lastRelease(ETH), first);
        vm.warp(first + 1 hours - 1);
        assertEq(_drip.releasable(ETH), 0);
        vm.expectRevert(abi.encodeWithSelector(Drip.TooEarly.selector, first + 1 hours));
        _drip.release(ETH);
        vm.warp(first + 1 hours);
        uint256 due = (uint256(60 ether) + 1) * 1 hours / 7 days;
        assertEq(_drip.releasable(ETH), due);
        assertEq(_drip.release(ETH), due);
        uint256 rest = 60 ether + 1 - due;
        vm.warp(first + 25 hours);
        assertEq(_drip.release(ETH), rest / 7, "a day's part");
    }

    /// @dev A share that does not divide ten thousand: rounded down, the least release would wait
    /// in the token.
    function test_the_least_release_is_rounded_up() external {
        RevenueAsset[] memory assets = new RevenueAsset[](1);
        assets[0] = RevenueAsset(ETH, 0.001 ether);
        for (uint256 i = 0; i < 2; ++i) {
            uint16 sharedBps = i == 0 ? 3333 : 0;
            _token = new ModelToken(
                TokenParams(
                    "Model", "MDL", 1000 ether, sharedBps, address(this), address(1), assets
                )
            );
            _drip = new Drip(address(_token), _creator);
            _token.open();
            vm.roll(vm.getBlockNumber() + 1);
            uint256 needed = i == 0 ? uint256(0.001 ether) * 10_000 / 3333 + 1 : 1;
            vm.deal(address(_drip), needed - 1);
            vm.expectRevert(
                abi.encodeWithSelector(Drip.TooLittle.selector, needed - 1, i == 0 ? needed : 0)
            );
            _drip.release(ETH);
            assertEq(_drip.releasable(ETH), 0);
            vm.deal(address(_drip), (i == 0 ? 6 : 70) * needed);
            uint256 due = i == 0 ? needed : 10;
            assertEq(_drip.releasable(ETH), due, "the seventh would be less");
            assertEq(_drip.release(ETH), due);
            assertEq(_token.epochCount(), 1 - i);
        }
    }

    function test_the_least_release_begins_an_epoch() external {
        _token.open();
        _fund(0.002 ether - 1);
        vm.expectRevert(
            abi.encodeWithSelector(Drip.TooLittle.selector, 0.002 ether - 1, 0.002 ether)
        );
        _drip.release(ETH);
        _fund(1);
        assertEq(_drip.releasable(ETH), 0.002 ether);
        assertEq(_drip.release(ETH), 0.002 ether);
        assertEq(_token.epochCount(), 1);
    }

    /// @dev A part that is a hair less than a whole wei is not paid: releases are rounded down.
    function test_a_release_is_rounded_down() external {
        _token.open();
        uint256 seconds_ = 7 days;
        uint256 waiting = seconds_ * 1e12 - 1;
        _fund(waiting);
        assertEq(_drip.release(ETH), waiting / 7);
        assertLt(waiting / 7 * 7, waiting);
    }

    function test_the_factory_names_the_pair_once() external {
        address pair = makeAddr("pair");
        vm.prank(_creator);
        vm.expectRevert(abi.encodeWithSelector(Drip.NotFactory.selector, _creator));
        _drip.setPair(pair);
        _drip.setPair(pair);
        assertEq(_drip.pair(), pair);
        vm.expectRevert(abi.encodeWithSelector(Drip.PairIsSet.selector, pair));
        _drip.setPair(_creator);
    }

    function test_a_release_settles_the_pair_in_the_same_transaction() external {
        address pair = makeAddr("pair");
        _drip.setPair(pair);
        _token.transfer(pair, 100 ether);
        _token.open();
        _fund(70 ether);
        vm.roll(vm.getBlockNumber() + 1);
        vm.expectCall(address(_token), abi.encodeCall(ModelToken.settle, (pair)));
        _drip.release(ETH);
        assertEq(_token.balanceOfAt(pair, 1), 100 ether);
    }

    function test_nothing_is_released_before_the_token_is_open() external {
        _fund(70 ether);
        assertEq(_drip.releasable(ETH), 0);
        vm.expectRevert(Drip.TokenClosed.selector);
        _drip.release(ETH);
    }

    function test_without_tokens_the_creator_is_paid() external {
        _token.open();
        _token.burn(1000 ether);
        _fund(7 ether);
        assertEq(_drip.releasable(ETH), 7 ether);
        vm.expectEmit(address(_drip));
        emit IDrip.ReleasedToCreator(ETH, 7 ether);
        assertEq(_drip.release(ETH), 7 ether);
        assertEq(_creator.balance, 7 ether);
    }

    function test_other_assets_reach_the_token() external {
        _token.open();
        ReentrantCoin coin = new ReentrantCoin(_splitter);
        coin.mint(address(_drip), 70 ether);
        assertEq(_drip.release(address(coin)), 10 ether);
        (uint256 owed,,) = _token.booksOf(address(coin));
        assertEq(owed, 0, "an unlisted asset waits for an epoch");
        _fund(70 ether);
        _drip.release(ETH);
        _token.sync(address(coin));
        (owed,,) = _token.booksOf(address(coin));
        assertEq(owed, 5 ether);
    }

    /// @dev The token notices what a release sent it in the same call: present holders earn it,
    /// not later ones.
    function test_a_release_of_a_listed_asset_begins_an_epoch() external {
        ReentrantCoin coin = new ReentrantCoin(_splitter);
        RevenueAsset[] memory assets = new RevenueAsset[](2);
        assets[0] = RevenueAsset(ETH, 0.001 ether);
        assets[1] = RevenueAsset(address(coin), 0.001 ether);
        _token = new ModelToken(
            TokenParams("Model", "MDL", 1000 ether, 5000, address(this), address(this), assets)
        );
        _drip = new Drip(address(_token), _creator);
        _token.open();
        vm.roll(vm.getBlockNumber() + 1);
        coin.mint(address(_drip), 70 ether);
        assertEq(_drip.release(address(coin)), 10 ether);
        assertEq(_token.epochCount(), 1);
        (uint256 owed,,) = _token.booksOf(address(coin));
        assertEq(owed, 5 ether);
    }

    /// @dev A `transfer` gives 2,300 gas, cold account included.
    /// forge-config: default.isolate = true
    function test_plain_sends_take_two_thousand_three_hundred_gas() external {
        payable(address(_splitter)).transfer(1);
        payable(address(_drip)).transfer(1);
        payable(address(_token)).transfer(1);
        assertEq(address(_splitter).balance + address(_drip).balance, 2);
    }

    /// forge-config: default.isolate = true
    function test_gas() external {
        _token.open();
        vm.prank(_oracle);
        _splitter.payUsage{ value: 1 ether }();
        vm.snapshotGasLastCall("Revenue", "payUsage, first");
        vm.prank(_oracle);
        _splitter.payUsage{ value: 1 ether }();
        uint256 used = vm.snapshotGasLastCall("Revenue", "payUsage");
        assertLe(used - 21_000, 60_000, "above the oracle's own cost");
        _drip.release(ETH);
        vm.snapshotGasLastCall("Revenue", "release");
    }

    function _split(uint16 creatorBps, uint16 protocolBps)
        private
        view
        returns (SplitParams memory)
    {
        return SplitParams(
            _oracle, address(_drip), address(_weth), _creator, _protocol, creatorBps, protocolBps
        );
    }

    function _payUsage(uint256 amount) private {
        vm.prank(_oracle);
        _splitter.payUsage{ value: amount }();
    }

    function _fund(uint256 amount) private {
        payable(address(_drip)).transfer(amount);
    }
}

/// @dev Wrapped ETH as it is on chain: withdrawals are sent with 2,300 gas.
contract WrappedEther is ERC20("Wrapped Ether", "WETH") {
    function deposit() external payable {
        _mint(msg.sender, msg.value);
    }

    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        payable(msg.sender).transfer(amount);
    }
}

contract ReentrantCoin is ERC20("Reentrant", "R") {
    ISplitter private immutable _splitter;
    uint256 public refusals;

    constructor(ISplitter splitter) {
        _splitter = splitter;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        try _splitter.collect(address(this)) { }
        catch {
            ++refusals;
        }
        return super.transfer(to, amount);
    }
}
