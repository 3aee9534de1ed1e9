// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice An account of the model token in one word, so that a transfer reads and writes one word
/// for each side.
/// @dev From the lowest bit: balance 96 | prior 96 | last 32 | count 31 | kept 1.
/// - `last` is the tick of the last change, 0 before the first.
/// - `prior` is the balance at the end of the tick before `last`.
/// - `count` is the number of checkpoints written, at most one for each tick.
/// - `kept` says that the last checkpoint has the key `last` and the balance `prior`.
type Account is uint256;

using { balance, prior, last, count, kept, keep, moved, plus, minus } for Account global;

/// @notice The account with these fields.
function packAccount(uint256 balance_, uint256 prior_, uint256 last_, uint256 count_, bool kept_)
    pure
    returns (Account)
{
    return
        Account.wrap(
            balance_ | prior_ << 96 | last_ << 192 | count_ << 224 | (kept_ ? 1 << 255 : 0)
        );
}

/// @notice The present balance, in token units.
function balance(Account self) pure returns (uint256) {
    return uint96(Account.unwrap(self));
}

/// @notice The balance at the end of the tick before `last`.
function prior(Account self) pure returns (uint256) {
    return uint96(Account.unwrap(self) >> 96);
}

/// @notice The tick of the last change; 0 for none.
function last(Account self) pure returns (uint256) {
    return uint32(Account.unwrap(self) >> 192);
}

/// @notice The number of checkpoints written.
function count(Account self) pure returns (uint256) {
    return uint32(Account.unwrap(self) >> 224) & 0x7fffffff;
}

/// @notice Whether `prior` is a checkpoint.
function kept(Account self) pure returns (bool) {
    return Account.unwrap(self) >> 255 != 0;
}

/// @notice The account with `prior` as one more checkpoint.
function keep(Account self) pure returns (Account) {
    unchecked {
        return Account.wrap((Account.unwrap(self) + (1 << 224)) | 1 << 255);
    }
}

/// @notice The account when it changes at a later tick, before the change: `prior` is its balance.
function moved(Account self, uint256 tick) pure returns (Account) {
    uint256 word = Account.unwrap(self);
    uint256 rest = word & (0x7fffffff << 224 | type(uint96).max);
    return Account.wrap(rest | (word & type(uint96).max) << 96 | tick << 192);
}

/// @notice The account with `amount` more. The supply keeps every balance within 96 bits.
function plus(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        return Account.wrap(Account.unwrap(self) + amount);
    }
}

/// @notice The account with `amount` less, which is at most its balance.
function minus(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        return Account.wrap(Account.unwrap(self) - amount);
    }
}
