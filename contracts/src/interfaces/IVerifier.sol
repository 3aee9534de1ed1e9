// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimStatus } from "../types/ClaimStatus.sol";
import { Submission } from "../types/Submission.sol";

/// @title Judge of claims
/// @notice A host (the oracle) hands claims to a verifier and asks what became of them. How a
/// verifier judges is its own business; opML (`IOpmlVerifier`) is one way. One verifier serves any
/// number of hosts. A claim belongs to the host that submitted it.
interface IVerifier {
    /// @notice Takes a claim with its bond. The value must be at least `bond(contentId)`; the
    /// excess is sent to the claimant. Reverts when the same claim was submitted before.
    /// @param submission The claim.
    /// @param evidence What this verifier wants in addition; for opML `abi.encode(bytes32
    /// traceRoot, address delegate, bytes32[] emitSiblings, string traceUri)`.
    /// @return claim The claim's id, which must be `submission.claimId(verifier, host, details)`.
    /// The verifier chooses the details; for opML `keccak256(abi.encode(delegate, traceRoot))`.
    function submit(Submission calldata submission, bytes calldata evidence)
        external
        payable
        returns (bytes32 claim);

    /// @notice The present bond of a claim.
    /// @param contentId What the claim says was run.
    /// @return The bond, in wei.
    function bond(bytes32 contentId) external view returns (uint256);

    /// @notice What became of a claim. Never reverts. `Proven` and `Rejected` never change.
    /// @param claim The claim.
    /// @return The status.
    function statusOf(bytes32 claim) external view returns (ClaimStatus);

    /// @notice The limits of a registered content, against which the host checks a request.
    /// @param content The id of the content.
    /// @return inputLimit Most bytes of an input; 0 if the content is unknown.
    /// @return answerLimit Most bytes of an answer.
    function limits(bytes32 content) external view returns (uint32 inputLimit, uint32 answerLimit);
}
