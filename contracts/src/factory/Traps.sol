// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CollectionTerms } from "../interfaces/IAigcCollection.sol";
import { LaunchParams, ModelTerms, TokenTerms } from "../interfaces/IImoFactory.sol";
import { MAX_URI_BYTES } from "../interfaces/IModelRegistrar.sol";

/// @title Terms of a launch that would trap somebody
/// @notice The factory refuses them, and each error names one. Token, splitter and sale refuse by
/// themselves what they can see.
library Traps {
    /// @dev Most bytes of a name.
    uint256 private constant MAX_NAME_BYTES = 32;
    /// @dev Least supply, in token units.
    uint256 private constant MIN_SUPPLY = 1e6;
    /// @dev Smallest allowed minimum of ETH (`RevenueAsset`).
    uint256 private constant MIN_ETH_MINIMUM = 0.0001 ether;
    /// @dev Greatest allowed minimum of ETH.
    uint256 private constant MAX_ETH_MINIMUM = 0.1 ether;
    /// @dev Most royalty, in basis points.
    uint256 private constant MAX_ROYALTY_BPS = 1000;
    /// @dev Least temperature above 0, in units of 2^-16.
    uint256 private constant MIN_TEMPERATURE = 1 << 14;

    /// @notice Thrown for a model without a content id.
    error NoContent();
    /// @notice Thrown for a verifier that is not a contract.
    error VerifierHasNoCode(address verifier);
    /// @notice Thrown for a URI of more than 512 bytes.
    error UriTooLong(uint256 length);
    /// @notice Thrown for a name that is empty, longer than 32 bytes or not printable ASCII.
    error NotPrintable(string name);
    /// @notice Thrown for a supply below 10^6 token units.
    error SupplyTooSmall(uint256 supply);
    /// @notice Thrown for a launch list without ETH.
    error NoEthMinimum();
    /// @notice Thrown for a minimum of ETH below 0.0001 or above 0.1 ether.
    error EthMinimumOutOfRange(uint256 minimum);
    /// @notice Thrown for a royalty above 1,000 basis points.
    error RoyaltyTooHigh(uint256 bps);
    /// @notice Thrown for a collection whose answers have 0 tokens.
    error NoAnswerTokens();
    /// @notice Thrown for a sampler that is not greedy and still gives nearly the same text for all
    /// salts. The same text could be minted without end.
    error NearlyGreedy(uint256 temperature, uint256 topK);
    /// @notice Thrown for a part of revenue that goes to nobody.
    error NoSink();
    /// @notice Thrown when a receiver of money is a part of the launch, which could not pass the
    /// money on.
    error SinkIsPart(address sink);

    /// @notice Reverts for terms that are wrong by themselves.
    function refuse(LaunchParams calldata params) internal view {
        _refuseModel(params.model);
        _refuseToken(params.token);
        _refuseCollection(params.collection);
        bool sinks = params.split.creator != address(0) && params.split.protocol != address(0);
        if (!sinks) revert NoSink();
    }

    /// @notice Reverts when `part`, a contract of the launch, is a receiver of money.
    function refusePart(LaunchParams calldata params, address part) internal pure {
        bool isSink = params.split.creator == part || params.split.protocol == part;
        if (isSink || params.sale.creator == part) revert SinkIsPart(part);
        for (uint256 i = 0; i < params.allocation.vesting.length; ++i) {
            if (params.allocation.vesting[i].beneficiary == part) revert SinkIsPart(part);
        }
    }

    function _refuseModel(ModelTerms calldata model) private view {
        if (model.contentId == 0) revert NoContent();
        if (model.verifier.code.length == 0) revert VerifierHasNoCode(model.verifier);
        uint256 length = bytes(model.provenance.sourceUri).length;
        if (length > MAX_URI_BYTES) revert UriTooLong(length);
        _refuseName(model.provenance.licence);
    }

    function _refuseToken(TokenTerms calldata token) private pure {
        _refuseName(token.name);
        _refuseName(token.symbol);
        if (token.supply < MIN_SUPPLY) revert SupplyTooSmall(token.supply);
        if (token.assets.length == 0) revert NoEthMinimum();
        uint256 minimum = token.assets[0].minimum;
        bool inRange = minimum >= MIN_ETH_MINIMUM && minimum <= MAX_ETH_MINIMUM;
        if (!inRange) revert EthMinimumOutOfRange(minimum);
    }

    function _refuseCollection(CollectionTerms calldata collection) private pure {
        _refuseName(collection.name);
        _refuseName(collection.symbol);
        if (collection.royaltyBps > MAX_ROYALTY_BPS) revert RoyaltyTooHigh(collection.royaltyBps);
        if (collection.maxTokens == 0) revert NoAnswerTokens();
        bool samples = collection.temperature >= MIN_TEMPERATURE && collection.topK != 1;
        if (collection.temperature != 0 && !samples) {
            revert NearlyGreedy(collection.temperature, collection.topK);
        }
    }

    /// @dev Reverts unless a name is 1 to 32 bytes of printable ASCII, so that no two names look
    /// the same.
    function _refuseName(string calldata name) private pure {
        bytes calldata text = bytes(name);
        if (text.length == 0 || text.length > MAX_NAME_BYTES) revert NotPrintable(name);
        for (uint256 i = 0; i < text.length; ++i) {
            if (text[i] < 0x20 || text[i] > 0x7e) revert NotPrintable(name);
        }
    }
}
