// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Account, packAccount } from "./Account.sol";
import { Assets } from "../libraries/Assets.sol";
import { BPS } from "../libraries/Units.sol";
import { Balances } from "./Balances.sol";
import { Claims } from "./Claims.sol";
import { Entries } from "./Entries.sol";
import { Head } from "./Head.sol";

/// @title The books of a model token: balances, supply, epochs, revenue and claims
/// @notice The token checks who calls and when, and moves the assets. This library computes and
/// records what each account has and can claim. A tick is a block, counted from the launch.
library Ledger {
    using Balances for Balances.Book;
    using Balances for Balances.Cell;
    using Claims for Claims.State;
    using Entries for Entries.Book;

    /// @notice An epoch: its tick, and the supply at the end of the tick before.
    /// @dev From the lowest bit: tick 32 | supply 96 | ethEntry 32.
    struct Epoch {
        uint32 tick;
        uint96 supply;
        /// The epoch's entry in the books of ETH; 0 for none.
        uint32 ethEntry;
    }

    /// @notice The supply, in token units.
    /// @dev From the lowest bit: current 96 | prior 96 | last 32.
    struct Supply {
        uint96 current;
        /// At the end of the tick before `last`.
        uint96 prior;
        /// The tick of the last change.
        uint32 last;
    }

    /// @notice Everything that the token stores about money.
    struct State {
        Head head;
        Supply supply;
        Balances.Book balances;
        mapping(uint256 id => Epoch) epochs;
        mapping(address asset => Entries.Book) books;
        mapping(address asset => mapping(address account => Claims.State)) claims;
        /// Least shared sum that begins an epoch; 0 if the asset never begins one.
        mapping(address asset => uint256) minimumOf;
    }

    /// @notice An account's share of one epoch's revenue in one asset.
    struct Share {
        /// Units of the asset; 0 for nothing to claim.
        uint256 amount;
        /// The epoch's entry in the books of the asset.
        uint256 entry;
    }

    /// @notice Thrown for an epoch that has not begun.
    error UnknownEpoch(uint256 id, uint256 count);

    /// @notice The supply that counts for revenue of tick `tick`: the one at the end of the tick
    /// before.
    function supplyBefore(State storage self, uint256 tick) internal view returns (uint256) {
        Supply storage supply = self.supply;
        return supply.last == tick ? supply.prior : supply.current;
    }

    /// @notice Revenue of an asset that is not booked yet.
    struct Pending {
        uint256 shared;
        uint256 redeemable;
        /// Whether it can begin an epoch in a tick that has none.
        bool begins;
        /// The entry of which `shared` becomes a part.
        uint256 index;
        /// The sum of that entry then.
        uint256 sum;
    }

    /// @notice What crediting `asset` would book when the token holds `held`; nothing if no tick
    /// could book it.
    function pending(
        State storage self,
        address asset,
        uint256 held,
        uint256 tick,
        uint256 sharedBps
    ) internal view returns (Pending memory found) {
        Entries.Book storage book = self.books[asset];
        Entries.Totals memory totals = book.totals;
        uint256 booked = uint256(totals.owed) + totals.pool;
        uint256 supply = supplyBefore(self, tick);
        if (held <= booked || !self.head.isOpen() || supply == 0) return found;

        uint256 room = Entries.MAX_BOOKED - booked;
        uint256 amount = held - booked < room ? held - booked : room;
        // ROUNDING: down for the shared part. The pool gains, which belongs to the same holders.
        uint256 shared = amount * sharedBps / BPS;
        found.begins = true;
        if (shared != 0) {
            bool fits;
            (fits, found.index, found.sum) = book.grown(tick, shared, supply);
            if (!fits) return found;
            uint256 minimum = self.minimumOf[asset];
            found.begins = minimum != 0 && shared >= minimum;
        }
        (found.shared, found.redeemable) = (shared, amount - shared);
    }

    /// @notice Books what is pending, or leaves all of it waiting.
    /// @return shared The sum that holders can claim.
    /// @return redeemable The sum that went to the pool.
    /// @return began Whether this began an epoch.
    function credit(
        State storage self,
        address asset,
        uint256 held,
        uint256 tick,
        uint256 sharedBps
    ) internal returns (uint256 shared, uint256 redeemable, bool began) {
        Pending memory found = pending(self, asset, held, tick, sharedBps);
        (shared, redeemable) = (found.shared, found.redeemable);
        if (shared + redeemable == 0) return (0, 0, false);
        if (!found.begins && self.head.latest() != tick) return (0, 0, false);

        Entries.Book storage book = self.books[asset];
        Entries.Totals memory totals = book.totals;
        totals.owed += uint112(shared);
        totals.pool += uint112(redeemable);
        if (shared != 0) {
            totals.count = uint32(found.index);
            book.entries[found.index] = Entries.Entry(uint32(tick), uint224(found.sum));
            uint256 ethEntry = asset == Assets.ETH ? found.index : 0;
            began = begin(self, tick, supplyBefore(self, tick), ethEntry);
        }
        book.totals = totals;
    }

    /// @notice Begins an epoch unless this tick has one. Records its entry in the books of ETH, if
    /// any.
    function begin(State storage self, uint256 tick, uint256 supply, uint256 ethEntry)
        internal
        returns (bool began)
    {
        Head head = self.head;
        began = head.latest() != tick;
        if (began) {
            self.head = head = head.begin(tick);
            self.epochs[head.count()] = Epoch(uint32(tick), uint96(supply), uint32(ethEntry));
        } else if (ethEntry != 0) {
            self.epochs[head.count()].ethEntry = uint32(ethEntry);
        }
    }

    /// @notice The share of `account` in `asset` in epoch `id`; nothing for unknown ids and for the
    /// epoch of this tick.
    function shareOf(
        State storage self,
        address account,
        address asset,
        uint256 id,
        uint256 tick,
        uint256 chunkSize
    ) internal view returns (Share memory share) {
        if (id == 0 || id > self.head.count()) return share;
        Epoch memory epoch = self.epochs[id];
        if (epoch.tick == tick) return share;

        Entries.Book storage book = self.books[asset];
        uint256 entry = asset == Assets.ETH ? epoch.ethEntry : book.find(epoch.tick);
        if (entry == 0 || self.claims[asset][account].isPaid(entry, chunkSize)) return share;

        uint256 balance = self.balances.balanceAt(account, epoch.tick);
        // ROUNDING: down for the holder, so that all shares together never exceed the revenue.
        share.amount = balance * book.revenue(entry, epoch.supply) / epoch.supply;
        share.entry = entry;
    }

    /// @notice Takes a share, as `shareOf` found it, out of the books.
    function take(
        State storage self,
        address account,
        address asset,
        Share memory share,
        uint256 chunkSize
    ) internal {
        Claims.State storage claims = self.claims[asset][account];
        Entries.Book storage book = self.books[asset];
        claims.passEmpty(book, self.balances, account, share.entry);
        claims.mark(share.entry, chunkSize);
        book.totals.owed -= uint112(share.amount);
    }

    /// @notice What `account` can claim in `asset` within `limits`, and the last entry that the
    /// walk passed.
    function claimable(
        State storage self,
        address account,
        address asset,
        Claims.Limits memory limits
    ) internal view returns (uint256 amount, uint256 cursor) {
        Claims.State storage claims = self.claims[asset][account];
        uint256 scaled;
        (cursor, scaled) = claims.walk(self.books[asset], self.balances, account, limits);
        // ROUNDING: down for the holder, once for all entries walked.
        amount = scaled >> Entries.SCALE_BITS;
    }

    /// @notice The entry after which others claim for `account`, which holders redirected at tick
    /// `tick`. What it earned up to that tick is its own.
    /// @param closed The last entry that can no longer change.
    function divertedFrom(
        State storage self,
        address account,
        address asset,
        uint256 tick,
        uint256 closed
    ) internal view returns (uint256 entry) {
        Entries.Book storage book = self.books[asset];
        entry = self.claims[asset][account].reached();
        if (book.entries[entry].tick < tick) entry = book.lastUpTo(tick, entry, closed);
    }

    /// @notice An epoch. Reverts for an unknown id.
    function epochAt(State storage self, uint256 id) internal view returns (Epoch memory) {
        uint256 count = self.head.count();
        if (id == 0 || id > count) revert UnknownEpoch(id, count);
        return self.epochs[id];
    }

    /// @notice Moves tokens from `from` to `to`, which may be the same account.
    /// @return available What `from` had. If that is less than `amount`, nothing has moved.
    function move(
        State storage self,
        address from,
        address to,
        uint256 amount,
        Head head,
        uint256 tick
    ) internal returns (uint256 available) {
        Balances.Book storage balances = self.balances;
        Balances.Cell storage source = balances.cells[from];
        Account word = source.touch(head, tick);
        available = word.balance();
        if (available < amount) return available;
        source.word = word.minus(amount);
        // `to` is read only now, so that `from == to` is no special case.
        Balances.Cell storage target = balances.cells[to];
        target.word = target.touch(head, tick).plus(amount);
    }

    /// @notice Burns tokens that `account` has. Epochs up to the one of this tick still see them.
    /// @return supply The supply before the burn.
    function burn(State storage self, address account, uint256 amount, uint256 tick)
        internal
        returns (uint256 supply)
    {
        Balances.Cell storage source = self.balances.cells[account];
        Account word = source.touch(self.head, tick);
        source.word = word.minus(amount);
        uint256 before = supplyBefore(self, tick);
        supply = self.supply.current;
        self.supply = Supply(uint96(supply - amount), uint96(before), uint32(tick));
    }

    /// @notice Mints the whole supply, in the first tick.
    function mint(State storage self, address to, uint96 supply, uint256 tick) internal {
        self.balances.cells[to].word = packAccount(supply, 0, tick, 0, false);
        self.supply = Supply(supply, 0, uint32(tick));
    }

    /// @notice Takes the part of an asset's pool that a burn of `amount` out of `supply` redeems.
    function redeem(State storage self, address asset, uint256 amount, uint256 supply)
        internal
        returns (uint256 value)
    {
        Entries.Book storage book = self.books[asset];
        // ROUNDING: down, so the remaining holders gain.
        value = amount * book.totals.pool / supply;
        if (value != 0) book.totals.pool -= uint112(value);
    }
}
