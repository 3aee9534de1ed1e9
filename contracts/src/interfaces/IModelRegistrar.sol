// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What an answer costs, its gas apart.
struct Pricing {
    /// Wei for a request, for a byte of its prompt, for a token that it allows.
    uint128 basePrice;
    uint64 bytePrice;
    uint64 tokenPrice;
    /// The operator's part of that price, in basis points; it gets its gas besides.
    uint16 operatorBps;
    /// Tokens and prompt bytes of a request through ORA's interface, which names neither: what it is quoted for and limited to.
    uint32 defaultTokens;
    uint32 defaultBytes;
}

/// @notice Where the model comes from, and on what terms.
struct Provenance {
    /// Where the model file is; at most 512 bytes.
    string sourceUri;
    /// SHA-256 of that file.
    bytes32 fileHash;
    /// SPDX id, and SHA-256 of the licence's text.
    string licence;
    bytes32 licenceHash;
}

/// @notice A model as the factory registers it. The registrant is the caller.
struct Registration {
    bytes32 contentId;
    address verifier;
    bytes32 salt;
    /// Gets the revenue: the splitter.
    address receiver;
    /// Whose holders vote.
    address token;
    Pricing pricing;
    Provenance provenance;
}

/// @title The part of the model registry that the factory calls
interface IModelRegistrar {
    /// @notice Registers a model under `keccak256(abi.encode("imo.model.v1", contentId, verifier, msg.sender, salt))`.
    /// @param model All that is fixed of it.
    /// @return modelId That id.
    function register(Registration calldata model) external returns (bytes32 modelId);
}
