// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A request as its digest commits to it (docs/spec/request.md). The text's bytes travel beside it.
struct Request {
    /// The oracle that took it.
    address host;
    uint256 id;
    bytes32 modelId;
    uint64 seed;
    uint32 maxTokens;
    /// How tokens are chosen, and the lengths of the stop sequences: `Sampling.pack`.
    bytes32 sampling;
    /// Bit 0: raw, no chat template.
    uint8 flags;
    /// keccak256 of the prompt and, behind it, the stop sequences.
    bytes32 textHash;
}

using { digest } for Request global;

/// @dev The chain id keeps a claim from being carried to a fork.
function digest(Request memory self) view returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.request.v2"), block.chainid, self));
}
