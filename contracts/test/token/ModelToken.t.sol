// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { Test } from "forge-std/Test.sol";
import { IModelToken, TokenParams } from "../../src/interfaces/IModelToken.sol";
import { Assets } from "../../src/libraries/Assets.sol";
import { Ledger } from "../../src/token/Ledger.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { Coin, tokenParams } from "./TokenHarness.sol";

/// @dev What the token promises, case by case.
contract ModelTokenTest is Test {
    uint96 private constant SUPPLY = 1_000_000 ether;
    address private constant ETH = address(0);

    ModelToken private _token;
    Coin private _coin;
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");

    function setUp() external {
        _coin = new Coin();
        _token = _launch(6000);
        _token.transfer(_ann, 600_000 ether);
        _token.transfer(_bob, 300_000 ether);
        _token.open();
        vm.roll(vm.getBlockNumber() + 1);
        vm.deal(address(this), 1e30);
    }

    receive() external payable { }

    function test_transfers_are_closed_until_the_opener_opens_them() external {
        ModelToken token = _launch(0);
        token.transfer(_ann, 1 ether);
        vm.prank(_ann);
        vm.expectRevert(ModelToken.TransfersClosed.selector);
        token.transfer(_bob, 1);
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(ModelToken.NotOpener.selector, _ann));
        token.open();
        token.open();
        vm.prank(_ann);
        token.transfer(_bob, 1);
        assertEq(token.balanceOf(_bob), 1);
    }

    function test_transfer_to_self_changes_nothing() external {
        vm.prank(_ann);
        _token.transfer(_ann, 600_000 ether);
        assertEq(_token.balanceOf(_ann), 600_000 ether);
    }

    function test_transfer_of_nothing_writes_nothing() external {
        vm.record();
        vm.prank(_bob);
        _token.transferFrom(_ann, _bob, 0);
        (, bytes32[] memory writes) = vm.accesses(address(_token));
        for (uint256 i = 0; i < writes.length; ++i) {
            // The allowance of 0 is rewritten; no account's word is.
            assertEq(vm.load(address(_token), writes[i]), 0);
        }
    }

    function test_transfer_refuses_more_than_is_there_zero_and_the_token_itself() external {
        vm.startPrank(_ann);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector,
                _ann,
                600_000 ether,
                uint256(type(uint96).max) + 1
            )
        );
        _token.transfer(_bob, uint256(type(uint96).max) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(_token))
        );
        _token.transfer(address(_token), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0))
        );
        _token.transfer(address(0), 1);
    }

    function test_allowance_is_spent_unless_unlimited() external {
        vm.prank(_ann);
        _token.approve(_bob, 10);
        vm.startPrank(_bob);
        _token.transferFrom(_ann, _bob, 4);
        assertEq(_token.allowance(_ann, _bob), 6);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, _bob, 6, 7)
        );
        _token.transferFrom(_ann, _bob, 7);
    }

    /// @dev ERC-7641: claimable = p * R * balance / supply, redeemable = amount / supply * (1 - p)
    /// * R.
    function test_formulas_of_erc7641() external {
        _token.deposit{ value: 100 ether }();
        assertEq(_token.claimableRevenue(_ann, 1), 0, "its own block is still open");
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(_token.claimableRevenue(_ann, 1), 36 ether);
        assertEq(_token.claimableRevenue(_bob, 1), 18 ether);
        assertEq(_token.redeemableOnBurn(100_000 ether), 4 ether);
        assertEq(_token.redeemableOnBurn(type(uint256).max), 40 ether, "capped at the supply");
        assertEq(_token.claimableRevenue(_ann, 2), 0, "unknown");

        vm.prank(_ann);
        _token.claim(1);
        assertEq(_ann.balance, 36 ether);
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(ModelToken.NothingToClaim.selector, _ann, ETH, 1));
        _token.claim(1);

        vm.prank(_bob);
        _token.burn(300_000 ether);
        assertEq(_bob.balance, 12 ether);
        assertEq(_token.totalSupply(), 700_000 ether);
        vm.prank(_bob);
        _token.claim(1);
        assertEq(_bob.balance, 30 ether, "burned tokens keep what they have earned");
    }

    function test_alt_rev_token_has_the_same_formulas() external {
        _depositCoin(100 ether);
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(_token.claimableERC20(_ann, 1, address(_coin)), 36 ether);
        assertEq(_token.redeemableERC20OnBurn(100_000 ether, address(_coin)), 4 ether);
        vm.prank(_ann);
        _token.claimERC20(1, address(_coin));
        assertEq(_coin.balanceOf(_ann), 36 ether);
        address[] memory assets = new address[](1);
        assets[0] = address(_coin);
        vm.prank(_bob);
        _token.burn(300_000 ether, assets);
        assertEq(_coin.balanceOf(_bob), 12 ether);
    }

    function test_declared_interfaces() external view {
        assertTrue(_token.supportsInterface(0xed7b2e4e));
        assertTrue(_token.supportsInterface(0xdb4c0549));
        assertTrue(_token.supportsInterface(0x5d18f986));
        assertTrue(_token.supportsInterface(0x01ffc9a7));
        assertFalse(_token.supportsInterface(0xffffffff));
        assertEq(_token.clock(), block.number);
        assertEq(_token.CLOCK_MODE(), "mode=blocknumber&from=default");
    }

    function test_snapshot_is_harmless_and_credits_plain_sends() external {
        assertEq(_token.snapshot(), 0);
        payable(address(_token)).transfer(1 ether);
        assertEq(_token.snapshot(), 1);
        assertEq(_token.snapshot(), 1);
        vm.roll(vm.getBlockNumber() + 5000);
        assertEq(_token.snapshot(), 1);
    }

    function test_several_deposits_in_a_block_are_one_epoch() external {
        _token.deposit{ value: 1 ether }();
        _token.deposit{ value: 2 ether }();
        _depositCoin(5);
        assertEq(_token.epochCount(), 1);
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(_token.claimableRevenue(_ann, 1), 1.08 ether);
        assertEq(_token.claimableERC20(_ann, 1, address(_coin)), 1, "rides on the epoch");
    }

    function test_small_sums_wait_for_an_epoch() external {
        _token.deposit{ value: 0.001 ether }();
        assertEq(_token.epochCount(), 0);
        (uint256 owed, uint256 pool,) = _token.booksOf(ETH);
        assertEq(owed + pool, 0);
        vm.roll(vm.getBlockNumber() + 1);
        _token.deposit{ value: 0.999 ether }();
        (owed, pool,) = _token.booksOf(ETH);
        assertEq(owed, 0.6 ether);
        assertEq(pool, 0.4 ether);
    }

    function test_unlisted_assets_never_begin_an_epoch() external {
        Coin other = new Coin();
        other.mint(address(_token), 1e30);
        _token.sync(address(other));
        assertEq(_token.epochCount(), 0);
        _token.deposit{ value: 1 ether }();
        _token.sync(address(other));
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(_token.claimableERC20(_ann, 1, address(other)), 0.36e30);
    }

    function test_nothing_is_credited_before_transfers_open() external {
        ModelToken token = _launch(10_000);
        token.transfer(_ann, SUPPLY);
        vm.roll(vm.getBlockNumber() + 1);
        token.deposit{ value: 1 ether }();
        assertEq(token.epochCount(), 0);
        token.open();
        token.deposit{ value: 1 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(token.claimableRevenue(_ann, 1), 2 ether);
    }

    /// @dev What waits counts as soon as an epoch has begun in the block, and a burn pays what was
    /// quoted.
    function test_the_quote_for_a_burn_has_what_came_in_the_same_block() external {
        vm.expectEmit();
        emit IModelToken.RevenueCredited(address(0), 1, 6 ether, 4 ether);
        _token.deposit{ value: 10 ether }();
        payable(address(_token)).transfer(1000);
        uint256 quoted = _token.redeemableOnBurn(50_000 ether);
        uint256 had = address(this).balance;
        _token.burn(50_000 ether);
        assertEq(address(this).balance - had, quoted);
        assertEq(quoted, (10 ether + 1000) * 4 / 10 / 20);
    }

    /// @dev An asset that is not listed waits for an epoch, and is quoted so.
    function test_the_quote_for_an_unlisted_asset_is_what_a_burn_pays() external {
        Coin other = new Coin();
        address[] memory assets = new address[](1);
        assets[0] = address(other);
        for (uint256 i = 0; i < 2; ++i) {
            other.mint(address(_token), 1 ether);
            if (i == 1) _token.deposit{ value: 1 ether }();
            uint256 quoted = _token.redeemableERC20OnBurn(50_000 ether, address(other));
            assertEq(quoted == 0, i == 0);
            uint256 had = other.balanceOf(address(this));
            _token.burn(50_000 ether, assets);
            assertEq(other.balanceOf(address(this)) - had, quoted);
        }
    }

    function test_the_minimum_to_the_unit_begins_an_epoch() external {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 shared = 0.001 ether - 1 + i;
            _token = _launch(10_000);
            _token.open();
            vm.roll(vm.getBlockNumber() + 1);
            _token.deposit{ value: shared }();
            assertEq(_token.epochCount(), i);
        }
    }

    function test_mark_begins_an_epoch_for_the_registry_only() external {
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(ModelToken.NotRegistry.selector, _ann));
        _token.mark();
        vm.expectEmit();
        emit IModelToken.Snapshot(1);
        assertEq(_token.mark(), 1);
        assertEq(_token.mark(), 1);
        vm.prank(_ann);
        _token.transfer(_bob, 100_000 ether);
        assertEq(_token.balanceOfAt(_ann, 1), 600_000 ether);
        assertEq(_token.totalSupplyAt(1), SUPPLY);
        vm.expectRevert(abi.encodeWithSelector(Ledger.UnknownEpoch.selector, 2, 1));
        _token.balanceOfAt(_ann, 2);
    }

    function test_borrowing_tokens_for_a_block_earns_nothing() external {
        FlashBorrower thief = new FlashBorrower(_token);
        vm.prank(_ann);
        _token.approve(address(thief), type(uint256).max);
        thief.attack{ value: 80 ether }(_ann, 600_000 ether);
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(_token.claimableRevenue(address(thief), 1), 0);
        assertEq(address(thief).balance, 0);
        assertEq(_token.claimableRevenue(_ann, 1), 28.8 ether);
    }

    function test_buyers_of_a_block_do_not_earn_its_revenue() external {
        vm.prank(_ann);
        _token.transfer(_bob, 600_000 ether);
        _token.deposit{ value: 10 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(_token.claimableRevenue(_ann, 1), 3.6 ether);
        assertEq(_token.claimableRevenue(_bob, 1), 1.8 ether);
    }

    function test_claim_batch_skips_what_is_not_there() external {
        for (uint256 i = 0; i < 3; ++i) {
            _token.deposit{ value: 10 ether }();
            vm.roll(vm.getBlockNumber() + 1);
        }
        uint256[] memory ids = new uint256[](6);
        (ids[0], ids[1], ids[2], ids[3], ids[4], ids[5]) = (2, 0, 9, 2, 1, 3);
        vm.prank(_ann);
        _token.claimBatch(ids);
        assertEq(_ann.balance, 10.8 ether);
    }

    function test_recipient_gets_the_claims() external {
        address safe = makeAddr("safe");
        vm.prank(_ann);
        _token.setRecipient(safe);
        _token.deposit{ value: 10 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        vm.prank(_ann);
        _token.claim(1);
        assertEq(safe.balance, 3.6 ether);
        vm.prank(_ann);
        vm.expectRevert(
            abi.encodeWithSelector(ModelToken.InvalidRecipient.selector, address(_token))
        );
        _token.setRecipient(address(_token));
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(ModelToken.NotFactory.selector, _ann));
        _token.fixRecipient(_bob, _ann);
    }

    function test_all_burned_the_money_waits() external {
        _token.deposit{ value: 10 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        _token.burn(100_000 ether);
        vm.prank(_ann);
        _token.burn(600_000 ether);
        vm.prank(_bob);
        _token.burn(300_000 ether);
        assertEq(_token.totalSupply(), 0);
        assertEq(_token.redeemableOnBurn(1), 0);
        vm.roll(vm.getBlockNumber() + 1);
        _token.deposit{ value: 5 ether }();
        assertEq(_token.mark(), 1, "no epoch without a supply");
        assertEq(_token.epochCount(), 1);
        vm.prank(_ann);
        _token.claim(1);
        (uint256 owed, uint256 pool,) = _token.booksOf(ETH);
        assertEq(owed, 2.4 ether, "the two others still have theirs");
        assertEq(pool, 0);
    }

    function test_several_assets_are_claimed_in_one_call() external {
        _token.deposit{ value: 10 ether }();
        _depositCoin(10 ether);
        vm.roll(vm.getBlockNumber() + 1);
        address[] memory assets = new address[](3);
        (assets[1], assets[2]) = (address(_coin), makeAddr("unknown"));
        address safe = makeAddr("safe");
        vm.startPrank(_bob);
        _token.setRecipient(safe);
        _token.claimAssets(assets, 10);
        vm.stopPrank();
        // Walks round the revenue per token down.
        assertEq(safe.balance, 1.8 ether - 1);
        assertEq(_coin.balanceOf(safe), 1.8 ether - 1);
        assertEq(_token.claimableAll(_bob, address(_coin)), 0);
        assertEq(_token.claimableAll(_ann, address(_coin)), 3.6 ether - 1, "another's stays");
    }

    function test_burn_refuses_repeated_assets() external {
        address[] memory assets = new address[](2);
        vm.expectRevert(abi.encodeWithSelector(ModelToken.AssetsNotAscending.selector, 1));
        _token.burn(1, assets);
    }

    function test_sums_above_the_books_wait() external {
        _coin.mint(address(_token), 2 ** 128);
        _token.sync(address(_coin));
        (uint256 owed, uint256 pool,) = _token.booksOf(address(_coin));
        assertEq(owed + pool, type(uint112).max);
        vm.roll(vm.getBlockNumber() + 1);
        vm.prank(_ann);
        _token.claimAll(address(_coin), 10);
        _token.sync(address(_coin));
        (owed, pool,) = _token.booksOf(address(_coin));
        assertEq(owed + pool, type(uint112).max, "what was claimed makes room");
    }

    function test_forced_eth_is_revenue() external {
        new Forcer{ value: 10 ether }(payable(address(_token)));
        assertEq(_token.redeemableOnBurn(SUPPLY), 4 ether);
        assertEq(_token.snapshot(), 1);
        vm.roll(vm.getBlockNumber() + 1);
        assertEq(_token.claimableRevenue(_ann, 1), 3.6 ether);
    }

    function test_traps_are_refused() external {
        TokenParams memory params = _params(10_001);
        vm.expectRevert(abi.encodeWithSelector(ModelToken.InvalidSharedBps.selector, 10_001));
        new ModelToken(params);
        params = _params(1);
        params.supply = 0;
        vm.expectRevert(abi.encodeWithSelector(ModelToken.InvalidSupply.selector, 0));
        new ModelToken(params);
        params = _params(1);
        params.assets[1].asset = _ann;
        vm.expectRevert(abi.encodeWithSelector(ModelToken.InvalidRevenueAsset.selector, _ann));
        new ModelToken(params);
        params.assets[1].asset = ETH;
        vm.expectRevert(abi.encodeWithSelector(ModelToken.InvalidRevenueAsset.selector, ETH));
        new ModelToken(params);
        params.assets[0].asset = address(_coin);
        vm.expectRevert(ModelToken.EthMustComeFirst.selector);
        new ModelToken(params);
    }

    function _launch(uint16 sharedBps) private returns (ModelToken) {
        return new ModelToken(_params(sharedBps));
    }

    function _params(uint16 sharedBps) private view returns (TokenParams memory) {
        return
            tokenParams(
                SUPPLY, sharedBps, address(this), address(this), address(_coin), 0.001 ether
            );
    }

    function _depositCoin(uint256 amount) private {
        _coin.mint(address(this), amount);
        _coin.approve(address(_token), amount);
        _token.deposit(address(_coin), amount);
    }
}

contract FlashBorrower {
    IModelToken private immutable _token;

    constructor(IModelToken token) {
        _token = token;
    }

    /// @dev Borrows, triggers revenue and snapshot, tries to claim and to redeem, returns: all in
    /// one transaction.
    function attack(address lender, uint256 amount) external payable {
        _token.transferFrom(lender, address(this), amount);
        _token.deposit{ value: msg.value }();
        uint256 epoch = _token.snapshot();
        try _token.claim(epoch) { } catch { }
        _token.claimAll(address(0), 100);
        _token.transfer(lender, amount);
    }

    receive() external payable { }
}

contract Forcer {
    constructor(address payable to) payable {
        selfdestruct(to);
    }
}
