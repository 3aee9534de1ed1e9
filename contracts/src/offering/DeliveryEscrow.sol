// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { Delivery, EscrowBooks, IDeliveryEscrow } from "../interfaces/IDeliveryEscrow.sol";
import { Permit } from "../interfaces/IModelOffering.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";
import { ISplitter } from "../interfaces/ISplitter.sol";
import { Assets } from "../libraries/Assets.sol";
import { Credits } from "./Credits.sol";

/// @title Holds part of each sale's ETH until the model has been delivered
/// @notice One contract holds all escrows, each named by its token. The interface explains who is
/// paid when.
/// @dev INVARIANT: of each escrow, released + refunded + forgone <= funded, and the contract holds
/// the rest. Refunds cannot exceed what was not released, since only returnable tokens can move
/// before the end of refunds.
contract DeliveryEscrow is IDeliveryEscrow, Credits {
    using Assets for address;

    /// @dev An escrow: its terms and its money.
    struct Escrow {
        Delivery delivery;
        EscrowBooks books;
    }

    /// @notice Thrown when anyone but the offering calls.
    error NotOffering(address caller);
    /// @notice Thrown when an escrow is funded again.
    error AlreadyFunded(address token);
    /// @notice Thrown for a token that has no escrow.
    error NoEscrow(address token);
    /// @notice Thrown when the creator is to be paid after the deadline.
    error DeliveryOver(uint256 deadline);
    /// @notice Thrown when tokens are returned before the deadline.
    error DeliveryNotOver(uint256 deadline);
    /// @notice Thrown when tokens are returned after the end of refunds.
    error RefundsOver(uint256 end);
    /// @notice Thrown when an escrow is closed before the end of refunds.
    error RefundsNotOver(uint256 end);

    /// @inheritdoc IDeliveryEscrow
    address public immutable offering;
    mapping(address token => Escrow) private _escrows;

    constructor(address offering_) {
        offering = offering_;
    }

    /// @inheritdoc IDeliveryEscrow
    function fund(address token, Delivery calldata delivery) external payable {
        if (msg.sender != offering) revert NotOffering(msg.sender);
        Escrow storage escrow = _escrows[token];
        if (escrow.books.funded != 0) revert AlreadyFunded(token);
        escrow.delivery = delivery;
        escrow.books.funded = uint128(msg.value);
        emit Funded(token, msg.value, delivery);
    }

    /// @inheritdoc IDeliveryEscrow
    function release(address token) external lock returns (uint256 amount) {
        Escrow storage escrow = _escrow(token);
        uint256 deadline = escrow.delivery.deadline;
        if (block.timestamp >= deadline) revert DeliveryOver(deadline);

        uint256 earned = _earned(escrow.delivery);
        amount = _due(escrow.books, earned);
        if (amount == 0) return 0;
        escrow.books.released += uint128(amount);
        emit Released(token, amount, earned);
        _pay(Assets.ETH, escrow.delivery.creator, amount);
    }

    /// @inheritdoc IDeliveryEscrow
    function refund(address token, uint256 tokens, address to)
        external
        lock
        returns (uint256 amount)
    {
        return _refund(token, tokens, to);
    }

    /// @inheritdoc IDeliveryEscrow
    function refundWithPermit(address token, uint256 tokens, address to, Permit calldata permit)
        external
        lock
        returns (uint256 amount)
    {
        // Somebody may have used the signature already. Then the approval exists all the same.
        try IERC20Permit(token)
            .permit(
                msg.sender, address(this), tokens, permit.deadline, permit.v, permit.r, permit.s
            ) { }
            catch { }
        return _refund(token, tokens, to);
    }

    /// @inheritdoc IDeliveryEscrow
    function close(address token) external lock returns (uint256 amount) {
        Escrow storage escrow = _escrow(token);
        uint256 end = escrow.delivery.refundEnd;
        if (block.timestamp < end) revert RefundsNotOver(end);

        EscrowBooks memory books = escrow.books;
        amount = books.funded - books.released - books.refunded - books.forgone;
        if (amount == 0) return 0;
        escrow.books.forgone += uint128(amount);
        emit Forgone(token, amount);
        Assets.ETH.send(escrow.delivery.drip, amount);
    }

    /// @inheritdoc IDeliveryEscrow
    function deliveryOf(address token) external view returns (Delivery memory) {
        return _escrows[token].delivery;
    }

    /// @inheritdoc IDeliveryEscrow
    function booksOf(address token) external view returns (EscrowBooks memory) {
        return _escrows[token].books;
    }

    /// @inheritdoc IDeliveryEscrow
    function releasable(address token) external view returns (uint256) {
        Escrow storage escrow = _escrows[token];
        if (block.timestamp >= escrow.delivery.deadline) return 0;
        return _due(escrow.books, _earned(escrow.delivery));
    }

    /// @inheritdoc IDeliveryEscrow
    function refundOf(address token, uint256 tokens) external view returns (uint256) {
        return _refundOf(_escrow(token), tokens);
    }

    function _refund(address token, uint256 tokens, address to) private returns (uint256 amount) {
        Escrow storage escrow = _escrow(token);
        (uint256 deadline, uint256 end) = (escrow.delivery.deadline, escrow.delivery.refundEnd);
        if (block.timestamp < deadline) revert DeliveryNotOver(deadline);
        if (block.timestamp >= end) revert RefundsOver(end);
        if (to == address(0)) revert InvalidRecipient(to);

        amount = _refundOf(escrow, tokens);
        escrow.books.refunded += uint128(amount);
        emit Refunded(token, msg.sender, to, tokens, amount);
        token.pull(msg.sender, tokens);
        // Redeems nothing, so that the whole redemption pool stays with the remaining holders.
        IModelToken(token).burn(tokens, new address[](0));
        Assets.ETH.send(to, amount);
    }

    function _escrow(address token) private view returns (Escrow storage escrow) {
        escrow = _escrows[token];
        if (escrow.books.funded == 0) revert NoEscrow(token);
    }

    /// @dev What the sold tokens earned from answers. ROUNDING: down, so that buyers have earned
    /// every wei that is released. Nothing, if buyers burned all tokens before transfers opened.
    function _earned(Delivery memory delivery) private view returns (uint256) {
        if (delivery.supply == 0) return 0;
        return ISplitter(delivery.splitter).usage() * delivery.sold / delivery.supply;
    }

    function _due(EscrowBooks memory books, uint256 earned) private pure returns (uint256) {
        uint256 releasable_ = earned < books.funded ? earned : books.funded;
        return releasable_ - books.released;
    }

    /// @dev ROUNDING: down, so that all returnable tokens together get no more than is left.
    function _refundOf(Escrow storage escrow, uint256 tokens) private view returns (uint256) {
        if (escrow.delivery.returnable == 0) return 0;
        uint256 remainder = escrow.books.funded - escrow.books.released;
        return remainder * tokens / escrow.delivery.returnable;
    }
}
