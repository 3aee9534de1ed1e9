// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IPurse } from "../../src/interfaces/IPurse.sol";
import { ISplitter } from "../../src/interfaces/ISplitter.sol";
import { Game } from "../../src/dispute/Game.sol";
import { ClaimStatus } from "../../src/interfaces/IVerifier.sol";
import { RequestRecords } from "../../src/oracle/RequestRecord.sol";
import {
    BombingConsumer,
    BurningConsumer,
    EagerConsumer,
    NotingConsumer,
    RevertingConsumer
} from "./Consumers.sol";
import "./OracleFixture.sol";

/// @dev The life of a request, state by state, with the real verifier.
contract InferenceOracleTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";

    // ------------------------------------------------------------------------------------------------ asking

    function test_theLogHasTheOrder() external {
        Callback memory callback = Callback(address(new NotingConsumer()), 100_000, "data");
        Order memory order = _ask(callback);

        assertEq(order.request.host, address(_oracle));
        assertEq(order.request.id, 1);
        assertEq(order.request.modelId, _modelId);
        assertEq(order.request.maxTokens, 64);
        assertEq(order.request.textHash, keccak256("Who was Ada Lovelace?"));
        assertEq(order.promptLength, 21);
        assertEq(order.terms.requester, _asker);
        assertEq(order.terms.gasPrice, GAS_PRICE);
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

    function test_overpaymentIsCreditThatPaysTheNextRequest() external {
        uint256 fee = _oracle.quote(_question(), 1, 0);
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

    function test_twoEqualRequestsAreTwo() external {
        Order memory first = _ask(_noCallback());
        Order memory second = _ask(_noCallback());
        assertEq(second.request.id, first.request.id + 1);
        assertNotEq(first.request.digest(), second.request.digest());
    }

    function test_requestsThatCannotBeServedAreRefused() external {
        Question memory question = _question();
        question.maxTokens = 0;
        _refuse(
            question, "?", _noCallback(), abi.encodeWithSelector(IInferenceOracle.NoTokens.selector)
        );
        question = _question();
        question.flags = 2;
        _refuse(
            question,
            "?",
            _noCallback(),
            abi.encodeWithSelector(IInferenceOracle.UnknownFlags.selector, 2)
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
            abi.encodeWithSelector(IInferenceOracle.PromptTooLong.selector, 16_385, 16_384)
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

    function test_contentThatTheVerifierDoesNotKnowIsRefused() external {
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

    function _refuse(
        Question memory question,
        bytes memory prompt,
        Callback memory callback,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        _oracle.request{ value: 100 ether }(question, prompt, callback);
    }

    // --------------------------------------------------------------------------------------------- answering

    function test_claimCommitsToTheAnswer() external {
        Order memory order = _ask(_noCallback());
        vm.recordLogs();
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);

        (bytes32 root,) = _trace(ANSWER, 5, "");
        bytes memory asked = abi.encode(order.request.digest(), _contentId, _operator);
        bytes memory given = abi.encode(
            keccak256(abi.encode(ANSWER.length, keccak256(ANSWER), 5)),
            keccak256(abi.encode(address(0), root))
        );
        bytes memory start = abi.encode(
            bytes32("imo.claim.v1"), block.chainid, address(_verifier), address(_oracle)
        );
        bytes32 expected = keccak256(bytes.concat(start, asked, given));
        assertEq(_idOf(order, claimed), expected);
        assertEq(address(_verifier).balance, BOND);
        assertEq(uint8(_verifier.statusOf(expected)), uint8(ClaimStatus.Pending));

        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.topics[0], IInferenceOracle.Claimed.selector);
        assertEq(last.topics[2], expected);
        assertEq(last.data, abi.encode(ANSWER, 5));
    }

    function test_claimsThatCannotCountAreRefused() external {
        Order memory order = _ask(_noCallback());
        Order memory other = _ask(_noCallback());
        bytes memory evidence = _evidence(ANSWER, 5, "");

        other.terms.gasPrice += 1;
        vm.expectRevert(abi.encodeWithSelector(RequestRecords.NotTheOrder.selector, 2));
        _oracle.claim{ value: BOND }(other, ANSWER, 5, evidence);

        other.request.id = 3;
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 3, RequestStatus.Unknown)
        );
        _oracle.claim{ value: BOND }(other, ANSWER, 5, evidence);

        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.TooManyTokens.selector, 65, 64));
        _oracle.claim{ value: BOND }(order, ANSWER, 65, evidence);

        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.AnswerTooLong.selector, 24_576, 24_575)
        );
        _oracle.claim{ value: BOND }(order, new bytes(24_576), 5, evidence);

        vm.expectRevert(IOpmlVerifier.WrongEmitSlot.selector);
        _oracle.claim{ value: BOND }(order, ANSWER, 6, evidence);

        vm.expectRevert(abi.encodeWithSelector(IPurse.BondTooSmall.selector, BOND - 1, BOND));
        _oracle.claim{ value: BOND - 1 }(order, ANSWER, 5, evidence);

        _oracle.claim{ value: BOND }(order, ANSWER, 5, evidence);
        vm.expectPartialRevert(IOpmlVerifier.AlreadySubmitted.selector);
        _oracle.claim{ value: BOND }(order, ANSWER, 5, evidence);

        skip(ANSWER_TIME);
        _oracle.claim{ value: BOND }(order, ANSWER, 5, _evidence(ANSWER, 5, "in the last second"));
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.TooLate.selector, order.terms.expiry)
        );
        _oracle.claim{ value: BOND }(order, ANSWER, 5, evidence);
    }

    function test_finalWhenTheWindowIsOver() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Pending)
        );
        _oracle.finalize(order, claimed);
        assertFalse(_ora.isFinalized(1));
        assertFalse(_oracle.isAnswer(1, keccak256(ANSWER)));

        skip(1);
        _oracle.finalize(order, claimed);
        assertTrue(_ora.isFinalized(1));
        assertEq(uint8(_oracle.statusOf(1)), uint8(RequestStatus.Final));
        assertTrue(_oracle.isAnswer(1, keccak256(ANSWER)));
        assertFalse(_oracle.isAnswer(1, keccak256("another")));

        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Final)
        );
        _oracle.finalize(order, claimed);
    }

    function test_noFieldOfAClaimCanBeChanged() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        ClaimedAnswer[5] memory forged;
        for (uint256 i = 0; i < forged.length; ++i) {
            forged[i] = ClaimedAnswer(
                claimed.claimant,
                claimed.answerHash,
                claimed.answerLength,
                claimed.tokensUsed,
                claimed.details
            );
        }
        forged[0].claimant = _rival;
        forged[1].answerHash = keccak256("other");
        forged[2].answerLength += 1;
        forged[3].tokensUsed += 1;
        forged[4].details = keccak256("other");
        for (uint256 i = 0; i < forged.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Unknown)
            );
            _oracle.finalize(order, forged[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceOracle.NotRejected.selector, ClaimStatus.Unknown)
            );
            _oracle.dropClaim(order, forged[i]);
        }
        _oracle.finalize(order, claimed);
    }

    function test_aClaimOfAnotherRequestIsNone() external {
        ClaimedAnswer memory claimed = _claim(_ask(_noCallback()), _operator, ANSWER, 5);
        Order memory second = _ask(_noCallback());
        skip(WINDOW + 1);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, _idOf(second, claimed))
        );
        _oracle.finalize(second, claimed);
    }

    /// @dev The verifier takes anybody's claims, and binds each to who handed it in.
    function test_aClaimThatDidNotComeThroughTheOracleIsNone() external {
        Order memory order = _ask(_noCallback());
        _claim(order, _operator, ANSWER, 5);
        ClaimedAnswer memory forged = ClaimedAnswer({
            claimant: address(this),
            answerHash: keccak256("A lie."),
            answerLength: 6,
            tokensUsed: 2,
            details: 0
        });
        bytes32 root;
        (root,) = _trace("A lie.", 2, "");
        forged.details = keccak256(abi.encode(address(0), root));
        Submission memory submission = Submission({
            contentId: _contentId,
            requestDigest: order.request.digest(),
            claimant: address(this),
            answerHash: forged.answerHash,
            answerLength: forged.answerLength,
            tokensUsed: forged.tokensUsed
        });
        bytes32 id = _verifier.submit{ value: BOND }(submission, _evidence("A lie.", 2, ""));
        skip(WINDOW + 1);
        assertEq(uint8(_verifier.statusOf(id)), uint8(ClaimStatus.Proven));
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Unknown)
        );
        _oracle.finalize(order, forged);
    }

    function test_theFirstFinalClaimWins() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory wrong = _claim(order, _rival, "A mathematician.", 9);
        skip(10 minutes);
        ClaimedAnswer memory right = _claim(order, _operator, ANSWER, 5);
        _reject(order, wrong, "A mathematician.");
        skip(WINDOW);

        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Rejected)
        );
        _oracle.finalize(order, wrong);
        _oracle.finalize(order, right);
        assertTrue(_oracle.isAnswer(1, keccak256(ANSWER)));
        assertEq(_oracle.creditOf(_rival), 0);
        assertGt(_oracle.creditOf(_operator), 0);
    }

    // ---------------------------------------------------------------------------------------------- expiring

    function test_expiryRefundsAll() external {
        Order memory order = _ask(_noCallback());
        skip(ANSWER_TIME);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.TooEarly.selector, order.terms.expiry)
        );
        _oracle.expire(order);
        skip(1);
        _oracle.expire(order);
        assertEq(_oracle.creditOf(_asker), order.terms.fee);
        assertEq(uint8(_oracle.statusOf(1)), uint8(RequestStatus.Expired));
        assertFalse(_ora.isFinalized(1));
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Expired)
        );
        _oracle.expire(order);
    }

    function test_anOpenClaimHoldsTheRefundUntilItIsDropped() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(ANSWER_TIME + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.ClaimsOpen.selector, 1));
        _oracle.expire(order);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotRejected.selector, ClaimStatus.Pending)
        );
        _oracle.dropClaim(order, claimed);

        _reject(order, claimed, ANSWER);
        _oracle.dropClaim(order, claimed);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, _idOf(order, claimed))
        );
        _oracle.dropClaim(order, claimed);
        _oracle.expire(order);
        assertEq(_oracle.creditOf(_asker), order.terms.fee);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Expired)
        );
        _oracle.finalize(order, claimed);
    }

    // -------------------------------------------------------------------------------------------- delivering

    function test_deliveredOnceWithTheAnswer() external {
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

    function test_withoutCallbackNothingIsDelivered() external {
        Order memory order = _finalized(_noCallback(), ANSWER, 5);
        vm.expectRevert(abi.encodeWithSelector(RequestRecords.NotTheOrder.selector, 1));
        _oracle.deliver(order, ANSWER);
    }

    /// @dev Whatever gas a deliverer brings: the consumer has all that was paid for, or nothing has happened.
    function testFuzz_nobodyCanStarveAConsumer(uint256 gas) external {
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

    function test_hostileConsumersBlockNobody() external {
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

    function test_theDelivererIsPaidItsGasAtNoMoreThanTheQuotedPrice() external {
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
    function test_finalizedAndDeliveredAtOnce() external {
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
        _oracle.finalize(order, claimed);
        vm.prank(_rival);
        _oracle.deliver(order, ANSWER);
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

    function test_anEarlyAnswerIsMarkedAndCorrected() external {
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

    function test_whoWantsNoEarlyAnswerGetsNone() external {
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

    /// @dev Whichever of three claims are rejected, in whatever order they are dropped, one that is left becomes the answer.
    function testFuzz_claimsAreOpenUntilTheyAreDropped(uint8 rejected, bool backwards) external {
        rejected %= 7;
        Order memory order = _ask(_noCallback());
        bytes[3] memory answers = [bytes("one"), "two", "three"];
        ClaimedAnswer[3] memory claims;
        Game[3] memory games;
        for (uint256 i = 0; i < 3; ++i) {
            claims[i] = _claim(order, _operator, answers[i], uint32(i));
        }
        for (uint256 i = 0; i < 3; ++i) {
            if (rejected >> i & 1 == 1) games[i] = _challenge(order, claims[i], answers[i]);
        }
        skip(WINDOW + 1);
        for (uint256 k = 0; k < 3; ++k) {
            uint256 i = backwards ? 2 - k : k;
            if (rejected >> i & 1 == 0) continue;
            _verifier.timeout(games[i]);
            _oracle.dropClaim(order, claims[i]);
            bytes32 id = _idOf(order, claims[i]);
            vm.expectRevert(abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, id));
            _oracle.dropClaim(order, claims[i]);
        }
        for (uint256 i = 0; i < 3; ++i) {
            if (rejected >> i & 1 == 1) continue;
            _oracle.finalize(order, claims[i]);
            assertTrue(_oracle.isAnswer(order.request.id, claims[i].answerHash));
            return;
        }
    }

    function _credits() private view returns (uint256) {
        return _oracle.creditOf(_asker) + _oracle.creditOf(_operator) + _oracle.creditOf(_rival)
            + _oracle.creditOf(address(this)) + _oracle.owedTo(address(_splitter));
    }
}
