// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { AIOracleCallbackReceiver } from "../../src/examples/AIOracleCallbackReceiver.sol";
import { PromptConsumer } from "../../src/examples/PromptConsumer.sol";
import { DA, IAIOracleCallback } from "../../src/interfaces/external/IAIOracle.sol";
import { AbsurdConsumer, ChainingConsumer, NotingConsumer } from "./Consumers.sol";
import "./OracleFixture.sol";

/// @dev Contracts that know nothing but ORA's interface.
contract AIOracleTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";

    /// @dev Topics of the events of ORA's oracle.
    bytes32 private constant REQUESTED =
        0x849aa5adc3bf6a75cb08afbf31d88d1528c274e5d84e3d4355d23d8e9ebd649b;
    bytes32 private constant REQUESTED_WITH_PLACES =
        0x559924afbacb3c57c52632c869b00ba6f87a7da06ecd3820325ae923e38b0c61;
    bytes32 private constant ANSWERED =
        0xb7b413554c4e94c80cfbb175a0e4727f2f425d29b980195c49dac293c2914fc0;

    PromptConsumer private _consumer;
    uint256 private _number;

    function setUp() public override {
        super.setUp();
        _consumer = new PromptConsumer(_ora);
        _number = uint256(_modelId);
    }

    function test_selectors_are_oras() external pure {
        assertEq(IAIOracle.requestBatchInference.selector, bytes4(0x409694fa));
        assertEq(IAIOracle.estimateFee.selector, bytes4(0x00e1d8d0));
        assertEq(IAIOracle.estimateFeeBatch.selector, bytes4(0x5170b6af));
        assertEq(IAIOracle.isFinalized.selector, bytes4(0x33727c4d));
        assertEq(IAIOracleCallback.aiOracleCallback.selector, bytes4(0xb0347814));
    }

    function test_the_bare_selectors_are_served() external {
        bytes memory arguments = abi.encode(
            _number, bytes("Who?"), address(0), uint64(0), bytes(""), uint8(0), uint8(0)
        );
        (bool long,) =
            address(_oracle).call{ value: 1 ether }(bytes.concat(bytes4(0x8c2c1ed8), arguments));
        (bool short,) = address(_oracle).call{ value: 1 ether }(
            bytes.concat(
                bytes4(0x5b953806),
                abi.encode(_number, bytes("Who?"), address(0), uint64(0), bytes(""))
            )
        );
        assertTrue(long && short);
    }

    function test_from_prompt_to_stored_answer() external {
        Order memory order = _askConsumer("Who was Ada Lovelace?");
        uint256 id = order.request.id;
        assertEq(order.request.modelId, _modelId);
        assertEq(order.request.maxUnits, 100);
        assertEq(order.request.parameters, 0);
        assertEq(order.terms.requester, address(_consumer));
        assertEq(order.callback.target, address(_consumer));

        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        assertFalse(_consumer.isFinalized(id));
        skip(WINDOW + 1);
        assertFalse(_consumer.isFinalized(id), "final is what was finalized");
        _oracle.finalize(order, claimed);
        assertTrue(_consumer.isFinalized(id));
        assertEq(_consumer.answerOf(id), "");
        vm.expectEmit(address(_consumer));
        emit PromptConsumer.PromptAnswered(id, string(ANSWER));
        _oracle.deliver(order, ANSWER);
        assertEq(_consumer.answerOf(id), string(ANSWER));
    }

    function test_the_flat_quote_is_exact_and_pays_for_the_defaults() external {
        uint256 fee = _ora.estimateFee(_number, 5_000_000);
        assertEq(fee, _oracle.quote(_questionOf(100), 1000, 5_000_000, block.basefee));

        Order memory order = _askConsumer(string(new bytes(1000)));
        assertEq(order.terms.fee, fee);
        assertEq(_oracle.creditOf(address(_consumer)), 0);
        bytes4 tooLong = IInferenceOracle.InputTooLong.selector;
        vm.expectRevert(abi.encodeWithSelector(tooLong, 1001, 1000));
        _consumer.ask{ value: fee }(_number, string(new bytes(1001)));
    }

    /// @dev geth and reth run a call without a gas price at a base fee of 0. A price from there
    /// would be far below what the request costs.
    function test_without_a_base_fee_no_price_is_named() external {
        vm.fee(0);
        vm.expectRevert(IInferenceOracle.BaseFeeUnknown.selector);
        _ora.estimateFee(_number, 5_000_000);
        vm.expectRevert(IInferenceOracle.BaseFeeUnknown.selector);
        _ora.estimateFeeBatch(_number, 5_000_000, 2);
        vm.expectRevert(IInferenceOracle.BaseFeeUnknown.selector);
        _consumer.estimateFee(_number);
        // Gas is estimated the same way, so asking must not depend on it.
        hoax(makeAddr("asker"));
        _consumer.ask{ value: 1 ether }(_number, "Who?");

        // Where there is no base fee, 0 is right.
        _oracle = IInferenceOracle(_deployOracle(address(_registry), TIP, ANSWER_TIME));
        assertEq(
            IAIOracle(address(_oracle)).estimateFee(_number, 0),
            _oracle.quote(_questionOf(100), 1000, 0, 0)
        );
    }

    function test_a_batch_is_one_request_of_its_size() external {
        uint256 fee = _ora.estimateFeeBatch(_number, 0, 3);
        vm.recordLogs();
        _ora.requestBatchInference{ value: fee }(
            3, _number, new bytes(3000), address(0), 0, "", DA.Calldata, DA.Calldata
        );
        Order memory order = _orderFromLogs();
        assertEq(order.terms.fee, fee);
        assertEq(order.request.maxUnits, 300);
        assertEq(_ora.estimateFeeBatch(_number, 0, 1), _ora.estimateFee(_number, 0));

        bytes4 tooLong = IInferenceOracle.InputTooLong.selector;
        vm.expectRevert(abi.encodeWithSelector(tooLong, 3001, 3000));
        _ora.requestBatchInference{ value: fee }(
            3, _number, new bytes(3001), address(0), 0, "", DA.Calldata, DA.Calldata
        );
        vm.expectRevert(IInferenceOracle.NoUnits.selector);
        _ora.requestBatchInference{ value: fee }(
            0, _number, "", address(0), 0, "", DA.Calldata, DA.Calldata
        );
    }

    /// @dev A consumer knows its request by the id that it was returned.
    function test_each_way_to_ask_returns_the_requests_id() external {
        assertEq(_ora.requestCallback{ value: 1 ether }(_number, "?", address(0), 0, ""), 1);
        DA here = DA.Calldata;
        assertEq(
            _ora.requestCallback{ value: 1 ether }(_number, "?", address(0), 0, "", here, here), 2
        );
        assertEq(
            _ora.requestBatchInference{ value: 1 ether }(
                2, _number, "?", address(0), 0, "", here, here
            ),
            3
        );
        assertEq(_oracle.request{ value: 1 ether }(_question(), "?", _noCallback()), 4);
        assertEq(_oracle.requestFrom{ value: 1 ether }(_question(), "?", _noCallback(), 0), 5);
    }

    /// @dev ORA's clients wait for these topics and decode these words.
    function test_oras_events_are_its_own_to_the_letter() external {
        bytes memory input = "Who was Ada Lovelace?";
        address consumer = address(new NotingConsumer());
        vm.recordLogs();
        _ora.requestCallback{ value: 1 ether }(_number, input, consumer, 300_000, "data");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes memory words = abi.encode(_number, input, consumer, uint64(300_000), bytes("data"));
        _isLast(logs, REQUESTED, address(this), 1, words);
        (Order memory order,) = abi.decode(logs[logs.length - 2].data, (Order, bytes));

        DA here = DA.Calldata;
        _ora.requestCallback{ value: 1 ether }(_number, input, consumer, 300_000, "", here, here);
        words = abi.encode(_number, input, consumer, uint64(300_000), bytes(""), 0, 0, uint256(1));
        _isLast(vm.getRecordedLogs(), REQUESTED_WITH_PLACES, address(this), 2, words);
        _ora.requestBatchInference{ value: 1 ether }(
            3, _number, input, address(0), 0, "", here, here
        );
        words = abi.encode(_number, input, address(0), uint64(0), bytes(""), 0, 0, uint256(3));
        _isLast(vm.getRecordedLogs(), REQUESTED_WITH_PLACES, address(this), 3, words);

        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        vm.recordLogs();
        vm.prank(_rival);
        _oracle.deliver(order, ANSWER);
        logs = vm.getRecordedLogs();
        _isLog(logs[0], ANSWERED, address(this), 1, abi.encode(_rival, ANSWER));
    }

    function test_our_own_requests_are_no_oras() external {
        vm.recordLogs();
        Order memory order =
            _finalized(Callback(address(new NotingConsumer()), 300_000, ""), ANSWER, 5);
        _oracle.deliver(order, ANSWER);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], REQUESTED);
            assertNotEq(logs[i].topics[0], ANSWERED);
        }
    }

    function _isLast(
        Vm.Log[] memory logs,
        bytes32 topic,
        address account,
        uint256 id,
        bytes memory words
    ) private view {
        _isLog(logs[logs.length - 1], topic, account, id, words);
    }

    function _isLog(
        Vm.Log memory log,
        bytes32 topic,
        address account,
        uint256 id,
        bytes memory words
    ) private view {
        assertEq(log.emitter, address(_oracle));
        assertEq(log.topics.length, 3);
        assertEq(log.topics[0], topic);
        assertEq(log.topics[1], bytes32(uint256(uint160(account))));
        assertEq(uint256(log.topics[2]), id);
        assertEq(log.data, words);
    }

    function test_bytes_that_are_elsewhere_are_refused() external {
        vm.expectRevert(IInferenceOracle.OnlyCalldata.selector);
        _ora.requestCallback{ value: 1 ether }(
            _number, "cid", address(0), 0, "", DA.IPFS, DA.Calldata
        );
        vm.expectRevert(IInferenceOracle.OnlyCalldata.selector);
        _ora.requestBatchInference{ value: 1 ether }(
            1, _number, "cid", address(0), 0, "", DA.Calldata, DA.IPFS
        );
    }

    function test_only_the_oracle_calls_back() external {
        vm.expectRevert(
            abi.encodeWithSelector(
                AIOracleCallbackReceiver.UnauthorizedCallbackSource.selector,
                address(_oracle),
                address(this)
            )
        );
        _consumer.aiOracleCallback(1, "forged", "");
    }

    /// @dev Anyone can name the consumer in their own request. The consumer keeps answers to its
    /// own requests only.
    function test_anothers_request_leaves_no_answer() external {
        Callback memory callback = Callback(address(_consumer), 1_000_000, "");
        Order memory order = _finalized(callback, ANSWER, 5);
        _oracle.deliver(order, ANSWER);
        assertEq(_consumer.answerOf(order.request.id), "");
    }

    function test_nobody_asks_on_the_consumers_credit() external {
        Order memory order = _askConsumer("Who?");
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        uint256 fee = _ora.estimateFee(_number, 5_000_000);
        assertEq(_oracle.creditOf(address(_consumer)), fee);
        vm.expectRevert(abi.encodeWithSelector(PromptConsumer.FeeTooSmall.selector, fee - 1, fee));
        _consumer.ask{ value: fee - 1 }(_number, "Who?");
    }

    /// @dev A consumer without `receive` lives on its refunds, and asks its second question from
    /// within its first answer.
    function test_a_consumer_that_takes_no_ether_asks_on_its_credit() external {
        ChainingConsumer chain = new ChainingConsumer(_ora, _number);
        uint256 fee = _ora.estimateFee(_number, 600_000);
        vm.recordLogs();
        chain.ask{ value: 2 * fee }();
        Order memory first = _orderFromLogs();
        ClaimedAnswer memory claimed = _claim(first, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(first, claimed);

        vm.recordLogs();
        _oracle.deliver(first, ANSWER);
        Order memory second = _orderFromLogs();
        assertEq(chain.answers(), 1);
        assertEq(second.request.id, first.request.id + 1);
        assertEq(second.terms.requester, address(chain));
        claimed = _claim(second, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(second, claimed);
        _oracle.deliver(second, ANSWER);
        assertEq(chain.answers(), 2);
        assertEq(
            address(_oracle).balance,
            _oracle.creditOf(address(chain)) + _oracle.creditOf(_operator)
                + _oracle.creditOf(address(this)) + _oracle.owedTo(address(_splitter))
        );
    }

    function test_absurd_gas_is_refused() external {
        AbsurdConsumer consumer = new AbsurdConsumer();
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceOracle.CallbackGasTooHigh.selector, type(uint64).max, 8_000_000
            )
        );
        consumer.ask{ value: 1 ether }(_ora, _number);
    }

    function _questionOf(uint32 units) private view returns (Question memory question) {
        question = _question();
        question.maxUnits = units;
    }

    function _askConsumer(string memory prompt) private returns (Order memory) {
        uint256 fee = _consumer.estimateFee(_number);
        vm.recordLogs();
        _consumer.ask{ value: fee }(_number, prompt);
        return _orderFromLogs();
    }
}
