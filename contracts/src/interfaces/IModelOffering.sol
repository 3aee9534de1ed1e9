// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ICredits } from "./ICredits.sol";

/// @notice The terms of a sale; none of it changes.
struct SaleParams {
    /// Sells for this; 0 is ETH. A token that takes a fee on transfer is refused at the first bid.
    address currency;
    /// Gets the proceeds.
    address creator;
    /// Price of tick 0, in currency units per 1e18 token units; above 0. Tick t costs floor + t * step.
    uint128 floorPrice;
    /// Above 0 unless there is one tick.
    uint128 tickStep;
    /// 1 to 1,024; one tick is a fixed-price sale, pro rata when oversubscribed.
    uint16 ticks;
    /// Bids are taken in [start, end), in seconds; a day to a year. A start that has passed is the launch.
    uint40 start;
    uint40 end;
    /// Least proceeds; below it every bid is refunded in full. Above 0.
    uint112 softCap;
    /// Least total of one bidder.
    uint112 minimumBid;
    /// Asked about each bid, with the signature of Uniswap's CCA; 0: nobody.
    address hook;
}

/// @notice Tokens that `wallet` gets when transfers open.
struct Grant {
    address wallet;
    uint96 amount;
}

/// @notice What happens when transfers open; none of it changes.
struct OpeningTerms {
    /// Gets what belongs to all holders.
    address drip;
    /// Basis points of the proceeds that open the pool, with tokens at the price of the sale.
    uint16 poolBps;
    /// Basis points of the proceeds that the delivery escrow gets. What neither gets is the creator's at once.
    uint16 escrowBps;
    /// Whose `usage` releases the escrow.
    address splitter;
    /// From the first to the second, in seconds, what was not released is refunded.
    uint40 deadline;
    uint40 refundEnd;
    Grant[] grants;
}

/// @notice A signed approval (ERC-2612).
struct Permit {
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice Where a sale stands.
enum SaleStatus {
    None,
    /// Takes bids until its end.
    Bidding,
    /// Being settled.
    Walking,
    /// Settled: buyers can claim.
    Sold,
    /// Settled below the soft cap: bidders can claim refunds.
    Failed,
    /// Sold, and transfers are open.
    Open,
    /// Failed, and the supply is burned.
    Closed
}

/// @notice A settled or running sale, as far as it is known.
struct SaleView {
    SaleStatus status;
    /// Units of token for sale.
    uint256 supply;
    /// Currency of all bids that were not cancelled.
    uint256 demand;
    /// Proceeds R and tokens sold N, fixed by `settle`: the price is R / N.
    uint256 proceeds;
    uint256 sold;
    /// Marginal tick plus 1; 0: none. Ticks above it (or from the lowest filled on) are filled.
    uint256 marginalTick;
    /// What claims have not taken yet of R and N.
    uint256 proceedsLeft;
    uint256 soldLeft;
}

/// @notice One bidder's part.
struct BidView {
    /// Total bid; 0: none.
    uint256 amount;
    uint256 tick;
    /// Whether it has been claimed; then what it got.
    bool claimed;
    uint256 tokens;
}

/// @title All sales of model tokens: a uniform-price batch auction over price ticks
/// @notice With one tick it is a fixed-price sale, pro rata when oversubscribed. Every buyer pays the same price R / N and
/// nobody more than its tick's. A sale is named by its token. Arithmetic: docs/spec/money.md.
interface IModelOffering is ICredits {
    /// @notice A sale of `supply` units of `token` begins.
    event SaleCreated(
        address indexed token, uint256 supply, SaleParams params, OpeningTerms opening
    );
    /// @notice `bidder`'s whole bid is now `total` at `tick`.
    event Bid(address indexed token, address indexed bidder, uint256 tick, uint256 total);
    /// @notice A bid was withdrawn.
    event BidCancelled(address indexed token, address indexed bidder, uint256 amount);
    /// @notice The price is `proceeds / sold`; `marginalTick` is plus 1, 0 for none.
    event Settled(
        address indexed token,
        SaleStatus status,
        uint256 proceeds,
        uint256 sold,
        uint256 marginalTick
    );
    /// @notice `bidder` got tokens and the rest of its bid.
    event BidClaimed(
        address indexed token, address indexed bidder, uint256 tokens, uint256 spent, uint256 refund
    );
    /// @notice `pair` holds `tokens` and `amount` of currency, for good; `gift` was in it before and went to the drip.
    event PoolOpened(
        address indexed token, address indexed pair, uint256 tokens, uint256 amount, uint256 gift
    );
    /// @notice No pool could be opened; its `amount` went to the escrow, or without one to the drip.
    event PoolForgone(address indexed token, uint256 amount);
    /// @notice Transfers are open (or, after a failed sale, the supply is burned). Of the proceeds the creator was paid `paid`.
    event SaleOpened(
        address indexed token, SaleStatus status, uint256 burned, uint256 paid, uint256 escrowed
    );

    /// @notice Begins the sale of `supply` units of `token`; this contract must hold them, those of the pool and all grants.
    /// Once per token; only the factory.
    /// @param token Names the sale from now on.
    /// @param supply Token units for sale.
    /// @param params The terms of the sale.
    /// @param opening What happens when transfers open.
    function create(
        address token,
        uint256 supply,
        SaleParams calldata params,
        OpeningTerms calldata opening
    ) external;

    /// @notice Adds `amount` to the caller's bid and puts all of it at `tick`, lower than before only ahead of the last fifth of
    /// the sale. In ETH `amount` is `msg.value`; otherwise the caller has approved it.
    /// @param hookData For the sale's hook.
    /// @param token The sale.
    /// @param tick The highest price to pay, as a tick.
    /// @param amount Currency to add; 0 moves the bid.
    function bid(address token, uint256 tick, uint256 amount, bytes calldata hookData)
        external
        payable;

    /// @notice Same, in an ERC-20, with the caller's signed approval of `amount`. One that was used already is no error.
    /// @param token The sale.
    /// @param tick The highest price to pay, as a tick.
    /// @param amount Currency to add.
    /// @param hookData For the sale's hook.
    /// @param permit The approval.
    function bidWithPermit(
        address token,
        uint256 tick,
        uint256 amount,
        bytes calldata hookData,
        Permit calldata permit
    ) external;

    /// @notice Withdraws the caller's whole bid, ahead of the last fifth of the sale.
    /// @param token The sale.
    function cancel(address token) external;

    /// @notice Finds the price after the end, looking at up to `words` pairs of ticks that have bids; call again until it is done. Anyone may.
    /// @param token The sale.
    /// @param words Pairs of ticks.
    /// @return done Whether the sale is settled.
    function settle(address token, uint256 words) external returns (bool done);

    /// @notice Gives each of `bidders` its tokens and refund; skips who has nothing to claim. Anyone may, in any order. A refund that
    /// is not taken becomes a credit.
    /// @param token The sale.
    /// @param bidders Whose bids.
    function claim(address token, address[] calldata bidders) external;

    /// @notice Opens the pool at the price of the sale, hands out the grants, burns what is left, opens transfers, funds the
    /// escrow and pays the creator. After a failed sale it burns all. Anyone may, once. Seven days after the end a pool that
    /// cannot be opened is left out.
    /// @param token The sale.
    function open(address token) external;

    /// @notice The terms of a sale.
    /// @param token The sale.
    /// @return Its terms.
    function termsOf(address token) external view returns (SaleParams memory);

    /// @notice What happens when transfers open.
    /// @param token The sale.
    /// @return Its terms of opening.
    function openingOf(address token) external view returns (OpeningTerms memory);

    /// @notice Where a sale stands.
    /// @param token The sale.
    /// @return Its state.
    function saleOf(address token) external view returns (SaleView memory);

    /// @notice One bidder's part.
    /// @param token The sale.
    /// @param bidder Whose bid.
    /// @return The bid, or what it got.
    function bidOf(address token, address bidder) external view returns (BidView memory);

    /// @notice Demand at one tick, in currency.
    /// @param token The sale.
    /// @param tick The tick.
    /// @return Currency bid there.
    function demandAt(address token, uint256 tick) external view returns (uint256);

    /// @notice What `claim` would give `bidder` now.
    /// @param token The sale.
    /// @param bidder Whose bid.
    /// @return tokens Token units.
    /// @return refund Currency.
    function claimable(address token, address bidder)
        external
        view
        returns (uint256 tokens, uint256 refund);

    /// @notice The token that is being bid for, while a hook is asked; else 0.
    /// @return The model token.
    function token() external view returns (address);

    /// @notice Who creates sales.
    /// @return The factory.
    function factory() external view returns (address);
    /// @notice Holds what is paid on delivery.
    /// @return The delivery escrow.
    function escrow() external view returns (address);
    /// @notice The v2 factory where pools open; 0 where there is none.
    /// @return The contract.
    function exchange() external view returns (address);
    /// @notice Wrapped ETH; 0 where there is none.
    /// @return The contract.
    function weth() external view returns (address);
}

/// @title Asked by a sale about each bid
/// @notice The signature of Uniswap's continuous clearing auction, so that its hooks work unchanged. The caller's `token()` says
/// what is bid for, and its `bidOf` has the bid already.
interface ISaleValidationHook {
    /// @notice Reverts to refuse a bid.
    /// @param maxPrice In currency units per 1e18 token units.
    /// @param amount What the bid adds.
    /// @param owner Whose bid.
    /// @param sender Who sent it.
    /// @param hookData What the bidder gave.
    function validate(
        uint256 maxPrice,
        uint128 amount,
        address owner,
        address sender,
        bytes calldata hookData
    ) external;
}
