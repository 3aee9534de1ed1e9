// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The part of Uniswap's v2 factory that is called
interface IUniswapV2Factory {
    /// @notice The pair of two tokens, in any order; 0: none yet.
    /// @param tokenA One token.
    /// @param tokenB The other.
    /// @return pair The pair.
    function getPair(address tokenA, address tokenB) external view returns (address pair);

    /// @notice Deploys their pair.
    /// @param tokenA One token.
    /// @param tokenB The other.
    /// @return pair The pair.
    function createPair(address tokenA, address tokenB) external returns (address pair);
}

/// @title The part of a v2 pair that is called
/// @notice Of the two tokens, 0 is the one with the lower address.
interface IUniswapV2Pair {
    /// @notice What the pair has booked of each token.
    /// @return reserve0 Of token 0.
    /// @return reserve1 Of token 1.
    /// @return blockTimestampLast When it was booked, in seconds.
    function getReserves()
        external
        view
        returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast);

    /// @notice Sends what it holds beyond its books to `to`.
    /// @param to Whom to pay.
    function skim(address to) external;

    /// @notice Books what it holds.
    function sync() external;

    /// @notice Sends out what the tokens sent in before pay for.
    /// @param amount0Out Units of token 0 to send.
    /// @param amount1Out Units of token 1 to send.
    /// @param to Whom to pay.
    /// @param data Not empty: `to` is called with it.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;

    /// @notice Books what was sent in before as liquidity of `to`.
    /// @param to Who owns the liquidity.
    /// @return liquidity Units of it.
    function mint(address to) external returns (uint256 liquidity);
}
