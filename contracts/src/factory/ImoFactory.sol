// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { CollectionParams, IAigcCollection } from "../interfaces/IAigcCollection.sol";
import {
    IImoFactory,
    Launch,
    LaunchParams,
    ModelTerms,
    VestingTerms
} from "../interfaces/IImoFactory.sol";
import { Grant, OpeningTerms } from "../interfaces/IModelOffering.sol";
import { IModelRegistrar, MODEL_TAG, Registration } from "../interfaces/IModelRegistrar.sol";
import { IDrip } from "../interfaces/IDrip.sol";
import { ILaunchTerms } from "../interfaces/ILaunchTerms.sol";
import { IModelToken, TokenParams } from "../interfaces/IModelToken.sol";
import { ISplitter, SplitParams } from "../interfaces/ISplitter.sol";
import { IUniswapV2Factory } from "../interfaces/external/IUniswapV2.sol";
import { ModelOffering } from "../offering/ModelOffering.sol";
import { Allocation } from "./Allocation.sol";
import { Deployment } from "./Deployment.sol";
import { Traps } from "./Traps.sol";

/// @notice The contracts with which a factory works.
struct FactoryParams {
    address registry;
    address oracle;
    /// 0 if there is none.
    address weth;
    /// Uniswap's v2 factory or one like it; 0 if there is none.
    address exchange;
    /// A `CodeStore` with the creation code of `ModelToken`.
    address tokenCode;
    /// A `CodeStore` with `abi.encode` of the creation codes of `Splitter`, `Drip` and
    /// `TokenVesting`.
    address partsCode;
    /// An `AigcCollection`, of which each launch makes a clone.
    address collection;
    /// A `LaunchTerms`.
    address terms;
}

/// @title Launches a model in one transaction
/// @notice The interface explains a launch. Before it deploys anything, the factory has
/// `LaunchTerms` refuse terms that would trap somebody.
/// @dev All parts are deployed with CREATE2. The salt is the model id, which commits to the
/// launcher and every parameter. Token, splitter and drip are full contracts, since a proxy cannot
/// take a plain send. The collection, which takes none, is a proxy.
contract ImoFactory is IImoFactory {
    /// @notice Thrown when a launcher launches the same terms again.
    error AlreadyLaunched(bytes32 modelId);
    /// @notice Thrown when the registry gives another id than the factory computed.
    error WrongModelId(bytes32 given, bytes32 expected);
    /// @notice Thrown for a `CodeStore`, a collection or a judge of terms without code.
    error NoCode(address store);
    /// @notice Thrown for a token that was not launched here.
    error NotLaunched(address token);
    /// @notice Thrown when the exchange has no pair of the two tokens.
    error NoPair(address token, address other);

    /// @inheritdoc IImoFactory
    address public immutable offering;
    /// @inheritdoc IImoFactory
    address public immutable registry;
    /// @inheritdoc IImoFactory
    address public immutable oracle;
    /// @inheritdoc IImoFactory
    address public immutable weth;
    /// @inheritdoc IImoFactory
    address public immutable exchange;
    /// @inheritdoc IImoFactory
    bytes32 public immutable tokenCodeHash;
    /// @inheritdoc IImoFactory
    address public immutable collectionImplementation;
    /// @inheritdoc IImoFactory
    bytes32 public immutable partsCodeHash;
    /// @inheritdoc IImoFactory
    address public immutable terms;
    address private immutable _tokenCode;
    address private immutable _partsCode;

    /// @inheritdoc IImoFactory
    mapping(address part => bytes32 modelId) public partOf;
    mapping(bytes32 modelId => Launch) private _launches;

    constructor(FactoryParams memory params) {
        offering = address(new ModelOffering(address(this), params.weth, params.exchange));
        (registry, oracle) = (params.registry, params.oracle);
        (weth, exchange) = (params.weth, params.exchange);
        (_tokenCode, tokenCodeHash) = (params.tokenCode, _hashOf(params.tokenCode));
        (_partsCode, partsCodeHash) = (params.partsCode, _hashOf(params.partsCode));
        if (params.collection.code.length == 0) revert NoCode(params.collection);
        if (params.terms.code.length == 0) revert NoCode(params.terms);
        (collectionImplementation, terms) = (params.collection, params.terms);
    }

    /// @inheritdoc IImoFactory
    function launch(LaunchParams calldata params) external returns (bytes32 modelId) {
        ILaunchTerms(terms).refuse(params, exchange, weth);
        modelId = modelIdOf(msg.sender, params);
        if (_launches[modelId].launcher != address(0)) revert AlreadyLaunched(modelId);

        Launch memory parts = _deploy(modelId, params);
        _record(modelId, parts, params);
        _fixRecipients(parts);
        _beginSale(modelId, parts, params);
        _register(modelId, parts, params);
        emit Launched(modelId, msg.sender, parts, params);
    }

    /// @inheritdoc IImoFactory
    function redirectPair(address token, address other) external returns (address pair) {
        Launch storage parts = _launches[partOf[token]];
        if (token == address(0) || parts.token != token) revert NotLaunched(token);
        pair = IUniswapV2Factory(exchange).getPair(token, other);
        if (pair == address(0)) revert NoPair(token, other);
        IModelToken(token).fixRecipient(pair, parts.drip);
        if (msg.sender == offering) IDrip(parts.drip).setPair(pair);
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
        (bytes memory splitterCode, bytes memory dripCode,) = _partCodes();
        parts.drip = Deployment.create(dripCode, abi.encode(parts.token, creator), salt);
        SplitParams memory split = SplitParams(
            oracle,
            parts.drip,
            weth,
            creator,
            params.split.protocol,
            params.split.creatorBps,
            params.split.protocolBps
        );
        parts.splitter = Deployment.create(splitterCode, abi.encode(split), salt);
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
        ISplitter(splitter).setCollection(collection);
        IAigcCollection(collection).announce();
    }

    function _record(bytes32 modelId, Launch memory parts, LaunchParams calldata params) private {
        _launches[modelId] = parts;
        address[4] memory all = [parts.token, parts.drip, parts.splitter, parts.collection];
        for (uint256 i = 0; i < all.length; ++i) {
            Traps.refusePart(params, all[i]);
            partOf[all[i]] = modelId;
        }
        Traps.refusePart(params, offering);
        Traps.refusePart(params, ModelOffering(payable(offering)).escrow());
    }

    /// @dev What the launch's own contracts earn by holding tokens goes to the drip.
    function _fixRecipients(Launch memory parts) private {
        IModelToken token = IModelToken(parts.token);
        token.fixRecipient(offering, parts.drip);
        token.fixRecipient(parts.splitter, parts.drip);
        token.fixRecipient(parts.drip, parts.drip);
    }

    function _beginSale(bytes32 modelId, Launch memory parts, LaunchParams calldata params)
        private
    {
        OpeningTerms memory opening = OpeningTerms({
            drip: parts.drip,
            poolBps: params.allocation.poolBps,
            escrowBps: params.escrow.bps,
            splitter: parts.splitter,
            deadline: params.escrow.deadline,
            refundEnd: params.escrow.refundEnd,
            grants: new Grant[](params.allocation.vesting.length)
        });
        if (opening.grants.length != 0) {
            _deployVesting(modelId, parts.token, params, opening.grants);
        }
        uint256 supply = Allocation.forSale(params);
        ModelOffering(payable(offering)).create(parts.token, supply, params.sale, opening);
    }

    function _deployVesting(
        bytes32 modelId,
        address token,
        LaunchParams calldata params,
        Grant[] memory grants
    ) private {
        (,, bytes memory code) = _partCodes();
        uint64 start = params.sale.end;
        for (uint256 i = 0; i < grants.length; ++i) {
            VestingTerms calldata grant = params.allocation.vesting[i];
            bytes memory arguments =
                abi.encode(token, grant.beneficiary, start, grant.cliff - start, grant.end - start);
            bytes32 salt = keccak256(abi.encode(modelId, i));
            address wallet = Deployment.create(code, arguments, salt);
            Traps.refusePart(params, wallet);
            partOf[wallet] = modelId;
            grants[i] = Grant(wallet, grant.amount);
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
            pricing: model.pricing,
            provenance: model.provenance
        });
        bytes32 given = IModelRegistrar(registry).register(registration);
        if (given != modelId) revert WrongModelId(given, modelId);
    }

    function _partCodes()
        private
        view
        returns (bytes memory splitter, bytes memory drip, bytes memory vesting)
    {
        return abi.decode(Deployment.load(_partsCode), (bytes, bytes, bytes));
    }

    function _hashOf(address store) private view returns (bytes32) {
        bytes memory code = Deployment.load(store);
        if (code.length == 0) revert NoCode(store);
        return keccak256(code);
    }
}
