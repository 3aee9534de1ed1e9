// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { Calls } from "./Calls.sol";

/// @title Moves ETH and ERC-20 tokens
/// @notice Token, splitter, drip, offering, escrow, collection and marketplace pay through this
/// library. An asset is its address; ETH is 0. Any ERC-20 can be an asset, including a hostile one.
/// @dev Of return data, only one word is copied. An ERC-20 call that returns nothing counts as
/// done.
library Assets {
    /// @notice The address that stands for ETH.
    address internal constant ETH = address(0);

    /// @notice Gas that a holder gets when somebody else claims its ETH for it.
    uint256 internal constant ETH_GAS = 50_000;
    /// @notice Gas that an ERC-20 token gets when its failure must not stop the caller.
    uint256 internal constant TOKEN_GAS = 200_000;

    /// @notice Thrown when a receiver or a token refuses a payment.
    error PaymentRefused(address asset, address to, uint256 amount);
    /// @notice Thrown when a token refuses to be pulled.
    error PullRefused(address asset, address from, uint256 amount);
    /// @notice Thrown when a token does not say what this contract holds.
    error UnreadableAsset(address asset);

    /// @notice What this contract holds of `asset`.
    function held(address asset) internal view returns (uint256 amount) {
        bool ok;
        (ok, amount) = _held(asset, gasleft());
        if (!ok) revert UnreadableAsset(asset);
    }

    /// @notice The same, in bounded gas.
    /// @return False if the asset does not answer, and the amount.
    function tryHeld(address asset) internal view returns (bool, uint256) {
        Calls.requireGas(TOKEN_GAS);
        return _held(asset, TOKEN_GAS);
    }

    /// @notice Pays. The receiver gets all gas that is left; a refused payment reverts.
    function send(address asset, address to, uint256 amount) internal {
        if (!_send(asset, to, amount, gasleft())) revert PaymentRefused(asset, to, amount);
    }

    /// @notice Pays in bounded gas: `ethGas` for ETH, `TOKEN_GAS` for a token.
    /// @return False if the payment was refused.
    function trySend(address asset, address to, uint256 amount, uint256 ethGas)
        internal
        returns (bool)
    {
        uint256 gasLimit = asset == ETH ? ethGas : TOKEN_GAS;
        Calls.requireGas(gasLimit);
        return _send(asset, to, amount, gasLimit);
    }

    /// @notice Pulls a sum that `from` approved. A token may take a fee, so the caller measures
    /// what arrived.
    function pull(address asset, address from, uint256 amount) internal {
        bytes memory data = abi.encodeCall(IERC20.transferFrom, (from, address(this), amount));
        if (!_call(asset, data, gasleft())) revert PullRefused(asset, from, amount);
    }

    function _held(address asset, uint256 gasLimit) private view returns (bool ok, uint256 amount) {
        if (asset == ETH) return (true, address(this).balance);

        bytes memory data = abi.encodeCall(IERC20.balanceOf, (address(this)));
        assembly ("memory-safe") {
            ok := staticcall(gasLimit, asset, add(data, 32), mload(data), 0, 32)
            ok := and(ok, gt(returndatasize(), 31))
            if ok { amount := mload(0) }
        }
    }

    function _send(address asset, address to, uint256 amount, uint256 gasLimit)
        private
        returns (bool sent)
    {
        if (asset != ETH) {
            return _call(asset, abi.encodeCall(IERC20.transfer, (to, amount)), gasLimit);
        }
        // `Calls.trySend` in place: as a call it costs each payment about 40 gas more.
        assembly ("memory-safe") {
            sent := call(gasLimit, to, amount, 0, 0, 0, 0)
        }
    }

    function _call(address asset, bytes memory data, uint256 gasLimit) private returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gasLimit, asset, 0, add(data, 32), mload(data), 0, 32)
            if ok {
                switch returndatasize()
                case 0 { ok := gt(extcodesize(asset), 0) }
                default { ok := and(gt(returndatasize(), 31), eq(mload(0), 1)) }
            }
        }
    }
}
