// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IPurse } from "../../src/interfaces/IPurse.sol";
import { Game } from "../../src/types/Game.sol";
import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { RequestRecords } from "../../src/oracle/RequestRecord.sol";
import { NotingConsumer } from "./Consumers.sol";
import "./OracleFixture.sol";

/// @dev From a claim to what is final or refunded, with the real verifier.
contract InferenceOracleTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";
    uint256 private constant ORDER_FIELDS = 19;

    // Answering

    function test_claim_commits_to_the_answer() external {
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

    function test_claims_that_cannot_count_are_refused() external {
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

        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.TooManyUnits.selector, 65, 64));
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

    function test_final_when_the_window_is_over() external {
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

    function test_no_field_of_a_claim_can_be_changed() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        ClaimedAnswer[5] memory forged;
        for (uint256 i = 0; i < forged.length; ++i) {
            forged[i] = ClaimedAnswer(
                claimed.claimant,
                claimed.answerHash,
                claimed.answerLength,
                claimed.unitsUsed,
                claimed.details
            );
        }
        forged[0].claimant = _rival;
        forged[1].answerHash = keccak256("other");
        forged[2].answerLength += 1;
        forged[3].unitsUsed += 1;
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

    function test_a_claim_of_another_request_is_none() external {
        ClaimedAnswer memory claimed = _claim(_ask(_noCallback()), _operator, ANSWER, 5);
        Order memory second = _ask(_noCallback());
        skip(WINDOW + 1);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, _idOf(second, claimed))
        );
        _oracle.finalize(second, claimed);
    }

    /// @dev The verifier takes anybody's claims, and binds each to the host that submitted it.
    function test_a_claim_that_did_not_come_through_the_oracle_is_none() external {
        Order memory order = _ask(_noCallback());
        _claim(order, _operator, ANSWER, 5);
        ClaimedAnswer memory forged = ClaimedAnswer({
            claimant: address(this),
            answerHash: keccak256("A lie."),
            answerLength: 6,
            unitsUsed: 2,
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
            unitsUsed: forged.unitsUsed
        });
        bytes32 id = _verifier.submit{ value: BOND }(submission, _evidence("A lie.", 2, ""));
        skip(WINDOW + 1);
        assertEq(uint8(_verifier.statusOf(id)), uint8(ClaimStatus.Proven));
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Unknown)
        );
        _oracle.finalize(order, forged);
    }

    function test_the_first_final_claim_wins() external {
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

    /// @dev Until there is an answer the record holds the order's hash, which is no answer; after
    /// an expiry there is none.
    function test_an_orders_hash_is_no_answer() external {
        Order memory order = _ask(_noCallback());
        bytes32 hash = keccak256(abi.encode(order));
        assertFalse(_oracle.isAnswer(1, hash));
        assertFalse(_oracle.isAnswer(2, 0), "nothing was asked");
        uint256 state = vm.snapshotState();
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        assertFalse(_oracle.isAnswer(1, hash));
        vm.revertToState(state);

        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        assertFalse(_oracle.isAnswer(1, claimed.answerHash), "a claim is no answer yet");
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        assertFalse(_oracle.isAnswer(1, hash));
        assertTrue(_oracle.isAnswer(1, claimed.answerHash));
    }

    /// @dev Whoever brings an order with any other word in it (another receiver, a higher fee) is
    /// refused by every call.
    function test_no_field_of_an_order_can_be_changed() external {
        Order memory order = _ask(Callback(address(new NotingConsumer()), 300_000, "data"));
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        bytes memory other = abi.encodeWithSelector(RequestRecords.NotTheOrder.selector, 1);
        bytes memory evidence = _evidence(ANSWER, 5, "");
        for (uint256 field = 0; field < ORDER_FIELDS; ++field) {
            Order memory forged = _changed(order, field);
            vm.expectRevert(other);
            _oracle.claim{ value: BOND }(forged, ANSWER, 5, evidence);
            vm.expectRevert(other);
            _oracle.deliverEarly(forged, claimed, ANSWER);
            vm.expectRevert(other);
            _oracle.dropClaim(forged, claimed);
            vm.expectRevert(other);
            _oracle.finalize(forged, claimed);
            vm.expectRevert(other);
            _oracle.finalizeAndDeliver(forged, claimed, ANSWER);
            vm.expectRevert(other);
            _oracle.expire(forged);
        }
        _oracle.finalize(order, claimed);
        for (uint256 field = 0; field < ORDER_FIELDS; ++field) {
            Order memory forged = _changed(order, field);
            vm.expectRevert(other);
            _oracle.deliver(forged, ANSWER);
        }
        _oracle.deliver(order, ANSWER);
    }

    /// @dev A copy with one field changed; all but the request's id, which says what request it is.
    function _changed(Order memory order, uint256 field)
        private
        pure
        returns (Order memory forged)
    {
        forged = abi.decode(abi.encode(order), (Order));
        if (field == 0) forged.request.host = address(1);
        if (field == 1) forged.request.modelId = "another";
        if (field == 2) ++forged.request.seed;
        if (field == 3) ++forged.request.maxUnits;
        if (field == 4) forged.request.parameters = "another";
        if (field == 5) forged.request.inputHash = "another";
        if (field == 6) forged.terms.requester = address(1);
        if (field == 7) forged.terms.contentId = "another";
        if (field == 8) forged.terms.verifier = address(1);
        if (field == 9) forged.terms.receiver = address(1);
        if (field == 10) ++forged.terms.fee;
        if (field == 11) ++forged.terms.unitPrice;
        if (field == 12) ++forged.terms.unitBytes;
        if (field == 13) ++forged.terms.gasPrice;
        if (field == 14) ++forged.terms.operatorBps;
        if (field == 15) ++forged.terms.expiry;
        if (field == 16) forged.callback.target = address(1);
        if (field == 17) ++forged.callback.gasLimit;
        if (field == 18) forged.callback.data = "date";
    }

    // Expiring

    function test_expiry_refunds_all() external {
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

    function test_an_open_claim_holds_the_refund_until_it_is_dropped() external {
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
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        assertEq(_oracle.creditOf(_asker), order.terms.fee);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Expired)
        );
        _oracle.finalize(order, claimed);
    }

    /// @dev A claim that is dropped stops counting, others do not; what was dropped, finalized or
    /// refunded is not dropped again.
    function test_each_open_claim_holds_the_refund() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory wrong = _claim(order, _operator, "Wrong.", 5);
        ClaimedAnswer memory alsoWrong = _claim(order, _rival, "Wrong too.", 5);
        _reject(order, wrong, "Wrong.");
        vm.expectEmit();
        emit IInferenceOracle.ClaimDropped(1, _idOf(order, wrong), block.timestamp + ANSWER_TIME);
        _oracle.dropClaim(order, wrong);
        skip(ANSWER_TIME + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.ClaimsOpen.selector, 1));
        _oracle.expire(order);

        _reject(order, alsoWrong, "Wrong too.");
        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.ClaimsOpen.selector, 1));
        _oracle.expire(order);
        _oracle.dropClaim(order, alsoWrong);
        skip(ANSWER_TIME + 1);
        vm.expectEmit();
        emit IInferenceOracle.Credited(_asker, order.terms.fee);
        vm.expectEmit();
        emit IInferenceOracle.Expired(1, order.terms.fee);
        _oracle.expire(order);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Expired)
        );
        _oracle.dropClaim(order, alsoWrong);
    }

    /// @dev Whichever of three claims are rejected, in whatever order they are dropped, one that is
    /// left becomes the answer.
    function testFuzz_claims_are_open_until_they_are_dropped(uint8 rejected, bool backwards)
        external
    {
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
}
