// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../libraries/Merkle.sol";
import { Request } from "../types/Request.sol";

/// @title The memory that a request becomes (docs/spec/request.md)
library InputMemory {
    uint256 internal constant VERSION = 2;

    /// @notice Thrown when a text is not the one that the request commits to.
    error NotTheText(bytes32 textHash);

    /// @notice Root of a request as `claimant` runs it: a header of eleven words, then the text.
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
