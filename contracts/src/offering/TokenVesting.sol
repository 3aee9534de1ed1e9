// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { VestingWallet } from "@openzeppelin/contracts/finance/VestingWallet.sol";
import { VestingWalletCliff } from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";

/// @title Releases model tokens to a beneficiary, linearly and not before a cliff
/// @notice What the tokens in it earn is the beneficiary's at once. Whoever the wallet is handed over to gets both.
contract TokenVesting is VestingWalletCliff {
    /// @notice The token whose revenue follows the beneficiary.
    IModelToken public immutable token;

    /// @param beginning Seconds; vesting counts from here.
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
        // The base's constructor comes here before the token is set.
        if (address(token) != address(0)) token.setRecipient(to);
    }
}
