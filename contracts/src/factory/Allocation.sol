// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {
    AllocationTerms,
    EscrowTerms,
    LaunchParams,
    VestingTerms
} from "../interfaces/IImoFactory.sol";
import { SaleParams } from "../interfaces/IModelOffering.sol";
import { BPS, TOKEN_UNIT } from "../libraries/Units.sol";

/// @title The division of a launch's supply and proceeds
/// @notice The factory asks how many tokens are for sale, and has divisions refused that would trap
/// somebody. Each error names what is wrong.
library Allocation {
    /// @notice Most grants.
    uint256 internal constant MAX_VESTING = 4;
    /// @dev Least product of a pool's reserves. The product of a pair never falls, so a gift of
    /// half of the product stops a pool from being opened. With this product that gift is 2^96
    /// units, which is more than all ETH.
    uint256 private constant MIN_PRODUCT = 1 << 97;
    /// @dev Least token units for sale.
    uint256 private constant MIN_FOR_SALE = 1e6;
    /// @dev Least time from the end of the sale to the deadline.
    uint256 private constant MIN_DELIVERY = 30 days;
    /// @dev Most time from the end of the sale to the deadline.
    uint256 private constant MAX_DELIVERY = 5 * 365 days;
    /// @dev Least time of refunds. In 30 daily releases the drip pays out 99 % of what waits, so
    /// buyers can have their revenue before they return tokens.
    uint256 private constant MIN_REFUNDS = 30 days;
    /// @dev Most time of refunds.
    uint256 private constant MAX_REFUNDS = 365 days;
    /// @dev Time in which the grants may together set free as many tokens as are sold.
    uint256 private constant VESTING_PACE = 365 days;

    /// @notice Thrown when pool and escrow together take more than the proceeds.
    error ProceedsOverspent(uint256 poolBps, uint256 escrowBps);
    /// @notice Thrown for a pool where there is no exchange or no wrapped ETH.
    error NoExchange();
    /// @notice Thrown when a sale at the soft cap could leave too little for a pool.
    error PoolTooSmall(uint256 tokens, uint256 amount);
    /// @notice Thrown for more than four grants.
    error TooManyVesting(uint256 count);
    /// @notice Thrown for a grant to nobody.
    error NoBeneficiary(uint256 index);
    /// @notice Thrown for a grant of nothing.
    error NothingVested(uint256 index);
    /// @notice Thrown when a grant could be had before buyers have their tokens, or could be
    /// returned to the escrow.
    error CliffTooEarly(uint256 cliff, uint256 earliest);
    /// @notice Thrown for a grant that ends before its cliff.
    error VestingEndsBeforeCliff(uint256 end, uint256 cliff);
    /// @notice Thrown when the grants together set more tokens free a year than the sale sells at
    /// its soft cap. Vesting counts from the end of the sale.
    error VestingTooFast(uint256 perYear, uint256 sold);
    /// @notice Thrown for fewer than 10^6 token units for sale.
    error TooLittleForSale(uint256 supply);
    /// @notice Thrown for an escrow in another currency than ETH, in which answers are paid.
    error EscrowNotInEther(address currency);
    /// @notice Thrown for a delivery of less than 30 days or more than five years.
    error EscrowDeadlineOutOfRange(uint256 deadline, uint256 earliest, uint256 latest);
    /// @notice Thrown for refunds of less than 30 days or more than a year.
    error RefundsOutOfRange(uint256 end, uint256 earliest, uint256 latest);
    /// @notice Thrown for the deadline of an escrow that gets nothing.
    error NothingEscrowed();

    /// @notice Token units for sale. Together with the pool's they are everything that is not
    /// vested.
    function forSale(LaunchParams calldata params) internal pure returns (uint256) {
        uint256 supply = params.token.supply;
        uint256 vested = vestedOf(params.allocation);
        if (vested >= supply) revert TooLittleForSale(0);
        return (supply - vested) * BPS / (BPS + params.allocation.poolBps);
    }

    /// @notice Token units of all grants.
    function vestedOf(AllocationTerms calldata allocation) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < allocation.vesting.length; ++i) {
            sum += allocation.vesting[i].amount;
        }
    }

    /// @notice Token units that are sold at least, unless the sale fails: those that the soft cap
    /// buys at the floor price. The rest is burned, and the grants then weigh more.
    function leastSold(LaunchParams calldata params) internal pure returns (uint256) {
        uint256 supply = forSale(params);
        (uint256 softCap, uint256 floor) = (params.sale.softCap, params.sale.floorPrice);
        // The auction refuses both by name.
        if (softCap == 0 || floor == 0) return supply;
        uint256 sold = softCap * TOKEN_UNIT / floor;
        return sold < supply ? sold : supply;
    }

    /// @notice Reverts for a division that would trap somebody.
    function refuse(LaunchParams calldata params, address exchange, address weth) internal pure {
        AllocationTerms calldata allocation = params.allocation;
        EscrowTerms calldata escrow = params.escrow;
        bool overspent = uint256(allocation.poolBps) + escrow.bps > BPS;
        if (overspent) revert ProceedsOverspent(allocation.poolBps, escrow.bps);

        uint256 supply = forSale(params);
        if (supply < MIN_FOR_SALE) revert TooLittleForSale(supply);
        if (allocation.poolBps != 0) {
            bool hasCoin = params.sale.currency != address(0) || weth != address(0);
            if (exchange == address(0) || !hasCoin) revert NoExchange();
            _refuseDust(params.sale, allocation.poolBps);
        }
        _refuseEscrow(escrow, params.sale);
        _refuseVesting(allocation, escrow.bps == 0 ? params.sale.end : escrow.refundEnd);
        _refuseHaste(params);
    }

    /// @dev Refuses a pool that could be too small. It is smallest at the soft cap and the top
    /// price.
    function _refuseDust(SaleParams calldata sale, uint256 poolBps) private pure {
        uint256 ticks = sale.ticks == 0 ? 1 : sale.ticks;
        uint256 top = sale.floorPrice + (ticks - 1) * sale.tickStep;
        uint256 amount = sale.softCap * poolBps / BPS;
        uint256 tokens = top == 0 ? 0 : amount * TOKEN_UNIT / top;
        bool small = amount == 0 || tokens < MIN_PRODUCT / amount;
        if (small) revert PoolTooSmall(tokens, amount);
    }

    function _refuseEscrow(EscrowTerms calldata escrow, SaleParams calldata sale) private pure {
        if (escrow.bps == 0) {
            if (escrow.deadline != 0 || escrow.refundEnd != 0) revert NothingEscrowed();
            return;
        }
        if (sale.currency != address(0)) revert EscrowNotInEther(sale.currency);
        (uint256 deadline, uint256 end) = (escrow.deadline, escrow.refundEnd);
        (uint256 earliest, uint256 latest) = (sale.end + MIN_DELIVERY, sale.end + MAX_DELIVERY);
        bool outOfRange = deadline < earliest || deadline > latest;
        if (outOfRange) revert EscrowDeadlineOutOfRange(deadline, earliest, latest);
        (earliest, latest) = (deadline + MIN_REFUNDS, deadline + MAX_REFUNDS);
        if (end < earliest || end > latest) revert RefundsOutOfRange(end, earliest, latest);
    }

    function _refuseVesting(AllocationTerms calldata allocation, uint256 earliest) private pure {
        uint256 count = allocation.vesting.length;
        if (count > MAX_VESTING) revert TooManyVesting(count);
        for (uint256 i = 0; i < count; ++i) {
            VestingTerms calldata terms = allocation.vesting[i];
            if (terms.beneficiary == address(0)) revert NoBeneficiary(i);
            if (terms.amount == 0) revert NothingVested(i);
            if (terms.cliff < earliest) revert CliffTooEarly(terms.cliff, earliest);
            if (terms.end < terms.cliff) revert VestingEndsBeforeCliff(terms.end, terms.cliff);
        }
    }

    /// @dev Refuses grants that would soon outnumber what buyers hold. A short grant may be small,
    /// and a large one long: what counts is the tokens a year.
    function _refuseHaste(LaunchParams calldata params) private pure {
        uint256 sold = leastSold(params);
        uint256 perYear = 0;
        for (uint256 i = 0; i < params.allocation.vesting.length; ++i) {
            VestingTerms calldata terms = params.allocation.vesting[i];
            uint256 time = terms.end - params.sale.end;
            if (time == 0) revert VestingTooFast(type(uint256).max, sold);
            perYear += (terms.amount * VESTING_PACE + time - 1) / time;
        }
        if (perYear > sold) revert VestingTooFast(perYear, sold);
    }
}
