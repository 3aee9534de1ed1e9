// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { DA, IAIOracle, IAIOracleCallback } from "../interfaces/external/IAIOracle.sol";
import { IEarlyCallback } from "../interfaces/IEarlyCallback.sol";
import {
    Callback,
    ClaimedAnswer,
    IInferenceOracle,
    Order,
    Question,
    RequestStatus,
    Terms
} from "../interfaces/IInferenceOracle.sol";
import { IOperatorList } from "../interfaces/IOperatorList.sol";
import { IModelRegistry, Model } from "../interfaces/IModelRegistry.sol";
import { ISplitter } from "../interfaces/ISplitter.sol";
import { IVerifier } from "../interfaces/IVerifier.sol";
import { Calls } from "../libraries/Calls.sol";
import { Numbers } from "../libraries/Numbers.sol";
import { ClaimStatus } from "../types/ClaimStatus.sol";
import { Request } from "../types/Request.sol";
import { Submission } from "../types/Submission.sol";
import { Fees, Settlement } from "./Fees.sol";
import { OperatorList } from "./OperatorList.sol";
import { DRAWN, FOR_ORA, RequestRecord } from "./RequestRecord.sol";

/// @title The AI oracle: requests, fees, finality, delivery
/// @notice The interface explains the life of a request. This contract checks orders and claims,
/// moves the money and calls consumers. `Fees` does the arithmetic, `RequestRecord` keeps the
/// states, and `OperatorList` decides whose turn it is.
/// @dev There is no lock. Every call to another contract comes last, or the function then uses
/// nothing that it read before. `request`, `expire`, `dropClaim` and `finalize` make only static
/// calls to a model's contracts before their effects. `claim` counts a claim after the verifier
/// took it, and reverts if the request is over by then. `deliver` closes the order, calls the
/// consumer, and then only adds credit. So a consumer can ask from its callback. `payReceiver`,
/// `withdrawOwed` and `withdraw` clear a sum before they pay it.
///
/// INVARIANT: no request moves more than its own fee. Its parts follow from the order, and from
/// what the claim said when it became final; a verifier that lies divides this fee differently, and
/// touches no other.
contract InferenceOracle is IInferenceOracle, IAIOracle {
    using Calls for address;
    using SafeCast for uint256;

    /// @notice Most gas of a callback.
    uint256 public constant MAX_CALLBACK_GAS = 8_000_000;
    /// @notice Time after its expiry that a request waits for the verifier to decide on its claims.
    /// Our verifier decides within 75 days, and nobody waits for an answer longer than 30: so a
    /// claim may be lost on purpose, and there is still time for another one and its game.
    uint256 public constant DECISION_TIME = 180 days;

    /// @dev Gas of a view of a verifier.
    uint256 private constant VERIFIER_GAS = 200_000;

    /// @inheritdoc IInferenceOracle
    address public immutable registry;
    /// @inheritdoc IInferenceOracle
    IOperatorList public immutable operators;
    /// @notice Wei for a unit of gas, in addition to twice the base fee.
    uint256 public immutable TIP;
    /// @notice Seconds in which claims can be posted, counted from the request, and again from each
    /// claim that is dropped.
    uint256 public immutable ANSWER_TIME;
    /// @dev Whether the chain has a base fee. If so, a base fee of 0 is an Ethereum node's
    /// assumption in a call without a gas price.
    bool private immutable _hasBaseFee = block.basefee != 0;

    /// @notice The number of requests so far, which is the id of the newest.
    uint256 public requestCount;
    mapping(uint256 id => RequestRecord) private _records;
    /// @inheritdoc IInferenceOracle
    mapping(address account => uint256) public creditOf;
    /// @inheritdoc IInferenceOracle
    mapping(address receiver => uint256) public owedTo;

    constructor(address registry_, uint64 tip, uint32 answerTime) {
        if (registry_.code.length == 0) revert ParameterOutOfRange("registry");
        if (answerTime < 1 minutes || answerTime > 30 days) {
            revert ParameterOutOfRange("answerTime");
        }
        (registry, TIP, ANSWER_TIME) = (registry_, tip, answerTime);
        operators = new OperatorList(answerTime + 1 days);
    }

    // Asking

    /// @inheritdoc IInferenceOracle
    function request(Question calldata question, bytes calldata input, Callback calldata callback)
        external
        payable
        returns (uint256 id)
    {
        id = requestFrom(question, input, callback, 0);
    }

    /// @inheritdoc IInferenceOracle
    function requestFrom(
        Question calldata question,
        bytes calldata input,
        Callback calldata callback,
        uint32 entry
    ) public payable returns (uint256 id) {
        Model memory model = IModelRegistry(registry).modelOf(question.modelId);
        uint256 price = Fees.price(model.pricing, input.length, question.maxUnits);
        id = _ask(model, question, input, callback, price, entry);
    }

    /// @inheritdoc IInferenceOracle
    function quote(
        Question calldata question,
        uint256 inputLength,
        uint64 callbackGas,
        uint256 baseFee
    ) external view returns (uint256) {
        Model memory model = IModelRegistry(registry).modelOf(question.modelId);
        uint256 price = Fees.price(model.pricing, inputLength, question.maxUnits);
        return price + _reserve(model, question.maxUnits, callbackGas) * _gasPrice(baseFee);
    }

    /// @inheritdoc IAIOracle
    function requestCallback(
        uint256 modelId,
        bytes calldata input,
        address callbackContract,
        uint64 gasLimit,
        bytes calldata callbackData
    ) external payable returns (uint256) {
        Callback memory callback = Callback(callbackContract, gasLimit, callbackData);
        uint256 id = _askFlat(1, modelId, input, callback);
        emit AICallbackRequest(
            msg.sender, id, modelId, input, callbackContract, gasLimit, callbackData
        );
        return id;
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
        Callback memory callback = Callback(callbackContract, gasLimit, callbackData);
        return _askBatch(1, modelId, input, callback);
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
        return _askBatch(batchSize, modelId, input, callback);
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
        if (block.basefee == 0 && _hasBaseFee) revert BaseFeeUnknown();
        Model memory model = IModelRegistry(registry).modelOf(bytes32(modelId));
        uint256 reserve = _reserve(model, batchSize * model.pricing.defaultUnits, gasLimit);
        return _flatPrice(model, batchSize) + reserve * _gasPrice(block.basefee);
    }

    // Answering

    /// @inheritdoc IInferenceOracle
    function claim(
        Order calldata order,
        bytes calldata answer,
        uint32 unitsUsed,
        bytes calldata evidence
    ) external payable returns (bytes32 id) {
        uint256 requestId = order.request.id;
        RequestRecord storage record = _records[requestId];
        record.check(order.request.id, _hash(order));
        uint256 deadline = record.deadlineAfter(order.terms.expiry);
        if (block.timestamp > deadline) revert TooLate(deadline);
        if (answer.length > Fees.MAX_ANSWER) revert AnswerTooLong(answer.length, Fees.MAX_ANSWER);
        _settleTurns(record, order, msg.sender);
        Submission memory submission =
            _submission(order, msg.sender, keccak256(answer), uint32(answer.length), unitsUsed);

        IVerifier verifier = IVerifier(order.terms.verifier);
        id = verifier.submit{ value: msg.value }(submission, evidence);
        record.checkStatus(requestId, RequestStatus.Requested);
        record.open();
        emit Claimed(requestId, id, msg.sender, answer, unitsUsed);
    }

    /// @inheritdoc IInferenceOracle
    function deliverEarly(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external {
        if (order.callback.target == address(0)) {
            revert CallbackIncomplete();
        }
        uint256 id = order.request.id;
        (, bytes32 claimId, ClaimStatus status) = _look(order, claimed);
        _records[id].checkClaim(claimId);
        bool stands = status == ClaimStatus.Pending || status == ClaimStatus.Proven;
        if (!stands) revert NotProven(status);
        bytes32 answerHash = keccak256(answer);
        if (answerHash != claimed.answerHash) revert NotTheAnswer(answerHash);

        bytes memory call = abi.encodeCall(
            IEarlyCallback.aiOracleEarlyCallback, (id, claimId, answer, order.callback.data)
        );
        bool success = order.callback.target.tryCallWhole(order.callback.gasLimit, call);
        emit DeliveredEarly(id, claimId, success);
    }

    /// @inheritdoc IInferenceOracle
    function dropClaim(Order calldata order, ClaimedAnswer calldata claimed) external {
        (RequestRecord storage record, bytes32 claimId, ClaimStatus status) = _look(order, claimed);
        if (status != ClaimStatus.Rejected) revert NotRejected(status);
        uint256 limit = order.terms.expiry + DECISION_TIME;
        uint256 deadline = Numbers.min(block.timestamp + ANSWER_TIME, limit);
        record.drop(claimId, deadline);
        emit ClaimDropped(order.request.id, claimId, deadline);
    }

    /// @inheritdoc IInferenceOracle
    function finalize(Order calldata order, ClaimedAnswer calldata claimed) external {
        RequestRecord storage record = _finalize(order, claimed);
        if (order.callback.target != address(0)) {
            record.postpone(_hash(order), claimed.answerLength);
        }
    }

    /// @inheritdoc IInferenceOracle
    function deliver(Order calldata order, bytes calldata answer) external {
        RequestRecord storage record = _records[order.request.id];
        uint256 length = record.resume(order.request.id, _hash(order));
        _deliver(record, order, answer, length, Fees.DELIVERY_BASE_GAS, 0);
    }

    /// @inheritdoc IInferenceOracle
    function finalizeAndDeliver(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external {
        if (order.callback.target == address(0)) {
            revert CallbackIncomplete();
        }
        RequestRecord storage record = _finalize(order, claimed);
        uint256 paid = Fees.finalizing(order.callback);
        _deliver(record, order, answer, claimed.answerLength, Fees.JOINT_DELIVERY_BASE_GAS, paid);
    }

    /// @inheritdoc IInferenceOracle
    function expire(Order calldata order) external {
        RequestRecord storage record = _records[order.request.id];
        record.check(order.request.id, _hash(order));
        uint256 expiry = order.terms.expiry;
        uint256 deadline = record.deadlineAfter(expiry);
        if (block.timestamp <= deadline) revert TooEarly(deadline);
        bool undecided = record.openClaims != 0 && block.timestamp <= expiry + DECISION_TIME;
        if (undecided) revert ClaimsOpen(record.openClaims);
        record.status = RequestStatus.Expired;
        _credit(order.terms.requester, order.terms.fee);
        emit Expired(order.request.id, order.terms.fee);
        _settleTurns(record, order, address(0));
    }

    // Money

    /// @inheritdoc IInferenceOracle
    function payReceiver(address receiver) external returns (uint256 amount) {
        amount = _takeOwed(receiver);
        bytes memory call = abi.encodeCall(ISplitter.payUsage, ());
        if (!receiver.tryCall(amount, gasleft(), call)) revert TransferFailed();
    }

    /// @inheritdoc IInferenceOracle
    function withdrawOwed(address to) external returns (uint256 amount) {
        amount = _takeOwed(msg.sender);
        if (!to.trySend(amount, gasleft())) revert TransferFailed();
    }

    /// @inheritdoc IInferenceOracle
    function withdraw(address to) external returns (uint256 amount) {
        amount = creditOf[msg.sender];
        if (amount == 0) revert NothingToPay();
        creditOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        if (!to.trySend(amount, gasleft())) revert TransferFailed();
    }

    // Views

    /// @inheritdoc IInferenceOracle
    function statusOf(uint256 id) external view returns (RequestStatus) {
        return _records[id].status;
    }

    /// @inheritdoc IInferenceOracle
    function isAnswer(uint256 id, bytes32 answerHash) external view returns (bool) {
        return _records[id].isAnswer(answerHash);
    }

    /// @inheritdoc IAIOracle
    function isFinalized(uint256 id) external view returns (bool) {
        return _records[id].status == RequestStatus.Final;
    }

    // Asking, inside

    /// @dev A request through one of ORA's calls that say where the data is.
    function _askBatch(
        uint256 batchSize,
        uint256 modelId,
        bytes calldata input,
        Callback memory callback
    ) private returns (uint256 id) {
        id = _askFlat(batchSize, modelId, input, callback);
        emit AICallbackRequest(
            msg.sender,
            id,
            modelId,
            input,
            callback.target,
            callback.gasLimit,
            callback.data,
            DA.Calldata,
            DA.Calldata,
            batchSize
        );
    }

    function _askFlat(
        uint256 batchSize,
        uint256 modelId,
        bytes calldata input,
        Callback memory callback
    ) private returns (uint256 id) {
        Model memory model = IModelRegistry(registry).modelOf(bytes32(modelId));
        uint256 limit = batchSize * model.pricing.defaultBytes;
        if (input.length > limit) revert InputTooLong(input.length, limit);
        Question memory question;
        question.modelId = bytes32(modelId);
        question.maxUnits = (batchSize * model.pricing.defaultUnits).toUint32();
        uint256 price = _flatPrice(model, batchSize);
        id = _ask(model, question, input, callback, price, 0);
        _records[id].marks |= FOR_ORA;
    }

    function _ask(
        Model memory model,
        Question memory question,
        bytes calldata input,
        Callback memory callback,
        uint256 price,
        uint32 named
    ) private returns (uint256 id) {
        if (question.maxUnits == 0) revert NoUnits();
        _checkCallback(callback);
        _checkInput(model, input.length);
        uint256 gasPrice = _gasPrice(block.basefee);
        uint256 fee = price + _reserve(model, question.maxUnits, callback.gasLimit) * gasPrice;
        _take(fee);

        id = ++requestCount;
        Order memory order;
        order.request = Request({
            host: address(this),
            id: id,
            modelId: question.modelId,
            seed: question.seed,
            maxUnits: question.maxUnits,
            parameters: question.parameters,
            inputHash: keccak256(input)
        });
        order.terms = Terms({
            requester: msg.sender,
            contentId: model.contentId,
            verifier: model.verifier,
            receiver: model.receiver,
            // 128 bits hold all ETH.
            fee: uint128(fee),
            unitPrice: model.pricing.unitPrice,
            unitBytes: model.pricing.unitBytes,
            gasPrice: gasPrice.toUint64(),
            operatorBps: model.pricing.operatorBps,
            expiry: uint40(block.timestamp + ANSWER_TIME)
        });
        order.callback = callback;
        bool drawn =
            operators.draw(id, question.modelId, question.maxUnits, order.terms.expiry, named);
        _records[id].begin(keccak256(abi.encode(order)), drawn ? DRAWN : 0);
        emit Requested(id, question.modelId, msg.sender, order, input);
    }

    /// @dev Payment for a unit of gas in a request of a block with this base fee, in wei.
    function _gasPrice(uint256 baseFee) private view returns (uint256) {
        return 2 * baseFee + TIP;
    }

    function _reserve(Model memory model, uint256 maxUnits, uint256 callbackGas)
        private
        pure
        returns (uint256)
    {
        return Fees.reserve(Fees.mostPaid(maxUnits, model.pricing.unitBytes), callbackGas);
    }

    function _flatPrice(Model memory model, uint256 batchSize) private pure returns (uint256) {
        return batchSize
            * Fees.price(model.pricing, model.pricing.defaultBytes, model.pricing.defaultUnits);
    }

    /// @dev Takes the fee from the value of the call, then from the caller's credit.
    function _take(uint256 fee) private {
        if (msg.value >= fee) return _credit(msg.sender, msg.value - fee);
        uint256 credit = creditOf[msg.sender];
        uint256 missing = fee - msg.value;
        if (credit < missing) revert FeeNotCovered(msg.value + credit, fee);
        creditOf[msg.sender] = credit - missing;
    }

    // Answering, inside

    function _finalize(Order calldata order, ClaimedAnswer calldata claimed)
        private
        returns (RequestRecord storage record)
    {
        bytes32 claimId;
        ClaimStatus status;
        (record, claimId, status) = _look(order, claimed);
        record.checkClaim(claimId);
        if (status != ClaimStatus.Proven) revert NotProven(status);

        record.finish(claimed.answerHash);
        Settlement memory parts = Fees.settle(order, claimed.unitsUsed, claimed.answerLength);
        uint256 claimants = parts.operator;
        if (msg.sender == claimed.claimant) claimants += parts.finalizer;
        else _credit(msg.sender, parts.finalizer);
        _credit(claimed.claimant, claimants);
        _credit(order.terms.requester, parts.refund);
        owedTo[order.terms.receiver] += parts.receiver;
        emit Finalized(
            order.request.id,
            claimId,
            order.terms.receiver,
            claimed.answerHash,
            parts.operator,
            parts.receiver,
            parts.delivery,
            parts.refund,
            parts.finalizer
        );
    }

    /// @param length Bytes of the answer as the finalization counted them for the reserve. Only the
    /// verifier ties them to the answer, and verifiers may lie, so the reserve never follows from
    /// the answer itself.
    /// @param baseGas Gas of the transaction without the part measured here and without its bytes.
    /// @param paidGas Gas of the transaction that was paid for already.
    function _deliver(
        RequestRecord storage record,
        Order calldata order,
        bytes calldata answer,
        uint256 length,
        uint256 baseGas,
        uint256 paidGas
    ) private {
        uint256 before = gasleft();
        uint256 id = order.request.id;
        bytes32 answerHash = keccak256(answer);
        if (!record.isAnswer(answerHash)) revert NotTheAnswer(answerHash);

        bytes memory call =
            abi.encodeCall(IAIOracleCallback.aiOracleCallback, (id, answer, order.callback.data));
        bool success = order.callback.target.tryCallWhole(order.callback.gasLimit, call);

        if (record.has(FOR_ORA)) {
            emit AICallbackResult(order.terms.requester, id, msg.sender, answer);
        }

        uint256 reserve = Fees.delivery(order, length);
        uint256 executed = baseGas + before - gasleft();
        uint256 gas = Fees.delivering(order, answer.length, executed) - paidGas;
        uint256 price = Numbers.min(tx.gasprice, order.terms.gasPrice);
        uint256 paid = Numbers.min(gas, reserve) * price;
        uint256 refund = reserve * order.terms.gasPrice - paid;
        _credit(msg.sender, paid);
        _credit(order.terms.requester, refund);
        emit Delivered(id, msg.sender, success, paid, refund);
    }

    /// @dev A claim on a request that waits for an answer, and what its verifier says of it.
    function _look(Order calldata order, ClaimedAnswer calldata claimed)
        private
        view
        returns (RequestRecord storage record, bytes32 claimId, ClaimStatus status)
    {
        record = _records[order.request.id];
        record.check(order.request.id, _hash(order));
        Submission memory submission = _submission(
            order, claimed.claimant, claimed.answerHash, claimed.answerLength, claimed.unitsUsed
        );
        address verifier = order.terms.verifier;
        claimId = submission.claimId(verifier, address(this), claimed.details);
        status = IVerifier(verifier).statusOf{ gas: VERIFIER_GAS }(claimId);
    }

    /// @dev Refuses more units than the request allows, also where a verifier that lies knows such
    /// a claim: its price could not be settled.
    function _submission(
        Order calldata order,
        address claimant,
        bytes32 answerHash,
        uint32 answerLength,
        uint32 unitsUsed
    ) private view returns (Submission memory) {
        if (unitsUsed > order.request.maxUnits) {
            revert TooManyUnits(unitsUsed, order.request.maxUnits);
        }
        return Submission({
            contentId: order.terms.contentId,
            requestDigest: order.request.digest(),
            claimant: claimant,
            answerHash: answerHash,
            answerLength: answerLength,
            unitsUsed: unitsUsed
        });
    }

    // Checks

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

    function _checkInput(Model memory model, uint256 length) private view {
        (uint32 limit,) = IVerifier(model.verifier).limits{ gas: VERIFIER_GAS }(model.contentId);
        if (limit == 0) revert UnknownContent(model.contentId);
        if (length > limit) revert InputTooLong(length, limit);
    }

    function _hash(Order calldata order) private pure returns (bytes32) {
        return keccak256(abi.encode(order));
    }

    /// @dev Ends the turns at the first claim.
    function _settleTurns(RequestRecord storage record, Order calldata order, address claimant)
        private
    {
        if (!record.has(DRAWN)) return;
        record.marks &= ~DRAWN;
        operators.settle(order.request.id, claimant, Fees.penalty(order));
    }

    // Money, inside

    /// @dev Forgets what a receiver is owed, which the caller then pays.
    function _takeOwed(address receiver) private returns (uint256 amount) {
        amount = owedTo[receiver];
        if (amount == 0) revert NothingToPay();
        owedTo[receiver] = 0;
        emit ReceiverPaid(receiver, amount);
    }

    function _credit(address account, uint256 amount) private {
        if (amount == 0) return;
        creditOf[account] += amount;
        emit Credited(account, amount);
    }
}
