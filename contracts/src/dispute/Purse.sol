// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IPurse } from "../interfaces/IPurse.sol";
import { Calls } from "../libraries/Calls.sol";

/// @title Holds bonds, and keeps payments that a receiver refused
/// @notice The part of the verifier that moves ether.
/// @dev INVARIANT: a payment is the last thing that a call does, so the receiver finds nothing half
/// done.
abstract contract Purse is IPurse {
    using Calls for address;

    /// @inheritdoc IPurse
    mapping(address account => uint256) public creditOf;

    /// @inheritdoc IPurse
    function withdraw(address to) external returns (uint256 amount) {
        amount = creditOf[msg.sender];
        if (amount == 0) revert NothingToWithdraw();
        creditOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        if (!to.trySend(amount, gasleft())) revert TransferFailed();
    }

    /// @dev The part of the value above `needed`.
    function _excess(uint256 needed) internal view returns (uint256) {
        if (msg.value < needed) revert BondTooSmall(msg.value, needed);
        return msg.value - needed;
    }

    /// @dev Pays, or keeps a refused payment as a credit.
    function _pay(address account, uint256 amount) internal {
        if (amount == 0) return;
        if (account.trySend(amount, Calls.PUSH_GAS)) {
            emit Paid(account, amount);
        } else {
            creditOf[account] += amount;
            emit Credited(account, amount);
        }
    }

    /// @dev Burnt ether stays here, and nothing pays it out (docs/decisions/0005-dispute-gas.md).
    function _burn(bytes32 claim, uint256 amount) internal {
        if (amount != 0) emit Burnt(claim, amount);
    }
}
