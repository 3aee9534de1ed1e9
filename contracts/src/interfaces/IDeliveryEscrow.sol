// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ICredits } from "./ICredits.sol";
import { Permit } from "./IModelOffering.sol";

/// @notice The terms of an escrow, which never change.
struct Delivery {
    /// Gets as much as the buyers earn.
    address creator;
    /// Time, in seconds. From here on nothing is released, and buyers can return tokens.
    uint40 deadline;
    /// Its `usage` says how much the holders earned from answers.
    address splitter;
    /// Time, in seconds, at which refunds end. Then the rest goes to the drip.
    uint40 refundEnd;
    address drip;
    /// Tokens sold, less those that buyers burned before transfers opened.
    uint96 sold;
    /// These and the tokens in the pool. Nobody can hold others before `refundEnd`.
    uint96 returnable;
    /// Tokens when transfers opened.
    uint96 supply;
}

/// @notice What became of the money of an escrow, in wei.
struct EscrowBooks {
    uint128 funded;
    /// Paid to the creator.
    uint128 released;
    /// Paid to buyers who returned tokens.
    uint128 refunded;
    /// Paid to the drip.
    uint128 forgone;
}

/// @title Holds part of a sale's ETH until the model has been delivered
/// @notice The offering funds an escrow when it opens a sale. For each wei that the sold tokens
/// earn from answers, the escrow releases one wei to the creator. A creator that buys its own
/// answers therefore pays its buyers for every wei it gets out. After the deadline, buyers return
/// tokens, which are burned, and get their part of the money that was not released. When the
/// refunds end, the rest goes to all holders.
interface IDeliveryEscrow is ICredits {
    /// @notice An escrow holds `amount` for `token`.
    event Funded(address indexed token, uint256 amount, Delivery delivery);
    /// @notice The creator got `amount`. The sold tokens have earned `earned` in all.
    event Released(address indexed token, uint256 amount, uint256 earned);
    /// @notice `holder` returned `tokens`, which were burned, for `amount`.
    event Refunded(
        address indexed token, address indexed holder, address to, uint256 tokens, uint256 amount
    );
    /// @notice Nobody asked for `amount` in time, so it went to the drip.
    event Forgone(address indexed token, uint256 amount);

    /// @notice Takes `msg.value` for the delivery of a model. Only the offering can call this, once
    /// for each token.
    /// @param token The model token, which names the escrow.
    /// @param delivery The terms.
    function fund(address token, Delivery calldata delivery) external payable;

    /// @notice Pays the creator what is due. Anyone can call this, before the deadline. A payment
    /// that the creator refuses becomes a credit.
    /// @param token The escrow's token.
    /// @return amount The sum that was released, in wei; 0 if nothing is due.
    function release(address token) external returns (uint256 amount);

    /// @notice Takes `tokens` from the caller, who approved them, burns them, and pays their part
    /// of the unreleased money to `to`. Works from the deadline to the end of refunds. The revenue
    /// that these tokens earned before stays claimable.
    /// @param token The escrow's token.
    /// @param tokens Token units.
    /// @param to The account to pay.
    /// @return amount The payment, in wei.
    function refund(address token, uint256 tokens, address to) external returns (uint256 amount);

    /// @notice The same, with the caller's signed approval of `tokens`. It is no error if somebody
    /// used the approval first.
    /// @param token The escrow's token.
    /// @param tokens Token units.
    /// @param to The account to pay.
    /// @param permit The approval.
    /// @return amount The payment, in wei.
    function refundWithPermit(address token, uint256 tokens, address to, Permit calldata permit)
        external
        returns (uint256 amount);

    /// @notice Sends the rest to the drip, after the end of refunds. Anyone can call this.
    /// @param token The escrow's token.
    /// @return amount The sum that went to the drip, in wei.
    function close(address token) external returns (uint256 amount);

    /// @notice The terms of an escrow.
    /// @param token The escrow's token.
    /// @return The terms; all 0 if there is no escrow.
    function deliveryOf(address token) external view returns (Delivery memory);

    /// @notice What became of the money of an escrow.
    /// @param token The escrow's token.
    /// @return The sums, in wei.
    function booksOf(address token) external view returns (EscrowBooks memory);

    /// @notice What `release` would pay now.
    /// @param token The escrow's token.
    /// @return The sum, in wei; 0 if `release` would revert.
    function releasable(address token) external view returns (uint256);

    /// @notice What returning `tokens` would pay if the deadline were now.
    /// @param token The escrow's token.
    /// @param tokens Token units.
    /// @return The sum, in wei.
    function refundOf(address token, uint256 tokens) external view returns (uint256);

    /// @notice The contract that funds escrows.
    /// @return The offering.
    function offering() external view returns (address);
}
