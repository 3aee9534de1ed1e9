// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Merkle } from "../libraries/Merkle.sol";
import { Request } from "../types/Request.sol";

/// @title The input memory of a request (docs/spec/request.md)
/// @notice The machine reads a request from this memory. A step that loads from it can be convicted
/// only when the root of the memory is known.
/// @dev Ten words of 32 bytes: version | chain id | host | id | model id | claimant | seed | most
/// units | parameters | bytes of the input. Then the input.
library InputMemory {
    /// @notice Version of the layout.
    uint256 internal constant VERSION = 3;

    /// @notice Thrown when the input is not the one that the request commits to. The hash is the
    /// given input's.
    error WrongInput(bytes32 inputHash);

    /// @notice Root of the memory of a request that `claimant` runs: a header of ten words, then
    /// the input.
    function root(Request calldata request, address claimant, bytes calldata input, uint256 depth)
        internal
        view
        returns (bytes32)
    {
        bytes32 inputHash = keccak256(input);
        if (inputHash != request.inputHash) revert WrongInput(inputHash);

        bytes memory origin = abi.encode(
            VERSION, block.chainid, request.host, request.id, request.modelId, claimant
        );
        bytes memory terms =
            abi.encode(request.seed, request.maxUnits, request.parameters, input.length);
        return Merkle.root(bytes.concat(origin, terms, input), depth);
    }
}
