// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IModelRegistrar, Registration } from "../interfaces/IModelRegistrar.sol";
import { IModelRegistry, Model } from "../interfaces/IModelRegistry.sol";

/// @title Which models there are
/// @dev INVARIANT: what is written of an id is written once.
contract ModelRegistry is IModelRegistry {
    /// @notice A model as it is stored: five words.
    struct Entry {
        bytes32 contentId;
        address verifier;
        uint16 operatorBps;
        uint32 defaultTokens;
        uint32 defaultBytes;
        address receiver;
        address token;
        uint128 basePrice;
        uint64 bytePrice;
        uint64 tokenPrice;
    }

    bytes32 private constant MODEL_TAG = "imo.model.v1";
    uint256 private constant BPS = 10_000;
    uint256 private constant URI_BYTES = 512;
    uint256 private constant LICENCE_BYTES = 64;

    /// @notice Thrown when a field of a registration is empty, too large or too long; names it.
    error RegistrationInvalid(string field);

    mapping(bytes32 modelId => Entry) private _entries;

    /// @inheritdoc IModelRegistrar
    function register(Registration calldata model) external returns (bytes32 modelId) {
        if (model.contentId == 0) revert RegistrationInvalid("contentId");
        if (model.verifier == address(0)) revert RegistrationInvalid("verifier");
        if (model.receiver == address(0)) revert RegistrationInvalid("receiver");
        if (model.operatorBps > BPS) revert RegistrationInvalid("operatorBps");
        if (bytes(model.sourceUri).length > URI_BYTES) revert RegistrationInvalid("sourceUri");
        if (bytes(model.licence).length > LICENCE_BYTES) revert RegistrationInvalid("licence");

        modelId = keccak256(
            abi.encode(MODEL_TAG, model.contentId, model.verifier, msg.sender, model.salt)
        );
        if (_entries[modelId].contentId != 0) revert AlreadyRegistered(modelId);
        _entries[modelId] = Entry({
            contentId: model.contentId,
            verifier: model.verifier,
            operatorBps: model.operatorBps,
            defaultTokens: model.defaultTokens,
            defaultBytes: model.defaultBytes,
            receiver: model.receiver,
            token: model.token,
            basePrice: model.basePrice,
            bytePrice: model.bytePrice,
            tokenPrice: model.tokenPrice
        });
        emit ModelRegistered(modelId, model.contentId, msg.sender, model);
    }

    /// @inheritdoc IModelRegistry
    function attest(bytes32 modelId, string calldata uri) external {
        _known(modelId);
        if (bytes(uri).length > URI_BYTES) revert RegistrationInvalid("uri");
        emit Attested(modelId, msg.sender, uri);
    }

    /// @inheritdoc IModelRegistry
    function modelOf(bytes32 modelId) external view returns (Model memory) {
        Entry memory entry = _known(modelId);
        return Model({
            contentId: entry.contentId,
            verifier: entry.verifier,
            receiver: entry.receiver,
            token: entry.token,
            basePrice: entry.basePrice,
            bytePrice: entry.bytePrice,
            tokenPrice: entry.tokenPrice,
            operatorBps: entry.operatorBps,
            defaultTokens: entry.defaultTokens,
            defaultBytes: entry.defaultBytes
        });
    }

    /// @inheritdoc IModelRegistry
    function judgeOf(bytes32 modelId) external view returns (bytes32 contentId, address verifier) {
        Entry storage entry = _known(modelId);
        return (entry.contentId, entry.verifier);
    }

    /// @inheritdoc IModelRegistry
    function receiverOf(bytes32 modelId) external view returns (address) {
        return _known(modelId).receiver;
    }

    function _known(bytes32 modelId) private view returns (Entry storage entry) {
        entry = _entries[modelId];
        if (entry.contentId == 0) revert UnknownModel(modelId);
    }
}
