// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { TokenVesting } from "../../src/offering/TokenVesting.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";

/// @dev 200 of 1,500 tokens vest over four years from the sale's end, with a cliff after one.
contract TokenVestingTest is LaunchFixture {
    TokenVesting private _wallet;
    uint256 private _start;

    function setUp() public override {
        super.setUp();
        _launch(_fullParams());
        _wallet = TokenVesting(payable(_offering.openingOf(address(_token)).grants[0].wallet));
        _bid(makeAddr("ann"), 100 ether);
        _settle();
        _start = block.timestamp;
        _offering.open(address(_token));
    }

    function testFuzz_nothing_before_the_cliff_then_linearly(uint256 elapsed) external {
        elapsed = elapsed % (5 * 365 days);
        vm.warp(_start + elapsed);
        _wallet.release(address(_token));
        uint256 whole = 4 * 365 days;
        uint256 expected =
            elapsed < 365 days ? 0 : 200 ether * (elapsed < whole ? elapsed : whole) / whole;
        assertEq(_token.balanceOf(_creator), expected);
    }

    function test_what_it_earns_is_the_beneficiarys_at_once() external {
        _earn(15 ether);
        uint256 before = _creator.balance;
        _token.claimAllFor(_one(address(_wallet)), ETH, 10);
        assertApproxEqAbs(_creator.balance - before, 2 ether, 2);
    }

    function test_whoever_it_is_handed_to_gets_both() external {
        address heir = makeAddr("heir");
        vm.prank(_creator);
        _wallet.transferOwnership(heir);
        assertEq(_token.recipientOf(address(_wallet)), heir);
        _earn(15 ether);
        _token.claimAllFor(_one(address(_wallet)), ETH, 10);
        assertApproxEqAbs(heir.balance, 2 ether, 2);
        vm.warp(_start + 4 * 365 days);
        _wallet.release(address(_token));
        assertEq(_token.balanceOf(heir), 200 ether);
    }

    function test_the_factory_knows_it() external view {
        assertNotEq(_factory.partOf(address(_wallet)), 0);
        assertEq(address(_wallet.token()), address(_token));
        assertEq(_wallet.owner(), _creator);
    }

    function _earn(uint256 amount) private {
        vm.roll(vm.getBlockNumber() + 1);
        vm.deal(address(this), amount);
        _token.deposit{ value: amount }();
        vm.roll(vm.getBlockNumber() + 1);
    }
}
