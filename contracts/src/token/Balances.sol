// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Account, packAccount } from "./Account.sol";
import { Head } from "./Head.sol";

/// @title Balances of the model token, present and at every past epoch
/// @notice The ledger reads here how many tokens an account had when an epoch began.
/// @dev A checkpoint (key, balance) holds the balance of the epochs after the key before it, up to
/// its own key. It is written only when an epoch needs it, so transfers between two epochs cost the
/// same as a plain token's. The first change after an epoch writes it at once: what a change writes
/// depends on the epochs, and not on the number of blocks since the last change. So a wallet that
/// estimates a transfer in one block has enough gas in the next. INVARIANT: keys ascend and are at
/// most `last`.
library Balances {
    /// @dev Everything about an account, so that its address is hashed only once.
    struct Cell {
        Account word;
        /// Two checkpoints in each word, the even one low. From the lowest bit: key 32 | balance
        /// 96.
        mapping(uint256 pair => uint256) checkpoints;
    }

    /// @dev All accounts.
    struct Book {
        mapping(address account => Cell) cells;
    }

    /// @notice A stretch of ticks, up to `end`, whose epochs see the same balance.
    /// @dev An `index` below the account's count is a checkpoint. The count itself is `prior`, and
    /// one more is the present balance.
    struct Stretch {
        uint256 index;
        uint256 end;
        uint256 balance;
    }

    /// @notice An account's word, ready for a change of its balance at tick `tick`. The caller
    /// stores it.
    function touch(Cell storage self, Head head, uint256 tick) internal returns (Account next) {
        Account word = self.word;
        uint256 last = word.last();
        if (last == 0) return packAccount(0, 0, tick, 0, false);

        if (!word.kept() && _maySee(word, last, head)) {
            _push(self, word.count(), last, word.prior());
            word = word.keep();
        }
        next = word.moved(tick);
        if (head.latest() > last) {
            _push(self, next.count(), tick, next.balance());
            next = next.keep();
        }
        // `tick` is not asked about before, and here it costs no less than a later one: what was
        // estimated in the tick of a change is enough after it.
        if (last == tick) next = word;
    }

    /// @notice Writes what epochs need of an account now, so that its next change does not have to.
    function settle(Cell storage self, Head head, uint256 tick) internal {
        Account word = touch(self, head, tick);
        if (word.count() != self.word.count()) self.word = word;
    }

    /// @notice The balance that an epoch of tick `tick` sees: the one at the end of the tick
    /// before.
    function balanceAt(Book storage self, address account, uint256 tick)
        internal
        view
        returns (uint256)
    {
        return stretchAt(self, account, tick).balance;
    }

    /// @notice The stretch that contains tick `tick`.
    function stretchAt(Book storage self, address account, uint256 tick)
        internal
        view
        returns (Stretch memory)
    {
        Cell storage cell = self.cells[account];
        Account word = cell.word;
        uint256 count = word.count();
        if (tick > word.last()) return _stretch(cell, word, count + 1);
        return _search(cell, word, 0, count, tick);
    }

    /// @notice The stretch that contains tick `tick`, which lies after `from`. Searches nearby
    /// first.
    function seek(Book storage self, address account, Stretch memory from, uint256 tick)
        internal
        view
        returns (Stretch memory)
    {
        Cell storage cell = self.cells[account];
        Account word = cell.word;
        uint256 count = word.count();
        if (tick > word.last()) return _stretch(cell, word, count + 1);

        uint256 low = from.index + 1;
        uint256 leap = 1;
        while (low + leap <= count) {
            uint256 probe = low + leap - 1;
            (uint256 key,) = _checkpoint(cell, probe);
            if (key >= tick) return _search(cell, word, low, probe, tick);
            low = probe + 1;
            leap *= 2;
        }
        return _search(cell, word, low, count, tick);
    }

    /// @dev Whether an epoch may see `prior`, which is no checkpoint. If the account has none at
    /// all, each epoch up to `last` sees it. Otherwise only one that began in the tick `last`,
    /// after the change. If two epochs have begun since, the first of them may be of that tick; an
    /// extra checkpoint is harmless.
    function _maySee(Account word, uint256 last, Head head) private pure returns (bool) {
        if (word.count() == 0) {
            uint256 first = head.first();
            return first != 0 && first <= last;
        }
        uint256 latest = head.latest();
        return latest == last || (latest > last && head.previous() >= last);
    }

    /// @dev The stretch of the first checkpoint in [low, high) whose key is at least `tick`; that
    /// of `high` if there is none.
    function _search(Cell storage self, Account word, uint256 low, uint256 high, uint256 tick)
        private
        view
        returns (Stretch memory)
    {
        while (low < high) {
            uint256 middle = (low + high) / 2;
            (uint256 key,) = _checkpoint(self, middle);
            if (key < tick) low = middle + 1;
            else high = middle;
        }
        return _stretch(self, word, low);
    }

    function _stretch(Cell storage self, Account word, uint256 index)
        private
        view
        returns (Stretch memory)
    {
        uint256 count = word.count();
        if (index > count) return Stretch(index, type(uint256).max, word.balance());
        if (index == count) return Stretch(index, word.last(), word.prior());
        (uint256 key, uint256 balance) = _checkpoint(self, index);
        return Stretch(index, key, balance);
    }

    function _checkpoint(Cell storage self, uint256 index)
        private
        view
        returns (uint256 key, uint256 balance)
    {
        uint256 half = self.checkpoints[index / 2] >> (index % 2 * 128);
        return (uint32(half), uint96(half >> 32));
    }

    function _push(Cell storage self, uint256 index, uint256 key, uint256 balance) private {
        uint256 half = key | balance << 32;
        mapping(uint256 => uint256) storage pairs = self.checkpoints;
        if (index & 1 == 0) pairs[index >> 1] = half;
        else pairs[index >> 1] |= half << 128;
    }
}
