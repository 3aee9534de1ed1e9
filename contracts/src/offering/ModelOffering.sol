// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { Delivery, IDeliveryEscrow } from "../interfaces/IDeliveryEscrow.sol";
import { IImoFactory } from "../interfaces/IImoFactory.sol";
import {
    BidView,
    IModelOffering,
    OpeningTerms,
    Permit,
    SaleParams,
    SaleStatus,
    SaleView
} from "../interfaces/IModelOffering.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";
import { ISaleValidationHook } from "../interfaces/external/ISaleValidationHook.sol";
import { IUniswapV2Factory } from "../interfaces/external/IUniswapV2.sol";
import { IWrappedEther } from "../interfaces/external/IWrappedEther.sol";
import { Assets } from "../libraries/Assets.sol";
import { Calls } from "../libraries/Calls.sol";
import { BPS } from "../libraries/Units.sol";
import { Auction } from "./Auction.sol";
import { Credits } from "./Credits.sol";
import { DeliveryEscrow } from "./DeliveryEscrow.sol";
import { Pool } from "./Pool.sol";

/// @title All sales of model tokens
/// @notice The interface explains how a sale runs. This contract holds the money and the tokens;
/// `Auction` does the arithmetic, and `Pool` opens the pool.
/// @dev `settle` touches only this contract's storage, so nothing outside can stop it. INVARIANT:
/// until a sale is opened, the contract holds its tokens and its currency, except for what bidders
/// have claimed.
contract ModelOffering is IModelOffering, Credits {
    using Assets for address;
    using Auction for Auction.State;

    /// @dev The word that every bid reads.
    /// From the lowest bit: start 40 | end 40 | ticks 16 | minimumBid 112 | inToken 8 | hooked 8.
    struct Entry {
        uint40 start;
        uint40 end;
        uint16 ticks;
        uint112 minimumBid;
        /// Whether the currency is an ERC-20.
        bool inToken;
        /// Whether there is a hook.
        bool hooked;
    }

    /// @dev Everything about a sale.
    struct Sale {
        Entry entry;
        address currency;
        address hook;
        address creator;
        bool opened;
        OpeningTerms opening;
        Auction.State auction;
    }

    /// @dev Least time from start to end.
    uint256 private constant MIN_DURATION = 1 days;
    /// @dev Most time from start to end.
    uint256 private constant MAX_DURATION = 365 days;
    /// @dev Time after the end from which a sale can be opened without its pool.
    uint256 private constant PATIENCE = 7 days;
    /// @dev Gas for the pool: more than it takes to deploy, empty and fill any pair. A pool that
    /// fails with this much gas cannot be opened at all.
    uint256 private constant POOL_GAS = 6_000_000;
    /// @dev Gas for what follows the pool, with the most grants.
    uint256 private constant OPEN_GAS = 1_000_000;

    /// @notice Thrown when anyone but the factory calls.
    error NotFactory(address caller);
    /// @notice Thrown when anyone but this contract calls.
    error NotSelf(address caller);
    /// @notice Thrown for ETH that is neither a bid nor unwrapped.
    error NotWrappedEther(address sender);
    /// @notice Thrown for a second sale of a token.
    error SaleExists(address token);
    /// @notice Thrown for a token that has no sale.
    error NoSale(address token);
    /// @notice Thrown for a sale without a creator.
    error NoCreator();
    /// @notice Thrown for a currency that is neither ETH nor another contract.
    error InvalidCurrency(address currency);
    /// @notice Thrown for a hook that is not a contract.
    error InvalidHook(address hook);
    /// @notice Thrown for a sale of less than a day.
    error SaleTooShort(uint256 start, uint256 end);
    /// @notice Thrown for a sale of more than a year.
    error SaleTooLong(uint256 start, uint256 end);
    /// @notice Thrown when this contract does not hold all tokens of the sale.
    error SupplyNotHeld(uint256 held, uint256 supply);
    /// @notice Thrown for a bid before `start` or from `end` on.
    error SaleNotRunning(uint256 start, uint256 end);
    /// @notice Thrown when a bid is taken back in the last fifth of the sale, which began at
    /// `since`.
    error BidsLocked(uint256 since);
    /// @notice Thrown when a sale is settled before its end.
    error SaleNotOver(uint256 end);
    /// @notice Thrown for a call that the sale's status does not allow.
    error WrongStatus(SaleStatus status);
    /// @notice Thrown when the value of the call is not the bid. In wei.
    error WrongValue(uint256 value, uint256 expected);
    /// @notice Thrown when less or more of a currency arrives than was sent.
    error InexactTransfer(uint256 arrived, uint256 expected);
    /// @notice Thrown when the pool cannot be opened. From `since` on, `open` leaves it out.
    error PoolNotOpened(address token, uint256 since);

    /// @inheritdoc IModelOffering
    address public immutable factory;
    /// @inheritdoc IModelOffering
    address public immutable escrow;
    /// @inheritdoc IModelOffering
    address public immutable exchange;
    /// @inheritdoc IModelOffering
    address public immutable weth;

    /// @inheritdoc IModelOffering
    address public transient token;
    mapping(address token => Sale) private _sales;

    constructor(address factory_, address weth_, address exchange_) {
        (factory, weth, exchange) = (factory_, weth_, exchange_);
        escrow = address(new DeliveryEscrow(address(this)));
    }

    /// @notice Takes ETH from wrapped ETH. 2,300 gas suffice.
    receive() external payable {
        if (msg.sender != weth) revert NotWrappedEther(msg.sender);
    }

    /// @inheritdoc IModelOffering
    function create(
        address token_,
        uint256 supply,
        SaleParams calldata params,
        OpeningTerms calldata opening
    ) external {
        if (msg.sender != factory) revert NotFactory(msg.sender);
        Sale storage sale = _sales[token_];
        if (sale.entry.end != 0) revert SaleExists(token_);

        SaleParams memory terms = params;
        if (terms.start < block.timestamp) terms.start = uint40(block.timestamp);
        _requireSound(token_, terms);
        _requireHeld(token_, supply, opening);

        sale.entry = Entry(
            terms.start,
            terms.end,
            terms.ticks,
            terms.minimumBid,
            terms.currency != Assets.ETH,
            terms.hook != address(0)
        );
        (sale.currency, sale.hook, sale.creator) = (terms.currency, terms.hook, terms.creator);
        _keep(sale.opening, opening);
        sale.auction
            .begin(
                Auction.Terms(
                    terms.floorPrice, terms.tickStep, uint96(supply), terms.ticks, terms.softCap
                ),
                terms.minimumBid
            );
        emit SaleCreated(token_, supply, terms, opening);
    }

    /// @inheritdoc IModelOffering
    function bid(address token_, uint256 tick, uint256 amount, bytes calldata hookData)
        external
        payable
        lock
    {
        _bid(token_, tick, amount, hookData);
    }

    /// @inheritdoc IModelOffering
    function bidWithPermit(
        address token_,
        uint256 tick,
        uint256 amount,
        bytes calldata hookData,
        Permit calldata permit
    ) external lock {
        // Somebody may have used the signature already. Then the approval exists all the same.
        try IERC20Permit(_sale(token_).currency)
            .permit(
                msg.sender, address(this), amount, permit.deadline, permit.v, permit.r, permit.s
            ) { }
            catch { }
        _bid(token_, tick, amount, hookData);
    }

    /// @inheritdoc IModelOffering
    function cancel(address token_) external lock {
        Sale storage sale = _sale(token_);
        Entry memory entry = sale.entry;
        _requireRunning(entry);
        uint256 since = _lockedSince(entry);
        if (block.timestamp >= since) revert BidsLocked(since);

        uint256 amount = sale.auction.withdraw(msg.sender);
        emit BidCancelled(token_, msg.sender, amount);
        _pay(sale.currency, msg.sender, amount);
    }

    /// @inheritdoc IModelOffering
    function settle(address token_, uint256 words) external returns (bool done) {
        return _settle(token_, _sale(token_), words);
    }

    /// @inheritdoc IModelOffering
    function claim(address token_, address[] calldata bidders) external lock {
        _claim(token_, _sales[token_], bidders);
    }

    /// @inheritdoc IModelOffering
    function open(address token_) external lock {
        _open(token_, _sale(token_));
    }

    /// @inheritdoc IModelOffering
    function finish(address token_, address[] calldata bidders) external lock {
        Sale storage sale = _sale(token_);
        if (_status(sale) <= SaleStatus.Walking) _settle(token_, sale, type(uint256).max);
        if (!sale.opened) _open(token_, sale);
        _claim(token_, sale, bidders);
    }

    /// @notice Opens the pool of a sale. Only this contract can call this: it calls itself, so that
    /// it can catch a failure.
    function openPool(address token_, uint256 tokens, uint256 amount) external {
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        Sale storage sale = _sales[token_];
        bool inEther = !sale.entry.inToken;
        address currency = inEther ? weth : sale.currency;

        if (inEther) IWrappedEther(weth).deposit{ value: amount }();
        (address pair, uint256 gift) =
            Pool.open(IUniswapV2Factory(exchange), token_, currency, tokens, amount);
        emit PoolOpened(token_, pair, tokens, amount, gift);
        IImoFactory(factory).redirectPair(token_, currency);
        if (gift == 0) return;
        if (inEther) IWrappedEther(weth).withdraw(gift);
        sale.currency.send(sale.opening.drip, gift);
    }

    /// @inheritdoc IModelOffering
    function termsOf(address token_) external view returns (SaleParams memory) {
        Sale storage sale = _sale(token_);
        Entry memory entry = sale.entry;
        Auction.Terms memory terms = sale.auction.terms;
        return SaleParams({
            currency: sale.currency,
            creator: sale.creator,
            floorPrice: terms.floorPrice,
            tickStep: terms.tickStep,
            ticks: terms.ticks,
            start: entry.start,
            end: entry.end,
            softCap: terms.softCap,
            minimumBid: entry.minimumBid,
            hook: sale.hook
        });
    }

    /// @inheritdoc IModelOffering
    function openingOf(address token_) external view returns (OpeningTerms memory) {
        return _sale(token_).opening;
    }

    /// @inheritdoc IModelOffering
    function saleOf(address token_) external view returns (SaleView memory) {
        Sale storage sale = _sales[token_];
        Auction.State storage auction = sale.auction;
        return SaleView(
            _status(sale),
            auction.terms.supply,
            auction.totalDemand(),
            auction.result.proceeds,
            auction.result.sold,
            auction.book.marginalPlusOne,
            auction.book.proceeds,
            auction.book.sold
        );
    }

    /// @inheritdoc IModelOffering
    function bidOf(address token_, address bidder) external view returns (BidView memory) {
        Auction.Bid memory placed = _sales[token_].auction.bids[bidder];
        uint256 tick = placed.tickPlusOne == 0 ? 0 : placed.tickPlusOne - 1;
        return BidView(placed.amount, tick, placed.claimedAt != 0, placed.tokens);
    }

    /// @inheritdoc IModelOffering
    function demandAt(address token_, uint256 tick) external view returns (uint256) {
        return _sales[token_].auction.demand[tick];
    }

    /// @inheritdoc IModelOffering
    function claimable(address token_, address bidder)
        external
        view
        returns (uint256 tokens, uint256 refund)
    {
        Auction.Fill memory fill = _sales[token_].auction.quote(bidder);
        return (fill.tokens, fill.refund);
    }

    function _sale(address token_) private view returns (Sale storage sale) {
        sale = _sales[token_];
        if (sale.entry.end == 0) revert NoSale(token_);
    }

    function _status(Sale storage sale) private view returns (SaleStatus) {
        Auction.Phase phase = sale.auction.book.phase;
        if (sale.opened) {
            return phase == Auction.Phase.Sold ? SaleStatus.Open : SaleStatus.Closed;
        }
        return SaleStatus(uint8(phase));
    }

    function _requireSound(address token_, SaleParams memory terms) private view {
        if (terms.creator == address(0)) revert NoCreator();
        bool hasCode = terms.currency == Assets.ETH || terms.currency.code.length != 0;
        if (!hasCode || terms.currency == token_) revert InvalidCurrency(terms.currency);
        bool hooked = terms.hook == address(0) || terms.hook.code.length != 0;
        if (!hooked) revert InvalidHook(terms.hook);
        if (terms.end < uint256(terms.start) + MIN_DURATION) {
            revert SaleTooShort(terms.start, terms.end);
        }
        if (terms.end > uint256(terms.start) + MAX_DURATION) {
            revert SaleTooLong(terms.start, terms.end);
        }
    }

    /// @dev Reverts unless all tokens are here. The pool never needs more tokens than its part of
    /// the supply.
    function _requireHeld(address token_, uint256 supply, OpeningTerms calldata opening)
        private
        view
    {
        uint256 needed = supply + supply * opening.poolBps / BPS;
        for (uint256 i = 0; i < opening.grants.length; ++i) {
            needed += opening.grants[i].amount;
        }
        uint256 held = IModelToken(token_).balanceOf(address(this));
        if (held < needed || supply == 0) revert SupplyNotHeld(held, needed);
    }

    function _keep(OpeningTerms storage kept, OpeningTerms calldata opening) private {
        (kept.drip, kept.poolBps, kept.escrowBps) =
        (opening.drip, opening.poolBps, opening.escrowBps);
        (kept.splitter, kept.deadline, kept.refundEnd) =
        (opening.splitter, opening.deadline, opening.refundEnd);
        for (uint256 i = 0; i < opening.grants.length; ++i) {
            kept.grants.push(opening.grants[i]);
        }
    }

    function _requireRunning(Entry memory entry) private view {
        bool running = block.timestamp >= entry.start && block.timestamp < entry.end;
        if (!running) revert SaleNotRunning(entry.start, entry.end);
    }

    /// @dev The time at which the last fifth begins.
    function _lockedSince(Entry memory entry) private pure returns (uint256) {
        return entry.end - (entry.end - entry.start) / 5;
    }

    function _bid(address token_, uint256 tick, uint256 amount, bytes calldata hookData) private {
        Sale storage sale = _sale(token_);
        Entry memory entry = sale.entry;
        _requireRunning(entry);

        Auction.Limits memory limits =
            Auction.Limits(entry.ticks, entry.minimumBid, block.timestamp < _lockedSince(entry));
        uint256 total = sale.auction.place(msg.sender, tick, amount, limits);
        emit Bid(token_, msg.sender, tick, total);
        _collect(entry.inToken ? sale.currency : Assets.ETH, amount);
        if (!entry.hooked) return;

        token = token_;
        ISaleValidationHook(sale.hook)
            .validate(sale.auction.price(tick), uint128(amount), msg.sender, msg.sender, hookData);
        token = address(0);
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

    function _settle(address token_, Sale storage sale, uint256 words) private returns (bool done) {
        if (block.timestamp < sale.entry.end) revert SaleNotOver(sale.entry.end);
        SaleStatus status = _status(sale);
        if (status > SaleStatus.Walking) revert WrongStatus(status);

        done = sale.auction.advance(words);
        if (!done) return false;
        Auction.Result memory result = sale.auction.result;
        uint256 marginal = sale.auction.book.marginalPlusOne;
        emit Settled(token_, _status(sale), result.proceeds, result.sold, marginal);
    }

    function _claim(address token_, Sale storage sale, address[] calldata bidders) private {
        if (sale.auction.book.phase < Auction.Phase.Sold) revert WrongStatus(_status(sale));

        for (uint256 i = 0; i < bidders.length; ++i) {
            address bidder = bidders[i];
            Auction.Fill memory fill = sale.auction.take(bidder);
            if (fill.spent + fill.refund == 0) continue;

            emit BidClaimed(token_, bidder, fill.tokens, fill.spent, fill.refund);
            if (fill.tokens != 0) IModelToken(token_).transfer(bidder, fill.tokens);
            if (fill.refund != 0) _pay(sale.currency, bidder, fill.refund);
        }
    }

    function _open(address token_, Sale storage sale) private {
        SaleStatus status = _status(sale);
        if (status != SaleStatus.Sold && status != SaleStatus.Failed) revert WrongStatus(status);

        sale.opened = true;
        if (status == SaleStatus.Failed) {
            uint256 all = _burnRest(token_, 0);
            IModelToken(token_).open();
            emit SaleOpened(token_, SaleStatus.Closed, all, 0, 0);
            return;
        }

        Auction.Result memory result = sale.auction.result;
        OpeningTerms memory terms = sale.opening;
        (uint256 seeded, uint256 pooled, uint256 forgone) = _tryPool(token_, sale, result);
        uint256 granted = 0;
        for (uint256 i = 0; i < terms.grants.length; ++i) {
            granted += terms.grants[i].amount;
            IModelToken(token_).transfer(terms.grants[i].wallet, terms.grants[i].amount);
        }
        uint256 burned = _burnRest(token_, sale.auction.book.sold);
        IModelToken(token_).open();

        uint256 escrowed = result.proceeds * terms.escrowBps / BPS;
        uint256 paid = result.proceeds - pooled - forgone - escrowed;
        if (escrowed != 0) escrowed += forgone;
        emit SaleOpened(token_, SaleStatus.Open, burned, paid, escrowed);
        if (escrowed != 0) _fund(token_, sale, escrowed, seeded, granted);
        else if (forgone != 0) _pay(sale.currency, terms.drip, forgone);
        if (paid != 0) _pay(sale.currency, sale.creator, paid);
    }

    /// @dev Opens the pool at the price proceeds / sold. If that fails, leaves it out after a
    /// while.
    /// @return seeded Tokens in the pool.
    /// @return pooled Currency in the pool.
    /// @return forgone Currency that was meant for a pool that was left out.
    function _tryPool(address token_, Sale storage sale, Auction.Result memory result)
        private
        returns (uint256 seeded, uint256 pooled, uint256 forgone)
    {
        uint256 amount = result.proceeds * sale.opening.poolBps / BPS;
        if (amount == 0) return (0, 0, 0);
        uint256 tokens = amount * result.sold / result.proceeds;

        uint256 needed = POOL_GAS * 64 / 63 + OPEN_GAS;
        if (gasleft() < needed) revert Calls.NotEnoughGas(gasleft(), needed);
        try this.openPool{ gas: POOL_GAS }(token_, tokens, amount) {
            return (tokens, amount, 0);
        } catch {
            uint256 since = sale.entry.end + PATIENCE;
            if (block.timestamp < since) revert PoolNotOpened(token_, since);
            emit PoolForgone(token_, amount);
            return (0, 0, amount);
        }
    }

    /// @dev Burns all tokens but `kept`, which are for buyers. Transfers are closed, so the
    /// redemption pool is still empty and the burn redeems nothing.
    function _burnRest(address token_, uint256 kept) private returns (uint256 burned) {
        burned = IModelToken(token_).balanceOf(address(this)) - kept;
        if (burned != 0) IModelToken(token_).burn(burned);
    }

    /// @dev Funds the escrow. A buyer may have burned claimed tokens already, which earn nothing.
    function _fund(
        address token_,
        Sale storage sale,
        uint256 amount,
        uint256 seeded,
        uint256 granted
    ) private {
        OpeningTerms storage terms = sale.opening;
        uint256 supply = IModelToken(token_).totalSupply();
        Delivery memory delivery = Delivery({
            creator: sale.creator,
            deadline: terms.deadline,
            splitter: terms.splitter,
            refundEnd: terms.refundEnd,
            drip: terms.drip,
            sold: uint96(supply - granted - seeded),
            returnable: uint96(supply - granted),
            supply: uint96(supply)
        });
        IDeliveryEscrow(escrow).fund{ value: amount }(token_, delivery);
    }
}
