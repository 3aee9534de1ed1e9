// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The newest epochs of the model token in one word, since every transfer reads them.
/// @dev From the lowest bit: count 32 | latest 32 | previous 32 | open 1 | first 32. `latest` and
/// `previous` are the ticks of the epochs `count` and `count - 1`, and `first` is that of epoch 1;
/// 0 for none.
type Head is uint256;

using { count, latest, previous, isOpen, first, begin, opened } for Head global;

/// @notice The number of epochs so far.
function count(Head self) pure returns (uint256) {
    return uint32(Head.unwrap(self));
}

/// @notice The tick of the newest epoch.
function latest(Head self) pure returns (uint256) {
    return uint32(Head.unwrap(self) >> 32);
}

/// @notice The tick of the epoch before the newest.
function previous(Head self) pure returns (uint256) {
    return uint32(Head.unwrap(self) >> 64);
}

/// @notice Whether transfers are open.
function isOpen(Head self) pure returns (bool) {
    return Head.unwrap(self) >> 96 & 1 != 0;
}

/// @notice The tick of the first epoch.
function first(Head self) pure returns (uint256) {
    return Head.unwrap(self) >> 97;
}

/// @notice The head with one more epoch, at tick `tick`.
/// @dev The count cannot overflow: a tick has at most one epoch, and ticks have 32 bits.
function begin(Head self, uint256 tick) pure returns (Head) {
    uint256 upper = Head.unwrap(self) >> 96 << 96;
    if (upper >> 97 == 0) upper |= tick << 97;
    return Head.wrap(upper | self.latest() << 64 | tick << 32 | (self.count() + 1));
}

/// @notice The head with transfers open.
function opened(Head self) pure returns (Head) {
    return Head.wrap(Head.unwrap(self) | 1 << 96);
}
