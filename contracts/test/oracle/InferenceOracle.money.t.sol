// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { BallotKind } from "../../src/interfaces/IModelBallots.sol";
import { RevenueAsset, TokenParams } from "../../src/interfaces/IModelToken.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { ISplitter, Source } from "../../src/interfaces/ISplitter.sol";
import { IVerifier } from "../../src/interfaces/IVerifier.sol";
import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { RequestRecords } from "../../src/oracle/RequestRecord.sol";
import { Submission } from "../../src/types/Submission.sol";
import {
    HostileReceiver,
    NotingConsumer,
    ReenteringSink,
    RevertingConsumer,
    SmartWallet
} from "./Consumers.sol";
import "./OracleFixture.sol";

/// @dev Where each wei of a fee goes, and attempts to get more of it or to stop it.
contract InferenceOracleMoneyTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";
    uint256 private constant FINALIZE_GAS = 75_000;

    /// @dev The parts of a fee add up to it, whatever was used.
    function testFuzz_every_wei_of_a_fee_is_accounted_for(
        uint32 maxUnits,
        uint32 unitsUsed,
        uint16 answerLength,
        uint64 gasLimit,
        bool called
    ) external {
        Question memory question = _question();
        question.maxUnits = uint32(bound(maxUnits, 1, 1e6));
        unitsUsed = uint32(bound(unitsUsed, 0, question.maxUnits));
        bytes memory answer = new bytes(bound(answerLength, 0, 24_575));
        Callback memory callback;
        if (called) {
            callback = Callback(address(new NotingConsumer()), uint64(bound(gasLimit, 1, 8e6)), "");
        }
        Order memory order = _askFor(question, callback);
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, unitsUsed);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);

        uint256 reserve = _checkParts(order, claimed);
        if (!called) return assertEq(reserve, 0);
        assertGt(reserve, callback.gasLimit * GAS_PRICE);
        uint256 refund = _oracle.creditOf(_asker);
        vm.prank(_rival);
        _oracle.deliver(order, answer);
        assertEq(_oracle.creditOf(_rival) + _oracle.creditOf(_asker) - refund, reserve);
        assertEq(address(_oracle).balance, _credits() + _oracle.owedTo(address(_splitter)));
    }

    /// @dev What the people of the fixture can withdraw, this contract among them.
    function _credits() private view returns (uint256) {
        return _oracle.creditOf(_rival) + _oracle.creditOf(_asker) + _oracle.creditOf(_operator)
            + _oracle.creditOf(address(this));
    }

    /// @return reserve What the delivery still holds.
    function _checkParts(Order memory order, ClaimedAnswer memory claimed)
        private
        view
        returns (uint256 reserve)
    {
        uint256 used = 0.001 ether + 21 * (1e10 + 7) + uint256(claimed.unitsUsed) * (1e12 + 13);
        uint256 share = used * 3333 / 10_000;
        uint256 owed = _oracle.owedTo(address(_splitter));
        assertEq(owed, used - share, "the receiver has the rest of the used price");
        uint256 operatorGas = (_oracle.creditOf(_operator) - share) / GAS_PRICE;
        uint256 most = 8 * uint256(order.request.maxUnits);
        if (most > claimed.answerLength) most = claimed.answerLength;
        assertEq(operatorGas, _serviceGas(most) - FINALIZE_GAS);
        uint256 finalizer = _oracle.creditOf(address(this));
        assertEq(finalizer, FINALIZE_GAS * GAS_PRICE, "who finalized has the gas of it");
        uint256 refund = _oracle.creditOf(_asker);
        uint256 unused = order.request.maxUnits - claimed.unitsUsed;
        assertGe(refund, unused * (1e12 + 13), "unused units go back");
        return order.terms.fee - owed - _oracle.creditOf(_operator) - finalizer - refund;
    }

    /// @dev Claim and finality of an answer of that many bytes.
    function _serviceGas(uint256 length) private pure returns (uint256) {
        uint256 executed = 108_000 + 25 * length;
        uint256 floor = 67_000 + 40 * length;
        return FINALIZE_GAS + (executed > floor ? executed : floor);
    }

    /// @dev Finality names each request's part in the log; the receiver is paid the sum of them,
    /// which is usage.
    function test_revenue_is_owed_by_the_request_and_paid_in_one() external {
        uint256 used = 0.001 ether + 21 * (1e10 + 7) + 64 * (1e12 + 13);
        uint256 revenue = used - used * 3333 / 10_000;
        for (uint256 i = 0; i < 3; ++i) {
            Order memory order = _ask(_noCallback());
            ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 64);
            skip(WINDOW + 1);
            vm.recordLogs();
            _oracle.finalize(order, claimed);
            assertEq(_owedByLogs(order, claimed), revenue);
        }
        assertEq(_oracle.owedTo(address(_splitter)), 3 * revenue);
        assertEq(_splitter.usage(), 0, "usage is what was paid");

        vm.expectEmit(address(_oracle));
        emit IInferenceOracle.ReceiverPaid(address(_splitter), 3 * revenue);
        vm.expectEmit(address(_splitter));
        emit ISplitter.Revenue(Source.Usage, 0, address(0), 3 * revenue);
        vm.prank(_rival);
        assertEq(_oracle.payReceiver(address(_splitter)), 3 * revenue);
        uint256 toOthers = 3 * revenue * 1000 / 10_000 + 3 * revenue * 200 / 10_000;
        assertApproxEqAbs(_splitter.usage(), 3 * revenue - toOthers, 1);
        vm.expectRevert(IInferenceOracle.NothingToPay.selector);
        _oracle.payReceiver(address(_splitter));
    }

    function _owedByLogs(Order memory order, ClaimedAnswer memory claimed)
        private
        returns (uint256 owed)
    {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.topics[0], IInferenceOracle.Finalized.selector);
        assertEq(uint256(last.topics[1]), order.request.id);
        assertEq(last.topics[2], _idOf(order, claimed));
        assertEq(address(uint160(uint256(last.topics[3]))), address(_splitter));
        (,, owed,,) = abi.decode(last.data, (bytes32, uint256, uint256, uint256, uint256));
    }

    function test_the_operator_earns_when_gas_rises() external {
        vm.fee(500 gwei);
        uint256 fee = _oracle.quote(_question(), 21, 0, block.basefee);
        assertGt(fee, 184_000 * 1000 gwei);
    }

    function test_a_bond_is_never_the_oracles_money() external {
        Order memory order = _ask(_noCallback());
        _claim(order, _operator, ANSWER, 5);
        assertEq(address(_oracle).balance, order.terms.fee);
        uint256 had = _rival.balance;
        vm.prank(_rival);
        _oracle.claim{ value: BOND + 7 }(order, ANSWER, 5, _evidence(ANSWER, 5, ""));
        assertEq(address(_oracle).balance, order.terms.fee);
        assertEq(_rival.balance, had - BOND, "the excess is the claimant's");
    }

    function test_credit_goes_to_any_address_and_no_further() external {
        vm.prank(_asker);
        _oracle.request{ value: 5 ether }(_question(), "?", _noCallback());
        uint256 credit = _oracle.creditOf(_asker);
        vm.prank(_asker);
        vm.expectRevert(IInferenceOracle.TransferFailed.selector);
        _oracle.withdraw(address(_registry));
        vm.prank(_asker);
        assertEq(_oracle.withdraw(_drip), credit);
        assertEq(_drip.balance, credit);
        vm.prank(_asker);
        vm.expectRevert(IInferenceOracle.NothingToPay.selector);
        _oracle.withdraw(_drip);
    }

    /// @dev What holders decide counts for later requests: an order carries the price that it paid.
    function test_a_new_price_is_for_later_requests() external {
        RevenueAsset[] memory assets = new RevenueAsset[](1);
        assets[0] = RevenueAsset(address(0), 0.001 ether);
        ModelToken token = new ModelToken(
            TokenParams("Model", "MDL", 1e24, 10_000, address(this), address(_registry), assets)
        );
        token.open();
        vm.roll(vm.getBlockNumber() + 1);
        Registration memory model = _registration();
        model.token = address(token);
        model.salt = "voted";
        _modelId = _registry.register(model);

        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 64);
        ModelRegistry ballots = ModelRegistry(address(_registry));
        uint256 ballot = ballots.propose(_modelId, BallotKind.Price, bytes32(uint256(1 << 33)));
        vm.warp(ballots.ballotOf(ballot).end - 7 days);
        ballots.vote(ballot, true);
        skip(9 days + 1);
        ballots.execute(ballot);

        uint256 gas = _serviceGas(8 * 64);
        uint256 price = 0.001 ether + 21 * (1e10 + 7) + 64 * (1e12 + 13);
        assertEq(_oracle.quote(_question(), 21, 0, block.basefee), 2 * price + gas * GAS_PRICE);
        _oracle.finalize(order, claimed);
        uint256 owed = _oracle.owedTo(address(_splitter));
        assertEq(owed, price - price * 3333 / 10_000, "the old price");
    }

    // Receivers

    /// @dev A payment that a receiver refuses stays owed.
    function test_a_hostile_receiver_blocks_nobody() external {
        for (uint256 i = 0; i < 2; ++i) {
            HostileReceiver receiver = new HostileReceiver(i == 0);
            (Order memory order, ClaimedAnswer memory claimed) = _claimedFor(address(receiver));
            _oracle.finalize(order, claimed);
            assertTrue(_ora.isFinalized(order.request.id));
            uint256 owed = _oracle.owedTo(address(receiver));
            assertGt(owed, 0);

            vm.expectRevert(IInferenceOracle.TransferFailed.selector);
            _oracle.payReceiver{ gas: 1_000_000 }(address(receiver));
            assertEq(_oracle.owedTo(address(receiver)), owed);
            receiver.setOpen();
            assertEq(_oracle.payReceiver(address(receiver)), owed);
            assertEq(address(receiver).balance, owed);
            vm.expectRevert(IInferenceOracle.NothingToPay.selector);
            _oracle.payReceiver(address(receiver));
        }
    }

    function test_a_receiver_without_code_is_paid() external {
        address receiver = makeAddr("receiver");
        (Order memory order, ClaimedAnswer memory claimed) = _claimedFor(receiver);
        _oracle.finalize(order, claimed);
        uint256 owed = _oracle.owedTo(receiver);
        _oracle.payReceiver(receiver);
        assertEq(receiver.balance, owed);
        assertGt(owed, 0);
    }

    /// @dev A smart wallet takes plain transfers only. It is paid where it asks itself.
    function test_a_plain_smart_wallet_takes_what_it_is_owed() external {
        SmartWallet wallet = new SmartWallet();
        (Order memory order, ClaimedAnswer memory claimed) = _claimedFor(address(wallet));
        _oracle.finalize(order, claimed);
        uint256 owed = _oracle.owedTo(address(wallet));
        vm.expectRevert(IInferenceOracle.TransferFailed.selector);
        _oracle.payReceiver(address(wallet));

        // Nobody else can take it, and a payment that fails stays owed.
        vm.expectRevert(IInferenceOracle.NothingToPay.selector);
        _oracle.withdrawOwed(_rival);
        bytes memory toNobody = abi.encodeCall(IInferenceOracle.withdrawOwed, (address(_registry)));
        vm.expectRevert(IInferenceOracle.TransferFailed.selector);
        wallet.execute(address(_oracle), toNobody);
        assertEq(_oracle.owedTo(address(wallet)), owed);

        vm.expectEmit(address(_oracle));
        emit IInferenceOracle.ReceiverPaid(address(wallet), owed);
        wallet.execute(
            address(_oracle), abi.encodeCall(IInferenceOracle.withdrawOwed, (address(wallet)))
        );
        assertEq(address(wallet).balance, owed);
        assertEq(_oracle.owedTo(address(wallet)), 0);
        assertEq(address(_oracle).balance, _credits());
    }

    // Whoever finalizes

    /// @dev A right answer does not wait for its claimant: finality pays whoever brings it about.
    function test_whoever_finalizes_is_paid_for_it() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        uint256 state = vm.snapshotState();
        vm.prank(_operator);
        _oracle.finalize(order, claimed);
        uint256 both = _oracle.creditOf(_operator);
        vm.revertToState(state);

        vm.prank(_rival);
        _oracle.finalize(order, claimed);
        assertEq(_oracle.creditOf(_rival), FINALIZE_GAS * GAS_PRICE);
        assertEq(_oracle.creditOf(_operator) + _oracle.creditOf(_rival), both);
    }

    /// @dev A payment with too little gas has not happened.
    function testFuzz_nobody_can_starve_the_receiver(uint256 gas) external {
        _finalized(_noCallback(), ANSWER, 5);
        uint256 owed = _oracle.owedTo(address(_splitter));
        (bool success,) = address(_oracle).call{ gas: bound(gas, 30_000, 200_000) }(
            abi.encodeCall(IInferenceOracle.payReceiver, (address(_splitter)))
        );
        assertEq(_oracle.owedTo(address(_splitter)), success ? 0 : owed);
        assertEq(success, _splitter.usage() != 0);
    }

    /// @dev The splitter is locked while it pays a sink; a sink that has it paid in there must not
    /// cost the holders their revenue.
    function test_a_sink_that_has_the_splitter_paid_while_it_is_paid_takes_nothing() external {
        ReenteringSink sink = new ReenteringSink();
        Splitter splitter = new Splitter(
            SplitParams(address(_oracle), _drip, address(0), address(sink), _creator, 1000, 200)
        );
        (Order memory order, ClaimedAnswer memory claimed) = _claimedFor(address(splitter));
        _oracle.finalize(order, claimed);
        _oracle.payReceiver(address(splitter));

        order = _ask(_noCallback());
        claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        bytes memory pay = abi.encodeCall(IInferenceOracle.payReceiver, (address(splitter)));
        sink.arm(address(_oracle), pay);
        uint256 owed = _oracle.owedTo(address(splitter));
        uint256 usage = splitter.usage();
        splitter.withdraw(address(sink), address(0));
        assertTrue(sink.refused());
        assertEq(_oracle.owedTo(address(splitter)), owed);
        _oracle.payReceiver(address(splitter));
        assertEq(splitter.usage() - usage, owed - owed * 1000 / 10_000 - owed * 200 / 10_000);
    }

    /// @dev A receiver that has itself paid again while it is paid gets nothing twice.
    function test_a_receiver_that_reenters_gets_nothing_twice() external {
        GreedyReceiver receiver = new GreedyReceiver();
        _finalized(_noCallback(), ANSWER, 5);
        (Order memory order, ClaimedAnswer memory claimed) = _claimedFor(address(receiver));
        _oracle.finalize(order, claimed);
        uint256 owed = _oracle.owedTo(address(receiver));
        uint256 held = address(_oracle).balance;
        _oracle.payReceiver(address(receiver));
        assertEq(address(receiver).balance, owed);
        assertEq(address(_oracle).balance, held - owed);
    }

    // Verifiers

    function test_a_verifier_that_never_decides_refunds_after_the_hard_limit() external {
        MoodyVerifier verifier = new MoodyVerifier();
        (Order memory order, ClaimedAnswer memory claimed) = _judgedBy(verifier);
        uint256 held = address(_oracle).balance;
        skip(ANSWER_TIME + 180 days);
        vm.expectRevert(abi.encodeWithSelector(IInferenceOracle.ClaimsOpen.selector, 1));
        _oracle.expire(order);
        skip(1);
        _oracle.expire(order);
        assertEq(_oracle.creditOf(_asker), order.terms.fee);

        verifier.set(ClaimStatus.Proven);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Expired)
        );
        _oracle.finalize(order, claimed);
        assertEq(address(_oracle).balance, held);
    }

    function test_what_was_dropped_is_never_final_even_if_the_verifier_turns() external {
        MoodyVerifier verifier = new MoodyVerifier();
        (Order memory order, ClaimedAnswer memory claimed) = _judgedBy(verifier);
        verifier.set(ClaimStatus.Rejected);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceOracle.NotProven.selector, ClaimStatus.Rejected)
        );
        _oracle.finalize(order, claimed);
        _oracle.dropClaim(order, claimed);
        verifier.set(ClaimStatus.Proven);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, _idOf(order, claimed))
        );
        _oracle.finalize(order, claimed);

        // Nor while another claim is open.
        verifier.set(ClaimStatus.Pending);
        vm.prank(_rival);
        _oracle.claim(order, "Another.", 2, "");
        verifier.set(ClaimStatus.Proven);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, _idOf(order, claimed))
        );
        _oracle.finalize(order, claimed);
    }

    /// @dev A verifier that calls proven what nobody claimed cannot make an answer of it while
    /// there is no claim.
    function test_without_a_claim_nothing_is_final() external {
        MoodyVerifier verifier = new MoodyVerifier();
        Order memory order = _askJudgedBy(verifier);
        verifier.set(ClaimStatus.Proven);
        ClaimedAnswer memory forged = ClaimedAnswer(_rival, keccak256("Mine."), 5, 2, 0);
        vm.expectRevert(
            abi.encodeWithSelector(RequestRecords.ClaimNotOpen.selector, _idOf(order, forged))
        );
        _oracle.finalize(order, forged);
    }

    /// @dev Once there is one, it can, and still no wei more is paid than was put in.
    function testFuzz_a_verifier_that_lies_pays_nobody_more_than_the_fee(
        uint32 length,
        uint32 units
    ) external {
        MoodyVerifier verifier = new MoodyVerifier();
        (Order memory order,) = _judgedBy(verifier);
        verifier.set(ClaimStatus.Proven);
        ClaimedAnswer memory forged = ClaimedAnswer(_rival, keccak256("Mine."), length, units, 0);
        uint32 most = order.request.maxUnits;
        if (units > most) {
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceOracle.TooManyUnits.selector, units, most)
            );
        }
        _oracle.finalize(order, forged);
        if (units > most) return;
        assertEq(_credits() + _oracle.owedTo(address(_splitter)), order.terms.fee);
    }

    /// @dev The reserve of a delivery is counted when the answer becomes final, and the delivery
    /// takes no more. The verifier lies about the answer's length in between.
    function testFuzz_a_delivery_takes_no_more_than_finality_left_for_it(
        uint32 saidLength,
        uint16 length,
        uint64 price,
        bool joint
    ) external {
        Order memory strangers = _ask(_noCallback());
        MoodyVerifier verifier = new MoodyVerifier();
        Callback memory callback = Callback(address(new NotingConsumer()), 400_000, "");
        Order memory order = _askJudgedBy(verifier, callback);
        vm.prank(_operator);
        _oracle.claim(order, "Right.", 2, "");
        verifier.set(ClaimStatus.Proven);

        bytes memory answer = new bytes(bound(length, 0, 24_575));
        if (joint) saidLength = 0;
        ClaimedAnswer memory forged = ClaimedAnswer(_rival, keccak256(answer), saidLength, 0, 0);
        vm.txGasPrice(price);
        vm.startPrank(_rival);
        if (joint) {
            _oracle.finalizeAndDeliver(order, forged, answer);
        } else {
            _oracle.finalize(order, forged);
            _oracle.deliver(order, answer);
        }
        vm.stopPrank();
        uint256 left = address(_oracle).balance - _credits() - _oracle.owedTo(address(_splitter));
        assertEq(left, strangers.terms.fee, "a stranger's fee is untouched");
    }

    /// @dev Twenty rounds of what took nine tenths of forty strangers' fees.
    function test_a_verifier_that_lies_about_the_length_mints_no_credit() external {
        uint256 fees;
        for (uint256 i = 0; i < 40; ++i) {
            fees += _ask(_noCallback()).terms.fee;
        }
        uint256 had = _asker.balance;
        MoodyVerifier verifier = new MoodyVerifier();
        Registration memory model = _registration();
        (model.verifier, model.receiver) = (address(verifier), _asker);
        _modelId = _registry.register(model);
        Question memory question = _question();
        question.maxUnits = 4000;
        Callback memory callback = Callback(address(new RevertingConsumer()), 1, "");
        bytes memory zeros = new bytes(24_575);
        vm.txGasPrice(1000 gwei);
        for (uint256 i = 0; i < 20; ++i) {
            verifier.set(ClaimStatus.Pending);
            Order memory order = _askFor(question, callback);
            vm.startPrank(_asker);
            _oracle.claim(order, "", 0, "");
            verifier.set(ClaimStatus.Proven);
            _oracle.finalize(order, ClaimedAnswer(_asker, keccak256(zeros), 0, 0, 0));
            _oracle.deliver(order, zeros);
            vm.stopPrank();
        }
        vm.startPrank(_asker);
        _oracle.withdraw(_asker);
        _oracle.payReceiver(_asker);
        assertEq(_asker.balance, had, "what it brought, and no wei more");
        assertEq(address(_oracle).balance, fees);
    }

    function test_a_verifier_that_burns_all_gas_takes_no_more_than_its_bound() external {
        MoodyVerifier verifier = new MoodyVerifier();
        (Order memory order, ClaimedAnswer memory claimed) = _judgedBy(verifier);
        verifier.burn();
        uint256 before = gasleft();
        try _oracle.finalize(order, claimed) {
            fail();
        } catch {
            assertLt(before - gasleft(), 400_000);
        }
        skip(ANSWER_TIME + 180 days + 1);
        _oracle.expire(order);
    }

    /// @dev A verifier that answers at once, as zk ones do: claim and finality in one block.
    function test_proven_at_once_is_final_at_once() external {
        MoodyVerifier verifier = new MoodyVerifier();
        verifier.set(ClaimStatus.Proven);
        (Order memory order, ClaimedAnswer memory claimed) = _judgedBy(verifier);
        _oracle.finalize(order, claimed);
        assertTrue(_ora.isFinalized(1));
    }

    /// @dev A verifier that finalizes another of its claims from within `submit` loses the one that
    /// it was handed.
    function test_a_verifier_that_reenters_gains_nothing() external {
        MoodyVerifier verifier = new MoodyVerifier();
        verifier.set(ClaimStatus.Proven);
        (Order memory order, ClaimedAnswer memory claimed) = _judgedBy(verifier);
        bytes memory finalize = abi.encodeCall(IInferenceOracle.finalize, (order, claimed));
        verifier.reenter(address(_oracle), finalize);
        bytes memory over =
            abi.encodeWithSelector(RequestRecords.WrongStatus.selector, 1, RequestStatus.Final);
        vm.prank(_rival);
        vm.expectRevert(over);
        _oracle.claim(order, "Late.", 1, "");

        _oracle.finalize(order, claimed);
        vm.expectRevert(over);
        _oracle.finalize(order, claimed);
        assertTrue(_oracle.isAnswer(1, keccak256("Right.")));
        assertEq(address(_oracle).balance, _credits() + _oracle.owedTo(address(_splitter)));
    }

    // Helpers

    function _claimedFor(address receiver) private returns (Order memory, ClaimedAnswer memory) {
        Registration memory model = _registration();
        model.receiver = receiver;
        model.salt = bytes32(uint256(uint160(receiver)));
        return _claimedOf(_registry.register(model));
    }

    function _claimedOf(bytes32 modelId)
        private
        returns (Order memory order, ClaimedAnswer memory claimed)
    {
        _modelId = modelId;
        order = _ask(_noCallback());
        claimed = _claim(order, _operator, ANSWER, 5);
        skip(WINDOW + 1);
    }

    function _judgedBy(MoodyVerifier verifier)
        private
        returns (Order memory order, ClaimedAnswer memory claimed)
    {
        order = _askJudgedBy(verifier);
        vm.prank(_operator);
        bytes32 id = _oracle.claim(order, "Right.", 2, "");
        claimed = ClaimedAnswer(_operator, keccak256("Right."), 6, 2, 0);
        assertEq(id, _idOf(order, claimed));
    }

    function _askJudgedBy(MoodyVerifier verifier) private returns (Order memory) {
        return _askJudgedBy(verifier, _noCallback());
    }

    function _askJudgedBy(MoodyVerifier verifier, Callback memory callback)
        private
        returns (Order memory)
    {
        Registration memory model = _registration();
        model.verifier = address(verifier);
        _modelId = _registry.register(model);
        return _ask(callback);
    }
}

/// @dev Wants more of what it gets.
contract GreedyReceiver {
    function payUsage() external payable {
        (bool again,) =
            msg.sender.call(abi.encodeCall(IInferenceOracle.payReceiver, (address(this))));
        require(!again);
    }
}

/// @dev Anyone can write a verifier. This one says what it is told to say.
contract MoodyVerifier is IVerifier {
    ClaimStatus private _status = ClaimStatus.Pending;
    bool private _burns;
    address private _oracle;
    bytes private _call;

    function set(ClaimStatus status) external {
        _status = status;
    }

    function burn() external {
        _burns = true;
    }

    function reenter(address oracle, bytes calldata call) external {
        (_oracle, _call) = (oracle, call);
    }

    function submit(Submission calldata submission, bytes calldata)
        external
        payable
        returns (bytes32)
    {
        if (_oracle != address(0)) {
            (bool success,) = _oracle.call(_call);
            require(success);
        }
        return submission.claimId(address(this), msg.sender, 0);
    }

    function bond(bytes32) external pure returns (uint256) {
        return 0;
    }

    function statusOf(bytes32) external view returns (ClaimStatus) {
        while (_burns) { }
        return _status;
    }

    function limits(bytes32) external pure returns (uint32, uint32) {
        return (1000, 1000);
    }
}
