// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CollectionTerms } from "../interfaces/IAigcCollection.sol";
import { LaunchParams, ModelTerms, TokenTerms } from "../interfaces/IImoFactory.sol";
import { SaleParams } from "../interfaces/IModelOffering.sol";
import { MAX_URI_BYTES, Pricing } from "../interfaces/IModelRegistrar.sol";
import { IVerifier } from "../interfaces/IVerifier.sol";
import { MAX_CODE_DATA, TOKEN_UNIT } from "../libraries/Units.sol";
import { TextWord } from "../types/TextParameters.sol";

/// @title Terms of a launch that would trap somebody
/// @notice `LaunchTerms` refuses them, and each error names one. `Allocation` and `Earnings` look
/// at what several terms come to together. Token, splitter and sale refuse by themselves what they
/// can see. The whole list is in docs/spec/launch.md.
library Traps {
    /// @dev Most bytes of a name.
    uint256 private constant MAX_NAME_BYTES = 32;
    /// @dev Least supply, in token units.
    uint256 private constant MIN_SUPPLY = 1e6;
    /// @dev Most royalty, in basis points.
    uint256 private constant MAX_ROYALTY_BPS = 1000;
    /// @dev Least temperature above 0, in units of 2^-16.
    uint256 private constant MIN_TEMPERATURE = 1 << 14;
    /// @dev Most time from the launch to the start of the sale.
    uint256 private constant MAX_WAIT = 365 days;
    /// @dev Least token units that a bid buys at the top price. A claim rounds down to units, so
    /// that rounding takes less than a ten-thousandth of a bid.
    uint256 private constant MIN_UNITS = 1e4;

    /// @notice Thrown for a model without a content id.
    error NoContent();
    /// @notice Thrown for a verifier that is not a contract.
    error VerifierHasNoCode(address verifier);
    /// @notice Thrown for a contract that does not answer as a verifier.
    error NotAVerifier(address verifier);
    /// @notice Thrown for a content that the verifier does not know. It has to be registered there
    /// before the launch.
    error ContentUnknown(address verifier, bytes32 contentId);
    /// @notice Thrown when the default request or a work has more units than an answer has bytes.
    /// Such a request would be dear, or impossible.
    error UnitsAboveLimit(uint256 units, uint256 limit);
    /// @notice Thrown when no byte of an answer is paid for, or a unit pays for more bytes than an
    /// answer can have. Operators would pay for the gas of answers, or every request would pay in
    /// advance for more than any answer takes.
    error UnitBytesOutOfRange(uint256 unitBytes, uint256 limit);
    /// @notice Thrown when the default request has more bytes than the verifier takes.
    error InputAboveLimit(uint256 inputBytes, uint256 limit);
    /// @notice Thrown for a model that does not say where its file is.
    error NoSource();
    /// @notice Thrown for a URI of more than 512 bytes.
    error UriTooLong(uint256 length);
    /// @notice Thrown for a name that is empty, longer than 32 bytes or not printable ASCII, or has
    /// a space at an end or two in a row; and for such a URI.
    error NotPrintable(string name);
    /// @notice Thrown for a supply below 10^6 token units.
    error SupplyTooSmall(uint256 supply);
    /// @notice Thrown for a launch list without ETH.
    error NoEthMinimum();
    /// @notice Thrown for a sale that starts more than a year after the launch.
    error SaleTooLate(uint256 start, uint256 latest);
    /// @notice Thrown when the least bid buys so few token units that rounding could take a part of
    /// it.
    error BidBuysTooLittle(uint256 units, uint256 least);
    /// @notice Thrown for a royalty above 1,000 basis points.
    error RoyaltyTooHigh(uint256 bps);
    /// @notice Thrown for a collection whose answers have 0 units.
    error NoAnswerUnits();
    /// @notice Thrown for a sampler that is not greedy and still gives nearly the same text for all
    /// salts. The same text could be minted without end.
    error NearlyGreedy(uint256 temperature, uint256 topK);
    /// @notice Thrown for parameters of works beside temperature and candidates. They could make
    /// all works nearly the same, or a plain text unreadable.
    error UnfitParameters(bytes32 parameters);
    /// @notice Thrown for a part of revenue that goes to nobody.
    error NoSink();
    /// @notice Thrown when a receiver of money is a part of the launch, which could not pass the
    /// money on.
    error SinkIsPart(address sink);

    /// @notice Reverts for terms that are wrong by themselves.
    function refuse(LaunchParams calldata params) internal view {
        _refuseModel(params.model, params.collection.maxUnits);
        _refuseToken(params.token);
        _refuseSale(params.sale);
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

    function _refuseModel(ModelTerms calldata model, uint256 workUnits) private view {
        if (model.contentId == 0) revert NoContent();
        if (model.verifier.code.length == 0) revert VerifierHasNoCode(model.verifier);
        uint256 length = bytes(model.provenance.sourceUri).length;
        if (length == 0) revert NoSource();
        if (length > MAX_URI_BYTES) revert UriTooLong(length);
        _refuseText(model.provenance.sourceUri);
        _refuseName(model.provenance.licence);

        (uint256 inputLimit, uint256 answerLimit) = _limits(model);
        if (answerLimit > MAX_CODE_DATA) answerLimit = MAX_CODE_DATA;
        Pricing calldata pricing = model.pricing;
        uint256 units = pricing.defaultUnits > workUnits ? pricing.defaultUnits : workUnits;
        if (units > answerLimit) revert UnitsAboveLimit(units, answerLimit);
        bool pays = pricing.unitBytes != 0 && pricing.unitBytes <= answerLimit;
        if (!pays) revert UnitBytesOutOfRange(pricing.unitBytes, answerLimit);
        if (pricing.defaultBytes > inputLimit) {
            revert InputAboveLimit(pricing.defaultBytes, inputLimit);
        }
    }

    /// @dev The verifier's limits of an input and of an answer, in bytes.
    function _limits(ModelTerms calldata model) private view returns (uint256, uint256) {
        bytes memory question = abi.encodeCall(IVerifier.limits, (model.contentId));
        (bool ok, bytes memory reply) = model.verifier.staticcall(question);
        if (!ok || reply.length != 64) revert NotAVerifier(model.verifier);
        (uint256 input, uint256 answer) = abi.decode(reply, (uint256, uint256));
        if (input > type(uint32).max || answer > type(uint32).max) {
            revert NotAVerifier(model.verifier);
        }
        if (input == 0 || answer == 0) revert ContentUnknown(model.verifier, model.contentId);
        return (input, answer);
    }

    function _refuseToken(TokenTerms calldata token) private pure {
        _refuseName(token.name);
        _refuseName(token.symbol);
        if (token.supply < MIN_SUPPLY) revert SupplyTooSmall(token.supply);
        if (token.assets.length == 0) revert NoEthMinimum();
    }

    function _refuseSale(SaleParams calldata sale) private view {
        uint256 latest = block.timestamp + MAX_WAIT;
        if (sale.start > latest) revert SaleTooLate(sale.start, latest);
        uint256 ticks = sale.ticks == 0 ? 1 : sale.ticks;
        uint256 top = sale.floorPrice + (ticks - 1) * sale.tickStep;
        // Where a token unit costs no more than one unit of currency, rounding takes no more.
        if (top <= TOKEN_UNIT) return;
        uint256 units = sale.minimumBid * TOKEN_UNIT / top;
        if (units < MIN_UNITS) revert BidBuysTooLittle(units, MIN_UNITS);
    }

    function _refuseCollection(CollectionTerms calldata collection) private pure {
        _refuseName(collection.name);
        _refuseName(collection.symbol);
        if (collection.royaltyBps > MAX_ROYALTY_BPS) revert RoyaltyTooHigh(collection.royaltyBps);
        if (collection.maxUnits == 0) revert NoAnswerUnits();
        bytes32 parameters = collection.parameters;
        if (TextWord.othersOf(parameters) != 0) revert UnfitParameters(parameters);
        uint256 temperature = TextWord.temperatureOf(parameters);
        uint256 topK = TextWord.topKOf(parameters);
        bool samples = temperature >= MIN_TEMPERATURE && topK != 1;
        if (temperature != 0 && !samples) revert NearlyGreedy(temperature, topK);
    }

    /// @dev Reverts unless a name has 1 to 32 bytes of text.
    function _refuseName(string calldata name) private pure {
        if (bytes(name).length > MAX_NAME_BYTES) revert NotPrintable(name);
        _refuseText(name);
    }

    /// @dev Reverts unless a text is printable ASCII with single spaces between its words, so that
    /// no two texts look the same.
    function _refuseText(string calldata text) private pure {
        bytes1 last = " ";
        for (uint256 i = 0; i < bytes(text).length; ++i) {
            bytes1 next = bytes(text)[i];
            bool sound = next >= 0x20 && next <= 0x7e && (next != " " || last != " ");
            if (!sound) revert NotPrintable(text);
            last = next;
        }
        if (last == " ") revert NotPrintable(text);
    }
}
