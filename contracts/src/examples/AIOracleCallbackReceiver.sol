// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IAIOracle, IAIOracleCallback } from "../interfaces/external/IAIOracle.sol";

/// @title Base of contracts that get answers, with the names of ORA's base
/// @notice A consumer inherits from this contract and overrides `aiOracleCallback`. Anyone can name
/// any contract in a request, so a callback proves only that the answer to its request is final. A
/// consumer must act only on requests that it made itself.
abstract contract AIOracleCallbackReceiver is IAIOracleCallback {
    /// @notice What ORA's oracle can find wrong with a request.
    enum AIOracleError {
        InvalidInput,
        InvalidBatchSize
    }

    /// @notice An oracle gave an error instead of an answer.
    event AICallbackError(
        uint256 indexed requestId, AIOracleError indexed code, bytes message, bytes callbackData
    );

    /// @notice Thrown when anyone but the oracle calls.
    error UnauthorizedCallbackSource(IAIOracle expected, IAIOracle found);

    /// @notice The oracle that answers.
    IAIOracle public immutable aiOracle;

    constructor(IAIOracle oracle) {
        aiOracle = oracle;
    }

    /// @dev Only the oracle can call.
    modifier onlyAIOracleCallback() {
        IAIOracle found = IAIOracle(msg.sender);
        if (found != aiOracle) revert UnauthorizedCallbackSource(aiOracle, found);
        _;
    }

    /// @inheritdoc IAIOracleCallback
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata callbackData)
        external
        virtual;

    /// @notice Takes an error. Part of ORA's base, so that consumers that override it compile. This
    /// project's oracle never calls it: a request that it cannot serve reverts, and an unanswered
    /// one is refunded.
    function aiOracleCallbackError(
        uint256 requestId,
        AIOracleError code,
        bytes calldata message,
        bytes calldata callbackData
    ) external virtual onlyAIOracleCallback {
        emit AICallbackError(requestId, code, message, callbackData);
    }

    /// @notice Whether the answer to a request is final.
    function isFinalized(uint256 requestId) external view returns (bool) {
        return aiOracle.isFinalized(requestId);
    }
}
