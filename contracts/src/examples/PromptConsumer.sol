// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IInferenceOracle, RequestStatus } from "../interfaces/IInferenceOracle.sol";
import { IAIOracle } from "../interfaces/external/IAIOracle.sol";
import { Assets } from "../libraries/Assets.sol";
import { AIOracleCallbackReceiver } from "./AIOracleCallbackReceiver.sol";

/// @title Asks a model for anyone who pays, and keeps the answers
/// @notice An example of a consumer. It asks through ORA's interface. An asker pays the fee of the
/// moment, gets back at once what it sent beyond that, and the whole fee if no answer comes.
///
/// A consumer's refunds are its credit at the oracle, and stay there for ever unless the consumer
/// has a function that withdraws them. Here, what answers did not use goes to the account that
/// deployed the contract. ORA's interface has no refunds, so these functions use the oracle's own.
contract PromptConsumer is AIOracleCallbackReceiver {
    using Assets for address;

    /// @notice A question whose answer or fee may still come. The fee is 0 once it cannot come
    /// back.
    struct Question {
        address asker;
        uint96 fee;
    }

    /// @notice A prompt was sent to the oracle.
    event PromptRequested(
        uint256 indexed requestId, address indexed sender, uint256 indexed modelId, string prompt
    );
    /// @notice The final answer to a request came.
    event PromptAnswered(uint256 indexed requestId, string answer);
    /// @notice Nothing is kept for the asker of a question any more. `refund` wei went to it.
    event PromptClosed(uint256 indexed requestId, address indexed asker, uint256 refund);

    /// @notice Thrown when the value of the call does not cover the fee. In wei.
    error FeeTooSmall(uint256 given, uint256 fee);
    /// @notice Thrown for a request that this contract did not make, or that is closed.
    error NotAsked(uint256 requestId);
    /// @notice Thrown when a question is closed that can still be answered.
    error NotOver(uint256 requestId);
    /// @notice Thrown when anyone but the oracle sends ether.
    error OnlyRefunds(address sender);

    /// @dev Gas of the callback, which stores the answer.
    uint64 private constant CALLBACK_GAS = 5_000_000;

    /// @notice Gets what answered questions did not use.
    address public immutable beneficiary;
    /// @notice The open questions.
    mapping(uint256 requestId => Question) public questionOf;
    /// @notice The final answer to a request; empty until it came.
    mapping(uint256 requestId => string) public answerOf;
    /// @notice Sum of the fees of open questions, in wei. It is kept for their askers.
    uint256 public openFees;

    constructor(IAIOracle oracle) AIOracleCallbackReceiver(oracle) {
        beneficiary = msg.sender;
    }

    /// @notice Takes refunds.
    receive() external payable {
        if (msg.sender != address(aiOracle)) revert OnlyRefunds(msg.sender);
    }

    /// @notice Asks a model. The value must cover the fee: this contract's credit at the oracle
    /// must not pay for anybody's question. What it is beyond the fee comes back.
    /// @dev Learns the fee from its credit. `estimateFee` would revert here when a wallet estimates
    /// the gas without a gas price.
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
        uint256 excess = left - credit;
        uint256 fee = msg.value - excess;
        // 96 bits hold all ETH.
        questionOf[requestId] = Question(msg.sender, uint96(fee));
        openFees += fee;
        emit PromptRequested(requestId, msg.sender, modelId, prompt);
        if (excess == 0) return requestId;
        _collect();
        Assets.ETH.send(msg.sender, excess);
    }

    /// @inheritdoc AIOracleCallbackReceiver
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata)
        external
        override
        onlyAIOracleCallback
    {
        _close(requestId);
        answerOf[requestId] = string(output);
        emit PromptAnswered(requestId, string(output));
    }

    /// @notice Pays an asker its fee back if no answer came in time. Anyone can call this. Where
    /// the answer is final, nothing comes back, and nothing is kept for the asker any more; an
    /// answer that is still to be delivered is stored all the same.
    function refund(uint256 requestId) external {
        RequestStatus status = _oracle().statusOf(requestId);
        Question memory question = _close(requestId);
        bool isOver = status == RequestStatus.Expired || status == RequestStatus.Final;
        if (!isOver) revert NotOver(requestId);
        // Anyone can finalize before the delivery, which must still find the question.
        if (status == RequestStatus.Final) questionOf[requestId].asker = question.asker;
        uint256 amount = status == RequestStatus.Expired ? question.fee : 0;
        emit PromptClosed(requestId, question.asker, amount);
        _collect();
        if (amount != 0) Assets.ETH.send(question.asker, amount);
    }

    /// @notice Pays the beneficiary what is not kept for askers. Anyone can call this.
    /// @dev Fees of open questions are kept here although they are still at the oracle. So whoever
    /// asks a model that never answers delays this until that question expires.
    function withdraw() external returns (uint256 amount) {
        _collect();
        uint256 held = address(this).balance;
        if (held <= openFees) return 0;
        amount = held - openFees;
        Assets.ETH.send(beneficiary, amount);
    }

    /// @notice The present price of `ask`, in wei. Off the chain, give the call a gas price.
    function estimateFee(uint256 modelId) external view returns (uint256) {
        return aiOracle.estimateFee(modelId, CALLBACK_GAS);
    }

    function _close(uint256 requestId) private returns (Question memory question) {
        question = questionOf[requestId];
        if (question.asker == address(0)) revert NotAsked(requestId);
        delete questionOf[requestId];
        openFees -= question.fee;
    }

    /// @dev Moves the credit at the oracle here.
    function _collect() private {
        if (_credit() != 0) _oracle().withdraw(address(this));
    }

    function _credit() private view returns (uint256) {
        return _oracle().creditOf(address(this));
    }

    function _oracle() private view returns (IInferenceOracle) {
        return IInferenceOracle(address(aiOracle));
    }
}
