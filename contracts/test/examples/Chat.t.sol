// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Chat } from "../../src/examples/Chat.sol";
import { Role, part } from "../../src/types/Conversation.sol";
import "../oracle/OracleFixture.sol";

/// @dev What the model is told in each turn of a chat.
contract ChatTest is OracleFixture {
    bytes private constant STOPS = "\nUser:";

    address private _ann = makeAddr("ann");
    Chat private _chat;

    function setUp() public override {
        super.setUp();
        vm.prank(_ann);
        _chat = new Chat(_oracle, _modelId, "Be brief.");
        vm.deal(_ann, 10 ether);
    }

    function test_each_request_has_all_turns_before_it() external {
        bytes memory parts = part(Role.System, "Be brief.");
        for (uint256 i = 1; i <= 8; ++i) {
            string memory text = string.concat("Question ", vm.toString(i));
            bytes memory answer = bytes(string.concat("Answer ", vm.toString(i)));
            (Order memory order, bytes memory input) = _say(text);
            parts = bytes.concat(parts, part(Role.User, bytes(text)));
            assertEq(input, bytes.concat(parts, STOPS));
            assertEq(uint8(order.request.parameters[18]), 2, "a conversation");
            assertEq(uint8(order.request.parameters[14]), STOPS.length);
            assertEq(order.request.seed, 2 * (i - 1), "every turn has another seed");
            _answer(order, answer);
            parts = bytes.concat(parts, part(Role.Assistant, answer));
            assertEq(_chat.conversation(), parts);
        }
    }

    function test_a_chat_needs_no_system_message() external {
        vm.prank(_ann);
        _chat = new Chat(_oracle, _modelId, "");
        (, bytes memory input) = _say("Hello");
        assertEq(input, bytes.concat(part(Role.User, "Hello"), STOPS));
    }

    function test_one_answer_after_the_other() external {
        (Order memory order,) = _say("Hello");
        uint256 id = order.request.id;
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(Chat.NotAnswered.selector, id));
        _chat.say{ value: 1 ether }("Are you there?");
        _answer(order, "Hello!");
        _say("Are you there?");
    }

    /// @dev What was said before the request expired is not in the next one, and its fee pays it.
    function test_a_question_without_an_answer_is_forgotten() external {
        (Order memory order,) = _say("Hello");
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        uint256 fee = order.terms.fee;
        assertEq(_oracle.creditOf(address(_chat)), fee);
        vm.recordLogs();
        vm.prank(_ann);
        _chat.say("World");
        assertEq(_inputFromLogs(), bytes.concat(_chat.system(), part(Role.User, "World"), STOPS));
    }

    function test_an_answer_that_nobody_could_see_is_left_out() external {
        bytes[3] memory answers = [bytes(""), " ", " \n\t\r"];
        for (uint256 i = 0; i < answers.length; ++i) {
            (Order memory order,) = _say("Say nothing.");
            _answer(order, answers[i]);
            assertEq(_chat.conversation(), part(Role.System, "Be brief."));
        }
        (Order memory last,) = _say("Say something.");
        _answer(last, " .");
        assertNotEq(_chat.conversation(), part(Role.System, "Be brief."));
    }

    function test_an_answer_that_is_too_long_to_keep_stops_nothing() external {
        (Order memory order,) = _say("Tell me a long story.");
        _answer(order, _filled(6000));
        assertEq(_chat.conversation(), part(Role.System, "Be brief."), "the callback ran out");
        (order,) = _say("A short one.");
        _answer(order, _filled(256 * 8));
        assertEq(
            _chat.conversation(),
            bytes.concat(
                part(Role.System, "Be brief."),
                part(Role.User, "A short one."),
                part(Role.Assistant, _filled(256 * 8))
            )
        );
    }

    function test_a_restart_keeps_only_the_system_message() external {
        (Order memory order,) = _say("Hello");
        _answer(order, "Hello!");
        (order,) = _say("Forget me.");
        vm.prank(_ann);
        _chat.restart();
        _answer(order, "Who are you?");
        assertEq(_chat.conversation(), part(Role.System, "Be brief."), "too late");
        (, bytes memory input) = _say("Hello");
        assertEq(
            input, bytes.concat(part(Role.System, "Be brief."), part(Role.User, "Hello"), STOPS)
        );
    }

    function test_only_the_owner_speaks_and_is_paid_back() external {
        vm.expectRevert(abi.encodeWithSelector(Chat.NotOwner.selector, address(this)));
        _chat.say("Hello");
        vm.expectRevert(abi.encodeWithSelector(Chat.NotOwner.selector, address(this)));
        _chat.restart();
        vm.expectRevert(abi.encodeWithSelector(Chat.NotOwner.selector, address(this)));
        _chat.withdraw(address(this));
        (Order memory order,) = _say("Hello");
        _answer(order, "Hello!");
        uint256 unused = _oracle.creditOf(address(_chat));
        assertGt(unused, 0);
        vm.prank(_ann);
        assertEq(_chat.withdraw(_drip), unused);
        assertEq(_drip.balance, unused);
    }

    function test_only_the_oracle_answers_and_only_what_was_asked() external {
        vm.expectRevert(abi.encodeWithSelector(Chat.NotOracle.selector, address(this)));
        _chat.aiOracleCallback(0, "Hello!", "");
        vm.prank(address(_oracle));
        vm.expectRevert(abi.encodeWithSelector(Chat.NotAsked.selector, 7));
        _chat.aiOracleCallback(7, "Hello!", "");
    }

    function _say(string memory text) private returns (Order memory order, bytes memory input) {
        uint256 fee = _chat.price(text, block.basefee);
        vm.recordLogs();
        vm.prank(_ann);
        _chat.say{ value: fee }(text);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], IInferenceOracle.Requested.selector, "exactly paid");
        (order, input) = abi.decode(logs[0].data, (Order, bytes));
    }

    function _inputFromLogs() private returns (bytes memory input) {
        (, input) = abi.decode(vm.getRecordedLogs()[0].data, (Order, bytes));
    }

    function _answer(Order memory order, bytes memory answer) private {
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 5);
        skip(WINDOW + 1);
        _oracle.finalizeAndDeliver(order, claimed, answer);
    }

    function _filled(uint256 length) private pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = "a";
        }
    }
}
