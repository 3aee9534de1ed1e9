// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LibBit } from "solady/utils/LibBit.sol";
import { TOKEN_UNIT } from "../libraries/Units.sol";

/// @notice The arithmetic of one sale: bids on price ticks, the walk that finds the price, and what each bidder gets.
/// @dev The price is never rounded: it is proceeds / sold. Claims take from running remainders, so that the last one takes
/// exactly the rest, in any order. INVARIANT: of the marginal tick, what is filled is at most what is bid.
library Auction {
    uint256 internal constant MAX_TICKS = 1024;

    struct Terms {
        uint128 floorPrice;
        uint128 tickStep;
        uint96 supply;
        uint16 ticks;
        uint112 softCap;
    }

    /// @notice What one bid must keep to.
    struct Limits {
        uint256 ticks;
        /// Least total of one bidder.
        uint256 minimum;
        /// Whether a bid may move to a lower tick.
        bool mayLower;
    }

    struct Bid {
        uint112 amount;
        /// 0: no bid.
        uint16 tickPlusOne;
        uint96 tokens;
        /// Seconds; 0: not claimed.
        uint32 claimedAt;
    }

    /// @dev `above` is the demand at the ticks walked so far, `pairs` the pairs of ticks left to walk.
    struct Walk {
        uint128 above;
        uint16 pairs;
    }

    /// @notice What the walk has found.
    struct Result {
        uint128 proceeds;
        uint96 sold;
    }

    /// @dev The word that every claim reads: what earlier claims left of the result.
    struct Book {
        uint112 proceeds;
        uint96 sold;
        /// The tick that is filled in part or not at all; ticks above it are filled, those below get nothing. 0: all are filled.
        uint16 marginalPlusOne;
        Phase phase;
    }

    /// @dev What earlier claims left of the marginal tick: what of it is filled and what is bid there.
    struct Margin {
        uint128 filled;
        uint128 demand;
    }

    struct State {
        Terms terms;
        Walk walk;
        Book book;
        Margin margin;
        Result result;
        /// One bit for each pair of ticks with a bid.
        uint256[2] used;
        /// Two ticks a word.
        uint128[MAX_TICKS] demand;
        mapping(address bidder => Bid) bids;
    }

    enum Phase {
        None,
        Bidding,
        Walking,
        Sold,
        Failed
    }

    /// @notice What a bidder gets; it pays its amount less the refund.
    struct Fill {
        uint256 tokens;
        uint256 spent;
        uint256 refund;
    }

    uint256 internal constant MAX_AMOUNT = type(uint112).max;
    uint256 private constant NONE = type(uint16).max;

    /// @notice Thrown for a bid above the top tick.
    error NoSuchTick(uint256 tick, uint256 ticks);
    /// @notice Thrown for a bid whose total is below the minimum, or 0.
    error BelowMinimumBid(uint256 total, uint256 minimum);
    /// @notice Thrown for a sum that the books have no room for.
    error BidTooLarge(uint256 total);
    /// @notice Thrown when a bid moves to a lower tick in the last fifth of the sale.
    error TickLowered(uint256 tick, uint256 before);
    /// @notice Thrown when there is no bid to withdraw.
    error NoBid(address bidder);
    /// @notice Thrown for no ticks, and for more than 1,024.
    error InvalidTicks(uint256 ticks);
    /// @notice Thrown for a floor price of 0.
    error NoFloorPrice();
    /// @notice Thrown for several ticks at one price.
    error NoTickStep();
    /// @notice Thrown for a soft cap of 0.
    error NoSoftCap();
    /// @notice Thrown for a soft cap that the top tick does not reach.
    error SoftCapAboveHardCap(uint256 softCap, uint256 hardCap);
    /// @notice Thrown for a hard cap that the books have no room for.
    error HardCapTooLarge(uint256 hardCap);
    /// @notice Thrown for a minimum that nobody could use up.
    error MinimumBidAboveHardCap(uint256 minimumBid, uint256 hardCap);

    /// @notice Begins a sale, or says by name what is wrong with its terms.
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

    /// @notice Adds `amount` to a bid and puts all of it at `tick`.
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
    function withdraw(State storage self, address bidder) internal returns (uint256 amount) {
        Bid memory bid = self.bids[bidder];
        if (bid.tickPlusOne == 0) revert NoBid(bidder);
        amount = bid.amount;
        _reduce(self, uint256(bid.tickPlusOne) - 1, amount);
        delete self.bids[bidder];
    }

    /// @notice Walks down up to `pairs` pairs of ticks with bids, until the price is found.
    /// @return done Whether it is.
    /// @dev With D the demand above a tick and need(t) what the supply costs at tick t, the proceeds are the largest
    /// min(demand at or above t, need(t)) over all ticks.
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

    /// @notice What `bidder` gets; nothing without a bid, before the price is found, or when it was taken.
    function quote(State storage self, address bidder) internal view returns (Fill memory fill) {
        Book memory book = self.book;
        Bid memory bid = self.bids[bidder];
        if (bid.tickPlusOne == 0 || bid.claimedAt != 0 || book.phase < Phase.Sold) return fill;

        if (book.phase == Phase.Sold) {
            if (bid.tickPlusOne > book.marginalPlusOne) {
                fill.spent = bid.amount;
            } else if (bid.tickPlusOne == book.marginalPlusOne) {
                Margin memory margin = self.margin;
                // ROUNDING: up, so that what is left to fill never exceeds what is left of the bids.
                uint256 scaled = uint256(bid.amount) * margin.filled;
                fill.spent = (scaled + margin.demand - 1) / margin.demand;
            }
            // ROUNDING: down; what is lost is the next claim's, and the last takes all that is left.
            if (fill.spent != 0) fill.tokens = fill.spent * book.sold / book.proceeds;
        }
        fill.refund = bid.amount - fill.spent;
    }

    /// @notice Takes what `quote` says out of the remainders.
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

    /// @notice Price of a tick, in currency per 1e18 token units.
    function price(State storage self, uint256 tick) internal view returns (uint256) {
        return _price(self.terms, tick);
    }

    /// @notice Demand of all ticks; for views, since it reads up to 512 words.
    function totalDemand(State storage self) internal view returns (uint256 sum) {
        uint256 pair = MAX_TICKS / 2;
        while ((pair = _usedBelow(self, pair)) != NONE) {
            sum += uint256(self.demand[pair * 2]) + self.demand[pair * 2 + 1];
        }
    }

    /// @dev Adds a tick to the walk; true when that finds the price.
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

    /// @dev `demand` is what is bid at the marginal tick.
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

    /// @dev The highest used pair below `pair`, or `NONE`.
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

    /// @dev What the whole supply costs at `tick`. ROUNDING: down, so nobody pays above its limit.
    function _need(Terms memory terms, uint256 tick) private pure returns (uint256) {
        return _price(terms, tick) * terms.supply / TOKEN_UNIT;
    }

    function _price(Terms memory terms, uint256 tick) private pure returns (uint256) {
        return terms.floorPrice + tick * terms.tickStep;
    }
}
