// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ICredits } from "./ICredits.sol";

/// @notice What an escrow was funded for; none of it changes.
struct Delivery {
    /// Is paid as the buyers are paid.
    address creator;
    /// From here on nothing is released, and buyers may return tokens; seconds.
    uint40 deadline;
    /// Whose `usage` is what the holders earned with answers.
    address splitter;
    /// Until here, in seconds; then the rest goes to the drip.
    uint40 refundEnd;
    address drip;
    /// Tokens sold, those sold or seeded (nobody can hold others before `refundEnd`), and the supply when transfers opened.
    uint96 sold;
    uint96 returnable;
    uint96 supply;
}

/// @notice Where the money of an escrow is.
struct EscrowBooks {
    uint128 funded;
    /// Went to the creator.
    uint128 released;
    /// Went to those who returned tokens.
    uint128 refunded;
    /// Went to the drip.
    uint128 forgone;
}

/// @title Holds part of a sale's ETH until the model has been delivered
/// @notice The creator is paid as the buyers are paid: each wei that the sold tokens earn with answers releases one wei. So a
/// creator that buys its own answers pays its buyers for every wei it gets out. What is not released by the deadline is
/// refunded against returned tokens, which are burned, and what nobody asked for by the end of the refunds goes to all holders.
interface IDeliveryEscrow is ICredits {
    /// @notice An escrow holds `amount` for `token`.
    event Funded(address indexed token, uint256 amount, Delivery delivery);
    /// @notice The creator got `amount` since the sold tokens have earned `earned` by now.
    event Released(address indexed token, uint256 amount, uint256 earned);
    /// @notice `tokens` were returned and burned for `amount`.
    event Refunded(
        address indexed token, address indexed holder, address to, uint256 tokens, uint256 amount
    );
    /// @notice `amount` that nobody asked for went to the drip.
    event Forgone(address indexed token, uint256 amount);

    /// @notice Takes `msg.value` for the delivery of `token`'s model. Once per token; only the offering.
    /// @param token The model token, which names the escrow.
    /// @param delivery What it is for.
    function fund(address token, Delivery calldata delivery) external payable;

    /// @notice Pays the creator what is due, before the deadline. Anyone may. What it does not take becomes a credit.
    /// @param token The escrow.
    /// @return amount What was released; 0 is no error.
    function release(address token) external returns (uint256 amount);

    /// @notice Takes `tokens` of the caller, who has approved them, burns them and pays their part of what was not released to
    /// `to`. From the deadline to the end of refunds. What the tokens earned before stays claimable.
    /// @param token The escrow, and what is returned.
    /// @param tokens Token units.
    /// @param to Whom to pay.
    /// @return amount What was paid, in wei.
    function refund(address token, uint256 tokens, address to) external returns (uint256 amount);

    /// @notice Sends what nobody asked for to the drip, after the end of refunds. Anyone may.
    /// @param token The escrow.
    /// @return amount What went to the drip, in wei.
    function close(address token) external returns (uint256 amount);

    /// @notice What an escrow was funded for.
    /// @param token The escrow.
    /// @return Its terms; all 0 where there is none.
    function deliveryOf(address token) external view returns (Delivery memory);

    /// @notice Where its money is.
    /// @param token The escrow.
    /// @return Its sums, in wei.
    function booksOf(address token) external view returns (EscrowBooks memory);

    /// @notice What `release` would pay now; 0 where it would revert.
    /// @param token The escrow.
    /// @return The sum, in wei.
    function releasable(address token) external view returns (uint256);

    /// @notice What returning `tokens` would pay, were the deadline now.
    /// @param token The escrow.
    /// @param tokens Token units.
    /// @return The sum, in wei.
    function refundOf(address token, uint256 tokens) external view returns (uint256);

    /// @notice Who funds.
    /// @return The offering.
    function offering() external view returns (address);
}
