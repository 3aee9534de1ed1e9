// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ICredits } from "./ICredits.sol";

/// @notice The terms of a sale, which never change.
struct SaleParams {
    /// What buyers pay with; 0 is ETH. The first bid fails for a token that takes a fee on
    /// transfer.
    address currency;
    /// Gets the proceeds.
    address creator;
    /// Price of tick 0, in currency units per 1e18 token units; above 0. Tick t costs floor + t *
    /// step.
    uint128 floorPrice;
    /// Above 0 unless there is only one tick.
    uint128 tickStep;
    /// 1 to 1,024. One tick gives a fixed-price sale, pro rata when oversubscribed.
    uint16 ticks;
    /// Bids are taken from this second on, at most a year after the launch. A start in the past
    /// means the time of the launch.
    uint40 start;
    /// Bids are taken before this second, a day to a year after the start.
    uint40 end;
    /// Least proceeds; above 0. If they are not reached, every bid is refunded in full.
    uint112 softCap;
    /// Least total of one bidder.
    uint112 minimumBid;
    /// A contract that is asked about each bid (`ISaleValidationHook`); 0 for none.
    address hook;
}

/// @notice Tokens that `wallet` gets when transfers open.
struct Grant {
    address wallet;
    uint96 amount;
}

/// @notice What happens when transfers open. None of it changes.
struct OpeningTerms {
    /// Gets what belongs to all holders.
    address drip;
    /// Part of the proceeds that opens the pool, in basis points, with tokens at the sale's price.
    uint16 poolBps;
    /// Part of the proceeds that the delivery escrow gets, in basis points. The creator gets the
    /// rest at once.
    uint16 escrowBps;
    /// Its `usage` releases the escrow.
    address splitter;
    /// The escrow's deadline, in seconds. From here on, what was not released is refunded.
    uint40 deadline;
    /// The end of refunds, in seconds.
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

/// @notice How far a sale has come.
enum SaleStatus {
    /// There is no such sale.
    None,
    /// Takes bids until its end.
    Bidding,
    /// Is being settled.
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

/// @notice A sale as far as it is known.
struct SaleView {
    SaleStatus status;
    /// Token units for sale.
    uint256 supply;
    /// Currency of all bids that were not cancelled.
    uint256 demand;
    /// Proceeds R, which `settle` fixes. The price is R / N.
    uint256 proceeds;
    /// Tokens sold N, which `settle` fixes.
    uint256 sold;
    /// Marginal tick plus 1; 0 for none. Ticks above it are filled, and it is filled in part.
    uint256 marginalTick;
    /// The part of R that claims have not taken yet.
    uint256 proceedsLeft;
    /// The part of N that claims have not taken yet.
    uint256 soldLeft;
}

/// @notice The bid of one bidder.
struct BidView {
    /// The whole bid; 0 for none.
    uint256 amount;
    uint256 tick;
    /// Whether it was claimed.
    bool claimed;
    /// Token units that the claim gave.
    uint256 tokens;
}

/// @title All sales of model tokens: a uniform-price batch auction over price ticks
/// @notice The factory begins a sale for each launch. Bidders put money at the highest price (tick)
/// they would pay. After the end, anyone settles the sale: all buyers pay the same price R / N, and
/// nobody pays more than its own tick. Bidders claim tokens and refunds. Then anyone opens
/// transfers, which opens the pool, hands out the grants, funds the delivery escrow and pays the
/// creator. With one tick it is a fixed-price sale, pro rata when oversubscribed. A sale is named
/// by its token. The arithmetic is in docs/spec/money.md.
interface IModelOffering is ICredits {
    /// @notice The sale of `supply` units of `token` was created.
    event SaleCreated(
        address indexed token, uint256 supply, SaleParams params, OpeningTerms opening
    );
    /// @notice The whole bid of `bidder` is now `total`, at `tick`.
    event Bid(address indexed token, address indexed bidder, uint256 tick, uint256 total);
    /// @notice A bidder took its bid back.
    event BidCancelled(address indexed token, address indexed bidder, uint256 amount);
    /// @notice A sale was settled at the price `proceeds / sold`. `marginalTick` is the tick plus
    /// 1, or 0 for none.
    event Settled(
        address indexed token,
        SaleStatus status,
        uint256 proceeds,
        uint256 sold,
        uint256 marginalTick
    );
    /// @notice `bidder` got its tokens and the rest of its bid.
    event BidClaimed(
        address indexed token, address indexed bidder, uint256 tokens, uint256 spent, uint256 refund
    );
    /// @notice `pair` holds `tokens` and `amount` of currency, for good. `gift` was in it before
    /// and went to the drip.
    event PoolOpened(
        address indexed token, address indexed pair, uint256 tokens, uint256 amount, uint256 gift
    );
    /// @notice No pool could be opened. Its `amount` went to the escrow, or to the drip if there is
    /// none.
    event PoolForgone(address indexed token, uint256 amount);
    /// @notice Transfers are open, or the supply of a failed sale is burned. The creator was paid
    /// `paid` of the proceeds.
    event SaleOpened(
        address indexed token, SaleStatus status, uint256 burned, uint256 paid, uint256 escrowed
    );

    /// @notice Creates the sale of a token. This contract must hold the tokens for sale, for the
    /// pool and for all grants. Only the factory can call this, once for each token.
    /// @param token The token, which names the sale from now on.
    /// @param supply Token units for sale.
    /// @param params The terms of the sale.
    /// @param opening What happens when transfers open.
    function create(
        address token,
        uint256 supply,
        SaleParams calldata params,
        OpeningTerms calldata opening
    ) external;

    /// @notice Adds `amount` to the caller's bid and moves the whole bid to `tick`. A bid can move
    /// to a lower tick only before the last fifth of the sale.
    /// @param token The sale.
    /// @param tick The highest price to pay, as a tick.
    /// @param amount Currency to add; 0 only moves the bid. In ETH it equals the value of the call;
    /// otherwise the caller approved it.
    /// @param hookData Data for the sale's hook.
    function bid(address token, uint256 tick, uint256 amount, bytes calldata hookData)
        external
        payable;

    /// @notice The same, in an ERC-20, with the caller's signed approval of `amount`. It is no
    /// error if somebody used the approval first.
    /// @param token The sale.
    /// @param tick The highest price to pay, as a tick.
    /// @param amount Currency to add.
    /// @param hookData Data for the sale's hook.
    /// @param permit The approval.
    function bidWithPermit(
        address token,
        uint256 tick,
        uint256 amount,
        bytes calldata hookData,
        Permit calldata permit
    ) external;

    /// @notice Gives the caller its whole bid back, before the last fifth of the sale.
    /// @param token The sale.
    function cancel(address token) external;

    /// @notice Finds the price, after the end of the sale. Each call looks at up to `words` pairs
    /// of ticks that have bids; call again until it is done. Anyone can call this.
    /// @param token The sale.
    /// @param words Pairs of ticks.
    /// @return done Whether the sale is settled.
    function settle(address token, uint256 words) external returns (bool done);

    /// @notice Gives each bidder its tokens and refund. Skips bidders that have nothing to claim.
    /// Anyone can call this, for bidders in any order. A refused refund becomes a credit.
    /// @param token The sale.
    /// @param bidders The bidders.
    function claim(address token, address[] calldata bidders) external;

    /// @notice Opens the pool at the price of the sale, hands out the grants, burns the rest, opens
    /// transfers, funds the escrow and pays the creator. After a failed sale it burns everything.
    /// Anyone can call this, once. If the pool cannot be opened, it is left out from seven days
    /// after the end.
    /// @param token The sale.
    function open(address token) external;

    /// @notice Settles the sale, opens transfers and claims for `bidders`: whatever of the three is
    /// left to do. So one call gives a buyer its tokens and the use of them, and it is no error if
    /// somebody did a part of it first. Anyone can call this, after the end of the sale.
    /// @param token The sale.
    /// @param bidders The bidders.
    function finish(address token, address[] calldata bidders) external;

    /// @notice The terms of a sale.
    /// @param token The sale.
    /// @return Its terms.
    function termsOf(address token) external view returns (SaleParams memory);

    /// @notice What happens when transfers open.
    /// @param token The sale.
    /// @return Its terms of opening.
    function openingOf(address token) external view returns (OpeningTerms memory);

    /// @notice A sale as far as it is known.
    /// @param token The sale.
    /// @return Its state.
    function saleOf(address token) external view returns (SaleView memory);

    /// @notice The bid of one bidder.
    /// @param token The sale.
    /// @param bidder The bidder.
    /// @return The bid, or what it got.
    function bidOf(address token, address bidder) external view returns (BidView memory);

    /// @notice The demand at one tick.
    /// @param token The sale.
    /// @param tick The tick.
    /// @return The sum of its bids, in currency.
    function demandAt(address token, uint256 tick) external view returns (uint256);

    /// @notice What `claim` would give `bidder` now.
    /// @param token The sale.
    /// @param bidder The bidder.
    /// @return tokens Token units.
    /// @return refund Currency.
    function claimable(address token, address bidder)
        external
        view
        returns (uint256 tokens, uint256 refund);

    /// @notice The token of the bid that a hook is being asked about.
    /// @return The model token; 0 at any other time.
    function token() external view returns (address);

    /// @notice The contract that creates sales.
    /// @return The factory.
    function factory() external view returns (address);
    /// @notice The contract that holds what is paid on delivery.
    /// @return The delivery escrow.
    function escrow() external view returns (address);
    /// @notice The v2 factory on which pools open.
    /// @return The contract; 0 if there is none.
    function exchange() external view returns (address);
    /// @notice Wrapped ETH.
    /// @return The contract; 0 if there is none.
    function weth() external view returns (address);
}
