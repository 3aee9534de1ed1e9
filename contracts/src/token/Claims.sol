// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LibBit } from "solady/utils/LibBit.sol";
import { Balances } from "./Balances.sol";
import { Entries } from "./Entries.sol";

/// @title The entries of one asset that one account has been paid
/// @notice An account is paid all entries up to a cursor, and may be paid single ones after it,
/// which are marked. What others claim while holders redirect the account is remembered as
/// stretches of entries, and the cursor stays, so everything else is still the account's own.
/// @dev A mark of a single entry is a bit of the cursor's own word, while that holds the entry's
/// chunk, or of `far`. Both are always read, since one chunk can have marks in both after the word
/// has moved on.
library Claims {
    using Balances for Balances.Book;
    using Entries for Entries.Book;

    /// @dev From the lowest bit: settled 32 | bits 192 | chunk 24 | more 8.
    struct Cursor {
        /// All entries up to this one are settled.
        uint32 settled;
        /// Bit i says that entry chunk * chunkSize + i was paid alone.
        uint192 bits;
        uint24 chunk;
        /// What else says which entries are paid: `FAR`, `DIVERTED`, or both.
        uint8 more;
    }

    /// @notice Entries that others claimed for the account while holders redirected it.
    /// @dev From the lowest bit: first 32 | last 32, four in each word.
    struct Diversion {
        uint32 first;
        /// Below `first` if a payment was refused and there is none.
        uint32 last;
    }

    /// @notice The limits of a walk.
    struct Limits {
        /// The walk begins after this entry, or after the cursor if that is later.
        uint256 from;
        /// The last entry.
        uint256 entry;
        /// Most steps.
        uint256 steps;
        /// Entries for which a word holds marks.
        uint256 chunkSize;
    }

    /// @notice Everything about the claims of one account in one asset.
    struct State {
        Cursor cursor;
        mapping(uint256 chunk => uint256 bits) far;
        /// Ascending. At most one for each vote that redirected the account.
        Diversion[] diversions;
    }

    /// @dev Set if `far` has any mark.
    uint8 private constant FAR = 1;
    /// @dev Set if there is any diversion.
    uint8 private constant DIVERTED = 2;

    /// @notice Whether entry `index` is paid.
    function isPaid(State storage self, uint256 index, uint256 chunkSize)
        internal
        view
        returns (bool)
    {
        Cursor memory cursor = _cursor(self);
        if (index <= cursor.settled) return true;
        if (_marks(self, cursor, index / chunkSize) >> (index % chunkSize) & 1 != 0) return true;
        (bool diverted,) = _diverted(self, cursor, index);
        return diverted;
    }

    /// @notice Marks entry `index` as paid. It must not be paid yet.
    function mark(State storage self, uint256 index, uint256 chunkSize) internal {
        Cursor memory cursor = _cursor(self);
        uint256 next = uint256(cursor.settled) + 1;
        if (index == next) {
            self.cursor.settled = uint32(index);
            return;
        }
        uint256 chunk = index / chunkSize;
        uint256 bit = 1 << (index % chunkSize);
        bool chunkIsSettled = (uint256(cursor.chunk) + 1) * chunkSize <= next;
        if (cursor.bits == 0 || cursor.chunk == chunk || chunkIsSettled) {
            uint256 bits = cursor.chunk == chunk ? cursor.bits : 0;
            cursor.chunk = uint24(chunk);
            cursor.bits = uint192(bits | bit);
        } else {
            self.far[chunk] |= bit;
            cursor.more |= FAR;
        }
        self.cursor = cursor;
    }

    /// @notice The last entry that others settled: that of the cursor or of the newest diversion.
    function reached(State storage self) internal view returns (uint256 entry) {
        entry = self.cursor.settled;
        uint256 count = self.diversions.length;
        if (count == 0) return entry;
        uint256 last = self.diversions[count - 1].last;
        if (last > entry) entry = last;
    }

    /// @notice Settles the entries after `from`, up to `to`, where `from` is at least `reached`.
    /// Those between the cursor and `from` stay as they are.
    function settle(State storage self, uint256 from, uint256 to) internal {
        if (from == self.cursor.settled) {
            self.cursor.settled = uint32(to);
            return;
        }
        if (from == to) return;
        uint256 count = self.diversions.length;
        if (count != 0 && self.diversions[count - 1].last == from) {
            self.diversions[count - 1].last = uint32(to);
        } else {
            self.diversions.push(Diversion(uint32(from + 1), uint32(to)));
            self.cursor.more |= DIVERTED;
        }
    }

    /// @notice Takes back the last `settle`, before which the cursor was at `settled`.
    function restore(State storage self, uint256 settled, uint256 from) internal {
        if (from == settled) self.cursor.settled = uint32(from);
        else self.diversions[self.diversions.length - 1].last = uint32(from);
    }

    /// @notice Moves the cursor over entries before `index` for which the account had no tokens. So
    /// a late buyer who claims in order leaves no marks.
    function passEmpty(
        State storage self,
        Entries.Book storage entries,
        Balances.Book storage balances,
        address account,
        uint256 index
    ) internal {
        uint256 next = uint256(self.cursor.settled) + 1;
        if (next >= index) return;
        Balances.Stretch memory stretch = balances.stretchAt(account, entries.entries[next].tick);
        if (stretch.balance != 0) return;
        self.cursor.settled = uint32(entries.lastUpTo(stretch.end, next, index - 1));
    }

    /// @notice Walks over entries up to `limits.entry`, in at most `limits.steps` steps of bounded
    /// gas.
    /// @return index The last entry passed.
    /// @return scaled What the passed entries owe the account, times 2^112.
    function walk(
        State storage self,
        Entries.Book storage entries,
        Balances.Book storage balances,
        address account,
        Limits memory limits
    ) internal view returns (uint256 index, uint256 scaled) {
        Cursor memory cursor = _cursor(self);
        Balances.Stretch memory stretch;
        index = cursor.settled > limits.from ? cursor.settled : limits.from;
        for (uint256 steps = limits.steps; index < limits.entry && steps != 0; --steps) {
            (bool paid, uint256 to) = _run(self, cursor, index + 1, limits.chunkSize);
            if (to > limits.entry) to = limits.entry;
            if (!paid) {
                uint256 tick = entries.entries[index + 1].tick;
                if (stretch.end == 0) stretch = balances.stretchAt(account, tick);
                else if (stretch.end < tick) stretch = balances.seek(account, stretch, tick);
                to = entries.lastUpTo(stretch.end, index + 1, to);
                scaled += stretch.balance * (entries.entries[to].sum - entries.entries[index].sum);
            }
            index = to;
        }
    }

    function _cursor(State storage self) private view returns (Cursor memory) {
        return self.cursor;
    }

    /// @dev Whether entry `index` is paid, and the last entry for which that is known without
    /// another look-up.
    function _run(State storage self, Cursor memory cursor, uint256 index, uint256 chunkSize)
        private
        view
        returns (bool paid, uint256 to)
    {
        (paid, to) = _marked(self, cursor, index, chunkSize);
        if (paid) return (paid, to);
        (bool diverted, uint256 end) = _diverted(self, cursor, index);
        return (diverted, diverted || end < to ? end : to);
    }

    /// @dev The same, of diversions.
    function _diverted(State storage self, Cursor memory cursor, uint256 index)
        private
        view
        returns (bool paid, uint256 to)
    {
        to = type(uint256).max;
        if (cursor.more & DIVERTED == 0) return (false, to);
        for (uint256 i = self.diversions.length; i != 0; --i) {
            Diversion memory diversion = self.diversions[i - 1];
            if (index > diversion.last) break;
            if (index >= diversion.first) return (true, diversion.last);
            to = diversion.first - 1;
        }
    }

    /// @dev The same, of marks.
    function _marked(State storage self, Cursor memory cursor, uint256 index, uint256 chunkSize)
        private
        view
        returns (bool paid, uint256 to)
    {
        uint256 chunk = index / chunkSize;
        uint256 marks = _marks(self, cursor, chunk) >> (index % chunkSize);
        if (marks & 1 != 0) return (true, index + LibBit.ffs(~marks) - 1);
        if (marks != 0) return (false, index + LibBit.ffs(marks) - 1);
        if (cursor.more & FAR != 0) return (false, (chunk + 1) * chunkSize - 1);
        if (cursor.bits != 0 && cursor.chunk > chunk) {
            return (false, uint256(cursor.chunk) * chunkSize - 1);
        }
        return (false, type(uint256).max);
    }

    function _marks(State storage self, Cursor memory cursor, uint256 chunk)
        private
        view
        returns (uint256 marks)
    {
        if (cursor.more & FAR != 0) marks = self.far[chunk];
        if (cursor.chunk == chunk) marks |= cursor.bits;
    }
}
