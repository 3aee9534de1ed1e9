// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IModelOffering } from "../../interfaces/IModelOffering.sol";
import { ISaleValidationHook } from "../../interfaces/external/ISaleValidationHook.sol";

/// @title A cap on the bid of each address
/// @notice A sale that names this hook refuses bids above the cap. Without an allow-list the cap
/// only slows down a buyer with many addresses. One hook serves any number of sales.
contract AddressCap is ISaleValidationHook {
    /// @notice Most that one address can bid in all, in currency units.
    uint256 public immutable cap;

    /// @notice Thrown for a bid above the cap.
    error BidAboveCap(address owner, uint256 total, uint256 cap);

    constructor(uint256 cap_) {
        cap = cap_;
    }

    /// @inheritdoc ISaleValidationHook
    function validate(uint256, uint128, address owner, address, bytes calldata) external view {
        IModelOffering offering = IModelOffering(msg.sender);
        uint256 total = offering.bidOf(offering.token(), owner).amount;
        if (total > cap) revert BidAboveCap(owner, total, cap);
    }
}
