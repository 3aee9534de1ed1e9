// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A claim as a host (the oracle) hands it to a verifier.
struct Submission {
    /// What was run: `keccak256(abi.encode("imo.content.v1", imageRoot, imageLength, programId))`.
    bytes32 contentId;
    /// The request's digest (docs/spec/request.md).
    bytes32 requestDigest;
    /// Posts the claim, and gets back or loses the bond.
    address claimant;
    /// keccak256 of the answer's bytes.
    bytes32 answerHash;
    /// Bytes of the answer.
    uint32 answerLength;
    /// Units that the answer took (docs/spec/request.md).
    uint32 unitsUsed;
}

/// @notice The fields of a claim. Their hash, with the chain, is the claim's id
/// (docs/spec/game.md).
struct ClaimKey {
    address verifier;
    /// Submitted the claim.
    address host;
    bytes32 requestDigest;
    bytes32 contentId;
    address claimant;
    /// `keccak256(abi.encode(answerLength, answerHash, unitsUsed))`.
    bytes32 outputDigest;
    /// What else a claim commits to, which is the verifier's own business; 0 for nothing.
    bytes32 details;
}

using { claimId, output, outputDigest } for Submission global;
using { id } for ClaimKey global;

/// @notice Id of the claim that a submission becomes when `host` hands it to `verifier`. So a host
/// can recompute the id from the submission and the details, and need not store the claims it made.
function claimId(Submission memory self, address verifier, address host, bytes32 details)
    view
    returns (bytes32)
{
    return ClaimKey({
        verifier: verifier,
        host: host,
        requestDigest: self.requestDigest,
        contentId: self.contentId,
        claimant: self.claimant,
        outputDigest: self.outputDigest(),
        details: details
    }).id();
}

/// @notice The words about the answer with which the trace's last slot begins
/// (docs/spec/request.md).
/// @dev Three words: answerLength | answerHash | unitsUsed.
function output(Submission memory self) pure returns (bytes memory) {
    return abi.encode(self.answerLength, self.answerHash, self.unitsUsed);
}

/// @notice Hash of `output`.
function outputDigest(Submission memory self) pure returns (bytes32) {
    return keccak256(self.output());
}

/// @notice The id of a claim.
/// @dev It covers the chain id, so that nobody can carry a claim to a fork.
function id(ClaimKey memory self) view returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.claim.v1"), block.chainid, self));
}
