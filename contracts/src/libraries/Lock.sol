// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Thrown when a locked function is called while another one is running.
/// @dev Outside of the contract, since a collection has an event of this name (ERC-5192).
error Locked();

/// @title The lock against calls back into a contract
/// @notice Token, splitter, drip, offering, escrow and collection put it on every function that
/// measures or moves money. It is transient: it costs no storage and ends with the transaction.
abstract contract Lock {
    bool private transient _isLocked;

    /// @dev Runs alone.
    modifier lock() {
        if (_isLocked) _refuse();
        _isLocked = true;
        _;
        _isLocked = false;
    }

    /// @dev For views whose answer is wrong in the middle of a locked function.
    modifier unlocked() {
        if (_isLocked) _refuse();
        _;
    }

    /// @dev Reverts; a contract that has another error for it overrides this.
    function _refuse() internal pure virtual {
        revert Locked();
    }
}
