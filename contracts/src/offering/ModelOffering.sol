// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {
    BidView,
    IModelOffering,
    ISaleValidationHook,
    SaleParams,
    SaleStatus,
    SaleView
} from "../interfaces/IModelOffering.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";
import { Assets } from "../token/Assets.sol";
import { Auction } from "./Auction.sol";

/// @title All sales of model tokens
/// @dev `settle` touches only this contract's storage, so nothing outside can stop it. Payments that are not taken become
/// credits, so none can stop another. One transient lock spans all that moves money.
contract ModelOffering is IModelOffering {
    using Assets for address;
    using Auction for Auction.State;

    struct Sale {
        SaleParams terms;
        bool opened;
        Auction.State auction;
    }

    uint256 private constant SHORTEST = 1 days;
    uint256 private constant LONGEST = 365 days;
    /// @dev Gas a bidder gets with a refund that another asked for.
    uint256 private constant REFUND_GAS = 30_000;

    error Locked();
    error NotFactory(address caller);
    error SaleExists(address token);
    error NoSale(address token);
    error NoCreator();
    error InvalidCurrency(address currency);
    error InvalidHook(address hook);
    error SaleTooShort(uint256 start, uint256 end);
    error SaleTooLong(uint256 start, uint256 end);
    error SupplyNotHeld(uint256 held, uint256 supply);
    error SaleNotRunning(uint256 start, uint256 end);
    /// @notice Thrown on withdrawals in the last fifth.
    error BidsLocked(uint256 since);
    error SaleNotOver(uint256 end);
    error WrongStatus(SaleStatus status);
    error WrongValue(uint256 value, uint256 expected);
    /// @notice Thrown when less or more of a currency arrives than was sent.
    error InexactTransfer(uint256 arrived, uint256 expected);
    error NoCredit(address account, address currency);
    error InvalidRecipient(address to);

    /// @inheritdoc IModelOffering
    address public immutable factory;

    /// @inheritdoc IModelOffering
    mapping(address account => mapping(address currency => uint256)) public creditOf;
    mapping(address token => Sale) private _sales;
    bool private transient _locked;

    modifier locked() {
        if (_locked) revert Locked();
        _locked = true;
        _;
        _locked = false;
    }

    constructor(address factory_) {
        factory = factory_;
    }

    /// @inheritdoc IModelOffering
    function create(address token, uint256 supply, SaleParams calldata params) external {
        if (msg.sender != factory) revert NotFactory(msg.sender);
        Sale storage sale = _sales[token];
        if (sale.auction.walk.phase != Auction.Phase.None) revert SaleExists(token);

        uint256 held = IModelToken(token).balanceOf(address(this));
        if (held < supply || supply == 0) revert SupplyNotHeld(held, supply);
        SaleParams memory terms = params;
        if (terms.start < block.timestamp) terms.start = uint40(block.timestamp);
        _requireSound(token, terms);

        sale.terms = terms;
        sale.auction
            .begin(
                Auction.Terms(
                    terms.floorPrice,
                    terms.tickStep,
                    uint96(supply),
                    terms.ticks,
                    terms.softCap,
                    terms.minimumBid
                )
            );
        emit SaleCreated(token, supply, terms);
    }

    /// @inheritdoc IModelOffering
    function bid(address token, uint256 tick, uint256 amount, bytes calldata hookData)
        external
        payable
        locked
    {
        Sale storage sale = _sale(token);
        (uint256 start, uint256 end) = _requireRunning(sale);

        bool mayLower = block.timestamp < _lockedSince(start, end);
        uint256 total = sale.auction.place(msg.sender, tick, amount, mayLower);
        emit Bid(token, msg.sender, tick, total);
        _collect(sale.terms.currency, amount);

        address hook = sale.terms.hook;
        if (hook == address(0)) return;
        uint256 price = sale.auction.price(tick);
        ISaleValidationHook(hook).validate(price, uint128(amount), msg.sender, msg.sender, hookData);
    }

    /// @inheritdoc IModelOffering
    function cancel(address token) external locked {
        Sale storage sale = _sale(token);
        (uint256 start, uint256 end) = _requireRunning(sale);
        uint256 since = _lockedSince(start, end);
        if (block.timestamp >= since) revert BidsLocked(since);

        uint256 amount = sale.auction.withdraw(msg.sender);
        emit BidCancelled(token, msg.sender, amount);
        _pay(sale.terms.currency, msg.sender, amount);
    }

    /// @inheritdoc IModelOffering
    function settle(address token, uint256 words) external returns (bool done) {
        Sale storage sale = _sale(token);
        if (block.timestamp < sale.terms.end) revert SaleNotOver(sale.terms.end);
        SaleStatus status = _status(sale);
        if (status > SaleStatus.Walking) revert WrongStatus(status);

        done = sale.auction.advance(words);
        if (!done) return false;
        Auction.Result memory result = sale.auction.result;
        uint256 marginal = sale.auction.walk.marginalPlusOne;
        emit Settled(token, _status(sale), result.proceeds, result.sold, marginal);
    }

    /// @inheritdoc IModelOffering
    function claim(address token, address[] calldata bidders) external locked {
        Sale storage sale = _sale(token);
        SaleStatus status = _status(sale);
        if (status < SaleStatus.Sold) revert WrongStatus(status);

        address currency = sale.terms.currency;
        for (uint256 i = 0; i < bidders.length; ++i) {
            address bidder = bidders[i];
            Auction.Fill memory fill = sale.auction.take(bidder);
            if (fill.spent + fill.refund == 0) continue;

            emit BidClaimed(token, bidder, fill.tokens, fill.spent, fill.refund);
            if (fill.tokens != 0) IModelToken(token).transfer(bidder, fill.tokens);
            if (fill.refund != 0) _pay(currency, bidder, fill.refund);
        }
    }

    /// @inheritdoc IModelOffering
    function open(address token) external locked {
        Sale storage sale = _sale(token);
        SaleStatus status = _status(sale);
        if (status != SaleStatus.Sold && status != SaleStatus.Failed) revert WrongStatus(status);

        sale.opened = true;
        Auction.Result memory result = sale.auction.result;
        // Burned while transfers are closed, so while the pool that burning redeems is empty.
        uint256 unsold = sale.auction.terms.supply - result.sold;
        emit SaleOpened(token, _status(sale), unsold, result.proceeds);
        if (unsold != 0) IModelToken(token).burn(unsold);
        IModelToken(token).open();
        if (result.proceeds != 0) _pay(sale.terms.currency, sale.terms.creator, result.proceeds);
    }

    /// @inheritdoc IModelOffering
    function withdraw(address currency, address to) external locked {
        if (to == address(0)) revert InvalidRecipient(to);
        uint256 amount = creditOf[msg.sender][currency];
        if (amount == 0) revert NoCredit(msg.sender, currency);
        creditOf[msg.sender][currency] = 0;
        emit CreditWithdrawn(msg.sender, currency, to, amount);
        currency.send(to, amount);
    }

    /// @inheritdoc IModelOffering
    function termsOf(address token) external view returns (SaleParams memory) {
        return _sale(token).terms;
    }

    /// @inheritdoc IModelOffering
    function saleOf(address token) external view returns (SaleView memory) {
        Sale storage sale = _sales[token];
        Auction.State storage auction = sale.auction;
        return SaleView(
            _status(sale),
            auction.terms.supply,
            auction.totalDemand(),
            auction.result.proceeds,
            auction.result.sold,
            auction.walk.marginalPlusOne,
            auction.left.proceeds,
            auction.left.sold
        );
    }

    /// @inheritdoc IModelOffering
    function bidOf(address token, address bidder) external view returns (BidView memory) {
        Auction.Bid memory placed = _sales[token].auction.bids[bidder];
        uint256 tick = placed.tickPlusOne == 0 ? 0 : placed.tickPlusOne - 1;
        return BidView(placed.amount, tick, placed.claimedAt != 0, placed.tokens);
    }

    /// @inheritdoc IModelOffering
    function demandAt(address token, uint256 tick) external view returns (uint256) {
        return _sales[token].auction.demand[tick];
    }

    /// @inheritdoc IModelOffering
    function claimable(address token, address bidder)
        external
        view
        returns (uint256 tokens, uint256 refund)
    {
        Auction.Fill memory fill = _sales[token].auction.quote(bidder);
        return (fill.tokens, fill.refund);
    }

    function _sale(address token) private view returns (Sale storage sale) {
        sale = _sales[token];
        if (sale.auction.walk.phase == Auction.Phase.None) revert NoSale(token);
    }

    function _status(Sale storage sale) private view returns (SaleStatus) {
        Auction.Phase phase = sale.auction.walk.phase;
        if (sale.opened) {
            return phase == Auction.Phase.Sold ? SaleStatus.Open : SaleStatus.Closed;
        }
        return SaleStatus(uint8(phase));
    }

    function _requireSound(address token, SaleParams memory terms) private view {
        if (terms.creator == address(0)) revert NoCreator();
        bool hasCode = terms.currency == Assets.ETH || terms.currency.code.length != 0;
        if (!hasCode || terms.currency == token) revert InvalidCurrency(terms.currency);
        bool hooked = terms.hook == address(0) || terms.hook.code.length != 0;
        if (!hooked) revert InvalidHook(terms.hook);
        if (terms.end < uint256(terms.start) + SHORTEST) {
            revert SaleTooShort(terms.start, terms.end);
        }
        if (terms.end > uint256(terms.start) + LONGEST) revert SaleTooLong(terms.start, terms.end);
    }

    function _requireRunning(Sale storage sale) private view returns (uint256 start, uint256 end) {
        (start, end) = (sale.terms.start, sale.terms.end);
        bool running = block.timestamp >= start && block.timestamp < end;
        if (!running) revert SaleNotRunning(start, end);
    }

    /// @dev Where the last fifth begins.
    function _lockedSince(uint256 start, uint256 end) private pure returns (uint256) {
        return end - (end - start) / 5;
    }

    function _collect(address currency, uint256 amount) private {
        uint256 expected = currency == Assets.ETH ? amount : 0;
        if (msg.value != expected) revert WrongValue(msg.value, expected);
        if (currency == Assets.ETH || amount == 0) return;

        uint256 before = currency.held();
        currency.pull(msg.sender, amount);
        uint256 arrived = currency.held() - before;
        if (arrived != amount) revert InexactTransfer(arrived, amount);
    }

    /// @dev Pays, or keeps what is not taken as a credit. Who called for itself gets half of the gas there is.
    function _pay(address currency, address to, uint256 amount) private {
        uint256 ethGas = to == msg.sender ? gasleft() / 2 : REFUND_GAS;
        if (currency.trySend(to, amount, ethGas)) return;
        creditOf[to][currency] += amount;
        emit CreditAdded(to, currency, amount);
    }
}
