// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { PricingConsumer, RevertingConsumer } from "./Consumers.sol";
import { PromptConsumer } from "../../src/examples/PromptConsumer.sol";
import { IOperatorList } from "../../src/interfaces/IOperatorList.sol";
import "./OracleFixture.sol";

/// @dev Whole transactions, 21,000 included, in snapshots/InferenceOracle.json. Trees have
/// SmolLM2's depth; every account has been used before.
/// forge-config: default.isolate = true
contract InferenceOracleGasTest is OracleFixture {
    bytes private constant PROMPT = "Who was Ada Lovelace, and why is she still famous?";
    bytes private constant ANSWER = "Ada Lovelace wrote the first computer program.";

    /// @dev A word that is written and was zero.
    uint256 private constant WAITING_WORD_GAS = 22_100;

    /// @dev The credit of a finalizer that is not the claimant, which no request pays for.
    uint256 private constant UNPAID_CREDIT_GAS = 7000;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 2; ++i) {
            _oracle.deliver(_finalized(_callback(), "An earlier answer.", 4), "An earlier answer.");
            if (i == 0) _oracle.payReceiver(address(_splitter));
        }
    }

    function test_request() external {
        uint256 fee = _oracle.quote(_question(), PROMPT.length, 0, block.basefee);
        vm.prank(_asker);
        _oracle.request{ value: fee }(_question(), PROMPT, _noCallback());
        _snap("request", 120_000);

        PromptConsumer consumer = new PromptConsumer(_ora);
        fee = consumer.estimateFee(uint256(_modelId));
        vm.startPrank(_asker);
        consumer.ask{ value: fee }(uint256(_modelId), "another open question");
        consumer.ask{ value: fee }(uint256(_modelId), string(PROMPT));
        _snap("request, through an ORA consumer", 170_000);
        vm.stopPrank();
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

    function test_from_claim_to_delivery() external {
        Order memory order = _ask(_callback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 12);
        _snap("claim", 110_000);
        _oracle.deliverEarly(order, claimed, ANSWER);
        _snap("deliver early, without the callback's own gas", 55_000);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        _snap("finalize, to be delivered later", 105_000);
        _oracle.deliver(order, ANSWER);
        _snap("deliver, without the callback's own gas", 60_000);
    }

    function test_in_one_transaction() external {
        _finish("finalize and deliver", ANSWER, 95_000);
        _finish("finalize and deliver, 2,000 bytes", _long(2000), 95_000 + 24 * 2000);
    }

    function test_without_a_callback() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 12);
        skip(WINDOW + 1);
        uint256 state = vm.snapshotState();
        _oracle.finalize(order, claimed);
        _snap("finalize, by somebody else who has credit", 85_000);
        vm.revertToState(state);
        vm.prank(_operator);
        _oracle.finalize(order, claimed);
        _snap("finalize", 80_000);
        _oracle.payReceiver(address(_splitter));
        _snap("payReceiver", 95_000);
    }

    /// @dev What grows with the answer is calldata and log: 16 and 8 a byte, or what EIP-7623 asks
    /// at least.
    function test_long_answers() external {
        Order memory order = _ask(_callback());
        ClaimedAnswer memory claimed = _claim(order, _operator, _long(2000), 12);
        _snap("claim, 2,000 bytes", 110_000 + 25 * 2000);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        _snap("finalize, 2,000 bytes", 105_000);
        _oracle.deliver(order, _long(2000));
        _snap("deliver, 2,000 bytes, without the callback's own gas", 60_000 + 32 * 2000);
        order = _ask(_callback());
        claimed = _claim(order, _operator, _long(24_575), 12);
        _snap("claim, 24,575 bytes", 80_000 + 40 * 24_575);
    }

    function _long(uint256 length) private pure returns (bytes memory answer) {
        answer = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            answer[i] = "a";
        }
    }

    function _finish(string memory name, bytes memory answer, uint256 most) private {
        Order memory order = _ask(_callback());
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 12);
        skip(WINDOW + 1);
        vm.prank(_operator);
        _oracle.finalizeAndDeliver(order, claimed, answer);
        _snap(name, most);
    }

    /// @dev An operator that claims, finalizes and delivers is paid for its gas, and little more,
    /// for any length of answer and callback data, in two transactions or three.
    function test_operators_are_paid_what_it_costs() external {
        uint256[4] memory lengths = [uint256(46), 2000, 8000, 24_575];
        for (uint256 i = 0; i < lengths.length; ++i) {
            for (uint256 data = 0; data <= 512; data += 256) {
                _checkPay(_long(lengths[i]), data);
            }
        }
    }

    function _checkPay(bytes memory answer, uint256 data) private {
        Order memory order = _orderWith(data);
        uint256 credit = _oracle.creditOf(_operator);
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 0);
        uint256 spent = vm.lastCallGas().gasTotalUsed;
        uint256 claiming = spent;
        skip(WINDOW + 1);
        uint256 state = vm.snapshotState();
        vm.prank(_operator);
        _oracle.finalizeAndDeliver(order, claimed, answer);
        spent += vm.lastCallGas().gasTotalUsed;
        _isFair("in two", spent, _paid(order, credit));
        vm.revertToState(state);

        vm.prank(_operator);
        _oracle.finalize(order, claimed);
        // Whoever finalizes without delivering pays for the word that waits.
        spent = claiming + vm.lastCallGas().gasTotalUsed - WAITING_WORD_GAS;
        _isFair("claim, finalize", spent, _paid(order, credit));
        credit = _oracle.creditOf(_operator) - _share();
        vm.prank(_operator);
        _oracle.deliver(order, answer);
        _isFair("deliver", vm.lastCallGas().gasTotalUsed, _paid(order, credit));
    }

    function _isFair(string memory what, uint256 spent, uint256 paid) private pure {
        assertGe(paid, spent, what);
        assertLe(paid, spent + 5000, what);
    }

    function _orderWith(uint256 data) private returns (Order memory) {
        Question memory question = _question();
        question.maxUnits = 4000;
        // The base fee is 0 in here.
        address consumer = address(new PricingConsumer(TIP));
        return _askFor(question, Callback(consumer, 500_000, _long(data)));
    }

    /// @dev The operator's part of the price without units.
    function _share() private pure returns (uint256) {
        uint256 used = 0.001 ether + 21 * (1e10 + 7);
        return used * 3333 / 10_000;
    }

    /// @dev Gas that the operator was paid since it had `credit`.
    function _paid(Order memory order, uint256 credit) private view returns (uint256) {
        assertEq(order.terms.gasPrice, TIP);
        return (_oracle.creditOf(_operator) - credit - _share()) / TIP;
    }

    /// @dev At a gas price up to the order's, finalizing and delivering costs its caller nothing;
    /// above it, the caller pays the difference.
    function test_whoever_delivers_is_paid_at_the_lesser_gas_price() external {
        uint256[3] memory prices = [uint256(TIP / 2), TIP, 2 * TIP];
        for (uint256 i = 0; i < prices.length; ++i) {
            address consumer = address(new PricingConsumer(prices[i]));
            Order memory order = _ask(Callback(consumer, 500_000, ""));
            ClaimedAnswer memory claimed = _claim(order, _rival, ANSWER, 12);
            skip(WINDOW + 1);
            uint256 credit = _oracle.creditOf(_operator);
            vm.prank(_operator);
            _oracle.finalizeAndDeliver(order, claimed, ANSWER);
            uint256 gas = vm.lastCallGas().gasTotalUsed;
            uint256 paid = _oracle.creditOf(_operator) - credit;
            uint256 price = prices[i] < TIP ? prices[i] : TIP;
            assertGe(paid, gas * price - UNPAID_CREDIT_GAS * price, "less than it costs");
            assertLe(paid, (gas + 5000) * TIP, "no profit");
        }
    }

    function test_a_lost_claim() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory first = _claim(order, _rival, "Wrong.", 12);
        ClaimedAnswer memory second = _claim(order, _rival, "Wrong too.", 12);
        _reject(order, first, "Wrong.");
        _oracle.dropClaim(order, first);
        _snap("drop a claim, the first", 105_000);
        _reject(order, second, "Wrong too.");
        _oracle.dropClaim(order, second);
        _snap("drop a claim, another", 85_000);
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
