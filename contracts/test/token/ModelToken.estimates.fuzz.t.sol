// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { tokenParams } from "./TokenHarness.sol";

/// @dev What a transfer writes depends on the epochs, and not on the block. So in any state that a
/// history leads to, a transfer costs no more some blocks later than it would at once.
/// forge-config: default.isolate = true
/// forge-config: default.fuzz.runs = 64
contract ModelTokenEstimatesFuzzTest is Test {
    uint256 private constant STEPS = 40;

    ModelToken private _token;
    address[4] private _people =
        [makeAddr("ann"), makeAddr("bob"), makeAddr("dan"), makeAddr("eve")];
    uint256 private _seed;

    function setUp() external {
        _token = new ModelToken(
            tokenParams(1000 ether, 6000, address(this), address(this), address(0), 1)
        );
        for (uint256 i = 0; i < 3; ++i) {
            _token.transfer(_people[i], 100 ether);
        }
        _token.open();
        vm.deal(address(this), 1e30);
    }

    function testFuzz_a_transfer_costs_no_more_some_blocks_later(uint256 seed) external {
        _seed = seed;
        for (uint256 step = 0; step < STEPS; ++step) {
            _act();
            // Never to oneself: that is estimated as it is done, with warm words.
            uint256 from = _draw(3);
            _check(_people[from], _people[(from + 1 + _draw(3)) % 4]);
            if (_draw(2) == 0) vm.roll(vm.getBlockNumber() + 1 + _draw(3));
        }
    }

    function _act() private {
        address person = _people[_draw(3)];
        uint256 kind = _draw(8);
        if (kind < 4) {
            vm.prank(person);
            _token.transfer(_people[_draw(4)], 1 + _draw(1 ether));
        } else if (kind == 4) {
            _token.deposit{ value: 1 ether }();
        } else if (kind == 5) {
            _token.mark();
        } else if (kind == 6) {
            _token.settle(person);
        } else {
            vm.prank(person);
            _token.burn(1 + _draw(1 ether), new address[](0));
        }
    }

    function _check(address from, address to) private {
        uint256 estimate = _gasOf(from, to);
        uint256 snapshot = vm.snapshotState();
        vm.roll(vm.getBlockNumber() + 1 + _draw(300));
        uint256 later = _gasOf(from, to);
        assertTrue(vm.revertToStateAndDelete(snapshot));
        assertLe(later, estimate);
    }

    /// @dev The gas of a transfer. Undoes it.
    function _gasOf(address from, address to) private returns (uint256 used) {
        uint256 snapshot = vm.snapshotState();
        vm.prank(from);
        _token.transfer(to, 1);
        used = vm.lastCallGas().gasTotalUsed;
        assertTrue(vm.revertToStateAndDelete(snapshot));
    }

    /// @dev A number below `bound`.
    function _draw(uint256 bound) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % bound;
    }

    receive() external payable { }
}
