// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Request } from "../types/Request.sol";
import { Sampling } from "../types/Sampling.sol";
import { IOperatorList } from "./IOperatorList.sol";
import { ClaimStatus } from "./IVerifier.sol";

/// @notice What a requester asks of a model, beside the prompt.
struct Question {
    bytes32 modelId;
    uint64 seed;
    /// Most tokens to generate; at least 1.
    uint32 maxTokens;
    /// Bit 0: raw, no chat template.
    uint8 flags;
    Sampling sampling;
}

/// @notice What is called with the answer.
struct Callback {
    /// Its `aiOracleCallback` is called; 0: nobody's.
    address target;
    uint64 gasLimit;
    bytes data;
}

/// @notice What of its model and its money a request was made for, which nothing changes later. Wei.
struct Terms {
    /// Gets back what was not used.
    address requester;
    /// What answers it.
    bytes32 contentId;
    /// Judges its claims.
    address verifier;
    /// Gets what the operator leaves of the price.
    address receiver;
    /// Escrowed in all.
    uint128 fee;
    /// Part of it for a generated token.
    uint64 tokenPrice;
    /// What claim, finalization and delivery are paid for a unit of gas.
    uint64 gasPrice;
    /// The operator's part of the price, in basis points.
    uint16 operatorBps;
    /// Last second in which a claim may be posted.
    uint40 expiry;
}

/// @notice A request with all that its escrow depends on. The oracle keeps only its hash; the log of the request has the whole.
struct Order {
    Request request;
    /// Length of the prompt in bytes.
    uint32 promptLength;
    Terms terms;
    Callback callback;
}

/// @notice An answer as a claim commits to it; the log of the claim has the bytes. With the order it makes the claim's id.
struct ClaimedAnswer {
    address claimant;
    bytes32 answerHash;
    uint32 answerLength;
    uint32 tokensUsed;
    /// What else the verifier had the claim commit to (docs/spec/game.md).
    bytes32 details;
}

enum RequestStatus {
    Unknown,
    /// Waits for claims, or for one of them to become final.
    Requested,
    /// Answered: money is settled. `deliver` may still be due.
    Final,
    /// Refunded: no claim came, or all were rejected, before it expired.
    Expired
}

/// @title The AI oracle: requests, fees, finality, delivery
/// @notice Fees are in escrow until an answer is final. Nobody has a key: anyone may register a model, run an operator, claim, challenge,
/// finalize, deliver and expire. Of a request only commitments are stored; calls bring what they need from the logs.
interface IInferenceOracle {
    /// @notice A request was paid for. `order` is what later calls must bring; `text` is the prompt and, behind it, the stop sequences.
    event Requested(
        uint256 indexed id,
        bytes32 indexed modelId,
        address indexed requester,
        Order order,
        bytes text
    );
    /// @notice An operator answered, with a bond at the model's verifier.
    event Claimed(
        uint256 indexed id,
        bytes32 indexed claim,
        address indexed claimant,
        bytes answer,
        uint32 tokensUsed
    );
    /// @notice A claim was rejected by the verifier and no longer counts.
    event ClaimDropped(uint256 indexed id, bytes32 indexed claim);
    /// @notice A claim became the answer. The fee is `operatorPaid + receiverOwed + deliveryReserve + refund`.
    event Finalized(
        uint256 indexed id,
        bytes32 indexed claim,
        address indexed receiver,
        bytes32 answerHash,
        uint256 operatorPaid,
        uint256 receiverOwed,
        uint256 deliveryReserve,
        uint256 refund
    );
    /// @notice The callback ran with its full gas; `success` is whether it came back without a revert.
    event Delivered(
        uint256 indexed id, address indexed deliverer, bool success, uint256 paid, uint256 refund
    );
    /// @notice The consumer was offered a claimed answer that is not final; `success` is whether it took it.
    event DeliveredEarly(uint256 indexed id, bytes32 indexed claim, bool success);
    /// @notice A request ended without an answer.
    event Expired(uint256 indexed id, uint256 refund);
    /// @notice A receiver was paid all that it was owed: `receiverOwed` of its requests that were finalized since it was paid last.
    event ReceiverPaid(address indexed receiver, uint256 amount);
    event Credited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    error ParameterOutOfRange(string parameter);
    error NoTokens();
    /// @notice Thrown when a flag is set that no program knows.
    error UnknownFlags(uint8 flags);
    error OnlyCalldata();
    error UnknownContent(bytes32 contentId);
    error PromptTooLong(uint256 length, uint256 limit);
    error AnswerTooLong(uint256 length, uint256 limit);
    error TooManyTokens(uint256 used, uint256 limit);
    /// @notice Thrown unless a callback has both a target and gas, or neither.
    error CallbackIncomplete();
    error CallbackGasTooHigh(uint256 gasLimit, uint256 limit);
    error CallbackDataTooLong(uint256 length, uint256 limit);
    error FeeNotCovered(uint256 available, uint256 fee);
    error TooLate(uint256 expiry);
    error TooEarly(uint256 expiry);
    error ClaimsOpen(uint256 count);
    error NotProven(ClaimStatus status);
    error NotRejected(ClaimStatus status);
    /// @notice Thrown for bytes that are not the answer; the hash is theirs.
    error NotTheAnswer(bytes32 hash);
    error NothingToPay();
    error TransferFailed();

    /// @notice Asks. The value and the caller's credit must cover `quote`; what is over becomes the caller's credit, as do later refunds.
    function request(Question calldata question, bytes calldata prompt, Callback calldata callback)
        external
        payable
        returns (uint256 id);

    /// @notice Asks as `request` does, and names who goes first: an entry of the model's list of operators. Anybody else's name counts for nothing.
    function requestFrom(
        Question calldata question,
        bytes calldata prompt,
        Callback calldata callback,
        uint32 entry
    ) external payable returns (uint256 id);

    /// @notice What `request` costs now, in wei.
    function quote(Question calldata question, uint256 promptLength, uint64 callbackGas)
        external
        view
        returns (uint256 fee);

    /// @notice Answers. The value is the bond at the model's verifier; `evidence` is what that wants (docs/spec/game.md).
    function claim(
        Order calldata order,
        bytes calldata answer,
        uint32 tokensUsed,
        bytes calldata evidence
    ) external payable returns (bytes32 id);

    /// @notice Offers the consumer the answer of an open claim, before finality, at its `IEarlyCallback`. Anyone may, as often as it
    /// likes and at its own cost. `deliver` follows with the final answer, be it another.
    function deliverEarly(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external;

    /// @notice Takes note that a claim was rejected. Anyone may.
    function dropClaim(Order calldata order, ClaimedAnswer calldata claimed) external;

    /// @notice Settles the money of a request whose claim is proven. Calls neither consumer nor receiver. Anyone may.
    function finalize(Order calldata order, ClaimedAnswer calldata claimed) external;

    /// @notice Calls the consumer with the final answer, once with its full gas. Anyone may, and is paid the gas.
    function deliver(Order calldata order, bytes calldata answer) external;

    /// @notice `finalize`, then `deliver`, in one transaction: all or nothing. Cheaper than the two, as nothing waits in between.
    function finalizeAndDeliver(
        Order calldata order,
        ClaimedAnswer calldata claimed,
        bytes calldata answer
    ) external;

    /// @notice Refunds a request that is past its expiry and has no open claim, or whose claims are undecided 180 days later.
    /// Anyone may.
    function expire(Order calldata order) external;

    /// @notice Pays a receiver all that it is owed, with `ISplitter.payUsage`. Anyone may; what it refuses it stays owed.
    function payReceiver(address receiver) external returns (uint256 amount);

    /// @notice Pays the caller's credit to `to`.
    function withdraw(address to) external returns (uint256 amount);

    function statusOf(uint256 id) external view returns (RequestStatus);
    /// @notice Whether a hash is keccak256 of the final answer, as far as its first 26 bytes tell. False until there is one.
    function isAnswer(uint256 id, bytes32 answerHash) external view returns (bool);
    function creditOf(address account) external view returns (uint256);
    /// @notice A receiver's part of final answers, since it was paid last.
    function owedTo(address receiver) external view returns (uint256);
    function registry() external view returns (address);
    /// @notice Who takes turns at first claims.
    function operators() external view returns (IOperatorList);
}
