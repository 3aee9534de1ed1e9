// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { NotingConsumer, RevertingConsumer } from "./Consumers.sol";
import { PromptConsumer } from "../../src/examples/PromptConsumer.sol";
import { IOperatorList } from "../../src/interfaces/IOperatorList.sol";
import "./OracleFixture.sol";

/// @dev Whole transactions, 21,000 included, in snapshots/InferenceOracle.json. Trees have SmolLM2's depth; everybody has been here before.
/// forge-config: default.isolate = true
contract InferenceOracleGasTest is OracleFixture {
    bytes private constant PROMPT = "Who was Ada Lovelace, and why is she still famous?";
    bytes private constant ANSWER = "Ada Lovelace wrote the first computer program.";

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 2; ++i) {
            _oracle.deliver(_finalized(_callback(), "An earlier answer.", 4), "An earlier answer.");
        }
    }

    function test_request() external {
        uint256 fee = _oracle.quote(_question(), PROMPT.length, 0);
        vm.prank(_asker);
        _oracle.request{ value: fee }(_question(), PROMPT, _noCallback());
        _snap("request", 120_000);

        PromptConsumer consumer = new PromptConsumer(_ora);
        fee = consumer.estimateFee(uint256(_modelId));
        consumer.ask{ value: fee }(uint256(_modelId), string(PROMPT));
        _snap("request, through an ORA consumer", 170_000);
    }

    function test_turns() external {
        IOperatorList list = _oracle.operators();
        vm.startPrank(_operator);
        uint32 entry = list.join{ value: 0.1 ether }(_modelId);
        _snap("join", 115_000);
        list.join{ value: 0.1 ether }(_modelId);
        skip(30 days);
        list.activate(entry);
        _snap("activate", 80_000);
        list.activate(entry + 1);
        vm.stopPrank();

        Order memory order = _ask(_noCallback());
        _claim(order, _operator, ANSWER, 12);
        _snap("claim, the first of turns", 185_000);
        vm.prank(_asker);
        _oracle.request{ value: 1 ether }(_question(), PROMPT, _noCallback());
        _snap("request, two operators drawn", 180_000);
    }

    function test_fromClaimToDelivery() external {
        Order memory order = _ask(_callback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 12);
        _snap("claim", 170_000);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        _snap("finalize", 145_000);
        _oracle.deliver(order, ANSWER);
        _snap("deliver, without the callback's own gas", 60_000);
    }

    function test_inOneTransaction() external {
        _finish("finalize and deliver", ANSWER, 160_000);
        _finish("finalize and deliver, 2,000 bytes", bytes(vm.toString(new bytes(999))), 260_000);
    }

    /// @dev What grows with the answer is calldata and log: at most 40 a byte in each transaction, and 8 for the log.
    function test_longAnswers() external {
        bytes memory answer = bytes(vm.toString(new bytes(999)));
        assertEq(answer.length, 2000);
        Order memory order = _ask(_callback());
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 12);
        _snap("claim, 2,000 bytes", 170_000 + 48 * 2000);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        _snap("finalize, 2,000 bytes", 145_000);
        _oracle.deliver(order, answer);
        _snap("deliver, 2,000 bytes, without the callback's own gas", 60_000 + 48 * 2000);
    }

    function _finish(string memory name, bytes memory answer, uint256 most) private {
        Order memory order = _ask(_callback());
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 12);
        skip(WINDOW + 1);
        vm.prank(_operator);
        _oracle.finalizeAndDeliver(order, claimed, answer);
        _snap(name, most);
    }

    function test_refunds() external {
        Order memory order = _ask(_callback());
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        _snap("expire", 60_000);
        vm.prank(_asker);
        _oracle.withdraw(_asker);
        _snap("withdraw", 40_000);
    }

    /// @dev A consumer that does next to nothing.
    function _callback() private returns (Callback memory) {
        return Callback(address(new RevertingConsumer()), 500_000, "");
    }

    function _snap(string memory name, uint256 most) private {
        uint256 gas = vm.snapshotGasLastCall("InferenceOracle", name);
        assertLe(gas, most, name);
    }
}
