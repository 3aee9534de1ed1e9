// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { DA, IAIOracle, IAIOracleCallback, IEarlyCallback } from "../interfaces/IAIOracle.sol";
import "../interfaces/IInferenceOracle.sol";
import { IModelRegistry, Model } from "../interfaces/IModelRegistry.sol";
import { ISplitter } from "../interfaces/ISplitter.sol";
import { ClaimStatus, IVerifier, Submission } from "../interfaces/IVerifier.sol";
import { Request } from "../types/Request.sol";
import { Fees, Settlement } from "./Fees.sol";
import { OperatorList } from "./OperatorList.sol";
import { RequestRecord } from "./RequestRecord.sol";

/// @title The AI oracle: requests, fees, finality, delivery
/// @dev There is no lock: every call leaves the contract last, or finds afterwards nothing that it had read before. `request`, `expire`,
/// `dropClaim` and `finalize` call models' contracts only statically before their effects; `finalize` pays the receiver after
/// them. `claim` stores a claim after the verifier took it, and reverts if the request is over by then. `deliver` closes the order, calls, and then
/// only adds credit. So consumers may ask from their callback.
contract InferenceOracle is IInferenceOracle, IAIOracle {
    using SafeCast for uint256;

    /// @notice What a receiver did not take.
    struct Unpaid {
        address receiver;
        uint96 amount;
    }

    /// @notice Most gas of a callback.
    uint256 public constant MAX_CALLBACK_GAS = 8_000_000;
    /// @notice How long after its expiry a request waits for the verifier to decide on its claims.
    uint256 public constant DECISION_TIME = 180 days;

    /// @dev Bit 0 of a request's flags is the only one with a meaning.
    uint8 private constant KNOWN_FLAGS = 1;
    uint256 private constant VERIFIER_GAS = 200_000;
    uint256 private constant RECEIVER_GAS = 250_000;
    /// @dev Covers the price of a call itself, so that what is left after it holds 64/63 of the callee's gas.
    uint256 private constant CALL_GAS = 20_000;

    /// @inheritdoc IInferenceOracle
    address public immutable registry;
    /// @inheritdoc IInferenceOracle
    IOperatorList public immutable operators;
    /// @notice Wei for a unit of gas, beside twice the base fee.
    uint256 public immutable TIP;
    /// @notice Seconds in which claims may be posted.
    uint256 public immutable ANSWER_TIME;

    /// @notice Requests so far, which is the last one's id.
    uint256 public requestCount;
    mapping(uint256 id => RequestRecord) private _records;
    mapping(uint256 id => Unpaid) private _unpaid;
    /// @inheritdoc IInferenceOracle
    mapping(address account => uint256) public creditOf;

    constructor(address registry_, uint64 tip, uint32 answerTime) {
        if (registry_.code.length == 0) revert ParameterOutOfRange("registry");
        if (answerTime < 1 minutes || answerTime > 30 days) {
            revert ParameterOutOfRange("answerTime");
        }
        (registry, TIP, ANSWER_TIME) = (registry_, tip, answerTime);
        operators = new OperatorList(answerTime + 1 days);
    }

    // ------------------------------------------------------------------------------------------------ asking

    /// @inheritdoc IInferenceOracle
    function request(Question calldata question, bytes calldata prompt, Callback calldata callback)
        external
        payable
        returns (uint256 id)
    {
        Model memory model = IModelRegistry(registry).modelOf(question.modelId);
        uint256 price = Fees.price(model, prompt.length, question.maxTokens);
        id = _ask(model, question, prompt, callback, price, 0);
    }

    /// @inheritdoc IInferenceOracle
    function requestFrom(
        Question calldata question,
        bytes calldata prompt,
        Callback calldata callback,
        uint32 entry
    ) external payable returns (uint256 id) {
        Model memory model = IModelRegistry(registry).modelOf(question.modelId);
        uint256 price = Fees.price(model, prompt.length, question.maxTokens);
        id = _ask(model, question, prompt, callback, price, entry);
    }

    /// @inheritdoc IInferenceOracle
    function quote(Question calldata question, uint256 promptLength, uint64 callbackGas)
        external
        view
        returns (uint256)
    {
        Model memory model = IModelRegistry(registry).modelOf(question.modelId);
        uint256 price = Fees.price(model, promptLength, question.maxTokens);
        return price + Fees.reserve(question.maxTokens, callbackGas) * gasPrice();
    }

    /// @inheritdoc IAIOracle
    function requestCallback(
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData
    ) external payable returns (uint256) {
        return _askFlat(1, modelId, input, Callback(callbackContract, gasLimit, callbackData));
    }

    /// @inheritdoc IAIOracle
    function requestCallback(
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData,
        DA inputDA,
        DA outputDA
    ) external payable returns (uint256) {
        _checkCalldata(inputDA, outputDA);
        return _askFlat(1, modelId, input, Callback(callbackContract, gasLimit, callbackData));
    }

    /// @inheritdoc IAIOracle
    function requestBatchInference(
        uint256 batchSize,
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData,
        DA inputDA,
        DA outputDA
    ) external payable returns (uint256) {
        _checkCalldata(inputDA, outputDA);
        Callback memory callback = Callback(callbackContract, gasLimit, callbackData);
        return _askFlat(batchSize, modelId, input, callback);
    }

    /// @inheritdoc IAIOracle
    function estimateFee(uint256 modelId, uint256 gasLimit) external view returns (uint256) {
        return estimateFeeBatch(modelId, gasLimit, 1);
    }

    /// @inheritdoc IAIOracle
    function estimateFeeBatch(uint256 modelId, uint256 gasLimit, uint256 batchSize)
        public
        view
        returns (uint256)
    {
        Model memory model = IModelRegistry(registry).modelOf(bytes32(modelId));
        uint256 reserve = Fees.reserve(batchSize * model.defaultTokens, gasLimit);
        return _flatPrice(model, batchSize) + reserve * gasPrice();
    }

    // --------------------------------------------------------------------------------------------- answering

    /// @inheritdoc IInferenceOracle
    function claim(
        Order calldata order,
        bytes calldata answer,
        uint32 tokensUsed,
        bytes calldata evidence
    ) external payable returns (bytes32 id) {
        RequestRecord storage record = _records[order.request.id];
        record.check(order, RequestStatus.Requested);
        if (block.timestamp > order.terms.expiry) revert TooLate(order.terms.expiry);
        if (tokensUsed > order.request.maxTokens) {
            revert TooManyTokens(tokensUsed, order.request.maxTokens);
        }
        _settleTurns(record, order, msg.sender);
        Submission memory submission;
        IVerifier verifier;
        (submission.contentId, verifier) = _judgeOf(order);
        _checkAnswer(verifier, submission.contentId, answer.length);
        submission.requestDigest = order.request.digest();
        submission.claimant = msg.sender;
        submission.answerHash = keccak256(answer);
        submission.answerLength = uint32(answer.length);
        submission.tokensUsed = tokensUsed;

        id = verifier.submit{ value: msg.value }(submission, evidence);
        record.addClaim(
            order.request.id,
            ClaimedAnswer(
                id, msg.sender, submission.answerHash, submission.answerLength, tokensUsed
            )
        );
        emit Claimed(order.request.id, id, msg.sender, answer, tokensUsed);
    }

    /// @inheritdoc IInferenceOracle
    function deliverEarly(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external {
        uint256 id = order.request.id;
        RequestRecord storage record = _records[id];
        record.check(order, RequestStatus.Requested);
        record.checkOpen(claimed);
        if (order.callback.target == address(0)) revert CallbackIncomplete();
        if (keccak256(answer) != claimed.answerHash) revert NotTheAnswer(claimed.answerHash);
        ClaimStatus status = _statusOf(order, claimed.claim);
        if (status == ClaimStatus.Rejected) revert NotProven(status);

        bytes memory call = abi.encodeCall(
            IEarlyCallback.aiOracleEarlyCallback, (id, claimed.claim, answer, order.callback.data)
        );
        _checkGas(order.callback.gasLimit);
        bool success = _call(order.callback.target, 0, order.callback.gasLimit, call);
        emit DeliveredEarly(id, claimed.claim, success);
    }

    /// @inheritdoc IInferenceOracle
    function dropClaim(Order calldata order, ClaimedAnswer calldata claimed) external {
        RequestRecord storage record = _records[order.request.id];
        record.check(order, RequestStatus.Requested);
        record.removeClaim(claimed);
        ClaimStatus status = _statusOf(order, claimed.claim);
        if (status != ClaimStatus.Rejected) revert NotRejected(status);
        emit ClaimDropped(order.request.id, claimed.claim);
    }

    /// @inheritdoc IInferenceOracle
    function finalize(Order calldata order, ClaimedAnswer calldata claimed) external {
        _finalize(order, claimed);
    }

    /// @inheritdoc IInferenceOracle
    function deliver(Order calldata order, bytes calldata answer) external {
        _deliver(order, answer, Fees.DELIVERY_BASE_GAS);
    }

    /// @inheritdoc IInferenceOracle
    function finalizeAndDeliver(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external {
        _finalize(order, claimed);
        _deliver(order, answer, Fees.JOINT_DELIVERY_BASE_GAS);
    }

    /// @inheritdoc IInferenceOracle
    function expire(Order calldata order) external {
        RequestRecord storage record = _records[order.request.id];
        record.check(order, RequestStatus.Requested);
        uint256 expiry = order.terms.expiry;
        if (block.timestamp <= expiry) revert TooEarly(expiry);
        bool undecided = record.openClaims != 0 && block.timestamp <= expiry + DECISION_TIME;
        if (undecided) revert ClaimsOpen(record.openClaims);
        _settleTurns(record, order, address(0));
        record.expire();
        _credit(order.terms.requester, order.terms.fee);
        emit Expired(order.request.id, order.terms.fee);
    }

    // ------------------------------------------------------------------------------------------------- money

    /// @inheritdoc IInferenceOracle
    function payReceiver(uint256 id) external returns (uint256 amount) {
        Unpaid memory unpaid = _unpaid[id];
        amount = unpaid.amount;
        if (amount == 0) revert NothingToPay();
        delete _unpaid[id];
        emit ReceiverPaid(id, unpaid.receiver, amount);
        bytes memory call = abi.encodeCall(ISplitter.payUsage, (id));
        if (!_call(unpaid.receiver, amount, gasleft(), call)) revert TransferFailed();
    }

    /// @inheritdoc IInferenceOracle
    function withdraw(address to) external returns (uint256 amount) {
        amount = creditOf[msg.sender];
        if (amount == 0) revert NothingToPay();
        creditOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        if (!_call(to, amount, gasleft(), "")) revert TransferFailed();
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @notice What a unit of gas is paid for in requests of this block. A node that is asked without a gas price may take the base fee for 0.
    function gasPrice() public view returns (uint256) {
        return 2 * block.basefee + TIP;
    }

    /// @inheritdoc IInferenceOracle
    function statusOf(uint256 id) external view returns (RequestStatus) {
        return _records[id].status;
    }

    /// @inheritdoc IInferenceOracle
    function answerHashOf(uint256 id) external view returns (bytes32) {
        return _records[id].answerHash();
    }

    /// @inheritdoc IAIOracle
    function isFinalized(uint256 id) external view returns (bool) {
        return _records[id].status == RequestStatus.Final;
    }

    /// @inheritdoc IInferenceOracle
    function unpaidOf(uint256 id) external view returns (address receiver, uint256 amount) {
        return (_unpaid[id].receiver, _unpaid[id].amount);
    }

    // -------------------------------------------------------------------------------------------- asking, inside

    function _askFlat(
        uint256 batchSize,
        uint256 modelId,
        bytes calldata input,
        Callback memory callback
    ) private returns (uint256) {
        Model memory model = IModelRegistry(registry).modelOf(bytes32(modelId));
        uint256 limit = batchSize * model.defaultBytes;
        if (input.length > limit) revert PromptTooLong(input.length, limit);
        Request memory asked;
        asked.modelId = bytes32(modelId);
        asked.maxTokens = (batchSize * model.defaultTokens).toUint32();
        return _place(model, asked, input, input.length, callback, _flatPrice(model, batchSize), 0);
    }

    function _ask(
        Model memory model,
        Question calldata question,
        bytes calldata prompt,
        Callback memory callback,
        uint256 price,
        uint32 named
    ) private returns (uint256) {
        if (question.flags > KNOWN_FLAGS) revert UnknownFlags(question.flags);
        Request memory asked;
        bytes memory stops;
        (asked.modelId, asked.seed) = (question.modelId, question.seed);
        (asked.maxTokens, asked.flags) = (question.maxTokens, question.flags);
        (asked.sampling, stops) = question.sampling.pack();
        bytes memory text = bytes.concat(prompt, stops);
        return _place(model, asked, text, prompt.length, callback, price, named);
    }

    /// @param asked What is left to say of it is where it was asked, and its text.
    function _place(
        Model memory model,
        Request memory asked,
        bytes memory text,
        uint256 promptLength,
        Callback memory callback,
        uint256 price,
        uint32 named
    ) private returns (uint256 id) {
        if (asked.maxTokens == 0) revert NoTokens();
        _checkCallback(callback);
        _checkPrompt(model, promptLength);
        uint256 fee = price + Fees.reserve(asked.maxTokens, callback.gasLimit) * gasPrice();
        _take(fee);

        id = ++requestCount;
        (asked.host, asked.id, asked.textHash) = (address(this), id, keccak256(text));
        Order memory order;
        order.request = asked;
        order.promptLength = uint32(promptLength);
        order.terms = Terms({
            requester: msg.sender,
            // What was paid is no more than all ETH.
            fee: uint128(fee),
            tokenPrice: model.tokenPrice,
            gasPrice: gasPrice().toUint64(),
            operatorBps: model.operatorBps,
            expiry: uint40(block.timestamp + ANSWER_TIME)
        });
        order.callback = callback;
        bool drawn = operators.draw(id, asked.modelId, asked.maxTokens, order.terms.expiry, named);
        _records[id].begin(order, drawn);
        emit Requested(id, asked.modelId, msg.sender, order, text);
    }

    function _flatPrice(Model memory model, uint256 batchSize) private pure returns (uint256) {
        return batchSize * Fees.price(model, model.defaultBytes, model.defaultTokens);
    }

    /// @dev The value first, then the caller's credit.
    function _take(uint256 fee) private {
        if (msg.value >= fee) return _credit(msg.sender, msg.value - fee);
        uint256 credit = creditOf[msg.sender];
        uint256 missing = fee - msg.value;
        if (credit < missing) revert FeeNotCovered(msg.value + credit, fee);
        creditOf[msg.sender] = credit - missing;
    }

    // ----------------------------------------------------------------------------------------- answering, inside

    function _finalize(Order calldata order, ClaimedAnswer calldata claimed) private {
        uint256 id = order.request.id;
        RequestRecord storage record = _records[id];
        record.check(order, RequestStatus.Requested);
        record.removeClaim(claimed);
        ClaimStatus status = _statusOf(order, claimed.claim);
        if (status != ClaimStatus.Proven) revert NotProven(status);

        record.finish(claimed.answerHash, order.callback.target != address(0));
        Settlement memory parts = Fees.settle(order, claimed.tokensUsed, claimed.answerLength);
        _credit(claimed.claimant, parts.operator);
        _credit(order.terms.requester, parts.refund);
        emit Finalized(
            id,
            claimed.claim,
            claimed.answerHash,
            parts.operator,
            parts.receiver,
            parts.delivery,
            parts.refund
        );
        _payReceiver(id, order.request.modelId, parts.receiver);
    }

    /// @param baseGas What the deliverer is paid for beside the measured gas.
    function _deliver(Order calldata order, bytes calldata answer, uint256 baseGas) private {
        uint256 before = gasleft();
        uint256 id = order.request.id;
        RequestRecord storage record = _records[id];
        record.check(order, RequestStatus.Final);
        bytes32 answerHash = record.answerHash();
        if (keccak256(answer) != answerHash) revert NotTheAnswer(answerHash);
        record.deliver();

        bytes memory call =
            abi.encodeCall(IAIOracleCallback.aiOracleCallback, (id, answer, order.callback.data));
        _checkGas(order.callback.gasLimit);
        bool success = _call(order.callback.target, 0, order.callback.gasLimit, call);

        uint256 reserve = Fees.delivery(order, answer.length);
        uint256 gas = baseGas + Fees.delivered(order, answer.length, before - gasleft());
        uint256 price = _least(tx.gasprice, order.terms.gasPrice);
        uint256 paid = _least(gas, reserve) * price;
        uint256 refund = reserve * order.terms.gasPrice - paid;
        _credit(msg.sender, paid);
        _credit(order.terms.requester, refund);
        emit Delivered(id, msg.sender, success, paid, refund);
    }

    // ------------------------------------------------------------------------------------------------ checks

    function _checkCalldata(DA inputDA, DA outputDA) private pure {
        if (inputDA != DA.Calldata || outputDA != DA.Calldata) revert OnlyCalldata();
    }

    function _checkCallback(Callback memory callback) private pure {
        bool none = callback.target == address(0);
        if (none != (callback.gasLimit == 0)) revert CallbackIncomplete();
        if (callback.gasLimit > MAX_CALLBACK_GAS) {
            revert CallbackGasTooHigh(callback.gasLimit, MAX_CALLBACK_GAS);
        }
        uint256 limit = none ? 0 : Fees.MAX_CALLBACK_DATA;
        if (callback.data.length > limit) revert CallbackDataTooLong(callback.data.length, limit);
    }

    function _checkPrompt(Model memory model, uint256 length) private view {
        (uint32 limit,) = IVerifier(model.verifier).limits{ gas: VERIFIER_GAS }(model.contentId);
        if (limit == 0) revert UnknownContent(model.contentId);
        if (length > limit) revert PromptTooLong(length, limit);
    }

    function _checkAnswer(IVerifier verifier, bytes32 contentId, uint256 length) private view {
        (, uint32 limit) = verifier.limits{ gas: VERIFIER_GAS }(contentId);
        uint256 least = _least(limit, Fees.MAX_ANSWER);
        if (length > least) revert AnswerTooLong(length, least);
    }

    /// @dev A callee can be given 63/64 of the gas that is left; whoever calls must not be able to starve it.
    function _checkGas(uint256 gasLimit) private view {
        uint256 needed = gasLimit + gasLimit / 63 + CALL_GAS;
        if (gasleft() < needed) revert NotEnoughGas(gasleft(), needed);
    }

    /// @dev Turns order the first claim; after it there are none.
    function _settleTurns(RequestRecord storage record, Order calldata order, address claimant)
        private
    {
        if (!record.drawn) return;
        record.drawn = false;
        operators.settle(order.request.id, claimant, Fees.penalty(order));
    }

    function _judgeOf(Order calldata order) private view returns (bytes32, IVerifier) {
        (bytes32 contentId, address verifier) =
            IModelRegistry(registry).judgeOf(order.request.modelId);
        return (contentId, IVerifier(verifier));
    }

    function _statusOf(Order calldata order, bytes32 claimId) private view returns (ClaimStatus) {
        (, IVerifier verifier) = _judgeOf(order);
        return verifier.statusOf{ gas: VERIFIER_GAS }(claimId);
    }

    // ------------------------------------------------------------------------------------------ money, inside

    function _payReceiver(uint256 id, bytes32 modelId, uint256 amount) private {
        if (amount == 0) return;
        address receiver = IModelRegistry(registry).receiverOf(modelId);
        bytes memory call = abi.encodeCall(ISplitter.payUsage, (id));
        _checkGas(RECEIVER_GAS);
        if (_call(receiver, amount, RECEIVER_GAS, call)) return;
        // Part of a fee, which is no more than all ETH.
        _unpaid[id] = Unpaid(receiver, uint96(amount));
        emit ReceiverRefused(id, receiver, amount);
    }

    function _credit(address account, uint256 amount) private {
        if (amount == 0) return;
        creditOf[account] += amount;
        emit Credited(account, amount);
    }

    /// @dev Copies nothing of what the callee returns.
    function _call(address to, uint256 value, uint256 gasLimit, bytes memory data)
        private
        returns (bool success)
    {
        assembly ("memory-safe") {
            success := call(gasLimit, to, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
