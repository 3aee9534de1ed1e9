// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IModelOffering } from "../../interfaces/IModelOffering.sol";
import { ISaleValidationHook } from "../../interfaces/external/ISaleValidationHook.sol";

/// @title A cap on the bid of each address
/// @notice Without an allow-list it only slows somebody with many addresses. Serves any number of sales.
contract AddressCap is ISaleValidationHook {
    /// @notice Most that one address may bid in all.
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
