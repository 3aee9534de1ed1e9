// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The books of one asset: what is owed to holders, what burning redeems, and the revenue per token so far.
/// @dev INVARIANT: owed + pool <= what is held, for an asset that takes nothing away by itself; owed + pool < 2^112.
library Entries {
    struct Entry {
        uint32 tick;
        /// Sum of floor(revenue * 2^112 / supply) over this entry and all before it.
        uint224 sum;
    }

    /// @dev One word.
    struct Totals {
        uint112 owed;
        uint112 pool;
        /// Entries 1 to `count`; entry 0 is all zero.
        uint32 count;
    }

    struct Book {
        Totals totals;
        mapping(uint256 index => Entry) entries;
    }

    /// @notice Bits below the point of a sum.
    uint256 internal constant SCALE_BITS = 112;
    /// @notice Most that the books of an asset can hold; what is more waits.
    uint256 internal constant LIMIT = type(uint112).max;
    /// @notice Most entries of an asset; what comes after waits for ever.
    uint256 internal constant MAX_COUNT = 2 ** 31 - 1;

    /// @notice Revenue of entry `index`, whose epoch had `supply`. Exact, since supply < 2^112.
    function revenue(Book storage self, uint256 index, uint256 supply)
        internal
        view
        returns (uint256)
    {
        return _revenue(self.entries[index].sum, self.entries[index - 1].sum, supply);
    }

    /// @notice What `amount` more at tick `tick` makes of the newest entry, and its index. `fits` is false when it has no room.
    function grown(Book storage self, uint256 tick, uint256 amount, uint256 supply)
        internal
        view
        returns (bool fits, uint256 index, uint256 sum)
    {
        index = self.totals.count;
        Entry memory newest = self.entries[index];
        uint256 base = newest.sum;
        if (index != 0 && newest.tick == tick) {
            base = self.entries[index - 1].sum;
            amount += _revenue(newest.sum, base, supply);
        } else {
            ++index;
        }
        // ROUNDING: down, so what holders can claim never exceeds what came.
        sum = base + (amount << SCALE_BITS) / supply;
        fits = index <= MAX_COUNT && sum <= type(uint224).max && amount <= LIMIT;
    }

    /// @notice The entry of tick `tick`; 0: none.
    function find(Book storage self, uint256 tick) internal view returns (uint256) {
        uint256 index = _lastUpTo(self, tick, 0, self.totals.count);
        return index != 0 && self.entries[index].tick == tick ? index : 0;
    }

    /// @notice The last entry in [low, high] of a tick up to `tick`; entry `low` is one. Looked for near `low` first.
    function lastUpTo(Book storage self, uint256 tick, uint256 low, uint256 high)
        internal
        view
        returns (uint256)
    {
        if (self.entries[high].tick <= tick) return high;
        uint256 leap = 1;
        while (low + leap < high) {
            if (self.entries[low + leap].tick > tick) {
                return _lastUpTo(self, tick, low, low + leap - 1);
            }
            low += leap;
            leap *= 2;
        }
        return _lastUpTo(self, tick, low, high);
    }

    /// @notice The last entry that no longer changes at tick `tick`.
    function closed(Book storage self, uint256 tick) internal view returns (uint256 index) {
        index = self.totals.count;
        if (index != 0 && self.entries[index].tick == tick) --index;
    }

    function _lastUpTo(Book storage self, uint256 tick, uint256 low, uint256 high)
        private
        view
        returns (uint256)
    {
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (self.entries[middle].tick <= tick) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    /// @dev The ceiling undoes the floor of `grown`.
    function _revenue(uint256 sum, uint256 base, uint256 supply) private pure returns (uint256) {
        return ((sum - base) * supply + (1 << SCALE_BITS) - 1) >> SCALE_BITS;
    }
}
