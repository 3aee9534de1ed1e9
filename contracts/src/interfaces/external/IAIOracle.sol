// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Where bytes of a request are. Only `Calldata` is taken here: nothing is proven of bytes that are elsewhere.
enum DA {
    Calldata,
    IPFS
}

/// @title ORA's interface to an AI oracle, for the contracts that were written for it
/// @notice `modelId` is the model's id as a number. These calls name neither tokens nor a length, so their quote is flat: it covers the
/// model's default number of tokens and a prompt up to its default length; a longer prompt reverts with the size. Sampling is
/// greedy. The caller gets what is over as credit (`IInferenceOracle`). The callback comes once, after finality.
interface IAIOracle {
    /// @notice Asks, and calls `aiOracleCallback` of `callbackContract` with the final answer. No callback: 0 for both contract and gas.
    function requestCallback(
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData
    ) external payable returns (uint256 requestId);

    function requestCallback(
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData,
        DA inputDA,
        DA outputDA
    ) external payable returns (uint256 requestId);

    /// @notice One request with `batchSize` times the tokens, the prompt length and the price. The input is one prompt, however many
    /// questions it holds.
    function requestBatchInference(
        uint256 batchSize,
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData,
        DA inputDA,
        DA outputDA
    ) external payable returns (uint256 requestId);

    /// @notice What `requestCallback` costs now, in wei.
    function estimateFee(uint256 modelId, uint256 gasLimit) external view returns (uint256);

    /// @notice What `requestBatchInference` costs now, in wei.
    function estimateFeeBatch(uint256 modelId, uint256 gasLimit, uint256 batchSize)
        external
        view
        returns (uint256);

    /// @notice Whether the answer is final: it will never change.
    function isFinalized(uint256 requestId) external view returns (bool);
}

/// @title What ORA's oracle calls
interface IAIOracleCallback {
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata callbackData)
        external;
}

/// @title What a consumer has that wants answers before they are final
/// @notice Not ORA's. Who has no such function gets no early answers. One may come more than once, several claims' in any order, or none; a
/// rejected one is corrected by `aiOracleCallback` only.
interface IEarlyCallback {
    /// @param claim Whose answer it is: somebody's, with its bond behind it.
    function aiOracleEarlyCallback(
        uint256 requestId,
        bytes32 claim,
        bytes calldata output,
        bytes calldata callbackData
    ) external;
}
