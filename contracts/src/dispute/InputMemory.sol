// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../libraries/Merkle.sol";
import { Request } from "../types/Request.sol";

/// @title The memory that a request becomes (docs/spec/request.md)
library InputMemory {
    uint256 internal constant VERSION = 1;

    /// @notice Thrown when a prompt is not the one that the request commits to.
    error NotThePrompt(bytes32 promptHash);

    /// @notice Root of a request as `claimant` runs it: a header of three leaves, then the prompt.
    function root(Request calldata request, address claimant, bytes calldata prompt, uint256 depth)
        internal
        view
        returns (bytes32)
    {
        bytes32 promptHash = keccak256(prompt);
        if (promptHash != request.promptHash) revert NotThePrompt(promptHash);

        bytes memory header = abi.encode(
            VERSION,
            block.chainid,
            request.host,
            request.id,
            request.modelId,
            claimant,
            request.seed,
            request.maxTokens,
            request.temperature,
            request.topK,
            request.flags,
            prompt.length
        );
        return Merkle.root(bytes.concat(header, prompt), depth);
    }
}
