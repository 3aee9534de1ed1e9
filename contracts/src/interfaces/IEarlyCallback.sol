// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The function of a consumer that wants answers before they are final
/// @notice A consumer without this function gets final answers only. An early answer may come
/// several times, from several claims in any order, or not at all. When a claim is rejected, only
/// `aiOracleCallback` corrects its answer. ORA's interface has no such function.
interface IEarlyCallback {
    /// @notice Takes an answer that somebody claims and that may still be rejected.
    /// @param requestId The request.
    /// @param claim The claim whose answer it is. A bond stands behind it.
    /// @param output The answer.
    /// @param callbackData The bytes that came with the request.
    function aiOracleEarlyCallback(
        uint256 requestId,
        bytes32 claim,
        bytes calldata output,
        bytes calldata callbackData
    ) external;
}
