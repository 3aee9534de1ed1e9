// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LaunchParams } from "../../src/interfaces/IImoFactory.sol";
import { IDrip } from "../../src/interfaces/IDrip.sol";
import { Drip } from "../../src/revenue/Drip.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";

/// @dev Tokens of the model that somebody sent to its own splitter or drip.
contract OwnTokensTest is LaunchFixture {
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");

    function setUp() public override {
        super.setUp();
        LaunchParams memory params = _params();
        params.token.sharedBps = 5000;
        _launch(params);
        _bid(_ann, 50 ether);
        _bid(_bob, 50 ether);
        _settle();
        _claim(_ann);
        _claim(_bob);
        _offering.open(address(_token));
        vm.roll(vm.getBlockNumber() + 1);
    }

    function test_tokens_in_the_drip_are_burned_for_all_holders() external {
        _token.deposit{ value: 10 ether }();
        vm.prank(_ann);
        _token.transfer(address(_drip), 200 ether);
        assertEq(_drip.releasable(address(_token)), 200 ether);

        vm.expectEmit(address(_drip));
        emit IDrip.Burned(200 ether);
        assertEq(_drip.release(address(_token)), 200 ether);
        assertEq(_token.totalSupply(), 800 ether);
        assertEq(address(_drip).balance, 1 ether, "its part of what burning redeems");
        (, uint256 pool,) = _token.booksOf(ETH);
        assertEq(pool, 4 ether);
        assertEq(_token.redeemableOnBurn(500 ether), 2.5 ether, "no holder has less than before");

        assertEq(_drip.releasable(address(_token)), 0);
        vm.expectRevert(abi.encodeWithSelector(Drip.TooLittle.selector, 0, 1));
        _drip.release(address(_token));
    }

    function test_tokens_in_the_splitter_are_divided() external {
        vm.prank(_ann);
        _token.transfer(address(_splitter), 100 ether);
        assertEq(_splitter.collect(address(_token)), 100 ether);
        assertEq(_drip.release(address(_token)), 88 ether);
        assertEq(_splitter.withdraw(_creator, address(_token)), 10 ether);
        assertEq(_splitter.withdraw(_protocol, address(_token)), 2 ether);
        assertEq(_token.balanceOf(address(_splitter)), 0);
        assertEq(_token.balanceOf(_creator), 10 ether);
    }

    function test_what_such_tokens_earned_goes_to_the_drip() external {
        vm.startPrank(_ann);
        _token.transfer(address(_splitter), 200 ether);
        _token.transfer(address(_drip), 300 ether);
        vm.stopPrank();
        vm.roll(vm.getBlockNumber() + 1);
        _token.deposit{ value: 10 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        address[] memory accounts = new address[](2);
        (accounts[0], accounts[1]) = (address(_splitter), address(_drip));
        _token.claimAllFor(accounts, ETH, 10);
        assertEq(address(_drip).balance, 2.5 ether - 2, "half of the shared half");
        assertEq(_token.claimableAll(address(_splitter), ETH), 0);
        assertEq(_token.claimableAll(address(_drip), ETH), 0);
    }
}
