// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Where the bytes of a request are. Only `Calldata` is accepted: nothing can be proven
/// about bytes that are elsewhere.
enum DA {
    Calldata,
    IPFS
}

/// @title ORA's interface to an AI oracle, for contracts that were written for it
/// @notice A consumer contract that works with ORA's oracle works with this project's oracle
/// without a change. `modelId` is the model's id as a number. The calls name neither a number of
/// units nor a length, so the price is flat: it covers the model's default number of units and a
/// prompt of up to the default length. A longer prompt reverts. The program runs with its defaults:
/// text is greedy. What the caller pays too much becomes its credit (`IInferenceOracle`). The
/// callback comes once, after the answer is final.
interface IAIOracle {
    /// @notice A request was made without saying where the data is.
    event AICallbackRequest(
        address indexed account,
        uint256 indexed requestId,
        uint256 modelId,
        bytes input,
        address callbackContract,
        uint64 gasLimit,
        bytes callbackData
    );
    /// @notice A request was made with one of the calls that say where the data is.
    event AICallbackRequest(
        address indexed account,
        uint256 indexed requestId,
        uint256 modelId,
        bytes input,
        address callbackContract,
        uint64 gasLimit,
        bytes callbackData,
        DA inputDA,
        DA outputDA,
        uint256 batchSize
    );
    /// @notice The final answer to `account`'s request was delivered by `invoker`. Without a
    /// callback there is no delivery, and this event does not come.
    event AICallbackResult(
        address indexed account, uint256 indexed requestId, address invoker, bytes output
    );

    /// @notice Asks a model. The oracle calls `aiOracleCallback` of `callbackContract` with the
    /// final answer.
    /// @param modelId The model.
    /// @param input The prompt.
    /// @param callbackContract The contract to call; 0, with a gas limit of 0, for no callback.
    /// @param gasLimit Gas of the callback.
    /// @param callbackData Bytes that the callback gets back.
    /// @return requestId The id of the request.
    function requestCallback(
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData
    ) external payable returns (uint256 requestId);

    /// @notice The same, and says where input and output are.
    /// @param modelId The model.
    /// @param input The prompt.
    /// @param callbackContract The contract to call; 0, with a gas limit of 0, for no callback.
    /// @param gasLimit Gas of the callback.
    /// @param callbackData Bytes that the callback gets back.
    /// @param inputDA Must be `Calldata`.
    /// @param outputDA Must be `Calldata`.
    /// @return requestId The id of the request.
    function requestCallback(
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData,
        DA inputDA,
        DA outputDA
    ) external payable returns (uint256 requestId);

    /// @notice Makes one request with `batchSize` times the units, the prompt length and the
    /// price. The input is one prompt, however many questions it holds.
    /// @param batchSize The factor.
    /// @param modelId The model.
    /// @param input The prompt.
    /// @param callbackContract The contract to call; 0, with a gas limit of 0, for no callback.
    /// @param gasLimit Gas of the callback.
    /// @param callbackData Bytes that the callback gets back.
    /// @param inputDA Must be `Calldata`.
    /// @param outputDA Must be `Calldata`.
    /// @return requestId The id of the request.
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

    /// @notice The present price of `requestCallback`. Off the chain, give the call a gas price:
    /// without one, Ethereum nodes assume a base fee of 0, and this project's oracle reverts.
    /// @param modelId The model.
    /// @param gasLimit Gas of the callback.
    /// @return The price, in wei.
    function estimateFee(uint256 modelId, uint256 gasLimit) external view returns (uint256);

    /// @notice The present price of `requestBatchInference`, which needs a gas price as well.
    /// @param modelId The model.
    /// @param gasLimit Gas of the callback.
    /// @param batchSize The factor.
    /// @return The price, in wei.
    function estimateFeeBatch(uint256 modelId, uint256 gasLimit, uint256 batchSize)
        external
        view
        returns (uint256);

    /// @notice Whether the answer to a request is final. A final answer never changes.
    /// @param requestId The request.
    /// @return True once it is final.
    function isFinalized(uint256 requestId) external view returns (bool);
}

/// @title The function of a consumer that ORA's oracle calls
interface IAIOracleCallback {
    /// @notice Takes the final answer to a request.
    /// @param requestId The request.
    /// @param output The answer.
    /// @param callbackData The bytes that came with the request.
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata callbackData)
        external;
}
