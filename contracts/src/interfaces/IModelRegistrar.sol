// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @dev Tag of a model's id (`IModelRegistrar.register`).
bytes32 constant MODEL_TAG = "imo.model.v1";

/// @dev Most bytes of a URI.
uint256 constant MAX_URI_BYTES = 512;

/// @notice The price of an answer, without gas.
struct Pricing {
    /// Wei for a request.
    uint128 basePrice;
    /// Wei for a byte of its input.
    uint64 bytePrice;
    /// Wei for a unit that the request allows. A unit is what the model's program bills, such as a
    /// token of text.
    uint64 unitPrice;
    /// Bytes of the answer whose gas is paid for, for each unit that the request allows; at least
    /// 1.
    uint16 unitBytes;
    /// The operator's part of the price, in basis points. Its gas is paid in addition.
    uint16 operatorBps;
    /// Units of a request through ORA's interface, which does not name them.
    uint32 defaultUnits;
    /// Most bytes of such a request's input. The price is for all of them.
    uint32 defaultBytes;
}

/// @notice Where the model comes from, and on what terms.
struct Provenance {
    /// Where the model file is; at most 512 bytes.
    string sourceUri;
    /// SHA-256 of that file.
    bytes32 fileHash;
    /// SPDX id of the licence.
    string licence;
    /// SHA-256 of the licence's text.
    bytes32 licenceHash;
}

/// @notice A model as the factory registers it. The caller is the registrant.
struct Registration {
    bytes32 contentId;
    /// Judges claims on the model.
    address verifier;
    bytes32 salt;
    /// Gets the revenue: the splitter.
    address receiver;
    /// The token whose holders vote; 0 for none. They do if the registrant deployed the token, or
    /// once they have elected the model as a successor.
    address token;
    Pricing pricing;
    Provenance provenance;
}

/// @title The part of the model registry that the factory calls
/// @notice A launch registers its model here, and the oracle then serves requests for it.
interface IModelRegistrar {
    /// @notice Registers a model.
    /// @param model Everything that is fixed about it.
    /// @return modelId
    /// `keccak256(abi.encode("imo.model.v1", contentId, verifier, msg.sender, salt))`.
    function register(Registration calldata model) external returns (bytes32 modelId);
}
