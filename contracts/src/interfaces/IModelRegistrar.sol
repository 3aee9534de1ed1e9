// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A model as the factory registers it. The registrant is the caller.
struct Registration {
    bytes32 contentId;
    address verifier;
    bytes32 salt;
    /// Gets the revenue: the splitter.
    address receiver;
    /// Whose holders vote.
    address token;
    /// Wei for a request, for a byte of its prompt, for a token that it allows.
    uint128 basePrice;
    uint64 bytePrice;
    uint64 tokenPrice;
    /// The operator's part of that price, in basis points; it gets its gas besides.
    uint16 operatorBps;
    /// What ORA's call, which names neither, is quoted and limited to.
    uint32 defaultTokens;
    uint32 defaultBytes;
    string sourceUri;
    bytes32 fileHash;
    string licence;
    bytes32 licenceHash;
}

/// @title The part of the model registry that the factory calls
interface IModelRegistrar {
    /// @notice Registers a model under `keccak256(abi.encode("imo.model.v1", contentId, verifier, msg.sender, salt))`.
    /// @param model All that is fixed of it.
    /// @return modelId That id.
    function register(Registration calldata model) external returns (bytes32 modelId);
}
