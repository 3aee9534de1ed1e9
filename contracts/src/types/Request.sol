// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A request as its digest commits to it (docs/spec/request.md). The bytes of the text come
/// separately.
struct Request {
    /// The oracle that took the request.
    address host;
    uint256 id;
    bytes32 modelId;
    uint64 seed;
    uint32 maxTokens;
    /// How tokens are chosen, and the lengths of the stop sequences (`Sampling.pack`).
    bytes32 sampling;
    /// Bit 0: raw, without the chat template.
    uint8 flags;
    /// keccak256 of the prompt followed by the stop sequences.
    bytes32 textHash;
}

using { digest } for Request global;

/// @notice The digest of a request, to which claims commit.
/// @dev It covers the chain id, so that nobody can carry a claim to a fork.
function digest(Request memory self) view returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.request.v2"), block.chainid, self));
}
