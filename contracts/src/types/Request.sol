// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A request as its digest commits to it (docs/spec/request.md). The prompt's bytes travel beside it.
struct Request {
    /// The oracle that took it.
    address host;
    uint256 id;
    bytes32 modelId;
    uint64 seed;
    uint32 maxTokens;
    /// In units of 2^-16; 0 is greedy.
    uint32 temperature;
    /// Candidates; 0 is the program's most.
    uint16 topK;
    /// Bit 0: raw, no chat template.
    uint8 flags;
    bytes32 promptHash;
}

using { digest } for Request global;

/// @dev The chain id keeps a claim from being carried to a fork.
function digest(Request memory self) view returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.request.v1"), block.chainid, self));
}
