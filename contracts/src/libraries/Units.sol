// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @dev Basis points of a whole.
uint256 constant BPS = 10_000;

/// @dev Token units that a price is for: one token of 18 decimals.
uint256 constant TOKEN_UNIT = 1e18;

/// @dev Most bytes that a contract's code holds behind a stop byte: EIP-170's 24,576 less one.
uint256 constant MAX_CODE_DATA = 24_575;
