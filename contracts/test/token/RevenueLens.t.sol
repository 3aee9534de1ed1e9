// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Test } from "forge-std/Test.sol";
import { AccountRevenue, AssetRevenue } from "../../src/interfaces/IRevenueLens.sol";
import { Drip } from "../../src/revenue/Drip.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { RevenueLens } from "../../src/token/RevenueLens.sol";
import { Coin, tokenParams } from "./TokenHarness.sol";

/// @dev What the lens tells is what the account then gets.
contract RevenueLensTest is Test {
    RevenueLens private _lens = new RevenueLens();
    Coin private _coin = new Coin();
    Coin private _other = new Coin();
    ModelToken private _token;
    Drip private _drip;
    address private _ann = makeAddr("ann");

    function setUp() external {
        vm.warp(1_800_000_000);
        address coin = address(_coin);
        _token =
            new ModelToken(tokenParams(1000 ether, 6000, address(this), address(1), coin, 1 ether));
        _drip = new Drip(address(_token), makeAddr("creator"));
        _token.fixRecipient(address(this), address(_drip));
        _token.transfer(_ann, 250 ether);
        _token.open();
        _roll();
        for (uint256 i = 0; i < 3; ++i) {
            _token.deposit{ value: 10 ether }();
            _coin.mint(address(_token), 2 ether);
            if (i == 1) _token.sync(address(_coin));
            _other.mint(address(_token), 1 ether);
            _token.sync(address(_other));
            _roll();
        }
    }

    function test_it_tells_what_the_account_then_gets() external {
        AccountRevenue memory found = _ask();
        assertEq(found.balance, 250 ether);
        assertEq(found.supply, 1000 ether);
        assertEq(found.recipient, address(0));
        assertEq(found.assets.length, 3);
        address[] memory assets = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            assets[i] = found.assets[i].asset;
            assertGt(found.assets[i].claimable, 0);
            assertTrue(found.assets[i].isReadable);
        }
        assertEq(assets[1], address(_coin));
        assertEq(assets[2], address(_other));

        vm.startPrank(_ann);
        _token.claimAssets(assets, 100);
        vm.stopPrank();
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(_held(assets[i]), found.assets[i].claimable);
        }
        AccountRevenue memory then = _ask();
        vm.prank(_ann);
        _token.burn(250 ether);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(then.assets[i].claimable, 0);
            bool listed = i != 2;
            if (!listed) continue;
            assertEq(_held(assets[i]), found.assets[i].claimable + found.assets[i].redeemable);
        }
    }

    function test_it_tells_single_epochs() external {
        AccountRevenue memory found = _ask();
        uint256 sum;
        for (uint256 i = 0; i < found.epochs.length; ++i) {
            if (found.epochs[i].asset == address(0)) sum += found.epochs[i].amount;
        }
        assertEq(found.epochs.length, 7, "three of ETH, one of the coin, three of the other");
        assertEq(sum, 4.5 ether);
        vm.prank(_ann);
        _token.claim(2);
        found = _ask();
        assertEq(found.epochs.length, 6);
        assertEq(found.epochs[1].epoch, 3);
        assertEq(_lens.revenueOf(_token, _ann, new address[](0), 1).epochs.length, 1);
        assertEq(_lens.revenueOf(_token, _ann, new address[](0), 0).epochs.length, 0);
    }

    /// @dev What waits in the token and in the drip, once it is credited.
    function test_what_waits_is_pending() external {
        assertEq(_ask().assets[0].pending, 0);
        assertEq(_ask().assets[1].pending, uint256(2 ether) * 6 / 10 / 4, "since the second epoch");
        vm.deal(address(_drip), 70 ether);
        (bool ok,) = address(_token).call{ value: 0.1 ether }("");
        assertTrue(ok);
        AssetRevenue memory found = _ask().assets[0];
        assertEq(found.pending, uint256(70.1 ether) * 6 / 10 / 4);
        _drip.release(address(0));
        _roll();
        assertEq(_ask().assets[0].claimable - found.claimable, uint256(10.1 ether) * 6 / 10 / 4);
        assertEq(_ask().assets[0].pending, uint256(60 ether) * 6 / 10 / 4);
    }

    function test_an_asset_that_does_not_answer_hides_nothing_else() external {
        uint256 claimable = _ask().assets[1].claimable;
        vm.mockCallRevert(address(_coin), abi.encodeWithSelector(IERC20.balanceOf.selector), "");
        AccountRevenue memory found = _ask();
        assertFalse(found.assets[1].isReadable);
        assertEq(found.assets[1].claimable, claimable);
        assertGt(found.assets[0].redeemable, 0);
    }

    function test_nothing_is_found_of_a_token_without_supply() external {
        _token.burn(750 ether);
        vm.prank(_ann);
        _token.burn(250 ether);
        AccountRevenue memory found = _ask();
        assertEq(found.supply, 0);
        assertEq(found.assets[0].redeemable + found.assets[0].pending, 0);
        assertEq(found.assets[0].claimable, 4.5 ether - 1);
    }

    function _ask() private view returns (AccountRevenue memory) {
        address[] memory others = new address[](1);
        others[0] = address(_other);
        return _lens.revenueOf(_token, _ann, others, 100);
    }

    function _held(address asset) private view returns (uint256) {
        return asset == address(0) ? _ann.balance : IERC20(asset).balanceOf(_ann);
    }

    function _roll() private {
        vm.roll(vm.getBlockNumber() + 1);
    }

    receive() external payable { }
}
