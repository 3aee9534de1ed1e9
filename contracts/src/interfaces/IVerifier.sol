// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Submission } from "../types/Submission.sol";

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

/// @title Judge of claims
/// @notice A host asks three things only: take this claim, what is it worth, what has become of it. One verifier serves any
/// number of hosts; a claim is bound to the host that posted it (`msg.sender` of `submit`).
interface IVerifier {
    /// @notice Takes a claim with its bond, `msg.value`, which must be `bond(contentId)` at least; the excess is sent to the claimant.
    /// @param evidence What this verifier wants beside the submission; for opML `abi.encode(bytes32 traceRoot, address delegate,
    /// bytes32[] emitSiblings, string traceUri)`.
    /// @return claim The claim's id, which must be `submission.claimId(verifier, host, details)`, with details of the verifier's choosing
    /// (for opML `keccak256(abi.encode(delegate, traceRoot))`). Reverts when the same claim was submitted before.
    function submit(Submission calldata submission, bytes calldata evidence)
        external
        payable
        returns (bytes32 claim);

    /// @notice What a claim on `contentId` must be bonded with now, in wei.
    function bond(bytes32 contentId) external view returns (uint256);

    /// @notice What has become of a claim. Never reverts; `Proven` and `Rejected` never change.
    function statusOf(bytes32 claim) external view returns (ClaimStatus);

    /// @notice Limits of a registered content, for the host to check a request against.
    /// @return promptLimit Most bytes of a prompt; 0 when the content is unknown.
    /// @return answerLimit Most bytes of an answer.
    function limits(bytes32 contentId)
        external
        view
        returns (uint32 promptLimit, uint32 answerLimit);
}
