// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LibBit } from "solady/utils/LibBit.sol";
import { Balances } from "./Balances.sol";
import { Entries } from "./Entries.sol";

/// @title The entries of one asset that one account has been paid
/// @notice An account is paid all entries up to a cursor, and may be paid single ones after it,
/// which are marked.
/// @dev A mark of a single entry is a bit of the cursor's own word, while that holds the entry's
/// chunk, or of `far`. Both are always read, since one chunk can have marks in both after the word
/// has moved on.
library Claims {
    using Balances for Balances.Book;
    using Entries for Entries.Book;

    /// @dev From the lowest bit: settled 32 | bits 192 | chunk 24 | hasFar 8.
    struct Cursor {
        /// All entries up to this one are settled.
        uint32 settled;
        /// Bit i says that entry chunk * chunkSize + i was paid alone.
        uint192 bits;
        uint24 chunk;
        /// Whether `far` has any mark.
        bool hasFar;
    }

    /// @notice The limits of a walk.
    struct Limits {
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
        /// Settled but not paid: what the account earned before holders redirected it.
        uint256 kept;
    }

    /// @notice Whether entry `index` is paid.
    function isPaid(State storage self, uint256 index, uint256 chunkSize)
        internal
        view
        returns (bool)
    {
        Cursor memory cursor = self.cursor;
        if (index <= cursor.settled) return true;
        return _marks(self, cursor, index / chunkSize) >> (index % chunkSize) & 1 != 0;
    }

    /// @notice Marks entry `index` as paid. It must not be paid yet.
    function mark(State storage self, uint256 index, uint256 chunkSize) internal {
        Cursor memory cursor = self.cursor;
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
            cursor.hasFar = true;
        }
        self.cursor = cursor;
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

    /// @notice Walks from the cursor over entries up to `limits.entry`, in at most `limits.steps`
    /// steps of bounded gas.
    /// @return index The last entry passed.
    /// @return scaled What the passed entries owe the account, times 2^112.
    function walk(
        State storage self,
        Entries.Book storage entries,
        Balances.Book storage balances,
        address account,
        Limits memory limits
    ) internal view returns (uint256 index, uint256 scaled) {
        Cursor memory cursor = self.cursor;
        Balances.Stretch memory stretch;
        index = cursor.settled;
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

    /// @dev Whether entry `index` is marked, and the last entry for which that is known without
    /// another look-up.
    function _run(State storage self, Cursor memory cursor, uint256 index, uint256 chunkSize)
        private
        view
        returns (bool paid, uint256 to)
    {
        uint256 chunk = index / chunkSize;
        uint256 marks = _marks(self, cursor, chunk) >> (index % chunkSize);
        if (marks & 1 != 0) return (true, index + LibBit.ffs(~marks) - 1);
        if (marks != 0) return (false, index + LibBit.ffs(marks) - 1);
        if (cursor.hasFar) return (false, (chunk + 1) * chunkSize - 1);
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
        if (cursor.hasFar) marks = self.far[chunk];
        if (cursor.chunk == chunk) marks |= cursor.bits;
    }
}
