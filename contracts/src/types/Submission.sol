// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What a host (the oracle) hands to a verifier with a claim.
struct Submission {
    /// What was run: `keccak256(abi.encode("imo.content.v1", imageRoot, imageLength, programId))`.
    bytes32 contentId;
    /// The request's digest, docs/spec/request.md.
    bytes32 requestDigest;
    /// Who posts the claim; loses or gets back the bond.
    address claimant;
    /// keccak256 of the answer's bytes.
    bytes32 answerHash;
    /// Bytes of the answer.
    uint32 answerLength;
    /// Tokens generated.
    uint32 tokensUsed;
}

/// @notice What a claim's id is the hash of, beside the chain (docs/spec/game.md).
struct ClaimKey {
    address verifier;
    /// Who submitted the claim.
    address host;
    bytes32 requestDigest;
    bytes32 contentId;
    address claimant;
    /// `keccak256(abi.encode(answerLength, answerHash, tokensUsed))`.
    bytes32 outputDigest;
    /// What else the verifier has a claim commit to, which is its own business; 0 where that is nothing.
    bytes32 details;
}

using { claimId, output, outputDigest } for Submission global;
using { id } for ClaimKey global;

/// @notice Id of the claim that this submission becomes when `host` hands it to `verifier`. So a host can tell a claim by its
/// submission and details, and need not store which it took.
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

/// @notice What the program's last slot says of the answer (docs/spec/request.md).
function output(Submission memory self) pure returns (bytes memory) {
    return abi.encode(self.answerLength, self.answerHash, self.tokensUsed);
}

/// @notice Hash of `output`.
function outputDigest(Submission memory self) pure returns (bytes32) {
    return keccak256(self.output());
}

/// @dev The chain id keeps a claim from being carried to a fork.
function id(ClaimKey memory self) view returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.claim.v1"), block.chainid, self));
}
