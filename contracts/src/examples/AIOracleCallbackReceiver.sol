// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IAIOracle, IAIOracleCallback } from "../interfaces/external/IAIOracle.sol";

/// @title Base of contracts that are called with an answer
/// @notice Anyone may name any contract in a request, so a callback proves no more than that its request's answer is final: a consumer
/// acts on the requests that it made itself.
abstract contract AIOracleCallbackReceiver is IAIOracleCallback {
    /// @notice What ORA's oracle may find wrong with a request.
    enum AIOracleError {
        InvalidInput,
        InvalidBatchSize
    }

    /// @notice An oracle called with an error in place of an answer.
    event AICallbackError(
        uint256 indexed requestId, AIOracleError indexed code, bytes message, bytes callbackData
    );

    /// @notice Thrown for others than the oracle.
    error UnauthorizedCallbackSource(IAIOracle expected, IAIOracle found);

    IAIOracle public immutable aiOracle;

    constructor(IAIOracle oracle) {
        aiOracle = oracle;
    }

    modifier onlyAIOracleCallback() {
        IAIOracle found = IAIOracle(msg.sender);
        if (found != aiOracle) revert UnauthorizedCallbackSource(aiOracle, found);
        _;
    }

    /// @inheritdoc IAIOracleCallback
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata callbackData)
        external
        virtual;

    /// @notice Part of ORA's base, so that what overrides it compiles. The oracle of this project never calls it: a request that it cannot
    /// serve reverts, and one that nobody answers is refunded.
    function aiOracleCallbackError(
        uint256 requestId,
        AIOracleError code,
        bytes calldata message,
        bytes calldata callbackData
    ) external virtual onlyAIOracleCallback {
        emit AICallbackError(requestId, code, message, callbackData);
    }

    /// @notice Whether an answer is final.
    function isFinalized(uint256 requestId) external view returns (bool) {
        return aiOracle.isFinalized(requestId);
    }
}
