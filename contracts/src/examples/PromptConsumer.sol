// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IAIOracle } from "../interfaces/external/IAIOracle.sol";
import { AIOracleCallbackReceiver } from "./AIOracleCallbackReceiver.sol";

/// @title Asks a model for whoever pays, and keeps its answers
/// @notice Knows nothing but ORA's interface.
contract PromptConsumer is AIOracleCallbackReceiver {
    /// @notice A prompt was sent to the oracle.
    event PromptRequested(
        uint256 indexed requestId, address indexed sender, uint256 indexed modelId, string prompt
    );
    /// @notice Its final answer came.
    event PromptAnswered(uint256 indexed requestId, string answer);

    /// @notice Thrown when the value sent does not cover the fee.
    error FeeTooSmall(uint256 given, uint256 fee);
    /// @notice Thrown for an answer to what was not asked here.
    error NotAsked(uint256 requestId);

    uint64 private constant CALLBACK_GAS = 5_000_000;

    mapping(uint256 requestId => bool) private _asked;
    /// @notice The final answer; empty until then.
    mapping(uint256 requestId => string) public answerOf;

    constructor(IAIOracle oracle) AIOracleCallbackReceiver(oracle) { }

    /// @notice Asks `modelId`. The value is `estimateFee` at least: what the oracle returns to this contract pays for nobody else's question.
    function ask(uint256 modelId, string calldata prompt)
        external
        payable
        returns (uint256 requestId)
    {
        uint256 fee = estimateFee(modelId);
        if (msg.value < fee) revert FeeTooSmall(msg.value, fee);
        requestId = aiOracle.requestCallback{ value: msg.value }(
            modelId, bytes(prompt), address(this), CALLBACK_GAS, ""
        );
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

    /// @notice What `ask` costs now, in wei.
    function estimateFee(uint256 modelId) public view returns (uint256) {
        return aiOracle.estimateFee(modelId, CALLBACK_GAS);
    }
}
