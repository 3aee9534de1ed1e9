// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IModelRegistrar, Pricing, Registration } from "./IModelRegistrar.sol";

/// @notice What the oracle needs to know about a model.
struct Model {
    bytes32 contentId;
    address verifier;
    /// Gets the revenue.
    address receiver;
    /// The token whose holders vote; 0 for none. A model that only names a token has none.
    address token;
    /// At present prices.
    Pricing pricing;
}

/// @title The models that can be asked
/// @notice The oracle looks models up here. The registry only grows: ids, hashes and receivers
/// never change. Anyone can register any weights, so a registration says nothing about who made
/// them. An account that stands behind a model can say so.
interface IModelRegistry is IModelRegistrar {
    /// @notice A model was registered.
    event ModelRegistered(
        bytes32 indexed modelId,
        bytes32 indexed contentId,
        address indexed registrant,
        Registration model
    );
    /// @notice `account` says on the page `uri` that it stands behind a model. The registry checks
    /// nothing; the tools check the page.
    event Attested(bytes32 indexed modelId, address indexed account, string uri);

    /// @notice Thrown for an id that is not registered.
    error UnknownModel(bytes32 modelId);
    /// @notice Thrown when an id is registered again.
    error AlreadyRegistered(bytes32 modelId);

    /// @notice Logs that the caller stands behind a model.
    /// @param modelId The model.
    /// @param uri A page of the caller that names the model; at most 512 bytes.
    function attest(bytes32 modelId, string calldata uri) external;

    /// @notice A registered model. Reverts for an unknown id.
    /// @param modelId The model.
    /// @return The model, at present prices.
    function modelOf(bytes32 modelId) external view returns (Model memory);
}
