// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The part of Uniswap's v2 factory that the offering and the launch factory call
interface IUniswapV2Factory {
    /// @notice The pair of two tokens, in any order.
    /// @param tokenA One token.
    /// @param tokenB The other.
    /// @return pair The pair; 0 if there is none yet.
    function getPair(address tokenA, address tokenB) external view returns (address pair);

    /// @notice Deploys the pair of two tokens.
    /// @param tokenA One token.
    /// @param tokenB The other.
    /// @return pair The new pair.
    function createPair(address tokenA, address tokenB) external returns (address pair);
}

/// @title The part of a v2 pair that the offering calls
/// @notice Token 0 is the token with the lower address.
interface IUniswapV2Pair {
    /// @notice What the pair has booked.
    /// @return reserve0 Units of token 0.
    /// @return reserve1 Units of token 1.
    /// @return blockTimestampLast The time of booking, in seconds.
    function getReserves()
        external
        view
        returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast);

    /// @notice Sends what the pair holds beyond its books to `to`.
    /// @param to The account to pay.
    function skim(address to) external;

    /// @notice Books what the pair holds.
    function sync() external;

    /// @notice Sends out tokens, which must be paid for by tokens sent in before.
    /// @param amount0Out Units of token 0 to send.
    /// @param amount1Out Units of token 1 to send.
    /// @param to The account to pay.
    /// @param data If it is not empty, `to` is called with it.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;

    /// @notice Books tokens sent in before as liquidity of `to`.
    /// @param to The owner of the liquidity.
    /// @return liquidity Units of liquidity.
    function mint(address to) external returns (uint256 liquidity);
}
