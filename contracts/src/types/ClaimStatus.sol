// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What a verifier says of a claim.
enum ClaimStatus {
    /// Never submitted.
    Unknown,
    /// Submitted; may still be rejected.
    Pending,
    /// Final: the answer is right, as far as this verifier can tell.
    Proven,
    /// Final: the claim lost.
    Rejected
}
