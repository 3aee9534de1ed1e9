// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { SaleParams } from "../../src/interfaces/IModelOffering.sol";
import { Sale } from "./Sale.sol";

/// @dev Whole transactions, 21,000 included, in snapshots/ModelOffering.json.
/// forge-config: default.isolate = true
contract ModelOfferingGasTest is Sale {
    function test_gas() external {
        SaleParams memory terms = _fixedPrice(1e24, 1e14);
        (terms.ticks, terms.tickStep) = (1024, 1e12);
        _begin(1e24, terms);
        for (uint256 tick = 0; tick < 1024; tick += 2) {
            _bid(address(uint160(0xB1D000 + tick)), tick, 0.02 ether);
        }
        _bid(makeAddr("ann"), 1023, 1 ether);
        _snap("bid, used tick", 95_000);
        _bid(makeAddr("ann"), 1023, 1 ether);
        _snap("bid, raised", 60_000);
        vm.warp(terms.end);
        _offering.settle(address(_token), 1024);
        _snap("settle, 512 pairs of ticks", 4_000_000);
        _claim(makeAddr("ann"));
        _snap("claim", 130_000);
        _offering.open(address(_token));
        _snap("open", 250_000);
    }

    function _snap(string memory name, uint256 bar) private {
        assertLe(vm.snapshotGasLastCall("ModelOffering", name), bar, name);
    }
}
