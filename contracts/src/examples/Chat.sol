// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IAIOracleCallback } from "../interfaces/external/IAIOracle.sol";
import {
    Callback,
    IInferenceOracle,
    Question,
    RequestStatus
} from "../interfaces/IInferenceOracle.sol";
import { Role, part } from "../types/Conversation.sol";
import { TextForm, TextParameters } from "../types/TextParameters.sol";

/// @title A chat of one account with a model
/// @notice An example of a conversation. Each request holds a system message and all turns so far,
/// so the model knows what was said. Whoever deploys it pays for its questions, and owns what the
/// oracle gives back.
contract Chat is IAIOracleCallback {
    /// @notice The owner said something, and the model was asked.
    event Said(uint256 indexed requestId, string text);
    /// @notice The model answered.
    event Answered(uint256 indexed requestId, string text);

    /// @notice Thrown when anyone but the owner calls.
    error NotOwner(address caller);
    /// @notice Thrown when anyone but the oracle calls.
    error NotOracle(address caller);
    /// @notice Thrown when the owner speaks again while a request waits for its answer.
    error NotAnswered(uint256 requestId);
    /// @notice Thrown for an answer that the chat does not wait for.
    error NotAsked(uint256 requestId);

    /// @dev Most tokens of an answer.
    uint32 private constant MAX_UNITS = 256;
    /// @dev Gas of the callback, which stores the question and its answer: some 700 a byte.
    uint64 private constant CALLBACK_GAS = 3_000_000;

    /// @notice The oracle that is asked.
    IInferenceOracle public immutable oracle;
    /// @notice The model that answers.
    bytes32 public immutable modelId;
    /// @notice Speaks here.
    address public immutable owner;
    /// @notice The part with the system message; empty for none.
    bytes public system;
    /// @notice The last request; 0 for none since the beginning.
    uint256 public requestId;
    bytes private _said;
    bytes[] private _turns;

    /// @dev Only the owner can call.
    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    constructor(IInferenceOracle oracle_, bytes32 modelId_, string memory system_) {
        (oracle, modelId, owner) = (oracle_, modelId_, msg.sender);
        if (bytes(system_).length != 0) system = part(Role.System, bytes(system_));
    }

    /// @notice Says something. Value and credit must cover `price`. What was said before and got no
    /// answer is forgotten.
    function say(string calldata text) external payable onlyOwner returns (uint256 id) {
        bool waits = oracle.statusOf(requestId) == RequestStatus.Requested;
        if (waits) revert NotAnswered(requestId);
        _said = part(Role.User, bytes(text));
        (Question memory question, bytes memory input) = _ask(_said);
        Callback memory callback = Callback(address(this), CALLBACK_GAS, "");
        id = oracle.request{ value: msg.value }(question, input, callback);
        requestId = id;
        emit Said(id, text);
    }

    /// @inheritdoc IAIOracleCallback
    /// @dev A part without a visible character would make the conversation unreadable. So an empty
    /// answer is left out, with its question.
    function aiOracleCallback(uint256 id, bytes calldata output, bytes calldata) external {
        if (msg.sender != address(oracle)) revert NotOracle(msg.sender);
        if (id != requestId) revert NotAsked(id);
        emit Answered(id, string(output));
        if (!_isVisible(output)) return;
        _turns.push(_said);
        _turns.push(part(Role.Assistant, output));
    }

    /// @notice Begins anew, after the system message: for instance once the conversation has grown
    /// beyond the model's limit.
    function restart() external onlyOwner {
        delete _turns;
        requestId = 0;
    }

    /// @notice Pays what the oracle gave back to `to`.
    function withdraw(address to) external onlyOwner returns (uint256 amount) {
        return oracle.withdraw(to);
    }

    /// @notice The price of saying something in a block with this base fee, in wei.
    function price(string calldata text, uint256 baseFee) external view returns (uint256) {
        (Question memory question, bytes memory input) = _ask(part(Role.User, bytes(text)));
        return oracle.quote(question, input.length, CALLBACK_GAS, baseFee);
    }

    /// @notice The conversation so far, as a request holds it.
    function conversation() public view returns (bytes memory parts) {
        parts = system;
        for (uint256 i = 0; i < _turns.length; ++i) {
            parts = bytes.concat(parts, _turns[i]);
        }
    }

    /// @dev The request with which the conversation goes on. It has the conversation first, then
    /// what was said, then the stop sequence.
    function _ask(bytes memory said)
        private
        view
        returns (Question memory question, bytes memory input)
    {
        TextParameters memory text;
        (text.form, text.temperature, text.topP) = (TextForm.Conversation, 1 << 15, 60_000);
        text.stop[0] = "\nUser:";
        (bytes32 parameters, bytes memory stops) = text.pack();
        question = Question(modelId, uint64(_turns.length), MAX_UNITS, parameters);
        input = bytes.concat(conversation(), said, stops);
    }

    /// @dev Whether a text has more than ASCII's white space. After an answer of other white space
    /// the owner has to restart.
    function _isVisible(bytes calldata text) private pure returns (bool) {
        for (uint256 i = 0; i < text.length; ++i) {
            if (text[i] > 0x20) return true;
        }
        return false;
    }
}
