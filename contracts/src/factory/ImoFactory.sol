// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { CollectionParams } from "../interfaces/IAigcCollection.sol";
import { IImoFactory, Launch, LaunchParams, ModelTerms } from "../interfaces/IImoFactory.sol";
import { IModelRegistrar, Registration } from "../interfaces/IModelRegistrar.sol";
import { IModelToken, TokenParams } from "../interfaces/IModelToken.sol";
import { ModelOffering } from "../offering/ModelOffering.sol";
import { Drip } from "../revenue/Drip.sol";
import { SplitParams, Splitter } from "../revenue/Splitter.sol";
import { Deployment } from "./Deployment.sol";
import { Traps } from "./Traps.sol";

/// @title Launches a model in one transaction
/// @dev All parts are deployed by CREATE2 with the model id as salt, which commits to the launcher and every parameter. Token,
/// splitter and drip are full contracts: a proxy cannot take a plain send. The collection, which nobody pays so, is one.
contract ImoFactory is IImoFactory {
    bytes32 private constant MODEL_TAG = "imo.model.v1";

    error AlreadyLaunched(bytes32 modelId);
    /// @notice Thrown when the registry gives another id than its rule says.
    error WrongModelId(bytes32 given, bytes32 expected);
    error NoTokenCode();
    error NoCollectionCode();

    /// @inheritdoc IImoFactory
    address public immutable offering;
    /// @inheritdoc IImoFactory
    address public immutable registry;
    /// @inheritdoc IImoFactory
    address public immutable oracle;
    /// @inheritdoc IImoFactory
    address public immutable weth;
    /// @inheritdoc IImoFactory
    bytes32 public immutable tokenCodeHash;
    /// @inheritdoc IImoFactory
    address public immutable collectionImplementation;
    address private immutable _tokenCode;

    /// @inheritdoc IImoFactory
    mapping(address part => bytes32 modelId) public partOf;
    mapping(bytes32 modelId => Launch) private _launches;

    /// @param tokenCode A `CodeStore` with the creation code of `ModelToken`.
    /// @param collection An `AigcCollection`.
    constructor(
        address registry_,
        address oracle_,
        address weth_,
        address tokenCode,
        address collection
    ) {
        offering = address(new ModelOffering(address(this)));
        (registry, oracle, weth, _tokenCode) = (registry_, oracle_, weth_, tokenCode);
        bytes memory code = Deployment.load(tokenCode);
        if (code.length == 0) revert NoTokenCode();
        tokenCodeHash = keccak256(code);
        if (collection.code.length == 0) revert NoCollectionCode();
        collectionImplementation = collection;
    }

    /// @inheritdoc IImoFactory
    function launch(LaunchParams calldata params) external returns (bytes32 modelId) {
        Traps.refuse(params);
        modelId = modelIdOf(msg.sender, params);
        if (_launches[modelId].launcher != address(0)) revert AlreadyLaunched(modelId);

        Launch memory parts = _deploy(modelId, params);
        _record(modelId, parts, params);
        IModelToken(parts.token).fixRecipient(offering, parts.drip);
        ModelOffering(offering).create(parts.token, params.token.supply, params.sale);
        _register(modelId, parts, params);
        emit Launched(modelId, msg.sender, parts, params);
    }

    /// @inheritdoc IImoFactory
    function launchOf(bytes32 modelId) external view returns (Launch memory) {
        return _launches[modelId];
    }

    /// @inheritdoc IImoFactory
    function modelIdOf(address launcher, LaunchParams calldata params)
        public
        view
        returns (bytes32)
    {
        ModelTerms calldata model = params.model;
        bytes32 salt = _saltOf(launcher, params);
        return
            keccak256(abi.encode(MODEL_TAG, model.contentId, model.verifier, address(this), salt));
    }

    function _saltOf(address launcher, LaunchParams calldata params)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(launcher, keccak256(abi.encode(params))));
    }

    function _deploy(bytes32 salt, LaunchParams calldata params)
        private
        returns (Launch memory parts)
    {
        TokenParams memory token = TokenParams(
            params.token.name,
            params.token.symbol,
            params.token.supply,
            params.token.sharedBps,
            offering,
            registry,
            params.token.assets
        );
        address creator = params.split.creator;
        parts.launcher = msg.sender;
        parts.token = Deployment.create(Deployment.load(_tokenCode), abi.encode(token), salt);
        parts.drip = address(new Drip{ salt: salt }(parts.token, creator));
        SplitParams memory split = SplitParams(
            oracle,
            parts.drip,
            weth,
            creator,
            params.split.protocol,
            params.split.creatorBps,
            params.split.protocolBps
        );
        parts.splitter = address(new Splitter{ salt: salt }(split));
        parts.collection = _deployCollection(salt, parts.splitter, params);
    }

    function _deployCollection(bytes32 modelId, address splitter, LaunchParams calldata params)
        private
        returns (address collection)
    {
        bytes memory arguments =
            abi.encode(CollectionParams(modelId, oracle, splitter, params.collection));
        collection = Clones.cloneDeterministicWithImmutableArgs(
            collectionImplementation, arguments, modelId
        );
        Splitter(payable(splitter)).setCollection(collection);
    }

    function _record(bytes32 modelId, Launch memory parts, LaunchParams calldata params) private {
        _launches[modelId] = parts;
        address[4] memory all = [parts.token, parts.drip, parts.splitter, parts.collection];
        for (uint256 i = 0; i < all.length; ++i) {
            Traps.refusePart(params, all[i]);
            partOf[all[i]] = modelId;
        }
    }

    function _register(bytes32 modelId, Launch memory parts, LaunchParams calldata params) private {
        ModelTerms calldata model = params.model;
        Registration memory registration = Registration({
            contentId: model.contentId,
            verifier: model.verifier,
            salt: _saltOf(msg.sender, params),
            receiver: parts.splitter,
            token: parts.token,
            basePrice: model.basePrice,
            bytePrice: model.bytePrice,
            tokenPrice: model.tokenPrice,
            operatorBps: model.operatorBps,
            defaultTokens: model.defaultTokens,
            defaultBytes: model.defaultBytes,
            sourceUri: model.sourceUri,
            fileHash: model.fileHash,
            licence: model.licence,
            licenceHash: model.licenceHash
        });
        bytes32 given = IModelRegistrar(registry).register(registration);
        if (given != modelId) revert WrongModelId(given, modelId);
    }
}
