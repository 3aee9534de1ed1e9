// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { Submission } from "../../src/types/Submission.sol";

/// @dev What a claim's id commits to.
contract SubmissionTest is Test {
    function testFuzz_everything_makes_the_id(Submission memory it, uint256 field) external {
        bytes32 id = it.claimId(address(1), address(2), "details");
        assertEq(it.claimId(address(1), address(2), "details"), id);
        field %= 10;
        if (field == 0) it.contentId ^= bytes32(uint256(1));
        if (field == 1) it.requestDigest ^= bytes32(uint256(1));
        if (field == 2) it.claimant = address(uint160(it.claimant) ^ 1);
        if (field == 3) it.answerHash ^= bytes32(uint256(1));
        if (field == 4) it.answerLength ^= 1;
        if (field == 5) it.unitsUsed ^= 1;
        if (field == 6) vm.chainId(2);
        bytes32 changed = it.claimId(
            field == 7 ? address(3) : address(1),
            field == 8 ? address(3) : address(2),
            field == 9 ? bytes32(0) : bytes32("details")
        );
        assertNotEq(changed, id);
    }
}
