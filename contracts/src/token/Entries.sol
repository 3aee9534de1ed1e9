// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The books of one asset of a model token
/// @notice They hold what is owed to holders, what burning redeems, and the revenue for each token
/// so far. An entry is the revenue of one epoch.
/// @dev INVARIANT: owed + pool < 2^112, and owed + pool is at most what the token holds, if the
/// asset takes nothing away by itself.
library Entries {
    /// @notice The revenue of one epoch and of all before.
    /// @dev From the lowest bit: tick 32 | sum 224.
    struct Entry {
        uint32 tick;
        /// Sum of floor(revenue * 2^112 / supply) over this entry and all before.
        uint224 sum;
    }

    /// @dev From the lowest bit: owed 112 | pool 112 | count 32.
    struct Totals {
        /// What holders can claim.
        uint112 owed;
        /// What burning redeems.
        uint112 pool;
        /// The number of entries, which are 1 to `count`. Entry 0 is all zero.
        uint32 count;
    }

    /// @notice Everything about one asset.
    struct Book {
        Totals totals;
        mapping(uint256 index => Entry) entries;
    }

    /// @notice Bits of a sum below the binary point.
    uint256 internal constant SCALE_BITS = 112;
    /// @notice Most units of an asset in its books. More than that waits.
    uint256 internal constant MAX_BOOKED = type(uint112).max;
    /// @notice Most entries of an asset. Revenue after that waits for ever.
    uint256 internal constant MAX_COUNT = 2 ** 31 - 1;

    /// @notice The revenue of entry `index`, whose epoch had `supply`. Exact, since supply < 2^112.
    function revenue(Book storage self, uint256 index, uint256 supply)
        internal
        view
        returns (uint256)
    {
        return _revenue(self.entries[index].sum, self.entries[index - 1].sum, supply);
    }

    /// @notice The newest entry after `amount` more came in at tick `tick`.
    /// @return fits False if there is no room for it.
    /// @return index The entry.
    /// @return sum The entry's new sum.
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
        // ROUNDING: down, so holders can never claim more than came in.
        sum = base + (amount << SCALE_BITS) / supply;
        fits = index <= MAX_COUNT && sum <= type(uint224).max && amount <= MAX_BOOKED;
    }

    /// @notice The entry of tick `tick`; 0 for none.
    function find(Book storage self, uint256 tick) internal view returns (uint256) {
        uint256 index = _lastUpTo(self, tick, 0, self.totals.count);
        return index != 0 && self.entries[index].tick == tick ? index : 0;
    }

    /// @notice The last entry in [low, high] whose tick is at most `tick`, as that of `low` is.
    /// Searches near `low` first.
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

    /// @notice The last entry that can no longer change at tick `tick`.
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

    /// @dev The ceiling here undoes the floor in `grown`.
    function _revenue(uint256 sum, uint256 base, uint256 supply) private pure returns (uint256) {
        return ((sum - base) * supply + (1 << SCALE_BITS) - 1) >> SCALE_BITS;
    }
}
