// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimStatus } from "../types/ClaimStatus.sol";
import { Request } from "../types/Request.sol";
import { IOperatorList } from "./IOperatorList.sol";

/// @notice What a requester asks of a model, in addition to the input.
struct Question {
    bytes32 modelId;
    uint64 seed;
    /// Most units to bill, such as tokens of text; at least 1.
    uint32 maxUnits;
    /// How the model's program runs, in a word of its own (`TextParameters` for text); 0 for its
    /// defaults. A word that the program cannot read gets an error text as its answer.
    bytes32 parameters;
}

/// @notice The contract that is called with the answer.
struct Callback {
    /// Its `aiOracleCallback` is called; 0 for no callback.
    address target;
    uint64 gasLimit;
    bytes data;
}

/// @notice The model's terms and the request's money at the time of the request. Nothing changes
/// them later. Amounts in wei.
struct Terms {
    /// Gets back what was not used.
    address requester;
    /// What answers the request: an image for a program.
    bytes32 contentId;
    /// Judges the claims.
    address verifier;
    /// Gets the part of the price that the operator does not get.
    address receiver;
    /// The whole sum in escrow.
    uint128 fee;
    /// Part of the fee for each unit that the answer took.
    uint64 unitPrice;
    /// Bytes of the answer whose gas is paid for, for each unit that the request allows.
    uint16 unitBytes;
    /// Payment for a unit of gas of claim, finalization and delivery.
    uint64 gasPrice;
    /// The operator's part of the price, in basis points.
    uint16 operatorBps;
    /// Last second in which a claim can be posted, unless a claim was dropped (`ClaimDropped`).
    uint40 expiry;
}

/// @notice A request with everything its escrow depends on. The oracle keeps only the hash of an
/// order; the log of the request has the whole order, and later calls bring it.
struct Order {
    Request request;
    Terms terms;
    Callback callback;
}

/// @notice An answer as a claim commits to it. Together with the order it gives the claim's id. The
/// log of the claim has the answer's bytes.
struct ClaimedAnswer {
    address claimant;
    bytes32 answerHash;
    uint32 answerLength;
    uint32 unitsUsed;
    /// What else the claim commits to at its verifier (docs/spec/game.md).
    bytes32 details;
}

/// @notice How far a request has come.
enum RequestStatus {
    /// There is no such request.
    Unknown,
    /// Waits for claims, or for one of them to become final.
    Requested,
    /// Answered, and its money is settled. `deliver` may still be due.
    Final,
    /// Refunded: there was no claim before the expiry, or all claims were rejected.
    Expired
}

/// @title The AI oracle: requests, fees, finality, delivery
/// @notice A requester asks a model and pays the fee, which stays in escrow until an answer is
/// final. An operator runs the model and posts a claim: the answer, with a bond at the model's
/// verifier. Once the verifier calls the claim proven, the oracle divides the fee between the
/// operator, the model's receiver and the requester, and calls the requester's consumer with the
/// answer.
///
/// Nobody has a key. Anyone can register a model, run an operator, claim, challenge, finalize,
/// deliver and expire. The oracle stores only commitments to a request, so calls bring the rest
/// from the logs.
interface IInferenceOracle {
    /// @notice A request was paid for. Later calls must bring `order`.
    event Requested(
        uint256 indexed id,
        bytes32 indexed modelId,
        address indexed requester,
        Order order,
        bytes input
    );
    /// @notice An operator answered, with a bond at the model's verifier.
    event Claimed(
        uint256 indexed id,
        bytes32 indexed claim,
        address indexed claimant,
        bytes answer,
        uint32 unitsUsed
    );
    /// @notice The verifier rejected a claim, which no longer counts. From now on claims can be
    /// posted until second `deadline`, and the request expires after it.
    event ClaimDropped(uint256 indexed id, bytes32 indexed claim, uint256 deadline);
    /// @notice A claim became the answer. The fee is the sum
    /// `operatorPaid + receiverOwed + deliveryReserve + refund + finalizerPaid`. The last part is
    /// the gas of the finalization, and goes to the caller.
    event Finalized(
        uint256 indexed id,
        bytes32 indexed claim,
        address indexed receiver,
        bytes32 answerHash,
        uint256 operatorPaid,
        uint256 receiverOwed,
        uint256 deliveryReserve,
        uint256 refund,
        uint256 finalizerPaid
    );
    /// @notice The callback ran with its full gas. `success` is false if it reverted.
    event Delivered(
        uint256 indexed id, address indexed deliverer, bool success, uint256 paid, uint256 refund
    );
    /// @notice The consumer was offered a claimed answer that is not final. `success` is false if
    /// it reverted.
    event DeliveredEarly(uint256 indexed id, bytes32 indexed claim, bool success);
    /// @notice A request ended without an answer, and its fee was refunded.
    event Expired(uint256 indexed id, uint256 refund);
    /// @notice A receiver was paid: the sum of `receiverOwed` of its requests that were finalized
    /// after the payment before.
    event ReceiverPaid(address indexed receiver, uint256 amount);
    /// @notice An account's credit grew by `amount` wei.
    event Credited(address indexed account, uint256 amount);
    /// @notice An account withdrew its credit.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice Thrown when a parameter of the constructor is out of range. Names the parameter.
    error ParameterOutOfRange(string parameter);
    /// @notice Thrown for a request of 0 units.
    error NoUnits();
    /// @notice Thrown when input or output is meant to be elsewhere than in calldata.
    error OnlyCalldata();
    /// @notice Thrown when the model's verifier does not know the model's content.
    error UnknownContent(bytes32 contentId);
    /// @notice Thrown for an input of too many bytes.
    error InputTooLong(uint256 length, uint256 limit);
    /// @notice Thrown for an answer of too many bytes.
    error AnswerTooLong(uint256 length, uint256 limit);
    /// @notice Thrown for an answer of more units than the request allows.
    error TooManyUnits(uint256 used, uint256 limit);
    /// @notice Thrown unless a callback has both a target and gas, or neither.
    error CallbackIncomplete();
    /// @notice Thrown for a callback with too much gas.
    error CallbackGasTooHigh(uint256 gasLimit, uint256 limit);
    /// @notice Thrown for too many bytes of callback data.
    error CallbackDataTooLong(uint256 length, uint256 limit);
    /// @notice Thrown when value and credit do not cover the fee. Amounts in wei.
    error FeeNotCovered(uint256 available, uint256 fee);
    /// @notice Thrown for a claim after the last second in which one could be posted.
    error TooLate(uint256 deadline);
    /// @notice Thrown when a request is to be refunded while claims can be posted, until second
    /// `deadline`.
    error TooEarly(uint256 deadline);
    /// @notice Thrown when `estimateFee` is called without a gas price on a chain with a base fee.
    /// Ethereum nodes then assume a base fee of 0, and the price would be far too low.
    error BaseFeeUnknown();
    /// @notice Thrown when a request is to be refunded while `count` claims are undecided.
    error ClaimsOpen(uint256 count);
    /// @notice Thrown when a claim is to become the answer that its verifier does not call proven.
    error NotProven(ClaimStatus status);
    /// @notice Thrown when a claim is to be dropped that its verifier did not reject.
    error NotRejected(ClaimStatus status);
    /// @notice Thrown for bytes that are not the answer. `hash` is their hash.
    error NotTheAnswer(bytes32 hash);
    /// @notice Thrown when the account has no credit, or the receiver is owed nothing.
    error NothingToPay();
    /// @notice Thrown when a receiver refuses a payment.
    error TransferFailed();

    /// @notice Asks a model. The value and the caller's credit must cover `quote` at the base fee
    /// of the request's block. The excess becomes the caller's credit, as do later refunds.
    /// @param question The model and how to run it.
    /// @param input What the program reads: for text the prompt, then the stop sequences.
    /// @param callback The contract to call with the answer.
    /// @return id The id of the request.
    function request(Question calldata question, bytes calldata input, Callback calldata callback)
        external
        payable
        returns (uint256 id);

    /// @notice The same, and names the operator that goes first.
    /// @param question The model and how to run it.
    /// @param input What the program reads: for text the prompt, then the stop sequences.
    /// @param callback The contract to call with the answer.
    /// @param entry An entry of the model's list of operators. Any other number has no effect.
    /// @return id The id of the request.
    function requestFrom(
        Question calldata question,
        bytes calldata input,
        Callback calldata callback,
        uint32 entry
    ) external payable returns (uint256 id);

    /// @notice The price of `request` in a block with a base fee.
    /// @param question The model and how to run it.
    /// @param inputLength Bytes of the input.
    /// @param callbackGas Gas of the callback; 0 for none.
    /// @param baseFee The base fee, in wei: `block.basefee` in a transaction. Off the chain, take
    /// it from the newest block, as Ethereum nodes assume 0 in a call without a gas price. It may
    /// rise by an eighth until the next block.
    /// @return fee The price, in wei.
    function quote(
        Question calldata question,
        uint256 inputLength,
        uint64 callbackGas,
        uint256 baseFee
    ) external view returns (uint256 fee);

    /// @notice Answers a request. The value is the bond at the model's verifier.
    /// @param order The request.
    /// @param answer The answer.
    /// @param unitsUsed Units that the answer took.
    /// @param evidence What the verifier wants to see (docs/spec/game.md).
    /// @return id The id of the claim.
    function claim(
        Order calldata order,
        bytes calldata answer,
        uint32 unitsUsed,
        bytes calldata evidence
    ) external payable returns (bytes32 id);

    /// @notice Offers the consumer the answer of an open claim before it is final, through
    /// `IEarlyCallback`. Anyone can call this, as often as they like and at their own cost.
    /// `deliver` follows with the final answer, which may be another one.
    /// @param order The request.
    /// @param claimed The claim.
    /// @param answer The claim's answer.
    function deliverEarly(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external;

    /// @notice Records that a claim was rejected. Anyone can call this. From then on claims can be
    /// posted for one more answer time, but for no longer than 180 days after the expiry.
    /// @param order The request.
    /// @param claimed The claim.
    function dropClaim(Order calldata order, ClaimedAnswer calldata claimed) external;

    /// @notice Settles the money of a request whose claim is proven. Calls neither the consumer nor
    /// the receiver. Anyone can call this, and is paid for the gas.
    /// @param order The request.
    /// @param claimed The claim.
    function finalize(Order calldata order, ClaimedAnswer calldata claimed) external;

    /// @notice Calls the consumer with the final answer, once, with the callback's full gas. Anyone
    /// can call this, and is paid for the gas.
    /// @param order The request.
    /// @param answer The final answer.
    function deliver(Order calldata order, bytes calldata answer) external;

    /// @notice `finalize`, then `deliver`, in one transaction: either both happen or neither.
    /// Cheaper than the two, as nothing is stored in between.
    /// @param order The request.
    /// @param claimed The claim.
    /// @param answer The claim's answer.
    function finalizeAndDeliver(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external;

    /// @notice Refunds a request for which no claim can be posted any more and none is open, or
    /// whose claims are still undecided 180 days after the expiry. Anyone can call this.
    /// @param order The request.
    function expire(Order calldata order) external;

    /// @notice Pays a receiver everything it is owed, through `ISplitter.payUsage`. Anyone can call
    /// this. A refused payment stays owed.
    /// @param receiver The receiver.
    /// @return amount The payment, in wei.
    function payReceiver(address receiver) external returns (uint256 amount);

    /// @notice Pays the caller everything it is owed as a receiver, by a plain transfer. For
    /// receivers without `payUsage`, such as a smart wallet.
    /// @param to The account to pay.
    /// @return amount The payment, in wei.
    function withdrawOwed(address to) external returns (uint256 amount);

    /// @notice Pays the caller's credit to `to`.
    /// @param to The account to pay.
    /// @return amount The payment, in wei.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice How far a request has come.
    /// @param id The request.
    /// @return The status.
    function statusOf(uint256 id) external view returns (RequestStatus);

    /// @notice Whether a hash is keccak256 of the final answer. Compares the first 26 bytes, so
    /// hash the answer yourself: of a hash that somebody else gives, the last 6 bytes may be wrong.
    /// @param id The request.
    /// @param answerHash The hash.
    /// @return False if it is not, or if there is no final answer.
    function isAnswer(uint256 id, bytes32 answerHash) external view returns (bool);

    /// @notice The credit of an account.
    /// @param account The account.
    /// @return The sum, in wei.
    function creditOf(address account) external view returns (uint256);

    /// @notice A receiver's part of the final answers that it has not been paid for.
    /// @param receiver The receiver.
    /// @return The sum, in wei.
    function owedTo(address receiver) external view returns (uint256);

    /// @notice The contract that knows the models.
    /// @return The model registry.
    function registry() external view returns (address);

    /// @notice The contract that decides whose turn the first claim of a request is.
    /// @return The list of operators.
    function operators() external view returns (IOperatorList);
}
