// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import "./OracleFixture.sol";
import { NotingConsumer } from "./Consumers.sol";

/// @dev What the oracle can be asked, and what the log says about it.
contract InferenceOracleAskingTest is OracleFixture {
    function test_the_log_has_the_order() external {
        Callback memory callback = Callback(address(new NotingConsumer()), 100_000, "data");
        Order memory order = _ask(callback);

        assertEq(order.request.host, address(_oracle));
        assertEq(order.request.id, 1);
        assertEq(order.request.modelId, _modelId);
        assertEq(order.request.maxUnits, 64);
        assertEq(order.request.inputHash, keccak256("Who was Ada Lovelace?"));
        assertEq(order.terms.requester, _asker);
        assertEq(order.terms.gasPrice, GAS_PRICE);
        assertEq(order.terms.unitBytes, 8);
        assertEq(order.terms.operatorBps, 3333);
        assertEq(order.terms.contentId, _contentId);
        assertEq(order.terms.verifier, address(_verifier));
        assertEq(order.terms.receiver, address(_splitter));
        assertEq(order.terms.expiry, block.timestamp + ANSWER_TIME);
        assertEq(order.callback.data, "data");
        assertEq(address(_oracle).balance, order.terms.fee);
        assertEq(uint8(_oracle.statusOf(1)), uint8(RequestStatus.Requested));
        assertEq(_oracle.creditOf(_asker), 0);
    }

    function test_overpayment_is_credit_that_pays_the_next_request() external {
        uint256 fee = _oracle.quote(_question(), 1, 0, block.basefee);
        vm.startPrank(_asker);
        _oracle.request{ value: fee + 5 }(_question(), "a", _noCallback());
        assertEq(_oracle.creditOf(_asker), 5);
        _oracle.request{ value: fee - 3 }(_question(), "a", _noCallback());
        assertEq(_oracle.creditOf(_asker), 2);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.FeeNotCovered.selector, fee - 1, fee)
        );
        _oracle.request{ value: fee - 3 }(_question(), "a", _noCallback());
        assertEq(_oracle.withdraw(_rival), 2);
        assertEq(_rival.balance, 1e6 ether + 2);
    }

    function test_two_equal_requests_are_two() external {
        Order memory first = _ask(_noCallback());
        Order memory second = _ask(_noCallback());
        assertEq(second.request.id, first.request.id + 1);
        assertNotEq(first.request.digest(), second.request.digest());
    }

    function test_requests_that_cannot_be_served_are_refused() external {
        Question memory question = _question();
        question.maxUnits = 0;
        _refuse(
            question, "?", _noCallback(), abi.encodeWithSelector(IInferenceOracle.NoUnits.selector)
        );
        question = _question();
        question.modelId = keccak256("none");
        _refuse(
            question,
            "?",
            _noCallback(),
            abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, question.modelId)
        );
        question = _question();
        _refuse(
            question,
            new bytes(16_385),
            _noCallback(),
            abi.encodeWithSelector(IInferenceOracle.InputTooLong.selector, 16_385, 16_384)
        );
        bytes memory incomplete =
            abi.encodeWithSelector(IInferenceOracle.CallbackIncomplete.selector);
        _refuse(question, "?", Callback(address(0), 1, ""), incomplete);
        _refuse(question, "?", Callback(address(1), 0, ""), incomplete);
        _refuse(
            question,
            "?",
            Callback(address(1), 8_000_001, ""),
            abi.encodeWithSelector(
                IInferenceOracle.CallbackGasTooHigh.selector, 8_000_001, 8_000_000
            )
        );
        _refuse(
            question,
            "?",
            Callback(address(1), 1, new bytes(513)),
            abi.encodeWithSelector(IInferenceOracle.CallbackDataTooLong.selector, 513, 512)
        );
        _refuse(
            question,
            "?",
            Callback(address(0), 0, "x"),
            abi.encodeWithSelector(IInferenceOracle.CallbackDataTooLong.selector, 1, 0)
        );
    }

    function test_content_that_the_verifier_does_not_know_is_refused() external {
        Registration memory model = _registration();
        model.contentId = keccak256("elsewhere");
        Question memory question = _question();
        question.modelId = _registry.register(model);
        _refuse(
            question,
            "",
            _noCallback(),
            abi.encodeWithSelector(IInferenceOracle.UnknownContent.selector, model.contentId)
        );
    }

    /// @dev The contracts pass any word and any bytes on, and interpret neither.
    function testFuzz_order_digest_and_log_have_what_was_asked(
        uint64 seed,
        uint32 maxUnits,
        bytes32 parameters,
        bytes calldata input
    ) external {
        maxUnits = uint32(bound(maxUnits, 1, type(uint32).max));
        vm.assume(input.length <= 16_384);
        Question memory question = Question(_modelId, seed, maxUnits, parameters);
        uint256 fee = _oracle.quote(question, input.length, 0, block.basefee);
        vm.recordLogs();
        uint256 id = _oracle.request{ value: fee }(question, input, _noCallback());
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], IInferenceOracle.Requested.selector);
        (Order memory order, bytes memory logged) = abi.decode(logs[0].data, (Order, bytes));
        assertEq(logged, input);
        bytes memory request =
            abi.encode(_oracle, id, _modelId, seed, maxUnits, parameters, keccak256(input));
        assertEq(abi.encode(order.request), request);
        bytes memory tag = abi.encode(bytes32("imo.request.v3"), block.chainid);
        assertEq(order.request.digest(), keccak256(bytes.concat(tag, request)));
    }

    function test_the_largest_of_each_is_taken() external {
        bytes memory data = new bytes(512);
        _oracle.request{ value: 100 ether }(
            _question(), new bytes(16_384), Callback(address(1), 8_000_000, data)
        );
        Question memory question = _question();
        question.maxUnits = 1;
        _oracle.request{ value: 100 ether }(question, "", Callback(address(1), 1, ""));
        assertEq(uint8(_oracle.statusOf(2)), uint8(RequestStatus.Requested));
    }

    /// @dev geth and reth run a call without a gas price at a base fee of 0. The quote is the same
    /// there, and a gas estimate does not fail.
    function test_a_quote_does_not_follow_the_base_fee_that_a_node_assumes() external {
        vm.fee(30 gwei);
        uint256 fee = _oracle.quote(_question(), 1, 0, 30 gwei);
        vm.fee(0);
        assertEq(_oracle.quote(_question(), 1, 0, 30 gwei), fee);
        uint256 state = vm.snapshotState();
        _oracle.request{ value: fee }(_question(), "?", _noCallback());
        vm.revertToState(state);
        vm.fee(30 gwei);
        _oracle.request{ value: fee }(_question(), "?", _noCallback());
        assertEq(_oracle.creditOf(address(this)), 0, "exact");
    }

    /// @dev A credit that pays a fee to the wei is enough.
    function test_credit_alone_pays() external {
        uint256 fee = _oracle.quote(_question(), 1, 0, block.basefee);
        vm.startPrank(_asker);
        _oracle.request{ value: 2 * fee }(_question(), "a", _noCallback());
        assertEq(_oracle.request(_question(), "a", _noCallback()), 2);
        assertEq(_oracle.creditOf(_asker), 0);
    }

    function test_one_wei_of_credit_is_kept_and_none_is_not_logged() external {
        uint256 fee = _oracle.quote(_question(), 1, 0, block.basefee);
        vm.expectEmit();
        emit IInferenceOracle.Credited(_asker, 1);
        vm.prank(_asker);
        _oracle.request{ value: fee + 1 }(_question(), "a", _noCallback());
        assertEq(_oracle.creditOf(_asker), 1);
        vm.recordLogs();
        _oracle.request{ value: fee }(_question(), "a", _noCallback());
        assertEq(vm.getRecordedLogs().length, 1, "only the request");
        vm.expectEmit();
        emit IInferenceOracle.Withdrawn(_asker, _rival, 1);
        vm.prank(_asker);
        assertEq(_oracle.withdraw(_rival), 1);
    }

    function test_an_oracle_without_registry_or_with_an_absurd_time_is_refused() external {
        _refuseOracle(makeAddr("no registry"), 1 hours, "registry");
        _refuseOracle(address(_registry), 1 minutes - 1, "answerTime");
        _refuseOracle(address(_registry), 30 days + 1, "answerTime");
        _deployOracle(address(_registry), TIP, 1 minutes);
        _deployOracle(address(_registry), TIP, 30 days);
    }

    function _refuseOracle(address registry, uint32 answerTime, string memory parameter) private {
        bytes memory code = vm.getCode("InferenceOracle.sol:InferenceOracle");
        bytes memory creation = bytes.concat(code, abi.encode(registry, TIP, answerTime));
        address made;
        bytes memory reason = new bytes(100);
        assembly ("memory-safe") {
            made := create(0, add(creation, 0x20), mload(creation))
            returndatacopy(add(reason, 0x20), 0, returndatasize())
            mstore(reason, returndatasize())
        }
        assertEq(made, address(0));
        bytes4 selector = IInferenceOracle.ParameterOutOfRange.selector;
        assertEq(reason, abi.encodeWithSelector(selector, parameter));
    }

    function _refuse(
        Question memory question,
        bytes memory prompt,
        Callback memory callback,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        _oracle.request{ value: 100 ether }(question, prompt, callback);
    }
}
