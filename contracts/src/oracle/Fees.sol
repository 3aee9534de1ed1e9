// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Order } from "../interfaces/IInferenceOracle.sol";
import { Pricing } from "../interfaces/IModelRegistrar.sol";
import { BPS, MAX_CODE_DATA } from "../libraries/Units.sol";

/// @notice Where the fee of an answered request goes. Wei.
struct Settlement {
    /// The claimant's part of the price, and its gas.
    uint256 operator;
    /// The rest of the price.
    uint256 receiver;
    /// Waits for the delivery.
    uint256 delivery;
    /// Tokens and gas that were not used.
    uint256 refund;
}

/// @title The arithmetic of a fee (docs/spec/oracle.md)
/// @notice fee = price + gas reserve × gas price. Of the price, what tokens were not used goes back; of the reserve, what
/// answer and callback data were shorter than the most that they could be.
library Fees {
    /// @notice Most bytes of an answer: a collection can store so many as code.
    uint256 internal constant MAX_ANSWER = MAX_CODE_DATA;
    /// @notice Most bytes of callback data.
    uint256 internal constant MAX_CALLBACK_DATA = 512;

    /// @notice What a delivery's transaction costs beside what is measured and what its bytes cost: itself, the order, two credits, the log.
    uint256 internal constant DELIVERY_BASE_GAS = 50_000;
    /// @notice Likewise of one that finalizes too.
    uint256 internal constant JOINT_DELIVERY_BASE_GAS = 81_500;

    /// @dev Gas of whole transactions without what depends on lengths, as docs/spec/oracle.md says.
    uint256 private constant CLAIM_GAS = 108_000;
    uint256 private constant FINALIZE_GAS = 74_500;
    /// @dev The most that a delivery is taken to cost beside callback and bytes; what it does not cost goes back.
    uint256 private constant DELIVER_GAS = 90_000;
    /// @dev A byte of calldata that only comes, and one that is logged.
    uint256 private constant DATA_BYTE_GAS = 17;
    uint256 private constant LOGGED_BYTE_GAS = 25;
    /// @dev What a transaction costs at least for each byte of calldata, and for itself and its other calldata (EIP-7623).
    uint256 private constant FLOOR_BYTE_GAS = 40;
    uint256 private constant CLAIM_FLOOR_GAS = 67_000;
    uint256 private constant DELIVERY_FLOOR_GAS = 40_500;
    /// @dev Answers are longer only in the rarest of languages; then the excess bytes are not paid for.
    uint256 private constant BYTES_PER_TOKEN = 8;

    /// @notice The price of an answer, its gas apart.
    function price(Pricing memory pricing, uint256 promptBytes, uint256 tokens)
        internal
        pure
        returns (uint256)
    {
        return pricing.basePrice + pricing.bytePrice * promptBytes + pricing.tokenPrice * tokens;
    }

    /// @notice Gas that a request has to pay for in advance.
    function reserve(uint256 maxTokens, uint256 callbackGas) internal pure returns (uint256) {
        uint256 answer = _mostPaid(maxTokens);
        uint256 service = _claiming(answer, 0) + FINALIZE_GAS;
        if (callbackGas == 0) return service;
        uint256 calling = DELIVER_GAS + callbackGas + answer * FLOOR_BYTE_GAS;
        return service + calling + 3 * MAX_CALLBACK_DATA * FLOOR_BYTE_GAS;
    }

    /// @notice Divides the fee of an order by what its answer used. The parts add up to the fee.
    /// @dev ROUNDING: down for the operator, so the receiver gains.
    function settle(Order calldata order, uint256 tokensUsed, uint256 answerLength)
        internal
        pure
        returns (Settlement memory parts)
    {
        uint256 fee = order.terms.fee;
        uint256 maxTokens = order.request.maxTokens;
        uint256 reserved = reserve(maxTokens, order.callback.gasLimit) * order.terms.gasPrice;
        uint256 unused = order.terms.tokenPrice * (maxTokens - tokensUsed);
        uint256 used = fee - reserved - unused;
        uint256 share = used * order.terms.operatorBps / BPS;

        uint256 bytesPaid = Math.min(answerLength, _mostPaid(maxTokens));
        uint256 gas = _claiming(bytesPaid, order.callback.data.length) + finalizing(order);
        parts.operator = share + gas * order.terms.gasPrice;
        parts.receiver = used - share;
        parts.delivery = delivery(order, answerLength) * order.terms.gasPrice;
        parts.refund = fee - parts.operator - parts.receiver - parts.delivery;
    }

    /// @notice What is burnt of an operator's stake that let its turn pass: half of what it would have earned at most, gas apart.
    function penalty(Order calldata order) internal pure returns (uint256) {
        uint256 gas = reserve(order.request.maxTokens, order.callback.gasLimit);
        uint256 whole = order.terms.fee - gas * order.terms.gasPrice;
        return whole * order.terms.operatorBps / BPS / 2;
    }

    /// @notice Most gas that the delivery of an answer is paid for.
    function delivery(Order calldata order, uint256 answerLength) internal pure returns (uint256) {
        if (order.callback.target == address(0)) return 0;
        uint256 bytesPaid = Math.min(answerLength, _mostPaid(order.request.maxTokens));
        bytesPaid += order.callback.data.length;
        return DELIVER_GAS + order.callback.gasLimit + bytesPaid * FLOOR_BYTE_GAS;
    }

    /// @notice Gas of a finalization.
    function finalizing(Order calldata order) internal pure returns (uint256) {
        return FINALIZE_GAS + order.callback.data.length * DATA_BYTE_GAS;
    }

    /// @notice Gas of a transaction that delivers and takes `executed` beside what its bytes cost. Padding the call's data does not raise it.
    function delivering(Order calldata order, uint256 answerLength, uint256 executed)
        internal
        pure
        returns (uint256)
    {
        uint256 length = answerLength + order.callback.data.length;
        return
            Math.max(executed + length * DATA_BYTE_GAS, DELIVERY_FLOOR_GAS + length * FLOOR_BYTE_GAS);
    }

    /// @dev Gas of a claim.
    function _claiming(uint256 answerLength, uint256 dataLength) private pure returns (uint256) {
        return Math.max(
            CLAIM_GAS + answerLength * LOGGED_BYTE_GAS + dataLength * DATA_BYTE_GAS,
            CLAIM_FLOOR_GAS + (answerLength + dataLength) * FLOOR_BYTE_GAS
        );
    }

    function _mostPaid(uint256 maxTokens) private pure returns (uint256) {
        return Math.min(maxTokens * BYTES_PER_TOKEN, MAX_ANSWER);
    }
}
