// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { RequestRecords } from "../../src/oracle/RequestRecord.sol";
import {
    BombingConsumer,
    BurningConsumer,
    EagerConsumer,
    NotingConsumer,
    RevertingConsumer
} from "./Consumers.sol";
import "./OracleFixture.sol";

/// @dev The delivery of answers: once when final, before that only as a claim, and with all the
/// gas that was paid for.
contract InferenceOracleDeliveryTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";

    function test_delivered_once_with_the_answer() external {
        NotingConsumer consumer = new NotingConsumer();
        Callback memory callback = Callback(address(consumer), 300_000, "data");
        Order memory order = _ask(callback);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Requested)
        );
        _oracle.deliver(order, ANSWER);
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        assertEq(consumer.requestId(), 0, "finalize never calls the consumer");

        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotTheAnswer.selector, keccak256("Another."))
        );
        _oracle.deliver(order, "Another.");
        _oracle.deliver(order, ANSWER);
        assertEq(consumer.requestId(), 1);
        assertEq(consumer.output(), ANSWER);
        assertEq(consumer.data(), "data");
        vm.expectRevert(abi.encodeWithSelector(RequestRecords.NotTheOrder.selector, 1));
        _oracle.deliver(order, ANSWER);
    }

    function test_without_callback_nothing_is_delivered() external {
        Order memory order = _finalized(_noCallback(), ANSWER, 5);
        vm.expectRevert(abi.encodeWithSelector(RequestRecords.NotTheOrder.selector, 1));
        _oracle.deliver(order, ANSWER);
    }

    /// @dev Whatever gas a deliverer brings: the consumer has all that was paid for, or nothing has
    /// happened.
    function testFuzz_nobody_can_starve_a_consumer(uint256 gas) external {
        NotingConsumer consumer = new NotingConsumer();
        uint64 limit = 200_000;
        Order memory order = _finalized(Callback(address(consumer), limit, ""), ANSWER, 5);
        gas = bound(gas, 30_000, 600_000);
        (bool success,) = address(_oracle).call{ gas: gas }(
            abi.encodeCall(IInferenceOracle.deliver, (order, ANSWER))
        );
        if (success) {
            // What it takes to find and decode the call.
            assertGt(consumer.gasAtStart() + 2000, limit);
            assertEq(consumer.output(), ANSWER);
        } else {
            assertEq(consumer.requestId(), 0);
            _oracle.deliver(order, ANSWER);
            assertEq(consumer.requestId(), 1);
        }
    }

    /// @dev A call gets 63/64 of the gas that is left, which matters when much gas is promised.
    function test_a_large_callback_is_not_starved_either() external {
        NotingConsumer consumer = new NotingConsumer();
        uint64 limit = 6_000_000;
        Order memory order = _finalized(Callback(address(consumer), limit, ""), ANSWER, 5);
        bytes memory call = abi.encodeCall(IInferenceOracle.deliver, (order, ANSWER));
        uint256 refused;
        for (uint256 gas = limit; gas < limit + 300_000; gas += 10_000) {
            uint256 state = vm.snapshotState();
            (bool success,) = address(_oracle).call{ gas: gas }(call);
            if (success) assertGt(consumer.gasAtStart() + 2000, limit);
            else ++refused;
            vm.revertToState(state);
        }
        assertGt(refused, 9, "a 63rd more is needed");
        assertLt(refused, 25, "and not much more");
    }

    function test_hostile_consumers_block_nobody() external {
        address[3] memory consumers = [
            address(new RevertingConsumer()),
            address(new BurningConsumer()),
            address(new BombingConsumer())
        ];
        for (uint256 i = 0; i < consumers.length; ++i) {
            Order memory order = _finalized(Callback(consumers[i], 1_000_000, ""), ANSWER, 5);
            uint256 held = _oracle.creditOf(_asker);
            uint256 reserve = address(_oracle).balance - _credits();
            vm.prank(_rival);
            uint256 before = gasleft();
            _oracle.deliver(order, ANSWER);
            uint256 used = before - gasleft();
            assertLt(used, 1_200_000);
            uint256 paid = reserve - (_oracle.creditOf(_asker) - held);
            assertLe(paid, reserve);
            assertEq(address(_oracle).balance, _credits(), "nothing stays behind");
        }
    }

    function test_the_deliverer_is_paid_its_gas_at_no_more_than_the_quoted_price() external {
        NotingConsumer consumer = new NotingConsumer();
        uint256[3] memory prices = [uint256(1 gwei), GAS_PRICE, 1000 gwei];
        for (uint256 i = 0; i < prices.length; ++i) {
            Order memory order = _finalized(Callback(address(consumer), 2_000_000, ""), ANSWER, 5);
            uint256 price = prices[i] < GAS_PRICE ? prices[i] : GAS_PRICE;
            vm.txGasPrice(prices[i]);
            uint256 before = _oracle.creditOf(_rival);
            vm.prank(_rival);
            _oracle.deliver(order, ANSWER);
            uint256 gas = (_oracle.creditOf(_rival) - before) / price;
            assertGt(gas, 40_000);
            assertLt(gas, 350_000);
        }
    }

    /// @dev The same state as one after the other, and no more is paid for the delivery.
    function test_finalized_and_delivered_at_once() external {
        NotingConsumer consumer = new NotingConsumer();
        Order memory order = _ask(Callback(address(consumer), 300_000, "data"));
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Pending)
        );
        _oracle.finalizeAndDeliver(order, claimed, ANSWER);
        skip(WINDOW + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotTheAnswer.selector, keccak256("another"))
        );
        _oracle.finalizeAndDeliver(order, claimed, "another");
        uint256 snapshot = vm.snapshotState();
        vm.startPrank(_rival);
        _oracle.finalize(order, claimed);
        _oracle.deliver(order, ANSWER);
        vm.stopPrank();
        uint256 apart = _oracle.creditOf(_rival);
        vm.revertToState(snapshot);

        vm.prank(_rival);
        _oracle.finalizeAndDeliver(order, claimed, ANSWER);
        assertEq(consumer.requestId(), order.request.id);
        assertEq(consumer.output(), ANSWER);
        assertTrue(_oracle.isAnswer(order.request.id, claimed.answerHash));
        assertGt(_oracle.creditOf(_rival), 0);
        assertLt(_oracle.creditOf(_rival), apart);
        assertEq(address(_oracle).balance, _credits(), "nothing stays behind");
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.NotTheOrder.selector, order.request.id)
        );
        _oracle.deliver(order, ANSWER);
    }

    function test_an_early_answer_is_marked_and_corrected() external {
        EagerConsumer consumer = new EagerConsumer();
        Order memory order = _ask(Callback(address(consumer), 300_000, "data"));
        uint256 id = order.request.id;
        ClaimedAnswer memory lie = _claim(order, _operator, "A lie.", 5);
        bytes32 lieId = _idOf(order, lie);
        ClaimedAnswer memory right = _claim(order, _rival, ANSWER, 5);
        uint256 held = address(_oracle).balance;
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit();
            emit IInferenceOracle.DeliveredEarly(id, lieId, true);
            _oracle.deliverEarly(order, lie, "A lie.");
            assertEq(consumer.earlyOf(lieId), abi.encode(id, "A lie.", "data"));
        }
        assertEq(consumer.requestId(), 0);
        assertEq(address(_oracle).balance, held);
        assertFalse(_oracle.isAnswer(id, lie.answerHash));

        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotTheAnswer.selector, right.answerHash)
        );
        _oracle.deliverEarly(order, lie, ANSWER);
        _reject(order, lie, "A lie.");
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Rejected)
        );
        _oracle.deliverEarly(order, lie, "A lie.");
        _oracle.dropClaim(order, lie);
        vm.expectRevert(abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, lieId));
        _oracle.deliverEarly(order, lie, "A lie.");

        skip(WINDOW + 1);
        _oracle.finalizeAndDeliver(order, right, ANSWER);
        assertEq(consumer.output(), ANSWER);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, id, RequestStatus.Final)
        );
        _oracle.deliverEarly(order, right, ANSWER);
    }

    function test_who_wants_no_early_answer_gets_none() external {
        NotingConsumer consumer = new NotingConsumer();
        Order memory order = _ask(Callback(address(consumer), 300_000, ""));
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        vm.expectEmit();
        emit IInferenceOracle.DeliveredEarly(order.request.id, _idOf(order, claimed), false);
        _oracle.deliverEarly(order, claimed, ANSWER);
        assertEq(consumer.requestId(), 0);
        skip(WINDOW + 1);
        _oracle.finalizeAndDeliver(order, claimed, ANSWER);
        assertEq(consumer.output(), ANSWER);

        order = _ask(_noCallback());
        claimed = _claim(order, _operator, ANSWER, 5);
        vm.expectRevert(IInferenceOracle.CallbackIncomplete.selector);
        _oracle.deliverEarly(order, claimed, ANSWER);
        vm.expectRevert(IInferenceOracle.CallbackIncomplete.selector);
        _oracle.finalizeAndDeliver(order, claimed, ANSWER);
    }

    /// @dev What is proven but not finalized is still offered early.
    function test_a_proven_answer_is_offered_until_it_is_final() external {
        EagerConsumer consumer = new EagerConsumer();
        Order memory order = _ask(Callback(address(consumer), 300_000, "data"));
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.deliverEarly(order, claimed, ANSWER);
        bytes memory seen = consumer.earlyOf(_idOf(order, claimed));
        assertEq(seen, abi.encode(order.request.id, ANSWER, "data"));
        assertEq(consumer.requestId(), 0, "marked as early, so not as the answer");
        assertEq(uint8(_oracle.statusOf(1)), uint8(RequestStatus.Requested));
    }

    function test_what_nobody_claimed_is_not_offered_early() external {
        EagerConsumer consumer = new EagerConsumer();
        Order memory order = _ask(Callback(address(consumer), 300_000, ""));
        ClaimedAnswer memory made = ClaimedAnswer(_rival, keccak256(ANSWER), 21, 5, 0);
        bytes32 id = _idOf(order, made);
        vm.expectRevert(abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, id));
        _oracle.deliverEarly(order, made, ANSWER);
        _claim(order, _operator, ANSWER, 5);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Unknown)
        );
        _oracle.deliverEarly(order, made, ANSWER);
        assertEq(consumer.earlyOf(id), "");
    }

    /// @dev As with final answers: whatever gas is brought, the consumer has all that its request
    /// names, or nothing has happened.
    function testFuzz_nobody_can_starve_an_early_answer(uint256 gas) external {
        EagerConsumer consumer = new EagerConsumer();
        Order memory order = _ask(Callback(address(consumer), 300_000, ""));
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        (bool success,) = address(_oracle).call{ gas: bound(gas, 30_000, 500_000) }(
            abi.encodeCall(IInferenceOracle.deliverEarly, (order, claimed, ANSWER))
        );
        bytes memory seen = consumer.earlyOf(_idOf(order, claimed));
        assertEq(seen.length != 0, success, "offered whole or not at all");
    }

    /// @dev The fee is enough for the longest answer with the longest callback data, and little of
    /// the reserve comes back then.
    function test_the_reserve_covers_the_longest_answer_and_callback() external {
        Question memory question = _question();
        question.maxUnits = 4000;
        Callback memory callback = Callback(address(new NotingConsumer()), 500_000, new bytes(512));
        Order memory order = _askFor(question, callback);
        bytes memory longest = new bytes(24_575);
        ClaimedAnswer memory claimed = _claim(order, _operator, longest, 4000);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        // Claim and delivery take 40 a byte of the data, the finalization 17 instead of 40.
        assertEq(_oracle.creditOf(_asker), 512 * (40 - 17) * GAS_PRICE);
    }

    /// @dev The deliverer gets its gas out of the reserve, at its own price or the quoted one,
    /// whichever is lower. The requester gets the rest.
    function test_what_a_delivery_does_not_take_goes_back() external {
        uint256[2] memory prices = [uint256(1 gwei), 1000 gwei];
        for (uint256 i = 0; i < 2; ++i) {
            Order memory order =
                _finalized(Callback(address(new NotingConsumer()), 2_000_000, ""), ANSWER, 5);
            uint256 credit = _oracle.creditOf(_asker);
            uint256 had = _oracle.creditOf(_rival);
            vm.txGasPrice(prices[i]);
            vm.recordLogs();
            vm.prank(_rival);
            _oracle.deliver(order, ANSWER);
            (uint256 paid, uint256 refund) = _delivered(order.request.id);
            assertEq(paid, _oracle.creditOf(_rival) - had);
            assertEq(refund, _oracle.creditOf(_asker) - credit);
            uint256 reserve = (90_000 + 2_000_000 + 40 * ANSWER.length) * GAS_PRICE;
            assertEq(paid + refund, reserve, "no wei of the reserve stays behind");
            assertEq(paid % (i == 0 ? prices[0] : GAS_PRICE), 0);
        }
    }

    function _delivered(uint256 id) private returns (uint256 paid, uint256 refund) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.topics[0], IInferenceOracle.Delivered.selector);
        assertEq(uint256(last.topics[1]), id);
        assertEq(address(uint160(uint256(last.topics[2]))), _rival);
        bool success;
        (success, paid, refund) = abi.decode(last.data, (bool, uint256, uint256));
        assertTrue(success);
    }

    function _credits() private view returns (uint256) {
        return _oracle.creditOf(_asker) + _oracle.creditOf(_operator) + _oracle.creditOf(_rival)
            + _oracle.creditOf(address(this)) + _oracle.owedTo(address(_splitter));
    }
}
