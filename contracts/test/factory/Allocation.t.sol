// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Allocation } from "../../src/factory/Allocation.sol";
import { FactoryParams, ImoFactory } from "../../src/factory/ImoFactory.sol";
import { Traps } from "../../src/factory/Traps.sol";
import { LaunchParams, VestingTerms } from "../../src/interfaces/IImoFactory.sol";
import { factoryParams } from "./Deploy.sol";
import { LaunchFixture } from "./LaunchFixture.sol";

/// @dev Divisions of supply and proceeds that a launch refuses, each by name.
contract AllocationTest is LaunchFixture {
    function testFuzz_pool_and_sale_use_the_supply_up(uint96 supply, uint96 vested, uint16 poolBps)
        external
    {
        LaunchParams memory params = _params();
        supply = uint96(bound(supply, 1e22, type(uint96).max));
        vested = uint96(bound(vested, 0, supply / 2));
        poolBps = uint16(bound(poolBps, 0, 10_000));
        params.token.supply = supply;
        params.sale.floorPrice = 1e14;
        // The soft cap sells at least half, so that every grant is small enough.
        params.sale.softCap = uint112((uint256(supply) - vested) / 2e4);
        params.allocation.poolBps = poolBps < 1000 ? 0 : poolBps;
        if (vested != 0) {
            params.allocation.vesting = new VestingTerms[](1);
            params.allocation.vesting[0] =
                VestingTerms(_creator, vested, params.sale.end, params.sale.end + 8 * 365 days);
        }
        _launch(params);
        uint256 forSale = _sale().supply;
        uint256 pool = forSale * params.allocation.poolBps / 10_000;
        assertLe(forSale + pool + vested, supply);
        assertLe(supply - forSale - pool - vested, 2, "but for rounding");
    }

    function test_traps_of_the_escrow() external {
        LaunchParams memory params = _fullParams();
        params.allocation.poolBps = 5001;
        _refuse(params, abi.encodeWithSelector(Allocation.ProceedsOverspent.selector, 5001, 5000));
        params = _fullParams();
        params.sale.currency = address(_registry);
        _refuse(params, abi.encodeWithSelector(Allocation.EscrowNotInEther.selector, _registry));
        params = _fullParams();
        (uint256 first, uint256 last) = (params.sale.end + 30 days, params.sale.end + 5 * 365 days);
        params.escrow.deadline = 0;
        _refuse(params, _outOfRange(0, first, last));
        params.escrow.deadline = uint40(first) - 1;
        _refuse(params, _outOfRange(first - 1, first, last));
        params.escrow.deadline = uint40(last) + 1;
        _refuse(params, _outOfRange(last + 1, first, last));
        params = _fullParams();
        (first, last) = (params.escrow.deadline + 30 days, params.escrow.deadline + 365 days);
        params.escrow.refundEnd = uint40(first) - 1;
        _refuse(
            params,
            abi.encodeWithSelector(Allocation.RefundsOutOfRange.selector, first - 1, first, last)
        );
        params.escrow.refundEnd = uint40(last) + 1;
        _refuse(
            params,
            abi.encodeWithSelector(Allocation.RefundsOutOfRange.selector, last + 1, first, last)
        );
        params = _fullParams();
        params.escrow.bps = 0;
        _refuse(params, abi.encodeWithSelector(Allocation.NothingEscrowed.selector));
    }

    function test_traps_of_vesting() external {
        LaunchParams memory params = _fullParams();
        uint40 refunded = params.escrow.refundEnd;
        params.allocation.vesting[0].cliff = refunded - 1;
        _refuse(
            params,
            abi.encodeWithSelector(Allocation.CliffTooEarly.selector, refunded - 1, refunded)
        );
        delete params.escrow;
        params.allocation.vesting[0].cliff = params.sale.end - 1;
        _refuse(
            params,
            abi.encodeWithSelector(
                Allocation.CliffTooEarly.selector, params.sale.end - 1, params.sale.end
            )
        );
        params = _fullParams();
        params.allocation.vesting[0].end = params.allocation.vesting[0].cliff - 1;
        _refuse(
            params,
            abi.encodeWithSelector(
                Allocation.VestingEndsBeforeCliff.selector,
                params.allocation.vesting[0].end,
                params.allocation.vesting[0].cliff
            )
        );
        params = _fullParams();
        params.allocation.vesting[0].beneficiary = address(0);
        _refuse(params, abi.encodeWithSelector(Allocation.NoBeneficiary.selector, 0));
        params = _fullParams();
        params.allocation.vesting[0].amount = 0;
        _refuse(params, abi.encodeWithSelector(Allocation.NothingVested.selector, 0));
        params.allocation.vesting[0].amount = params.token.supply;
        _refuse(params, abi.encodeWithSelector(Allocation.TooLittleForSale.selector, 0));
        params.allocation.vesting[0].amount = params.token.supply - 1_200_000;
        _refuse(params, abi.encodeWithSelector(Allocation.TooLittleForSale.selector, 923_076));
        params = _fullParams();
        params.allocation.vesting = new VestingTerms[](5);
        _refuse(params, abi.encodeWithSelector(Allocation.TooManyVesting.selector, 5));
    }

    /// @dev 100 tokens are sold at the soft cap, so that grants may set 100 a year free.
    function test_grants_are_free_no_faster_than_tokens_are_sold() external {
        LaunchParams memory params = _params();
        params.token.supply = 2000 ether;
        uint40 end = params.sale.end;
        params.allocation.vesting = new VestingTerms[](2);
        params.allocation.vesting[0] = VestingTerms(_creator, 50 ether, end, end + 365 days);
        params.allocation.vesting[1] = VestingTerms(_creator, 100 ether, end, end + 730 days);
        _factory.launch(params);
        params.allocation.vesting[1].end -= 1;
        _refuse(params, _tooFast(100_000_000_792_744_812_164, 100 ether));
        params.allocation.vesting[1] = VestingTerms(_creator, 1, end, end);
        _refuse(params, _tooFast(type(uint256).max, 100 ether));
        params.allocation.vesting[1] = VestingTerms(_creator, 1000 ether, end, end + 20 * 365 days);
        params.token.supply = 3000 ether;
        _factory.launch(params);
    }

    function test_traps_of_the_pool() external {
        LaunchParams memory params = _params();
        params.allocation.poolBps = 3000;
        params.sale.softCap = 4e14;
        _refuse(params, abi.encodeWithSelector(Allocation.PoolTooSmall.selector, 1.2e15, 1.2e14));
        params.sale.softCap = 4.3e14;
        _factory.launch(params);
        FactoryParams memory without = factoryParams(address(_registry), _oracle);
        without.exchange = address(0);
        _factory = new ImoFactory(without);
        _refuse(params, abi.encodeWithSelector(Allocation.NoExchange.selector));
    }

    function test_no_part_is_a_sink() external {
        LaunchParams memory params = _fullParams();
        params.allocation.vesting[0].beneficiary = address(_escrow);
        _refuse(params, abi.encodeWithSelector(Traps.SinkIsPart.selector, _escrow));
        params = _fullParams();
        params.split.protocol = address(_offering);
        _refuse(params, abi.encodeWithSelector(Traps.SinkIsPart.selector, _offering));
    }

    function _tooFast(uint256 perYear, uint256 sold) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Allocation.VestingTooFast.selector, perYear, sold);
    }

    function _outOfRange(uint256 deadline, uint256 first, uint256 last)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            Allocation.EscrowDeadlineOutOfRange.selector, deadline, first, last
        );
    }
}
