// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../libraries/Merkle.sol";
import { Request } from "../types/Request.sol";

/// @title The input memory of a request (docs/spec/request.md)
/// @notice The machine reads a request from this memory. A step that loads from it can be convicted
/// only when the root of the memory is known.
/// @dev Eleven words of 32 bytes: version | chain id | host | id | model id | claimant | seed |
/// most tokens | sampling | flags | bytes of the text. Then the text.
library InputMemory {
    /// @notice Version of the layout.
    uint256 internal constant VERSION = 2;

    /// @notice Thrown when the text is not the one that the request commits to. The hash is the
    /// given text's.
    error NotTheText(bytes32 textHash);

    /// @notice Root of the memory of a request that `claimant` runs: a header of eleven words, then
    /// the text.
    function root(Request calldata request, address claimant, bytes calldata text, uint256 depth)
        internal
        view
        returns (bytes32)
    {
        bytes32 textHash = keccak256(text);
        if (textHash != request.textHash) revert NotTheText(textHash);

        bytes memory origin = abi.encode(
            VERSION, block.chainid, request.host, request.id, request.modelId, claimant
        );
        bytes memory terms = abi.encode(
            request.seed, request.maxTokens, request.sampling, request.flags, text.length
        );
        return Merkle.root(bytes.concat(origin, terms, text), depth);
    }
}
