// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ParametersCheck } from "../../src/dispute/Parameters.sol";
import { MoodyVerifier } from "./InferenceOracle.money.t.sol";
import "./OracleFixture.sol";

/// @dev Whoever claims the right answer first, and then loses its claim on purpose, keeps others
/// from answering meanwhile. It must not keep them from answering at all.
contract InferenceOracleStallingTest is OracleFixture {
    using ParametersCheck for Parameters;

    bytes private constant ANSWER = "The first programmer.";

    function test_a_claim_lost_on_purpose_leaves_a_full_answer_time() external {
        Order memory order = _ask(_noCallback());
        skip(ANSWER_TIME);
        ClaimedAnswer memory lost = _claim(order, _rival, ANSWER, 5);
        _loseOnPurpose(order, lost);
        assertGt(block.timestamp, order.terms.expiry + ANSWER_TIME, "long over");

        uint256 deadline = block.timestamp + ANSWER_TIME;
        vm.expectEmit(address(_oracle));
        emit IInferenceOracle.ClaimDropped(1, _idOf(order, lost), deadline);
        _oracle.dropClaim(order, lost);
        skip(ANSWER_TIME);
        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.TooEarly.selector, deadline));
        _oracle.expire(order);
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        assertTrue(_oracle.isAnswer(1, keccak256(ANSWER)));
    }

    function test_after_the_last_second_nobody_claims_and_all_is_refunded() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory lost = _claim(order, _rival, ANSWER, 5);
        _loseOnPurpose(order, lost);
        _oracle.dropClaim(order, lost);
        uint256 deadline = block.timestamp + ANSWER_TIME;
        vm.warp(deadline + 1);
        bytes memory evidence = _evidence(ANSWER, 5, "");
        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.TooLate.selector, deadline));
        vm.prank(_operator);
        _oracle.claim{ value: BOND }(order, ANSWER, 5, evidence);
        _oracle.expire(order);
        assertEq(_oracle.creditOf(_asker), order.terms.fee);
    }

    /// @dev A claim that is dropped early in the answer time gives time too, and never takes any.
    function testFuzz_a_drop_only_adds_time(uint256 first, uint256 second) external {
        MoodyVerifier verifier = new MoodyVerifier();
        Order memory order = _askJudgedBy(verifier);
        vm.prank(_rival);
        _oracle.claim(order, "One.", 2, "");
        vm.prank(_rival);
        _oracle.claim(order, "Two.", 2, "");
        verifier.set(ClaimStatus.Rejected);
        uint256 last = order.terms.expiry;
        uint256[2] memory waits = [bound(first, 0, 200 days), bound(second, 0, 200 days)];
        for (uint256 i = 0; i < 2; ++i) {
            skip(waits[i]);
            _oracle.dropClaim(order, _nth(i == 0 ? bytes("One.") : bytes("Two.")));
            uint256 limit = order.terms.expiry + 180 days;
            uint256 deadline = block.timestamp + ANSWER_TIME;
            if (deadline > limit) deadline = limit;
            assertGe(deadline, last);
            last = deadline;
        }
        if (block.timestamp <= last) {
            vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.TooEarly.selector, last));
            _oracle.expire(order);
            vm.warp(last + 1);
        }
        _oracle.expire(order);
    }

    /// @dev Even where the verifier helps: 180 days after the expiry all is refunded.
    function test_nobody_stalls_beyond_the_hard_limit() external {
        MoodyVerifier verifier = new MoodyVerifier();
        Order memory order = _askJudgedBy(verifier);
        uint256 limit = order.terms.expiry + 180 days;
        bytes memory answer;
        while (block.timestamp + 10 days < limit) {
            answer = bytes.concat(answer, "?");
            verifier.set(ClaimStatus.Pending);
            vm.prank(_rival);
            _oracle.claim(order, answer, 2, "");
            skip(10 days);
            verifier.set(ClaimStatus.Rejected);
            _oracle.dropClaim(order, _nth(answer));
        }
        verifier.set(ClaimStatus.Pending);
        vm.prank(_rival);
        _oracle.claim(order, "The last one.", 2, "");
        vm.warp(limit);
        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.TooEarly.selector, limit));
        _oracle.expire(order);
        skip(1);
        _oracle.expire(order);
        assertEq(_oracle.creditOf(_asker), order.terms.fee);
    }

    /// @dev Five eighths of the bond at least, for a window and a clock. A quarter comes back as
    /// the prize, and up to an eighth for gas.
    function test_stalling_costs_five_eighths_of_the_bond_each_time() external {
        Order memory order = _ask(_noCallback());
        uint256 start = block.timestamp;
        uint256 had = _rival.balance + _verifier.creditOf(_rival);
        ClaimedAnswer memory lost = _claim(order, _rival, ANSWER, 5);
        _loseOnPurpose(order, lost);
        _oracle.dropClaim(order, lost);
        uint256 cost = had - _rival.balance - _verifier.creditOf(_rival);
        assertGe(cost, BOND * 5 / 8);
        assertLe(block.timestamp - start, WINDOW + 12 hours + 1);
    }

    /// @dev What a verifier may take to decide, twice, and the longest answer time fit into the
    /// time that an oracle waits.
    function test_a_lost_claim_and_the_next_one_are_decided_in_time() external {
        Parameters memory p = Parameters(4, 75 days - 2 * (1 + 14), 1, 1, 0.4 ether, 0.1 ether);
        assertEq(p.decisionTime(), 75 days);
        deployCode("OpmlVerifier.sol:OpmlVerifier", abi.encode(address(_verifier), p));
        assertLe(2 * p.decisionTime() + 30 days, 180 days);
    }

    // Helpers

    /// @dev The claimant challenges its own claim in the window's last second, and is silent.
    function _loseOnPurpose(Order memory order, ClaimedAnswer memory claimed) private {
        skip(WINDOW);
        vm.startPrank(claimed.claimant);
        _reject(order, claimed, ANSWER);
        vm.stopPrank();
        assertEq(uint8(_verifier.statusOf(_idOf(order, claimed))), uint8(ClaimStatus.Rejected));
    }

    function _askJudgedBy(MoodyVerifier verifier) private returns (Order memory) {
        Registration memory model = _registration();
        model.verifier = address(verifier);
        _modelId = _registry.register(model);
        return _ask(_noCallback());
    }

    /// @dev A claim of `_rival` at a verifier that looks at nothing.
    function _nth(bytes memory answer) private view returns (ClaimedAnswer memory) {
        return ClaimedAnswer(_rival, keccak256(answer), uint32(answer.length), 2, 0);
    }
}
