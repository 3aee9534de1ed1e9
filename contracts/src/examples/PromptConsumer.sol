// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IInferenceOracle } from "../interfaces/IInferenceOracle.sol";
import { IAIOracle } from "../interfaces/external/IAIOracle.sol";
import { AIOracleCallbackReceiver } from "./AIOracleCallbackReceiver.sol";

/// @title Asks a model for anyone who pays, and keeps the answers
/// @notice An example of a consumer. It asks through ORA's interface. Of the oracle's own it uses
/// only the credit.
contract PromptConsumer is AIOracleCallbackReceiver {
    /// @notice A prompt was sent to the oracle.
    event PromptRequested(
        uint256 indexed requestId, address indexed sender, uint256 indexed modelId, string prompt
    );
    /// @notice The final answer to a request came.
    event PromptAnswered(uint256 indexed requestId, string answer);

    /// @notice Thrown when the value of the call does not cover the fee. In wei.
    error FeeTooSmall(uint256 given, uint256 fee);
    /// @notice Thrown for an answer to a request that this contract did not make.
    error NotAsked(uint256 requestId);

    /// @dev Gas of the callback, which stores the answer.
    uint64 private constant CALLBACK_GAS = 5_000_000;

    mapping(uint256 requestId => bool) private _asked;
    /// @notice The final answer to a request; empty until it came.
    mapping(uint256 requestId => string) public answerOf;

    constructor(IAIOracle oracle) AIOracleCallbackReceiver(oracle) { }

    /// @notice Asks a model. The value must cover the fee: this contract's credit at the oracle
    /// must not pay for anybody's question.
    /// @dev Measures the credit. `estimateFee` would revert here when a wallet estimates the gas
    /// without a gas price.
    function ask(uint256 modelId, string calldata prompt)
        external
        payable
        returns (uint256 requestId)
    {
        uint256 credit = _credit();
        requestId = aiOracle.requestCallback{ value: msg.value }(
            modelId, bytes(prompt), address(this), CALLBACK_GAS, ""
        );
        uint256 left = _credit();
        if (left < credit) revert FeeTooSmall(msg.value, msg.value + credit - left);
        _asked[requestId] = true;
        emit PromptRequested(requestId, msg.sender, modelId, prompt);
    }

    /// @inheritdoc AIOracleCallbackReceiver
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata)
        external
        override
        onlyAIOracleCallback
    {
        if (!_asked[requestId]) revert NotAsked(requestId);
        answerOf[requestId] = string(output);
        emit PromptAnswered(requestId, string(output));
    }

    /// @notice The present price of `ask`, in wei. Off the chain, give the call a gas price.
    function estimateFee(uint256 modelId) external view returns (uint256) {
        return aiOracle.estimateFee(modelId, CALLBACK_GAS);
    }

    function _credit() private view returns (uint256) {
        return IInferenceOracle(address(aiOracle)).creditOf(address(this));
    }
}
