// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice An account in one word, so that a transfer reads and writes one word a side.
/// @dev From the lowest bit: balance 96 | prior 96 | last 32 | count 31 | need 1.
/// - `last` is the tick of the last change, 0 before the first; `prior` is the balance at the end of the tick before it.
/// - `count` is the number of checkpoints written; at most one a tick.
/// - `need`: an epoch lies between the change before the last one and the last one, so `prior` must be kept when it goes.
type Account is uint256;

using { balance, prior, last, count, need, plus, minus } for Account global;

/// @notice Packs an account.
function packAccount(uint256 balance_, uint256 prior_, uint256 last_, uint256 count_, bool need_)
    pure
    returns (Account)
{
    return
        Account.wrap(
            balance_ | prior_ << 96 | last_ << 192 | count_ << 224 | (need_ ? 1 << 255 : 0)
        );
}

/// @notice Balance now, in token units.
function balance(Account self) pure returns (uint256) {
    return uint96(Account.unwrap(self));
}

/// @notice Balance at the end of the tick before `last`.
function prior(Account self) pure returns (uint256) {
    return uint96(Account.unwrap(self) >> 96);
}

/// @notice Tick of the last change; 0: none yet.
function last(Account self) pure returns (uint256) {
    return uint32(Account.unwrap(self) >> 192);
}

/// @notice Checkpoints written.
function count(Account self) pure returns (uint256) {
    return uint32(Account.unwrap(self) >> 224) & 0x7fffffff;
}

/// @notice Whether `prior` must be kept as a checkpoint at the next change.
function need(Account self) pure returns (bool) {
    return Account.unwrap(self) >> 255 != 0;
}

/// @notice With `amount` more; the supply bounds every balance to 96 bits.
function plus(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        return Account.wrap(Account.unwrap(self) + amount);
    }
}

/// @notice With `amount` less; `amount` is at most the balance.
function minus(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        return Account.wrap(Account.unwrap(self) - amount);
    }
}
