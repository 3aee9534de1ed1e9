// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LaunchParams } from "../../src/interfaces/IImoFactory.sol";
import { SaleStatus } from "../../src/interfaces/IModelOffering.sol";
import { Locked } from "../../src/libraries/Lock.sol";
import { ModelOffering } from "../../src/offering/ModelOffering.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";

/// @dev Several things in one call.
contract BatchesTest is LaunchFixture {
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");

    function test_one_call_ends_a_sale() external {
        _sell(_fullParams(), 60 ether);
        _offering.finish(address(_token), _both());
        assertEq(uint8(_sale().status), uint8(SaleStatus.Open));
        assertEq(_token.balanceOf(_ann), 600 ether);
        vm.prank(_ann);
        _token.transfer(_bob, 600 ether);
        assertEq(_token.balanceOf(_bob), 1000 ether);
    }

    /// @dev Wherever others have brought the sale, the same call does what is left.
    function test_whatever_others_did_first_the_call_succeeds() external {
        for (uint256 steps = 0; steps < 5; ++steps) {
            LaunchParams memory params = _params();
            (params.sale.ticks, params.sale.tickStep) = (8, 0.01 ether);
            params.model.contentId = bytes32(steps + 1);
            _sell(params, 60 ether);
            uint256 before = _token.balanceOf(_ann);
            if (steps > 0) _offering.settle(address(_token), steps == 1 ? 0 : 8);
            if (steps > 2) _claim(_ann);
            if (steps > 3) _offering.open(address(_token));
            _offering.finish(address(_token), _both());
            _offering.finish(address(_token), _both());
            assertEq(uint8(_sale().status), uint8(SaleStatus.Open));
            assertEq(_token.balanceOf(_ann) - before, 600 ether);
            assertEq(_token.balanceOf(address(_offering)), 0);
        }
    }

    function test_a_failed_sale_is_refunded_and_closed_in_one_call() external {
        _sell(_fullParams(), 1 ether);
        vm.deal(_ann, 0);
        _offering.finish(address(_token), _both());
        assertEq(_ann.balance, 1 ether);
        assertEq(uint8(_sale().status), uint8(SaleStatus.Closed));
    }

    function test_no_sale_ends_before_its_time() external {
        _launch(_params());
        _bid(_ann, 60 ether);
        vm.expectPartialRevert(ModelOffering.SaleNotOver.selector);
        _offering.finish(address(_token), _both());
        vm.expectPartialRevert(ModelOffering.NoSale.selector);
        _offering.finish(_ann, _both());
    }

    function test_tokens_of_several_sales_come_in_one_call() external {
        ModelToken[] memory tokens = new ModelToken[](3);
        for (uint256 i = 0; i < 3; ++i) {
            LaunchParams memory params = _params();
            params.model.contentId = bytes32(i + 1);
            _launch(params);
            _bid(_ann, 20 ether);
            tokens[i] = _token;
        }
        vm.warp(_offering.termsOf(address(_token)).end);
        bytes[] memory calls = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            calls[i] = abi.encodeCall(_offering.finish, (address(tokens[i]), _one(_ann)));
        }
        _offering.multicall(calls);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(tokens[i].balanceOf(_ann), 200 ether);
        }
    }

    /// @dev The caller of each call is the caller of all, and its ETH counts once: not at all.
    function test_a_batch_pays_for_no_bid_in_ether() external {
        _launch(_params());
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(_offering.bid, (address(_token), 0, 20 ether, ""));
        vm.deal(_ann, 20 ether);
        vm.startPrank(_ann);
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.WrongValue.selector, 0, 20 ether));
        _offering.multicall(calls);
        (bool ok,) = address(_offering).call{ value: 20 ether }(
            abi.encodeCall(_offering.multicall, (calls))
        );
        assertFalse(ok, "it takes no ETH");
        _offering.bid{ value: 20 ether }(address(_token), 0, 20 ether, "");
        calls[0] = abi.encodeCall(_offering.cancel, (address(_token)));
        _offering.multicall(calls);
        assertEq(_ann.balance, 20 ether);
        calls[0] = abi.encodeCall(_offering.openPool, (address(_token), 1, 1));
        vm.expectRevert(abi.encodeWithSelector(ModelOffering.NotSelf.selector, _ann));
        _offering.multicall(calls);
    }

    function test_a_payment_cannot_batch() external {
        Batcher thief = new Batcher(_offering);
        _launch(_params());
        _bid(address(thief), 20 ether);
        _bid(_bob, 20 ether);
        vm.prank(address(thief));
        _offering.cancel(address(_token));
        assertEq(thief.reason(), abi.encodeWithSelector(Locked.selector));
        assertEq(address(_offering).balance, 20 ether);
    }

    function _sell(LaunchParams memory params, uint256 amount) private {
        _launch(params);
        _bid(_ann, amount);
        if (amount > 10 ether) _bid(_bob, 100 ether - amount);
        vm.warp(params.sale.end);
    }

    function _both() private view returns (address[] memory both) {
        both = new address[](2);
        (both[0], both[1]) = (_ann, _bob);
    }
}

/// @dev Tries a batch while it is paid.
contract Batcher {
    ModelOffering private immutable _offering;
    bytes public reason;

    constructor(ModelOffering offering) {
        _offering = offering;
    }

    receive() external payable {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(_offering.withdraw, (address(0), address(this)));
        try _offering.multicall(calls) { }
        catch (bytes memory why) {
            reason = why;
        }
    }
}
