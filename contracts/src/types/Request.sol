// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A request as its digest commits to it (docs/spec/request.md). It has the same fields for
/// every program. The bytes of the input come separately.
struct Request {
    /// The oracle that took the request.
    address host;
    uint256 id;
    bytes32 modelId;
    uint64 seed;
    /// Most units that can be billed; at least 1.
    uint32 maxUnits;
    /// What only the model's program reads (`TextParameters` for text). Contracts hash it, and
    /// never interpret it.
    bytes32 parameters;
    /// keccak256 of the input.
    bytes32 inputHash;
}

using { digest } for Request global;

/// @notice The digest of a request, to which claims commit.
/// @dev It covers the chain id, so that nobody can carry a claim to a fork.
function digest(Request memory self) view returns (bytes32) {
    return keccak256(abi.encode(bytes32("imo.request.v3"), block.chainid, self));
}
