// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { Coin, tokenParams } from "./TokenHarness.sol";

/// @dev Whole transactions, 21,000 included, in snapshots/ModelToken.json.
/// forge-config: default.isolate = true
contract ModelTokenGasTest is Test {
    address private constant ETH = address(0);

    ModelToken private _token;
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");

    function setUp() external {
        _token = new ModelToken(
            tokenParams(
                1_000_000 ether, 10_000, address(this), address(this), address(0), 0.001 ether
            )
        );
        _token.transfer(_ann, 400_000 ether);
        _token.transfer(_bob, 400_000 ether);
        _token.open();
        _roll();
        vm.deal(address(this), 1e30);
        vm.deal(_ann, 1 ether);
    }

    function test_transfer() external {
        _transfer();
        _snap("transfer, no epoch since", 38_000);

        _epochs(1);
        _transfer();
        _snap("transfer, first after a deposit", 83_500);
        _epochs(1);
        _transfer();
        _snap("transfer, first after the next deposit", 49_500);
    }

    function test_deposit() external {
        _epochs(1);
        _token.deposit{ value: 1 ether }();
        _snap("deposit, new epoch", 94_000);
        _token.deposit{ value: 1 ether }();
        _snap("deposit, open epoch", 52_000);
        (bool ok,) = address(_token).call{ value: 1 ether }("");
        assertTrue(ok);
        _snap("plain send", 21_200);
    }

    function test_claim() external {
        _epochs(5);
        vm.startPrank(_ann);
        _token.claim(1);
        _snap("claim, first", 77_500);
        _token.claim(2);
        _snap("claim, next", 60_500);
        _token.claim(5);
        _snap("claim, out of order", 65_000);
    }

    function test_claim_all() external {
        _epochs(1);
        vm.prank(_bob);
        _token.claimAll(ETH, 10);
        _snap("claimAll over 1 epoch", 73_500);
        _epochs(100);
        vm.prank(_bob);
        _token.claimAll(ETH, 10);
        _snap("claimAll over 100 epochs", 60_000);
        for (uint256 i = 0; i < 100; ++i) {
            _transfer();
            _epochs(1);
        }
        vm.prank(_ann);
        _token.claimAll(ETH, 300);
        _snap("claimAll, 100 own checkpoints", 1_300_000);
    }

    function test_burn() external {
        _epochs(1);
        vm.startPrank(_bob);
        _token.burn(1 ether);
        _snap("burn, first", 75_000);
        _roll();
        _token.burn(1 ether);
        _snap("burn, later", 71_000);
    }

    function _transfer() private {
        vm.prank(_ann);
        _token.transfer(_bob, 1 ether);
    }

    function _epochs(uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            _token.deposit{ value: 1 ether }();
            _roll();
        }
    }

    function _roll() private {
        vm.roll(vm.getBlockNumber() + 1);
    }

    function _snap(string memory name, uint256 bar) private {
        assertLe(vm.snapshotGasLastCall("ModelToken", name), bar, name);
    }
}
