// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Callback, Order } from "../interfaces/IInferenceOracle.sol";
import { Pricing } from "../interfaces/IModelRegistrar.sol";
import { Numbers } from "../libraries/Numbers.sol";
import { BPS, MAX_CODE_DATA } from "../libraries/Units.sol";

/// @notice The division of the fee of an answered request. Amounts in wei.
struct Settlement {
    /// For the claimant: its part of the price, and the gas of the claim.
    uint256 operator;
    /// For whoever finalizes: the gas of the finalization.
    uint256 finalizer;
    /// For the receiver: the rest of the price.
    uint256 receiver;
    /// For the delivery, which is still to come.
    uint256 delivery;
    /// For the requester: the price of unused units and gas.
    uint256 refund;
}

/// @title The arithmetic of a fee (docs/spec/oracle.md)
/// @notice A requester pays fee = price + gas reserve × gas price in advance. When the answer is
/// final, the oracle divides the fee with this library. The price of unused units goes back, and
/// so does the part of the reserve by which answer and callback data are shorter than their
/// maximum.
library Fees {
    /// @notice Most bytes of an answer. A collection can store so many as code.
    uint256 internal constant MAX_ANSWER = MAX_CODE_DATA;
    /// @notice Most bytes of callback data.
    uint256 internal constant MAX_CALLBACK_DATA = 512;

    /// @notice Gas of a delivery's transaction without the measured part and without its bytes: for
    /// the transaction itself, the order, two credits and the log.
    uint256 internal constant DELIVERY_BASE_GAS = 50_000;
    /// @notice The same for a transaction that also finalizes.
    uint256 internal constant JOINT_DELIVERY_BASE_GAS = 81_500;

    /// @dev Gas of a claim's transaction, without what depends on lengths (docs/spec/oracle.md).
    uint256 private constant CLAIM_GAS = 108_000;
    /// @dev Gas of a finalization's transaction, without what depends on lengths.
    uint256 private constant FINALIZE_GAS = 75_000;
    /// @dev Most gas of a delivery without callback and bytes. What is not used goes back.
    uint256 private constant DELIVER_GAS = 90_000;
    /// @dev Gas of a byte of calldata that is only read.
    uint256 private constant DATA_BYTE_GAS = 17;
    /// @dev Gas of a byte of calldata that is logged.
    uint256 private constant LOGGED_BYTE_GAS = 25;
    /// @dev Least gas of a transaction for each byte of calldata (EIP-7623).
    uint256 private constant FLOOR_BYTE_GAS = 40;
    /// @dev Least gas of a claim's transaction and its calldata, without answer and callback data.
    uint256 private constant CLAIM_FLOOR_GAS = 67_000;
    /// @dev Least gas of a delivery's transaction and its calldata, without answer and callback
    /// data.
    uint256 private constant DELIVERY_FLOOR_GAS = 40_500;

    /// @notice The price of an answer, without gas. In wei.
    function price(Pricing memory pricing, uint256 inputBytes, uint256 units)
        internal
        pure
        returns (uint256)
    {
        return pricing.basePrice + pricing.bytePrice * inputBytes + pricing.unitPrice * units;
    }

    /// @notice Most bytes of an answer whose gas is paid for.
    function mostPaid(uint256 maxUnits, uint256 unitBytes) internal pure returns (uint256) {
        return Numbers.min(maxUnits * unitBytes, MAX_ANSWER);
    }

    /// @notice Gas for which a request pays in advance, where `most` bytes of the answer are paid
    /// for.
    function reserve(uint256 most, uint256 callbackGas) internal pure returns (uint256) {
        uint256 service = _claiming(most, 0) + FINALIZE_GAS;
        if (callbackGas == 0) return service;
        uint256 calling = DELIVER_GAS + callbackGas + most * FLOOR_BYTE_GAS;
        return service + calling + 3 * MAX_CALLBACK_DATA * FLOOR_BYTE_GAS;
    }

    /// @notice Divides the fee of an order according to what its answer used. The parts add up to
    /// the fee.
    /// @dev ROUNDING: down for the operator, so the receiver gains.
    function settle(Order calldata order, uint256 unitsUsed, uint256 answerLength)
        internal
        pure
        returns (Settlement memory parts)
    {
        Callback calldata callback = order.callback;
        uint256 fee = order.terms.fee;
        uint256 gasPrice = order.terms.gasPrice;
        uint256 maxUnits = order.request.maxUnits;
        uint256 most = mostPaid(maxUnits, order.terms.unitBytes);
        uint256 reserved = reserve(most, callback.gasLimit) * gasPrice;
        uint256 unused = order.terms.unitPrice * (maxUnits - unitsUsed);
        uint256 used = fee - reserved - unused;
        uint256 share = used * order.terms.operatorBps / BPS;

        uint256 bytesPaid = Numbers.min(answerLength, most);
        uint256 gas = _claiming(bytesPaid, callback.data.length);
        parts.operator = share + gas * gasPrice;
        parts.finalizer = finalizing(callback) * gasPrice;
        parts.receiver = used - share;
        parts.delivery = _delivery(callback, bytesPaid) * gasPrice;
        parts.refund = fee - parts.operator - parts.finalizer - parts.receiver - parts.delivery;
    }

    /// @notice Wei to burn from the stake of an operator that missed its turn: half of the most
    /// that it would have earned, without gas.
    function penalty(Order calldata order) internal pure returns (uint256) {
        uint256 gas = reserve(_mostPaid(order), order.callback.gasLimit);
        uint256 whole = order.terms.fee - gas * order.terms.gasPrice;
        return whole * order.terms.operatorBps / BPS / 2;
    }

    /// @notice Most gas that is paid for the delivery of an answer. `answerLength` must be the one
    /// that was settled with, so that a delivery takes no more than its own request left for it.
    function delivery(Order calldata order, uint256 answerLength) internal pure returns (uint256) {
        return _delivery(order.callback, Numbers.min(answerLength, _mostPaid(order)));
    }

    /// @notice Gas of a finalization.
    function finalizing(Callback calldata callback) internal pure returns (uint256) {
        return FINALIZE_GAS + callback.data.length * DATA_BYTE_GAS;
    }

    /// @notice Gas of a transaction that delivers. `executed` is its gas without its bytes. Padding
    /// the calldata does not raise it.
    function delivering(Order calldata order, uint256 answerLength, uint256 executed)
        internal
        pure
        returns (uint256)
    {
        uint256 length = answerLength + order.callback.data.length;
        return Numbers.max(
            executed + length * DATA_BYTE_GAS, DELIVERY_FLOOR_GAS + length * FLOOR_BYTE_GAS
        );
    }

    /// @dev Gas of a claim.
    function _claiming(uint256 answerLength, uint256 dataLength) private pure returns (uint256) {
        return Numbers.max(
            CLAIM_GAS + answerLength * LOGGED_BYTE_GAS + dataLength * DATA_BYTE_GAS,
            CLAIM_FLOOR_GAS + (answerLength + dataLength) * FLOOR_BYTE_GAS
        );
    }

    /// @dev Most gas of a delivery of which `bytesPaid` bytes of the answer are paid for.
    function _delivery(Callback calldata callback, uint256 bytesPaid)
        private
        pure
        returns (uint256)
    {
        if (callback.target == address(0)) return 0;
        bytesPaid += callback.data.length;
        return DELIVER_GAS + callback.gasLimit + bytesPaid * FLOOR_BYTE_GAS;
    }

    function _mostPaid(Order calldata order) private pure returns (uint256) {
        return mostPaid(order.request.maxUnits, order.terms.unitBytes);
    }
}
