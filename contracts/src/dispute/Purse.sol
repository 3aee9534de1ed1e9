// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IPurse } from "../interfaces/IPurse.sol";
import { Calls } from "../libraries/Calls.sol";

/// @notice Bonds paid in, and payments that stop nobody: what is not taken is kept as a credit.
/// @dev INVARIANT: a payment is the last thing that a call does, so who is paid finds nothing half done.
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

    /// @dev How much more than `needed` came with the call.
    function _excess(uint256 needed) internal view returns (uint256) {
        if (msg.value < needed) revert BondTooSmall(msg.value, needed);
        return msg.value - needed;
    }

    function _pay(address account, uint256 amount) internal {
        if (amount == 0) return;
        if (account.trySend(amount, Calls.PUSH_GAS)) {
            emit Paid(account, amount);
        } else {
            creditOf[account] += amount;
            emit Credited(account, amount);
        }
    }

    /// @dev What is burnt stays here, where nothing pays it out (docs/decisions/0005-dispute-gas.md).
    function _burn(bytes32 claim, uint256 amount) internal {
        if (amount != 0) emit Burnt(claim, amount);
    }
}
