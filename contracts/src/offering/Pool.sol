// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IUniswapV2Factory, IUniswapV2Pair } from "../interfaces/external/IUniswapV2.sol";
import { Assets } from "../libraries/Assets.sol";

/// @title Opens a v2 pair at exactly one price, whatever somebody did to the pair before
/// @notice The offering opens the pool of a model token with this library.
/// @dev Works while transfers of the token are closed to everybody else: then the pair can hold
/// currency but no token, so it has no liquidity. The liquidity is minted to address 0, from which
/// nobody can move it.
library Pool {
    using Assets for address;

    /// @notice Thrown when the pair's books are not what was paid in, as with a currency that takes
    /// a fee.
    error PoolAwayFromPrice(uint256 tokens, uint256 amount);

    /// @notice Leaves the pair of `token` and `currency` with reserves of `tokens` and `amount`.
    /// This contract pays both.
    /// @return pair The pair.
    /// @return gift Currency that was in the pair before and now belongs to this contract.
    function open(
        IUniswapV2Factory exchange,
        address token,
        address currency,
        uint256 tokens,
        uint256 amount
    ) internal returns (address pair, uint256 gift) {
        pair = exchange.getPair(token, currency);
        if (pair == address(0)) pair = exchange.createPair(token, currency);

        uint256 own = currency.held() - amount;
        (, uint256 reserve) = _reserves(pair, token, currency);
        // A pair without a gift would send 0, which some currencies refuse.
        bool hasGift = IERC20(currency).balanceOf(pair) > reserve;
        if (hasGift) IUniswapV2Pair(pair).skim(address(this));
        uint256 put = 0;
        if (reserve != 0) (put, reserve) = _buyOut(pair, token, currency, tokens / 2, reserve);

        currency.send(pair, amount - reserve);
        token.send(pair, tokens - put);
        IUniswapV2Pair(pair).mint(address(0));
        // What is left of a gift in the pair counts as paid in, so as much of `amount` is still
        // here.
        gift = currency.held() - own;

        (uint256 tokensIn, uint256 amountIn) = _reserves(pair, token, currency);
        if (tokensIn != tokens || amountIn != amount) revert PoolAwayFromPrice(tokensIn, amountIn);
    }

    /// @dev Buys nearly all of a gift that was donated and booked. A pair sells nothing while its
    /// reserve of the token is 0, so one unit is booked first. Against that unit, `tokens` buy all
    /// but about a `tokens`-th of the reserve.
    /// @return put Tokens that the pair now holds.
    /// @return rest Currency that the pair now holds.
    function _buyOut(address pair, address token, address currency, uint256 tokens, uint256 reserve)
        private
        returns (uint256 put, uint256 rest)
    {
        token.send(pair, 1);
        IUniswapV2Pair(pair).sync();
        token.send(pair, tokens);
        // ROUNDING: down, as the pair demands. The pair keeps 0.3 % of what comes in.
        uint256 bought = 997 * tokens * reserve / (1000 + 997 * tokens);
        if (bought != 0) {
            (uint256 out0, uint256 out1) = token < currency ? (uint256(0), bought) : (bought, 0);
            IUniswapV2Pair(pair).swap(out0, out1, address(this), "");
        }
        return (tokens + 1, reserve - bought);
    }

    function _reserves(address pair, address token, address currency)
        private
        view
        returns (uint256 tokens, uint256 amount)
    {
        (uint256 reserve0, uint256 reserve1,) = IUniswapV2Pair(pair).getReserves();
        return token < currency ? (reserve0, reserve1) : (reserve1, reserve0);
    }
}
