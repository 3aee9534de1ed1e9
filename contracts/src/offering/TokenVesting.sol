// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { VestingWallet } from "@openzeppelin/contracts/finance/VestingWallet.sol";
import { VestingWalletCliff } from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";

/// @title Releases model tokens to a beneficiary, linearly and not before a cliff
/// @notice A launch deploys one for each grant. The revenue of the tokens in the wallet goes to the
/// beneficiary at once. A new owner of the wallet gets both tokens and revenue.
contract TokenVesting is VestingWalletCliff {
    /// @notice The token that vests.
    IModelToken public immutable token;

    /// @param beginning Time, in seconds, from which vesting counts.
    constructor(
        IModelToken token_,
        address beneficiary,
        uint64 beginning,
        uint64 cliffSeconds,
        uint64 durationSeconds
    ) VestingWallet(beneficiary, beginning, durationSeconds) VestingWalletCliff(cliffSeconds) {
        token = token_;
        token_.setRecipient(beneficiary);
    }

    function _transferOwnership(address to) internal override {
        super._transferOwnership(to);
        // The base's constructor calls this before the token is set.
        if (address(token) != address(0)) token.setRecipient(to);
    }
}
