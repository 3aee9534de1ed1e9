// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { PromptConsumer } from "../../src/examples/PromptConsumer.sol";
import "../oracle/OracleFixture.sol";

/// @dev The money of the example consumer. Nothing of it stays behind: neither at the oracle nor in
/// the contract.
contract PromptConsumerTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";

    address private _developer = makeAddr("developer");
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");
    PromptConsumer private _consumer;
    uint256 private _fee;

    function setUp() public override {
        super.setUp();
        vm.prank(_developer);
        _consumer = new PromptConsumer(_ora);
        _fee = _consumer.estimateFee(uint256(_modelId));
        vm.deal(_ann, 1 ether);
        vm.deal(_bob, 1 ether);
    }

    function test_what_is_too_much_comes_back_at_once() external {
        Order memory order = _ask(_ann, _fee + 5);
        assertEq(_ann.balance, 1 ether - _fee);
        assertEq(_consumer.openFees(), _fee);
        (address asker, uint96 fee) = _consumer.questionOf(order.request.id);
        assertEq(asker, _ann);
        assertEq(fee, _fee);
    }

    /// @dev Before, refunds were credit that nobody could withdraw.
    function test_what_answers_do_not_use_goes_to_the_beneficiary() external {
        Order memory order = _ask(_ann, _fee);
        _answer(order);
        uint256 unused = _oracle.creditOf(address(_consumer));
        assertGt(unused, 0);
        assertEq(_consumer.withdraw(), unused);
        assertEq(_developer.balance, unused);
        assertEq(_oracle.creditOf(address(_consumer)) + address(_consumer).balance, 0);
        assertEq(_consumer.withdraw(), 0);
    }

    function test_a_question_without_an_answer_is_paid_back_to_its_asker() external {
        Order memory answered = _ask(_ann, _fee);
        Order memory order = _ask(_bob, _fee);
        uint256 id = order.request.id;
        vm.expectRevert(abi.encodeWithSelector(PromptConsumer.NotOver.selector, id));
        _consumer.refund(id);
        _answer(answered);
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);

        _consumer.withdraw();
        uint256 unused = _developer.balance;
        assertGt(unused, 0);
        vm.expectEmit(address(_consumer));
        emit PromptConsumer.PromptClosed(id, _bob, _fee);
        vm.prank(_ann);
        _consumer.refund(id);
        assertEq(_bob.balance, 1 ether);
        assertEq(_consumer.openFees() + address(_consumer).balance, 0);
        vm.expectRevert(abi.encodeWithSelector(PromptConsumer.NotAsked.selector, id));
        _consumer.refund(id);
    }

    /// @dev The fee is spent, and no longer kept for anybody. Whoever finalizes an answer and
    /// closes its question before the delivery does not keep the answer from being stored.
    function test_an_answer_that_is_not_stored_keeps_no_fee() external {
        Order memory order = _ask(_ann, _fee);
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        vm.expectEmit(address(_consumer));
        emit PromptConsumer.PromptClosed(order.request.id, _ann, 0);
        _consumer.refund(order.request.id);
        assertEq(_ann.balance, 1 ether - _fee);
        assertEq(_consumer.openFees(), 0);
        assertEq(_consumer.answerOf(order.request.id), "");
        _consumer.refund(order.request.id);
        assertEq(_ann.balance, 1 ether - _fee);

        _oracle.deliver(order, ANSWER);
        assertEq(_consumer.answerOf(order.request.id), string(ANSWER));
        assertEq(_consumer.openFees(), 0);
        vm.expectRevert(abi.encodeWithSelector(PromptConsumer.NotAsked.selector, order.request.id));
        _consumer.refund(order.request.id);
    }

    /// @dev Anybody can ask the oracle in the consumer's name, at their own cost.
    function test_only_its_own_questions_count_and_only_refunds_arrive() external {
        Callback memory callback = Callback(address(_consumer), 1_000_000, "");
        vm.recordLogs();
        _oracle.request{ value: 1 ether }(_question(), "Who?", callback);
        Order memory order = _orderFromLogs();
        _answer(order);
        assertEq(_consumer.answerOf(order.request.id), "");
        vm.prank(_ann);
        (bool ok,) = address(_consumer).call{ value: 1 }("");
        assertFalse(ok);
    }

    /// @dev Whatever becomes of the questions, each wei is an asker's or the beneficiary's.
    function test_nothing_stays_behind(uint8[6] calldata fates) external {
        Order[] memory orders = new Order[](fates.length);
        for (uint256 i = 0; i < fates.length; ++i) {
            orders[i] = _ask(i % 2 == 0 ? _ann : _bob, _fee + i);
        }
        uint256 paid = 2 ether - _ann.balance - _bob.balance;
        assertEq(paid, fates.length * _fee);
        ClaimedAnswer[] memory claims = new ClaimedAnswer[](fates.length);
        for (uint256 i = 0; i < fates.length; ++i) {
            if (fates[i] % 2 == 0) claims[i] = _claim(orders[i], _operator, ANSWER, 5);
        }
        skip(WINDOW + 1);
        uint256 expired = 0;
        for (uint256 i = 0; i < fates.length; ++i) {
            if (fates[i] % 2 == 0) {
                _oracle.finalize(orders[i], claims[i]);
                _oracle.deliver(orders[i], ANSWER);
            } else {
                _oracle.expire(orders[i]);
                ++expired;
            }
            if (fates[i] % 3 == 0) _consumer.withdraw();
        }
        for (uint256 i = 0; i < fates.length; ++i) {
            if (fates[i] % 2 == 1) _consumer.refund(orders[i].request.id);
        }
        _consumer.withdraw();
        assertEq(2 ether - _ann.balance - _bob.balance, paid - expired * _fee);
        assertEq(_consumer.openFees() + address(_consumer).balance, 0);
        assertEq(_oracle.creditOf(address(_consumer)), 0);
    }

    function _ask(address asker, uint256 value) private returns (Order memory) {
        vm.recordLogs();
        vm.prank(asker);
        _consumer.ask{ value: value }(uint256(_modelId), "Who was Ada Lovelace?");
        return _orderFromLogs();
    }

    function _answer(Order memory order) private {
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        _oracle.deliver(order, ANSWER);
    }
}
