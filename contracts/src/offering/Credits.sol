// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Multicall } from "@openzeppelin/contracts/utils/Multicall.sol";
import { ICredits } from "../interfaces/ICredits.sol";
import { Assets } from "../libraries/Assets.sol";
import { Calls } from "../libraries/Calls.sol";
import { Lock } from "../libraries/Lock.sol";

/// @title Keeps payments that a receiver refused
/// @notice The base of offering and escrow. Everything that moves money is under the lock. Several
/// calls can be made in one, `multicall`, which takes no ETH.
abstract contract Credits is ICredits, Lock, Multicall {
    using Assets for address;

    /// @notice Thrown when an account has no credit.
    error NoCredit(address account, address currency);
    /// @notice Thrown when the account to pay is 0.
    error InvalidRecipient(address to);

    /// @inheritdoc ICredits
    mapping(address account => mapping(address currency => uint256)) public creditOf;

    /// @inheritdoc ICredits
    function withdraw(address currency, address to) external lock {
        if (to == address(0)) revert InvalidRecipient(to);
        _withdraw(msg.sender, currency, to);
    }

    /// @inheritdoc ICredits
    function withdrawFor(address account, address currency) external lock {
        _withdraw(account, currency, account);
    }

    /// @dev Pays, or keeps a refused payment as a credit. A caller that is paid itself gets half of
    /// the gas that is left.
    function _pay(address currency, address to, uint256 amount) internal {
        uint256 ethGas = to == msg.sender ? gasleft() / 2 : Calls.PUSH_GAS;
        if (currency.trySend(to, amount, ethGas)) return;
        creditOf[to][currency] += amount;
        emit CreditAdded(to, currency, amount);
    }

    function _withdraw(address account, address currency, address to) private {
        uint256 amount = creditOf[account][currency];
        if (amount == 0) revert NoCredit(account, currency);
        creditOf[account][currency] = 0;
        emit CreditWithdrawn(account, currency, to, amount);
        currency.send(to, amount);
    }
}
