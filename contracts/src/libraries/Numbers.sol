// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The smaller and the greater of two numbers
/// @notice Verifier and oracle bound sums and gas with it.
/// @dev Branches, as the compiler's IR makes less gas of that than of branchless arithmetic. Where
/// the IR is not used, a call costs gas too, so single minimums there stand in place.
library Numbers {
    /// @notice The smaller of two numbers.
    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    /// @notice The greater of two numbers.
    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }
}
