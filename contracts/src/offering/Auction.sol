// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LibBit } from "solady/utils/LibBit.sol";
import { TOKEN_UNIT } from "../libraries/Units.sol";

/// @title The arithmetic of one sale: bids on price ticks, the price, and what each bidder gets
/// @notice The offering places bids here while a sale runs. After its end a walk down the ticks
/// finds the price: from the highest tick with a bid, until demand meets supply. Then bidders take
/// their fills.
/// @dev The price is proceeds / sold, and is never rounded. Claims take from running remainders, so
/// that the last claim takes exactly the rest, in any order. INVARIANT: of the marginal tick, at
/// most what is bid is filled.
library Auction {
    /// @notice Most ticks of a sale.
    uint256 internal constant MAX_TICKS = 1024;

    /// @notice The terms that the arithmetic needs (`SaleParams`).
    struct Terms {
        uint128 floorPrice;
        uint128 tickStep;
        uint96 supply;
        uint16 ticks;
        uint112 softCap;
    }

    /// @notice The limits of a bid.
    struct Limits {
        /// Ticks of the sale.
        uint256 ticks;
        /// Least total of one bidder.
        uint256 minimum;
        /// Whether a bid can move to a lower tick.
        bool mayLower;
    }

    /// @notice The bid of one bidder.
    /// @dev From the lowest bit: amount 112 | tickPlusOne 16 | tokens 96 | claimedAt 32.
    struct Bid {
        /// The whole bid, in currency.
        uint112 amount;
        /// 0 for no bid.
        uint16 tickPlusOne;
        /// Token units that the claim gave.
        uint96 tokens;
        /// Time of the claim, in seconds; 0 if it was not claimed.
        uint32 claimedAt;
    }

    /// @notice Where the walk stands.
    struct Walk {
        /// The demand of the ticks above.
        uint128 above;
        /// Pairs of ticks that are left.
        uint16 pairs;
    }

    /// @notice What the walk found.
    struct Result {
        uint128 proceeds;
        uint96 sold;
    }

    /// @notice What earlier claims left of the result. Every claim reads this word.
    /// @dev From the lowest bit: proceeds 112 | sold 96 | marginalPlusOne 16 | phase 8.
    struct Book {
        uint112 proceeds;
        uint96 sold;
        /// The tick, plus 1, that is filled in part or not at all. Ticks above it are filled, and
        /// ticks below it get nothing. 0 if all are filled.
        uint16 marginalPlusOne;
        Phase phase;
    }

    /// @notice What earlier claims left of the marginal tick.
    struct Margin {
        /// What of it is filled.
        uint128 filled;
        /// What is bid at it.
        uint128 demand;
    }

    /// @notice Everything about one sale.
    struct State {
        Terms terms;
        Walk walk;
        Book book;
        Margin margin;
        Result result;
        /// A bit for each pair of ticks, set if it has a bid.
        uint256[2] used;
        /// Currency bid at each tick, two ticks in a word.
        uint128[MAX_TICKS] demand;
        mapping(address bidder => Bid) bids;
    }

    /// @notice How far a sale has come (`SaleStatus`).
    enum Phase {
        None,
        Bidding,
        Walking,
        Sold,
        Failed
    }

    /// @notice What a bidder gets. It pays `spent`, which is its bid less the refund.
    struct Fill {
        uint256 tokens;
        uint256 spent;
        uint256 refund;
    }

    /// @notice Most currency of a bid and of the proceeds.
    uint256 internal constant MAX_AMOUNT = type(uint112).max;
    /// @dev Stands for no pair of ticks.
    uint256 private constant NONE = type(uint16).max;

    /// @notice Thrown for a bid above the top tick.
    error NoSuchTick(uint256 tick, uint256 ticks);
    /// @notice Thrown for a bid whose total is below the minimum, or 0.
    error BelowMinimumBid(uint256 total, uint256 minimum);
    /// @notice Thrown for a sum for which the books have no room.
    error BidTooLarge(uint256 total);
    /// @notice Thrown when a bid moves to a lower tick in the last fifth of the sale.
    error TickLowered(uint256 tick, uint256 before);
    /// @notice Thrown when there is no bid to take back.
    error NoBid(address bidder);
    /// @notice Thrown for 0 ticks and for more than 1,024.
    error InvalidTicks(uint256 ticks);
    /// @notice Thrown for a floor price of 0.
    error NoFloorPrice();
    /// @notice Thrown for several ticks at one price.
    error NoTickStep();
    /// @notice Thrown for a soft cap of 0.
    error NoSoftCap();
    /// @notice Thrown for a soft cap that the top tick does not reach.
    error SoftCapAboveHardCap(uint256 softCap, uint256 hardCap);
    /// @notice Thrown for a hard cap for which the books have no room.
    error HardCapTooLarge(uint256 hardCap);
    /// @notice Thrown for a least bid above the price of the whole supply.
    error MinimumBidAboveHardCap(uint256 minimumBid, uint256 hardCap);

    /// @notice Begins a sale. An error names the term that is wrong.
    function begin(State storage self, Terms memory terms, uint256 minimumBid) internal {
        if (terms.ticks == 0 || terms.ticks > MAX_TICKS) revert InvalidTicks(terms.ticks);
        if (terms.floorPrice == 0) revert NoFloorPrice();
        if (terms.tickStep == 0 && terms.ticks > 1) revert NoTickStep();
        if (terms.softCap == 0) revert NoSoftCap();

        uint256 hardCap = _need(terms, terms.ticks - 1);
        if (hardCap > MAX_AMOUNT) revert HardCapTooLarge(hardCap);
        if (terms.softCap > hardCap) revert SoftCapAboveHardCap(terms.softCap, hardCap);
        if (minimumBid > hardCap) revert MinimumBidAboveHardCap(minimumBid, hardCap);

        self.terms = terms;
        self.walk.pairs = uint16(MAX_TICKS / 2);
        self.book.phase = Phase.Bidding;
    }

    /// @notice Adds `amount` to a bid and moves the whole bid to `tick`.
    /// @return total The whole bid.
    function place(
        State storage self,
        address bidder,
        uint256 tick,
        uint256 amount,
        Limits memory limits
    ) internal returns (uint256 total) {
        if (tick >= limits.ticks) revert NoSuchTick(tick, limits.ticks);
        Bid memory bid = self.bids[bidder];
        total = bid.amount + amount;
        if (total < limits.minimum || total == 0) revert BelowMinimumBid(total, limits.minimum);
        if (total > MAX_AMOUNT) revert BidTooLarge(total);

        uint256 added = amount;
        if (bid.tickPlusOne != 0 && bid.tickPlusOne != tick + 1) {
            uint256 before = uint256(bid.tickPlusOne) - 1;
            if (tick < before && !limits.mayLower) revert TickLowered(tick, before);
            _reduce(self, before, bid.amount);
            added = total;
        }
        _raise(self, tick, added);
        self.bids[bidder] = Bid(uint112(total), uint16(tick + 1), 0, 0);
    }

    /// @notice Takes a bid back.
    /// @return amount The whole bid.
    function withdraw(State storage self, address bidder) internal returns (uint256 amount) {
        Bid memory bid = self.bids[bidder];
        if (bid.tickPlusOne == 0) revert NoBid(bidder);
        amount = bid.amount;
        _reduce(self, uint256(bid.tickPlusOne) - 1, amount);
        delete self.bids[bidder];
    }

    /// @notice Walks down until the price is found, over at most `pairs` pairs of ticks with bids.
    /// @return done Whether the price is found.
    /// @dev The proceeds are the maximum, over all ticks t, of the minimum of the demand at or
    /// above t and of what the supply costs at t.
    function advance(State storage self, uint256 pairs) internal returns (bool done) {
        Walk memory walk = self.walk;
        self.book.phase = Phase.Walking;
        for (; pairs != 0 && !done; --pairs) {
            walk.pairs = uint16(_usedBelow(self, walk.pairs));
            if (walk.pairs == NONE) {
                _finish(self, walk, walk.above, 0);
                return true;
            }
            done = _cross(self, walk, uint256(walk.pairs) * 2 + 1)
                || _cross(self, walk, uint256(walk.pairs) * 2);
        }
        self.walk = walk;
    }

    /// @notice What `bidder` gets: nothing without a bid, before the price is found, or after it
    /// was taken.
    function quote(State storage self, address bidder) internal view returns (Fill memory fill) {
        Book memory book = self.book;
        Bid memory bid = self.bids[bidder];
        if (bid.tickPlusOne == 0 || bid.claimedAt != 0 || book.phase < Phase.Sold) return fill;

        if (book.phase == Phase.Sold) {
            if (bid.tickPlusOne > book.marginalPlusOne) {
                fill.spent = bid.amount;
            } else if (bid.tickPlusOne == book.marginalPlusOne) {
                Margin memory margin = self.margin;
                // ROUNDING: up, so that the part that is left to fill never exceeds the bids that
                // are left.
                uint256 scaled = uint256(bid.amount) * margin.filled;
                fill.spent = (scaled + margin.demand - 1) / margin.demand;
            }
            // ROUNDING: down. The next claims gain, and the last one takes everything that is left.
            if (fill.spent != 0) fill.tokens = fill.spent * book.sold / book.proceeds;
        }
        fill.refund = bid.amount - fill.spent;
    }

    /// @notice Gives `bidder` what `quote` says, out of the remainders.
    function take(State storage self, address bidder) internal returns (Fill memory fill) {
        fill = quote(self, bidder);
        if (fill.spent + fill.refund == 0) return fill;

        Bid storage bid = self.bids[bidder];
        bid.tokens = uint96(fill.tokens);
        bid.claimedAt = uint32(block.timestamp);
        Book memory book = self.book;
        if (book.phase != Phase.Sold) return fill;

        if (bid.tickPlusOne == book.marginalPlusOne) {
            Margin memory margin = self.margin;
            self.margin =
                Margin(margin.filled - uint128(fill.spent), margin.demand - uint128(bid.amount));
        }
        if (fill.spent != 0) {
            book.proceeds -= uint112(fill.spent);
            book.sold -= uint96(fill.tokens);
            self.book = book;
        }
    }

    /// @notice The price of a tick, in currency units per 1e18 token units.
    function price(State storage self, uint256 tick) internal view returns (uint256) {
        return _price(self.terms, tick);
    }

    /// @notice The demand of all ticks. For views only, since it reads up to 512 words.
    function totalDemand(State storage self) internal view returns (uint256 sum) {
        uint256 pair = MAX_TICKS / 2;
        while ((pair = _usedBelow(self, pair)) != NONE) {
            sum += uint256(self.demand[pair * 2]) + self.demand[pair * 2 + 1];
        }
    }

    /// @dev Walks over one tick. Returns whether that finds the price.
    function _cross(State storage self, Walk memory walk, uint256 tick) private returns (bool) {
        uint256 demand = self.demand[tick];
        if (demand == 0) return false;

        uint256 need = _need(self.terms, tick);
        uint256 above = walk.above;
        if (above + demand < need) {
            walk.above = uint128(above + demand);
            return false;
        }
        self.book.marginalPlusOne = uint16(tick + 1);
        _finish(self, walk, above > need ? above : need, demand);
        return true;
    }

    /// @dev Records the result. `demand` is what is bid at the marginal tick.
    function _finish(State storage self, Walk memory walk, uint256 proceeds, uint256 demand)
        private
    {
        Terms memory terms = self.terms;
        uint256 sold = terms.supply;
        if (proceeds < _need(terms, 0)) sold = proceeds * TOKEN_UNIT / terms.floorPrice;

        Book storage book = self.book;
        if (proceeds < terms.softCap || sold == 0) {
            book.phase = Phase.Failed;
            return;
        }
        self.result = Result(uint128(proceeds), uint96(sold));
        self.margin = Margin(uint128(proceeds - walk.above), uint128(demand));
        (book.phase, book.proceeds, book.sold) = (Phase.Sold, uint112(proceeds), uint96(sold));
    }

    function _raise(State storage self, uint256 tick, uint256 amount) private {
        uint256 before = self.demand[tick];
        if (before == 0 && self.demand[tick ^ 1] == 0) self.used[tick / 512] |= _bit(tick);
        if (before + amount > type(uint128).max) revert BidTooLarge(amount);
        self.demand[tick] = uint128(before + amount);
    }

    function _reduce(State storage self, uint256 tick, uint256 amount) private {
        uint256 rest = self.demand[tick] - amount;
        self.demand[tick] = uint128(rest);
        if (rest == 0 && self.demand[tick ^ 1] == 0) self.used[tick / 512] &= ~_bit(tick);
    }

    function _bit(uint256 tick) private pure returns (uint256) {
        return 1 << (tick / 2 % 256);
    }

    /// @dev The highest pair of ticks below `pair` that has a bid, or `NONE`.
    function _usedBelow(State storage self, uint256 pair) private view returns (uint256) {
        for (uint256 word = 2; word != 0; --word) {
            uint256 base = (word - 1) * 256;
            if (pair <= base) continue;
            uint256 bits = self.used[word - 1];
            if (pair - base < 256) bits &= (1 << (pair - base)) - 1;
            if (bits != 0) return base + LibBit.fls(bits);
        }
        return NONE;
    }

    /// @dev What the whole supply costs at `tick`. ROUNDING: down, so that nobody pays more than
    /// its limit.
    function _need(Terms memory terms, uint256 tick) private pure returns (uint256) {
        return _price(terms, tick) * terms.supply / TOKEN_UNIT;
    }

    function _price(Terms memory terms, uint256 tick) private pure returns (uint256) {
        return terms.floorPrice + tick * terms.tickStep;
    }
}
