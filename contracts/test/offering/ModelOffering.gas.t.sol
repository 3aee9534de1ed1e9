// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LaunchParams, VestingTerms } from "../../src/interfaces/IImoFactory.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";

/// @dev Whole transactions, 21,000 included, in snapshots/ModelOffering.json.
/// forge-config: default.isolate = true
contract ModelOfferingGasTest is LaunchFixture {
    function test_bid_settle_claim() external {
        _begin();
        for (uint256 tick = 0; tick < 120; tick += 2) {
            _bid(_bidder(tick), tick, 1 ether);
        }
        _snap("bid, new tick", 90_000);
        _bid(_bidder(1000), 118, 1 ether);
        _snap("bid, used tick", 60_000);
        _bid(_bidder(1000), 118, 1 ether);
        _snap("bid, raised", 50_000);
        vm.prank(_bidder(1000));
        _offering.cancel(address(_token));
        _snap("cancel", 50_000);

        vm.warp(_offering.termsOf(address(_token)).end);
        assertTrue(_offering.settle(address(_token), 60));
        _snap("settle, 60 ticks", 400_000);
        assertEq(_sale().sold, 1000 ether);
        // A wallet that holds none of the token yet; half of this is the token's.
        _claim(_bidder(118));
        _snap("claim", 80_000);
        address[] memory bidders = new address[](20);
        for (uint256 i = 0; i < 20; ++i) {
            bidders[i] = _bidder(116 - 2 * i);
        }
        _offering.claim(address(_token), bidders);
        uint256 batch = vm.snapshotGasLastCall("ModelOffering", "claim for 20");
        assertLe(batch / 20, 40_500, "each of a batch");
        _offering.open(address(_token));
        _snap("open, with pool, escrow and vesting", 3_500_000);
    }

    function test_settle_all_ticks() external {
        _begin();
        for (uint256 tick = 0; tick < 1024; tick += 2) {
            _bid(_bidder(tick), tick, 0.01 ether);
        }
        vm.warp(_offering.termsOf(address(_token)).end);
        assertTrue(_offering.settle(address(_token), 512));
        _snap("settle, 512 pairs of ticks", 3_700_000);
    }

    function test_open_without_pool() external {
        _launch(_params());
        _bid(_bidder(0), 0, 50 ether);
        _settle();
        _offering.open(address(_token));
        _snap("open", 250_000);
    }

    function _begin() private {
        LaunchParams memory params = _fullParams();
        (params.sale.floorPrice, params.sale.tickStep) = (0.001 ether, 0.001 ether);
        (params.sale.ticks, params.sale.softCap) = (1024, 5 ether);
        _launch(params);
    }

    function _bid(address bidder, uint256 tick, uint256 amount) private {
        vm.deal(bidder, amount);
        vm.prank(bidder);
        _offering.bid{ value: amount }(address(_token), tick, amount, "");
    }

    function _bidder(uint256 index) private pure returns (address) {
        return address(uint160(0xB1D000 + index));
    }

    function _snap(string memory name, uint256 bar) private {
        assertLe(vm.snapshotGasLastCall("ModelOffering", name), bar, name);
    }
}
