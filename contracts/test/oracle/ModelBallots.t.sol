// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { BallotKind, IModelBallots } from "../../src/interfaces/IModelBallots.sol";
import { IModelRegistry, Model } from "../../src/interfaces/IModelRegistry.sol";
import { Registration } from "../../src/interfaces/IModelRegistrar.sol";
import { IModelToken, RevenueAsset, TokenParams } from "../../src/interfaces/IModelToken.sol";
import { ModelRegistry } from "../../src/oracle/ModelRegistry.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";

/// @dev What holders of the real token can decide, and attempts to decide more.
contract ModelBallotsTest is Test {
    uint256 private constant ONE = 1 << 32;
    uint256 private constant SUPPLY = 1000 ether;

    ModelRegistry private _registry = new ModelRegistry();
    ModelToken private _token;
    bytes32 private _modelId;
    /// @dev Hold 600, 280, 99.99, 10 and 10.01 of 1,000.
    address[5] private _people;
    address private _drip = makeAddr("drip");

    function setUp() external {
        vm.warp(1_800_000_000);
        RevenueAsset[] memory assets = new RevenueAsset[](1);
        assets[0] = RevenueAsset(address(0), 0.001 ether);
        _token = new ModelToken(
            TokenParams(
                "Model", "MDL", uint96(SUPPLY), 10_000, address(this), address(_registry), assets
            )
        );
        uint256[5] memory parts =
            [uint256(600 ether), 280 ether, 99.99 ether, 10 ether, 10.01 ether];
        for (uint256 i = 0; i < 5; ++i) {
            _people[i] = address(uint160(0xA11CE000 + i));
            _token.transfer(_people[i], parts[i]);
        }
        _token.open();
        _roll();
        vm.deal(address(this), 100 ether);
        _modelId = _registry.register(_model("model"));
    }

    // Price

    function test_holders_move_the_price() external {
        uint256 ballot = _passed(BallotKind.Price, bytes32(ONE * 3 / 2));
        assertEq(_registry.modelOf(_modelId).pricing.basePrice, 1000, "not before it is executed");
        _registry.execute(ballot);
        assertEq(_registry.factorOf(_modelId), ONE * 3 / 2);
        Model memory model = _registry.modelOf(_modelId);
        assertEq(model.pricing.basePrice, 1500);
        assertEq(model.pricing.bytePrice, 10, "7 * 1.5, rounded down");
        assertEq(model.pricing.unitPrice, 19, "13 * 1.5, rounded down");
    }

    function test_the_price_moves_within_half_and_double() external {
        uint256[4] memory factors = [ONE / 2 - 1, 2 * ONE + 1, 0, type(uint256).max];
        for (uint256 i = 0; i < factors.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IModelBallots.FactorOutOfRange.selector, factors[i], ONE / 2, 2 * ONE
                )
            );
            vm.prank(_people[0]);
            _registry.propose(_modelId, BallotKind.Price, bytes32(factors[i]));
        }
    }

    /// @dev Half of an odd factor is rounded up: a price never falls below half.
    function test_half_of_an_odd_factor_is_not_less() external {
        _registry.execute(_passed(BallotKind.Price, bytes32(ONE + 1)));
        skip(14 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelBallots.FactorOutOfRange.selector, ONE / 2, ONE / 2 + 1, 2 * ONE + 2
            )
        );
        vm.prank(_people[0]);
        _registry.propose(_modelId, BallotKind.Price, bytes32(ONE / 2));
        _registry.execute(_passed(BallotKind.Price, bytes32(ONE / 2 + 1)));
    }

    /// @dev The bound holds against the factor at execution, so that two ballots together cannot
    /// pass it.
    function test_two_ballots_cannot_pass_the_bound() external {
        uint256 first = _passed(BallotKind.Price, bytes32(ONE / 2));
        skip(6 days);
        vm.prank(_people[0]);
        uint256 second = _registry.propose(_modelId, BallotKind.Price, bytes32(2 * ONE));
        _vote(0, second, true);
        _registry.execute(first);
        skip(9 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IModelBallots.FactorOutOfRange.selector, 2 * ONE, ONE / 4, ONE)
        );
        _registry.execute(second);
    }

    /// @dev However often a price is doubled, a model can be read and asked.
    function test_a_price_that_does_not_fit_is_the_most_that_fits() external {
        Registration memory model = _model("dear");
        model.pricing.basePrice = type(uint128).max;
        model.pricing.unitPrice = type(uint64).max;
        _modelId = _registry.register(model);
        for (uint256 factor = 2 * ONE; factor <= 1 << 63; factor *= 2) {
            _registry.execute(_passed(BallotKind.Price, bytes32(factor)));
            skip(14 days);
        }
        assertEq(_registry.factorOf(_modelId), 1 << 63);
        assertEq(_registry.modelOf(_modelId).pricing.basePrice, type(uint128).max);
        assertEq(_registry.modelOf(_modelId).pricing.unitPrice, type(uint64).max);
        vm.prank(_people[0]);
        vm.expectPartialRevert(IModelBallots.FactorOutOfRange.selector);
        _registry.propose(_modelId, BallotKind.Price, bytes32(uint256(1 << 63) + 1));
    }

    // Successor

    function test_holders_name_a_successor() external {
        bytes32 next = _registry.register(_model("next"));
        assertEq(_registry.successorOf(_modelId), 0);
        _registry.execute(_passed(BallotKind.Successor, next));
        assertEq(_registry.successorOf(_modelId), next);
        assertEq(_registry.modelOf(_modelId).receiver, address(2), "the model stays what it is");
    }

    function test_a_successor_has_the_same_receiver() external {
        Registration memory model = _model("thief");
        model.receiver = makeAddr("thief");
        bytes32 thief = _registry.register(model);
        bytes32[2] memory wrong = [thief, _modelId];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModelBallots.NotASuccessor.selector, wrong[i]));
            vm.prank(_people[0]);
            _registry.propose(_modelId, BallotKind.Successor, wrong[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, bytes32(0)));
        vm.prank(_people[0]);
        _registry.propose(_modelId, BallotKind.Successor, 0);
    }

    // Redirect

    /// @dev A lock that can only hold tokens: what it earns from then on goes to the drip, so back
    /// to all.
    function test_holders_redirect_a_contract_that_cannot_claim() external {
        address lock = _lock();
        _claimFor(lock, 10);
        assertEq(_drip.balance, 0, "nobody can claim for it yet");
        _redirect(lock);
        assertEq(_token.recipientOf(lock), _drip);
        _earn();
        _claimFor(lock, 10);
        assertEq(_drip.balance, 2 ether - 1, "rounded down");
    }

    /// @dev A majority redirects a wallet that has not claimed: what it earned up to the block of
    /// the decision stays its own.
    function test_no_vote_takes_what_was_earned_before() external {
        address wallet = _lock();
        _earn();
        _token.deposit{ value: 10 ether }();
        _registry.execute(_passed(BallotKind.Redirect, bytes32(uint256(uint160(wallet)))));
        _token.deposit{ value: 10 ether }();
        _roll();
        uint256 past = _token.claimableAll(wallet, address(0));
        assertEq(past, 8 ether - 1);
        _claimFor(wallet, 10);
        assertEq(_drip.balance, 0, "nothing is later than the decision");
        assertEq(_token.claimableAll(wallet, address(0)), past);

        _earn();
        _earn();
        _claimFor(wallet, 10);
        assertEq(_drip.balance, 4 ether - 1);
        vm.prank(wallet);
        _token.claimAll(address(0), 10);
        assertEq(wallet.balance, past);
        vm.prank(wallet);
        _token.claimAll(address(0), 10);
        assertEq(wallet.balance, past, "once");
        assertEq(_token.claimableAll(wallet, address(0)), 0);
    }

    /// @dev Also where nothing was earned before.
    function test_what_is_earned_in_the_block_of_the_decision_stays_too() external {
        _token.fixRecipient(address(this), _drip);
        address wallet = address(new Lock());
        vm.prank(_people[1]);
        _token.transfer(wallet, 200 ether);
        _roll();
        uint256 ballot = _passed(BallotKind.Redirect, bytes32(uint256(uint160(wallet))));
        _token.deposit{ value: 10 ether }();
        _registry.execute(ballot);
        _roll();
        _claimFor(wallet, 10);
        assertEq(_drip.balance, 0);
        assertApproxEqAbs(_token.claimableAll(wallet, address(0)), 2 ether, 1);
    }

    /// @dev A step a page: no page goes to what was earned before.
    function test_pages_leave_the_past_too() external {
        address wallet = _lock();
        _earn();
        vm.prank(_people[1]);
        _token.transfer(wallet, 50 ether);
        _roll();
        _earn();
        _redirect(wallet);
        _earn();
        vm.prank(_people[0]);
        _token.transfer(wallet, 50 ether);
        _roll();
        _earn();
        _claimFor(wallet, 1);
        assertEq(_drip.balance, 2.5 ether - 1);
        _claimFor(wallet, 1);
        assertEq(_drip.balance, 5.5 ether - 2);
        assertEq(_token.claimableAll(wallet, address(0)), 6.5 ether - 1);
    }

    /// @dev Whoever claims for it, and however often: each function and view of ERC-7641 goes on
    /// with what it earned before.
    function test_the_past_is_claimed_epoch_by_epoch_after_others_claimed() external {
        address wallet = _lock();
        _earn();
        _earn();
        _redirect(wallet);
        _earn();
        _claimFor(wallet, 10);
        _earn();
        _claimFor(wallet, 10);
        assertEq(_drip.balance, 4 ether - 2);
        assertEq(_token.epochCount(), 7, "two are the ballot's, without revenue");
        for (uint256 epoch = 1; epoch <= 7; ++epoch) {
            uint256 share = epoch <= 3 ? 2 ether : 0;
            assertEq(_token.claimableRevenue(wallet, epoch), share);
            assertEq(_token.claimableERC20(wallet, epoch, address(0)), share);
        }
        assertEq(_token.claimableAll(wallet, address(0)), 6 ether - 1);

        vm.startPrank(wallet);
        _token.claim(2);
        assertEq(wallet.balance, 2 ether);
        uint256[] memory epochs = new uint256[](7);
        for (uint256 i = 0; i < 7; ++i) {
            epochs[i] = i + 1;
        }
        _token.claimBatch(epochs);
        assertEq(wallet.balance, 6 ether);
        vm.expectRevert(
            abi.encodeWithSelector(ModelToken.NothingToClaim.selector, wallet, address(0), 5)
        );
        _token.claim(5);
        vm.stopPrank();
        assertEq(_token.claimableAll(wallet, address(0)), 0);
    }

    /// @dev It undoes the redirect, earns, and is redirected again: what the drip got is two
    /// stretches, and everything else is its own.
    function test_what_was_earned_between_two_redirects_stays_too() external {
        address wallet = _lock();
        for (uint256 i = 0; i < 2; ++i) {
            _redirect(wallet);
            _earn();
            _earn();
            _claimFor(wallet, 10);
            assertEq(_drip.balance, (i + 1) * (4 ether - 1));
            vm.prank(wallet);
            _token.setRecipient(address(0));
            _earn();
            skip(5 days);
        }
        assertEq(_token.claimableAll(wallet, address(0)), 6 ether - 1);
        vm.startPrank(wallet);
        assertEq(_token.claimAll(address(0), 1), 2 ether - 1, "the first is its own");
        assertEq(_token.claimAll(address(0), 1), 0, "the next two are not");
        assertEq(_token.claimAll(address(0), 10), 4 ether - 1);
        vm.stopPrank();
        assertEq(_token.claimableAll(wallet, address(0)), 0);
    }

    /// @dev A payment that the drip refuses is as if nobody had claimed.
    function test_a_refused_diversion_changes_nothing() external {
        address wallet = _lock();
        _redirect(wallet);
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory code = _drip.code;
            vm.etch(_drip, hex"fe");
            _earn();
            uint256 due = _token.claimableAll(wallet, address(0));
            _claimFor(wallet, 10);
            assertEq(_token.claimableAll(wallet, address(0)), due);
            assertEq(_token.claimableRevenue(wallet, _token.epochCount()), 2 ether);
            vm.etch(_drip, code);
            _claimFor(wallet, 10);
            assertEq(_drip.balance, (i + 1) * (2 ether - 1));
            assertEq(_token.claimableRevenue(wallet, _token.epochCount()), 0);
        }
        assertEq(_token.claimableAll(wallet, address(0)), 2 ether - 1);
    }

    /// @dev It names somebody: that ends the redirect, and what is kept goes there with what came
    /// since.
    function test_who_the_redirected_names_gets_the_past() external {
        address wallet = _lock();
        _redirect(wallet);
        _earn();
        _claimFor(wallet, 10);
        vm.prank(wallet);
        _token.setRecipient(address(this));
        _earn();
        uint256 due = _token.claimableAll(wallet, address(0));
        assertEq(due, 4 ether - 1, "not what the drip has got");
        _claimFor(wallet, 10);
        assertEq(_token.claimableAll(wallet, address(0)), due, "who refuses keeps the claim");
        vm.prank(wallet);
        _token.setRecipient(_people[3]);
        _claimFor(wallet, 10);
        assertEq(_people[3].balance, due);
        assertEq(_token.claimableAll(wallet, address(0)), 0);
    }

    /// @dev It never named anybody, but claims: it gets what nobody has pushed yet.
    function test_what_the_redirected_claims_itself_it_gets() external {
        address wallet = _lock();
        _redirect(wallet);
        _earn();
        uint256[] memory epochs = new uint256[](2);
        (epochs[0], epochs[1]) = (1, 4);
        vm.prank(wallet);
        _token.claimBatch(epochs);
        assertEq(wallet.balance, 4 ether);
        assertEq(_drip.balance, 0);
    }

    /// @dev No majority takes the revenue of an account that can claim.
    function test_who_can_claim_is_never_redirected() external {
        _token.fixRecipient(address(this), _drip);
        address wallet = address(new Lock());
        _token.fixRecipient(wallet, makeAddr("its choice"));
        address delegated = makeAddr("delegated");
        vm.etch(delegated, abi.encodePacked(bytes3(0xef0100), address(_registry)));
        address[3] memory accounts = [_people[2], wallet, delegated];
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IModelBallots.NotRedirectable.selector, accounts[i])
            );
            vm.prank(_people[0]);
            bytes32 data = bytes32(uint256(uint160(accounts[i])));
            _registry.propose(_modelId, BallotKind.Redirect, data);
        }
    }

    /// @dev A contract with as many bytes as a delegation is still a contract.
    function test_a_contract_as_long_as_a_delegation_is_redirected() external {
        _token.fixRecipient(address(this), _drip);
        address lock = makeAddr("23 bytes");
        vm.etch(lock, abi.encodePacked(bytes3(0x5f5ffd), address(_registry)));
        _redirect(lock);
        assertEq(_token.recipientOf(lock), _drip);
    }

    /// @dev It shows that it can claim while they vote: the ballot has no effect any more.
    function test_a_contract_that_sets_its_recipient_escapes() external {
        _token.fixRecipient(address(this), _drip);
        Lock lock = new Lock();
        uint256 ballot = _passed(BallotKind.Redirect, bytes32(uint256(uint160(address(lock)))));
        vm.prank(address(lock));
        _token.setRecipient(_people[1]);
        vm.expectRevert(
            abi.encodeWithSelector(IModelBallots.NotRedirectable.selector, address(lock))
        );
        _registry.execute(ballot);
        assertEq(_token.recipientOf(address(lock)), _people[1]);
    }

    function test_without_a_drip_nothing_is_redirected() external {
        bytes32 lock = bytes32(uint256(uint160(address(new Lock()))));
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.NoDrip.selector, address(_token)));
        vm.prank(_people[0]);
        _registry.propose(_modelId, BallotKind.Redirect, lock);
    }

    // Who, and when

    function test_one_percent_proposes() external {
        address small = makeAddr("small");
        vm.prank(_people[3]);
        _token.transfer(small, 10 ether - 1);
        _roll();
        vm.expectRevert(
            abi.encodeWithSelector(IModelBallots.TooFewTokens.selector, 10 ether - 1, 10 ether)
        );
        vm.prank(small);
        _registry.propose(_modelId, BallotKind.Price, bytes32(ONE));
        vm.prank(_people[4]);
        assertEq(_registry.propose(_modelId, BallotKind.Price, bytes32(ONE)), 1);
    }

    /// @dev Tokens that are borrowed for the block can neither propose nor vote.
    function test_borrowed_tokens_decide_nothing() external {
        address borrower = makeAddr("borrower");
        vm.prank(_people[0]);
        _token.transfer(borrower, 600 ether);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.TooFewTokens.selector, 0, 10 ether));
        vm.prank(borrower);
        _registry.propose(_modelId, BallotKind.Price, bytes32(2 * ONE));

        vm.prank(borrower);
        _token.transfer(_people[0], 600 ether);
        uint256 ballot = _proposed(BallotKind.Price, bytes32(2 * ONE));
        _toVotes(ballot);
        vm.prank(_people[0]);
        _token.transfer(borrower, 600 ether);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.TooFewTokens.selector, 0, 1));
        vm.prank(borrower);
        _registry.vote(ballot, true);
        vm.prank(_people[0]);
        _registry.vote(ballot, false);
        assertEq(_registry.ballotOf(ballot).no, 600 ether, "who held them before");
    }

    /// @dev Tokens that are lent over the boundary between two blocks weigh nothing, be it at the
    /// moment of the proposal or at that of the votes; nor does what is lent weigh for its owner.
    function testFuzz_tokens_that_are_held_at_one_moment_weigh_nothing(bool atTheProposal)
        external
    {
        address borrower = makeAddr("borrower");
        if (atTheProposal) _lend(borrower);
        uint256 ballot = _registry.ballotCount() + 1;
        vm.prank(atTheProposal ? borrower : _people[1]);
        _registry.propose(_modelId, BallotKind.Price, bytes32(2 * ONE));
        if (atTheProposal) _giveBack(borrower);
        vm.warp(_registry.ballotOf(ballot).end - 7 days);
        if (!atTheProposal) _lend(borrower);
        _registry.begin(ballot);
        if (!atTheProposal) _giveBack(borrower);

        address[2] memory both = [borrower, _people[0]];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModelBallots.TooFewTokens.selector, 0, 1));
            vm.prank(both[i]);
            _registry.vote(ballot, true);
        }
        _vote(1, ballot, false);
        assertEq(_registry.ballotOf(ballot).no, 280 ether);
    }

    /// @dev So whoever picks a moment gains no weight by it.
    function testFuzz_a_vote_weighs_the_lesser_balance(uint256 sold, uint256 bought) external {
        uint256 ballot = _proposed(BallotKind.Price, bytes32(2 * ONE));
        sold = bound(sold, 0, 600 ether - 1);
        vm.prank(_people[0]);
        _token.transfer(_people[3], sold);
        bought = bound(bought, 0, 280 ether);
        vm.prank(_people[1]);
        _token.transfer(_people[0], bought);
        _roll();
        _vote(0, ballot, true);
        uint256 held = 600 ether - sold + bought;
        assertEq(_registry.ballotOf(ballot).yes, held < 600 ether ? held : 600 ether);
    }

    /// @dev Whoever watches leaves the moment to nobody; a later vote takes no other.
    function test_anyone_begins_the_votes_once() external {
        uint256 ballot = _proposed(BallotKind.Price, bytes32(2 * ONE));
        _toVotes(ballot);
        _registry.begin(ballot);
        uint256 epoch = _registry.ballotOf(ballot).voteEpoch;
        assertEq(epoch, _token.epochCount());
        skip(3 days);
        _earn();
        vm.prank(makeAddr("anyone"));
        _registry.begin(ballot);
        _vote(0, ballot, true);
        assertEq(_registry.ballotOf(ballot).voteEpoch, epoch);
        skip(5 days);
        vm.expectPartialRevert(IModelBallots.VotingOver.selector);
        _registry.begin(ballot);
    }

    function test_tokens_vote_once() external {
        uint256 ballot = _proposed(BallotKind.Price, bytes32(2 * ONE));
        _toVotes(ballot);
        vm.startPrank(_people[2]);
        _registry.vote(ballot, true);
        assertTrue(_registry.hasVoted(ballot, _people[2]));
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.VotedBefore.selector, _people[2]));
        _registry.vote(ballot, true);
        address friend = makeAddr("friend");
        _token.transfer(friend, 99.99 ether);
        vm.stopPrank();
        _roll();
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.TooFewTokens.selector, 0, 1));
        vm.prank(friend);
        _registry.vote(ballot, true);
    }

    function test_ten_percent_and_more_yes_than_no() external {
        uint256 ballot = _proposed(BallotKind.Price, bytes32(2 * ONE));
        _vote(2, ballot, true);
        uint256 snapshot = vm.snapshotState();
        skip(9 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IModelBallots.NotPassed.selector, 99.99 ether, 0, 100 ether)
        );
        _registry.execute(ballot);

        vm.revertToState(snapshot);
        _vote(4, ballot, true);
        snapshot = vm.snapshotState();
        skip(9 days + 1);
        _registry.execute(ballot);
        assertEq(_registry.factorOf(_modelId), 2 * ONE);

        vm.revertToState(snapshot);
        _vote(1, ballot, false);
        skip(9 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelBallots.NotPassed.selector, 110 ether, 280 ether, 100 ether
            )
        );
        _registry.execute(ballot);
    }

    /// @dev The quorum to the unit is enough; as many against as for is not.
    function test_just_ten_percent_passes_a_tie_does_not() external {
        vm.prank(_people[4]);
        _token.transfer(_people[2], 0.01 ether);
        vm.prank(_people[0]);
        _token.transfer(_people[1], 160 ether);
        _roll();
        uint256 quorum = _proposed(BallotKind.Price, bytes32(2 * ONE));
        _vote(2, quorum, true);
        vm.prank(_people[1]);
        uint256 tie = _registry.propose(_modelId, BallotKind.Price, bytes32(2 * ONE));
        _vote(0, tie, true);
        _vote(1, tie, false);
        skip(9 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelBallots.NotPassed.selector, 440 ether, 440 ether, 100 ether
            )
        );
        _registry.execute(tie);
        _registry.execute(quorum);
        assertEq(_registry.factorOf(_modelId), 2 * ONE);
    }

    /// @dev The log alone says what is voted on, until when, who voted how, and what came of it.
    function test_the_log_tells_a_ballots_course() external {
        bytes32 data = bytes32(2 * ONE);
        uint256 epoch = _token.epochCount() + 1;
        vm.expectEmit();
        uint256 start = (block.timestamp / 1 days + 2) * 1 days;
        emit IModelBallots.BallotOpened(
            1,
            _modelId,
            address(_token),
            _people[0],
            BallotKind.Price,
            data,
            epoch,
            start,
            start + 7 days
        );
        _proposed(BallotKind.Price, data);
        _toVotes(1);
        vm.expectEmit();
        emit IModelBallots.VotingBegan(1, address(_token), epoch + 1);
        vm.expectEmit();
        emit IModelBallots.Voted(1, _people[1], false, 280 ether);
        _vote(1, 1, false);
        _vote(0, 1, true);
        skip(9 days + 1);
        vm.expectEmit();
        emit IModelBallots.BallotExecuted(1, _modelId, address(_token), BallotKind.Price, data);
        _registry.execute(1);
    }

    function test_seven_days_to_vote_two_to_wait_fourteen_to_execute() external {
        uint256 ballot = _proposed(BallotKind.Price, bytes32(2 * ONE));
        uint256 start = (block.timestamp / 1 days + 2) * 1 days;
        uint256 end = start + 7 days;
        vm.warp(start - 1);
        bytes memory early = abi.encodeWithSelector(IModelBallots.VotingNotBegun.selector, start);
        vm.expectRevert(early);
        _registry.vote(ballot, true);
        vm.expectRevert(early);
        _registry.begin(ballot);
        vm.warp(end);
        _vote(0, ballot, true);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.VotingOver.selector, end));
        vm.prank(_people[1]);
        _registry.vote(ballot, false);
        bytes memory reason = abi.encodeWithSelector(
            IModelBallots.NotExecutable.selector, end + 2 days, end + 16 days
        );
        vm.warp(end + 2 days);
        vm.expectRevert(reason);
        _registry.execute(ballot);
        vm.warp(end + 16 days + 1);
        vm.expectRevert(reason);
        _registry.execute(ballot);
        vm.warp(end + 16 days);
        _registry.execute(ballot);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.ExecutedBefore.selector, ballot));
        _registry.execute(ballot);
    }

    /// @dev One percent, with proposals that fail, holds up nobody else.
    function test_a_proposer_holds_up_only_itself() external {
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(_people[3]);
            _registry.propose(_modelId, BallotKind.Price, bytes32(ONE / 2));
            _proposed(BallotKind.Price, bytes32(2 * ONE));
            vm.prank(_people[1]);
            _registry.propose(_modelId, BallotKind.Price, bytes32(ONE));
            skip(14 days);
        }
    }

    /// @dev Three ballots that each stay within the bound would together take the price from a half
    /// to double in one block.
    function test_many_ballots_do_not_double_the_price_twice_in_ten_days() external {
        uint256[3] memory ballots;
        uint256[3] memory factors = [ONE / 2, ONE, 2 * ONE];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(_people[i]);
            ballots[i] = _registry.propose(_modelId, BallotKind.Price, bytes32(factors[i]));
        }
        _roll();
        for (uint256 i = 0; i < 3; ++i) {
            _vote(0, ballots[i], true);
        }
        skip(9 days + 1);
        uint256 time = block.timestamp + 10 days;
        _registry.execute(ballots[0]);
        vm.warp(time - 1);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.PriceTooSoon.selector, time));
        _registry.execute(ballots[1]);
        vm.warp(time);
        _registry.execute(ballots[1]);
        time += 10 days;
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.PriceTooSoon.selector, time));
        _registry.execute(ballots[2]);
        assertEq(_registry.factorOf(_modelId), ONE);
    }

    function test_a_proposer_opens_one_ballot_of_a_kind_in_fourteen_days() external {
        bytes32 next = _registry.register(_model("next"));
        _proposed(BallotKind.Price, bytes32(2 * ONE));
        uint256 time = block.timestamp + 14 days;
        skip(14 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.BallotTooSoon.selector, time));
        vm.prank(_people[0]);
        _registry.propose(_modelId, BallotKind.Price, bytes32(2 * ONE));
        _proposed(BallotKind.Successor, next);
        skip(1);
        _proposed(BallotKind.Price, bytes32(2 * ONE));
    }

    /// @dev Anyone can register models that name a token. Only the token's own launch has ballots.
    function test_a_model_that_only_names_a_token_has_no_ballots() external {
        _token.fixRecipient(address(this), _drip);
        bytes32 lock = bytes32(uint256(uint160(address(new Lock()))));
        for (uint256 i = 0; i < 50; ++i) {
            vm.prank(_people[0]);
            bytes32 modelId = _registry.register(_model(bytes32(i)));
            assertEq(_registry.modelOf(modelId).token, address(0));
            vm.expectRevert(abi.encodeWithSelector(IModelBallots.NoToken.selector, modelId));
            vm.prank(_people[0]);
            _registry.propose(modelId, BallotKind.Redirect, lock);
        }
        assertEq(_registry.modelOf(_modelId).token, address(_token));
        vm.prank(_people[0]);
        _registry.propose(_modelId, BallotKind.Redirect, lock);
    }

    function test_a_token_that_cannot_say_who_deployed_it_is_only_named() external {
        Registration memory model = _model("odd");
        address[2] memory odd = [address(new Lock()), makeAddr("no code")];
        for (uint256 i = 0; i < odd.length; ++i) {
            (model.token, model.salt) = (odd[i], bytes32(i));
            bytes32 modelId = _registry.register(model);
            vm.expectRevert(abi.encodeWithSelector(IModelBallots.NoToken.selector, modelId));
            _registry.propose(modelId, BallotKind.Price, bytes32(ONE));
        }
    }

    /// @dev A successor that anyone registered is voted on by the holders who elected it, and by
    /// nobody before.
    function test_holders_decide_about_a_successor_they_elected() external {
        vm.startPrank(makeAddr("anyone"));
        bytes32 next = _registry.register(_model("next"));
        Registration memory model = _model("tokenless");
        model.token = address(0);
        bytes32 tokenless = _registry.register(model);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.NoToken.selector, next));
        vm.prank(_people[0]);
        _registry.propose(next, BallotKind.Price, bytes32(2 * ONE));

        _registry.execute(_passed(BallotKind.Successor, next));
        assertEq(_registry.modelOf(next).token, address(_token));
        _modelId = next;
        _registry.execute(_passed(BallotKind.Price, bytes32(2 * ONE)));
        assertEq(_registry.factorOf(next), 2 * ONE);
        skip(14 days);
        _registry.execute(_passed(BallotKind.Successor, tokenless));
        assertEq(_registry.modelOf(tokenless).token, address(0), "it names no token");
    }

    /// @dev One of a kind for a token, whichever of its models it is about.
    function test_a_proposers_pace_is_per_token() external {
        bytes32 other = _registry.register(_model("other"));
        _proposed(BallotKind.Price, bytes32(2 * ONE));
        vm.expectRevert(
            abi.encodeWithSelector(IModelBallots.BallotTooSoon.selector, block.timestamp + 14 days)
        );
        vm.prank(_people[0]);
        _registry.propose(other, BallotKind.Price, bytes32(2 * ONE));
    }

    /// @dev However many ballots there are, they begin one epoch a day.
    function test_the_ballots_of_a_day_share_an_epoch() external {
        uint256 epochs = _token.epochCount();
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(_people[i]);
            _registry.propose(_modelId, BallotKind.Price, bytes32(ONE));
            _roll();
            skip(3 hours);
        }
        assertEq(_token.epochCount(), epochs + 1);
        for (uint256 ballot = 1; ballot <= 5; ++ballot) {
            _vote(0, ballot, true);
        }
        assertEq(_token.epochCount(), epochs + 2);
        skip(1 days);
        _proposed(BallotKind.Successor, _registry.register(_model("next")));
        assertEq(_token.epochCount(), epochs + 3);
    }

    /// @dev A holder of a token of its own decides about its own model only.
    function test_another_tokens_holders_have_no_say() external {
        RevenueAsset[] memory assets = new RevenueAsset[](1);
        assets[0] = RevenueAsset(address(0), 0.001 ether);
        ModelToken other = new ModelToken(
            TokenParams(
                "Other", "OTH", uint96(SUPPLY), 10_000, address(this), address(_registry), assets
            )
        );
        other.open();
        _roll();
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.TooFewTokens.selector, 0, 10 ether));
        _registry.propose(_modelId, BallotKind.Price, bytes32(ONE));
        uint256 ballot = _proposed(BallotKind.Price, bytes32(ONE));
        _toVotes(ballot);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.TooFewTokens.selector, 0, 1));
        _registry.vote(ballot, true);
    }

    function test_none_before_the_token_is_open_nor_without_a_token() external {
        RevenueAsset[] memory assets = new RevenueAsset[](1);
        assets[0] = RevenueAsset(address(0), 0.001 ether);
        ModelToken closed = new ModelToken(
            TokenParams(
                "Closed", "CLS", uint96(SUPPLY), 10_000, address(this), address(_registry), assets
            )
        );
        Registration memory model = _model("closed");
        model.token = address(closed);
        bytes32 modelId = _registry.register(model);
        vm.expectRevert(
            abi.encodeWithSelector(IModelBallots.TokenNotOpen.selector, address(closed))
        );
        _registry.propose(modelId, BallotKind.Price, bytes32(ONE));

        model.token = address(0);
        model.salt = "none";
        modelId = _registry.register(model);
        vm.expectRevert(abi.encodeWithSelector(IModelBallots.NoToken.selector, modelId));
        _registry.propose(modelId, BallotKind.Price, bytes32(ONE));
    }

    function test_unknown_ballots() external {
        bytes memory reason = abi.encodeWithSelector(IModelBallots.UnknownBallot.selector, 7);
        vm.expectRevert(reason);
        _registry.vote(7, true);
        vm.expectRevert(reason);
        _registry.execute(7);
    }

    // Helpers

    /// @dev Holds a fifth of the supply, and has earned 2 ETH.
    function _lock() private returns (address lock) {
        _token.fixRecipient(address(this), _drip);
        lock = address(new Lock());
        vm.prank(_people[1]);
        _token.transfer(lock, 200 ether);
        _roll();
        _earn();
    }

    function _earn() private {
        _token.deposit{ value: 10 ether }();
        _roll();
    }

    function _redirect(address account) private {
        _registry.execute(_passed(BallotKind.Redirect, bytes32(uint256(uint160(account)))));
        _roll();
    }

    function _claimFor(address account, uint256 steps) private {
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        _token.claimAllFor(accounts, address(0), steps);
    }

    /// @dev The largest holder's tokens, until they are given back.
    function _lend(address borrower) private {
        vm.prank(_people[0]);
        _token.transfer(borrower, 600 ether);
        _roll();
    }

    function _giveBack(address borrower) private {
        vm.prank(borrower);
        _token.transfer(_people[0], 600 ether);
        _roll();
    }

    function _proposed(BallotKind kind, bytes32 data) private returns (uint256 ballot) {
        vm.prank(_people[0]);
        ballot = _registry.propose(_modelId, kind, data);
        _roll();
    }

    /// @dev Ready to be executed.
    function _passed(BallotKind kind, bytes32 data) private returns (uint256 ballot) {
        ballot = _proposed(kind, data);
        _vote(0, ballot, true);
        skip(9 days + 1);
    }

    /// @dev To the ballot's first second of votes, or as it is if that is over.
    function _toVotes(uint256 ballot) private {
        uint256 start = _registry.ballotOf(ballot).end - 7 days;
        if (block.timestamp < start) vm.warp(start);
        _roll();
    }

    function _vote(uint256 who, uint256 ballot, bool yes) private {
        _toVotes(ballot);
        vm.prank(_people[who]);
        _registry.vote(ballot, yes);
    }

    function _roll() private {
        vm.roll(vm.getBlockNumber() + 1);
    }

    function _model(bytes32 salt) private view returns (Registration memory model) {
        model.contentId = keccak256("content");
        model.verifier = address(1);
        model.receiver = address(2);
        model.token = address(_token);
        model.salt = salt;
        model.pricing.basePrice = 1000;
        model.pricing.bytePrice = 7;
        model.pricing.unitPrice = 13;
        model.pricing.unitBytes = 8;
    }
}

/// @dev Holds tokens, and can do nothing else by itself.
contract Lock {
    receive() external payable { }
}
