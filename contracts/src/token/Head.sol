// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The newest epochs in one word, since every transfer reads them.
/// @dev From the lowest bit: count 32 | latest 32 | previous 32 | open 1. `latest` and `previous` are the ticks of the epochs
/// `count` and `count - 1`, 0 where there is none.
type Head is uint256;

using { count, latest, previous, isOpen, begin, opened } for Head global;

/// @notice Epochs so far.
function count(Head self) pure returns (uint256) {
    return uint32(Head.unwrap(self));
}

/// @notice Tick of the newest epoch.
function latest(Head self) pure returns (uint256) {
    return uint32(Head.unwrap(self) >> 32);
}

/// @notice Tick of the epoch before it.
function previous(Head self) pure returns (uint256) {
    return uint32(Head.unwrap(self) >> 64);
}

/// @notice Whether transfers are open.
function isOpen(Head self) pure returns (bool) {
    return Head.unwrap(self) >> 96 != 0;
}

/// @notice With one more epoch, at tick `tick`.
/// @dev The count cannot overflow: there is at most one epoch a tick, and ticks have 32 bits.
function begin(Head self, uint256 tick) pure returns (Head) {
    uint256 flag = Head.unwrap(self) >> 96 << 96;
    return Head.wrap(flag | self.latest() << 64 | tick << 32 | (self.count() + 1));
}

/// @notice With transfers open.
function opened(Head self) pure returns (Head) {
    return Head.wrap(Head.unwrap(self) | 1 << 96);
}
