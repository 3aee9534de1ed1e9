// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IModelRegistrar, Pricing, Registration } from "./IModelRegistrar.sol";

/// @notice What the oracle needs of a registered model.
struct Model {
    bytes32 contentId;
    address verifier;
    /// Gets the revenue.
    address receiver;
    /// Whose holders vote; 0: none.
    address token;
    /// At today's prices.
    Pricing pricing;
}

/// @title Which models there are
/// @notice Append-only: ids, hashes and receivers never change. Anyone may register any weights; a registration says nothing of who made them.
interface IModelRegistry is IModelRegistrar {
    /// @notice A model was registered.
    event ModelRegistered(
        bytes32 indexed modelId,
        bytes32 indexed contentId,
        address indexed registrant,
        Registration model
    );
    /// @notice `account` says at `uri` that it stands behind a model. Only a note: the tools check the page it names.
    event Attested(bytes32 indexed modelId, address indexed account, string uri);

    /// @notice Thrown for an id that is not registered.
    error UnknownModel(bytes32 modelId);
    /// @notice Thrown when an id is registered again.
    error AlreadyRegistered(bytes32 modelId);

    /// @notice Logs that the caller stands behind a model.
    /// @param modelId The model.
    /// @param uri A page of the caller that names it; at most 512 bytes.
    function attest(bytes32 modelId, string calldata uri) external;

    /// @notice A registered model. Reverts for an unknown id.
    /// @param modelId The model.
    /// @return What is registered, at today's prices.
    function modelOf(bytes32 modelId) external view returns (Model memory);
}
