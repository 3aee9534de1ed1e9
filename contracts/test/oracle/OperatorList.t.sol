// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Entry, EntryState, IOperatorList, Turns } from "../../src/interfaces/IOperatorList.sol";
import { OperatorList } from "../../src/oracle/OperatorList.sol";
import "./OracleFixture.sol";

/// @dev Turns and stakes: each rule, with an attempt to get around it.
contract OperatorListTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";
    uint256 private constant STAKE = 0.1 ether;
    /// @dev 60 + 64 / 4 seconds.
    uint256 private constant SLOT = 76;
    address private constant STRANGER = address(0x5742);

    OperatorList private _list;
    address[3] private _people;
    uint32[3] private _entries;

    function setUp() public override {
        super.setUp();
        _list = OperatorList(address(_oracle.operators()));
        for (uint256 i = 0; i < 3; ++i) {
            _people[i] = address(uint160(0xA11CE000 + i));
            vm.deal(_people[i], 100 ether);
            _entries[i] = _join(_people[i], _modelId);
        }
        vm.deal(STRANGER, 100 ether);
        skip(_list.DELAY());
        for (uint256 i = 0; i < 3; ++i) {
            _list.activate(_entries[i]);
        }
    }

    // Turns

    function test_first_then_both_then_anyone() external {
        Order memory order = _ask(_noCallback());
        Turns memory turns = _list.turnsOf(1);
        (address first, address second) = (_ownerOf(turns.first), _ownerOf(turns.second));
        assertNotEq(first, second);
        assertEq(turns.slot, SLOT);

        _expectMay(first, second, true, false, false);
        _refuseClaim(order, second);
        _refuseClaim(order, STRANGER);
        skip(SLOT - 1);
        _expectMay(first, second, true, false, false);
        skip(1);
        _expectMay(first, second, true, true, false);
        _refuseClaim(order, STRANGER);
        skip(SLOT);
        _expectMay(first, second, true, true, true);
        _claim(order, STRANGER, ANSWER, 5);
    }

    function test_the_log_tells_whose_turn_it_is() external {
        uint256 fee = _oracle.quote(_question(), 1, 0, block.basefee);
        vm.recordLogs();
        _oracle.request{ value: fee }(_question(), "?", _noCallback());
        Vm.Log memory first = vm.getRecordedLogs()[0];
        assertEq(first.topics[0], IOperatorList.TurnsDrawn.selector);
        assertEq(uint256(first.topics[1]), 1);
        assertEq(first.topics[2], _modelId);
        assertEq(first.data, abi.encode(_list.turnsOf(1)));
    }

    function test_after_the_first_claim_anyone_may() external {
        Order memory order = _ask(_noCallback());
        ClaimedAnswer memory wrong = _claim(order, _first(), "Wrong.", 5);
        _claim(order, STRANGER, ANSWER, 5);
        assertTrue(_list.mayClaim(1, STRANGER));

        // Also when the first one is rejected and dropped.
        _reject(order, wrong, "Wrong.");
        _oracle.dropClaim(order, wrong);
        assertTrue(_list.mayClaim(1, STRANGER));
    }

    function test_with_nobody_joined_anyone_may_at_once() external {
        Registration memory model = _registration();
        model.salt = "lonely";
        _modelId = _registry.register(model);
        _claim(_ask(_noCallback()), STRANGER, ANSWER, 5);
    }

    function test_a_slot_is_at_most_a_quarter_of_the_time_to_answer() external {
        Question memory question = _question();
        question.maxUnits = 1_000_000;
        _askFor(question, _noCallback());
        assertEq(_list.turnsOf(1).slot, ANSWER_TIME / 4);
    }

    function test_one_operator_has_one_slot() external {
        for (uint256 i = 1; i < 3; ++i) {
            vm.prank(_people[i]);
            _list.resign(_entries[i]);
        }
        Order memory order = _ask(_noCallback());
        assertEq(_list.turnsOf(1).first, _entries[0]);
        assertEq(_list.turnsOf(1).second, 0);
        _refuseClaim(order, STRANGER);
        skip(SLOT);
        _claim(order, STRANGER, ANSWER, 5);
    }

    function test_a_named_operator_goes_first() external {
        for (uint256 i = 0; i < 3; ++i) {
            _requestFrom(_entries[i]);
            assertEq(_list.turnsOf(i + 1).first, _entries[i]);
            assertNotEq(_list.turnsOf(i + 1).second, _entries[i]);
        }
    }

    /// @dev Neither an entry of another model, nor one that waits, nor one that left can be put
    /// first.
    function test_only_active_entries_of_the_model_can_be_named() external {
        bytes32 other = keccak256("other model");
        uint32 foreign = _join(STRANGER, other);
        uint32 waiting = _join(STRANGER, _modelId);
        skip(_list.DELAY());
        _list.activate(foreign);
        vm.prank(_people[0]);
        _list.resign(_entries[0]);
        uint32[4] memory names = [foreign, waiting, _entries[0], 999];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < 4 * names.length; ++i) {
            vm.prevrandao(keccak256(abi.encode(i)));
            _requestFrom(0);
            Turns memory drawn = _list.turnsOf(1);
            assertTrue(drawn.first == _entries[1] || drawn.first == _entries[2]);
            vm.revertToState(state);
            vm.prevrandao(keccak256(abi.encode(i)));
            _requestFrom(names[i % names.length]);
            assertEq(abi.encode(_list.turnsOf(1)), abi.encode(drawn), "as if nobody was named");
            vm.revertToState(state);
        }
    }

    /// @dev Over the blocks' randomness every pair is drawn about as often as every other.
    function test_the_draw_is_fair() external {
        uint256[3] memory firsts;
        uint256[3] memory seconds_;
        for (uint256 i = 0; i < 600; ++i) {
            vm.prevrandao(keccak256(abi.encode(i)));
            _ask(_noCallback());
            Turns memory turns = _list.turnsOf(i + 1);
            assertNotEq(turns.first, turns.second);
            ++firsts[turns.first - _entries[0]];
            ++seconds_[turns.second - _entries[0]];
        }
        for (uint256 i = 0; i < 3; ++i) {
            assertApproxEqAbs(firsts[i], 200, 50);
            assertApproxEqAbs(seconds_[i], 200, 50);
        }
    }

    /// @dev The draw depends on the block's randomness, so the words of a request cannot choose
    /// an operator.
    function test_the_draw_follows_the_blocks_randomness() external {
        uint256 snapshot = vm.snapshotState();
        uint256 seen;
        for (uint256 i = 0; i < 20; ++i) {
            vm.prevrandao(keccak256(abi.encode(i)));
            _ask(_noCallback());
            seen |= 1 << _list.turnsOf(1).first;
            vm.revertToState(snapshot);
        }
        assertEq(seen, 14, "each of the three, for the same request");
    }

    // Passing

    function test_who_lets_its_turn_pass_loses_stake() external {
        Order memory order = _ask(_noCallback());
        Turns memory turns = _list.turnsOf(1);
        skip(SLOT);
        uint256 balance = address(0).balance;
        _claim(order, _ownerOf(turns.second), ANSWER, 5);

        // Half of the operator's part of the whole price; the second served in time.
        uint256 price = 0.001 ether + 21 * (1e10 + 7) + 64 * (1e12 + 13);
        uint256 penalty = price * 3333 / 10_000 / 2;
        assertEq(_list.entryOf(turns.first).stake, STAKE - penalty);
        assertEq(_list.entryOf(turns.first).misses, 1);
        assertEq(_list.entryOf(turns.second).stake, STAKE);
        assertEq(address(0).balance - balance, penalty, "burnt: who served gains nothing by it");
    }

    function test_both_lose_when_a_stranger_serves() external {
        Order memory order = _ask(_noCallback());
        Turns memory turns = _list.turnsOf(1);
        skip(2 * SLOT);
        _claim(order, STRANGER, ANSWER, 5);
        assertLt(_list.entryOf(turns.first).stake, STAKE);
        assertLt(_list.entryOf(turns.second).stake, STAKE);
    }

    function test_who_serves_late_is_not_charged() external {
        Order memory order = _ask(_noCallback());
        Turns memory turns = _list.turnsOf(1);
        skip(2 * SLOT);
        _claim(order, _ownerOf(turns.first), ANSWER, 5);
        assertEq(_list.entryOf(turns.first).stake, STAKE);
        assertLt(_list.entryOf(turns.second).stake, STAKE);
    }

    /// @dev An operator that answers in the first slot costs the second nothing: its turn did not
    /// come.
    function test_whose_turn_did_not_come_is_not_charged() external {
        Order memory order = _ask(_noCallback());
        Turns memory turns = _list.turnsOf(1);
        _claim(order, _ownerOf(turns.first), ANSWER, 5);
        assertEq(_list.entryOf(turns.second).stake, STAKE);
        assertEq(_list.entryOf(turns.second).misses, 0);
    }

    /// @dev A model with one operator has no second, so nobody is charged for the second slot.
    function test_where_there_is_no_second_nobody_is_charged() external {
        for (uint256 i = 1; i < 3; ++i) {
            vm.prank(_people[i]);
            _list.resign(_entries[i]);
        }
        Order memory order = _ask(_noCallback());
        skip(2 * SLOT);
        vm.recordLogs();
        _claim(order, STRANGER, ANSWER, 5);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 charged;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IOperatorList.TurnPassed.selector) ++charged;
        }
        assertEq(charged, 1);
        assertEq(_list.entryOf(0).misses, 0);
    }

    /// @dev An operator with half of its stake stays; with less it is dropped.
    function test_half_of_the_stake_is_enough() external {
        for (uint256 i = 0; i < 2; ++i) {
            Registration memory model = _registration();
            model.salt = bytes32(i + 1);
            (model.pricing.operatorBps, model.pricing.bytePrice, model.pricing.unitPrice) =
            (10_000, 0, 0);
            model.pricing.basePrice = uint128(STAKE + 2 * i);
            _modelId = _registry.register(model);
            uint32 entry = _join(_people[0], _modelId);
            skip(_list.DELAY());
            _list.activate(entry);
            Order memory order = _ask(_noCallback());
            skip(SLOT);
            _claim(order, STRANGER, ANSWER, 5);
            assertEq(_list.entryOf(entry).stake, STAKE / 2 - i);
            EntryState state = i == 0 ? EntryState.Active : EntryState.Leaving;
            assertEq(uint8(_list.entryOf(entry).state), uint8(state));
        }
    }

    function test_nobody_serves_at_all() external {
        Order memory order = _ask(_noCallback());
        Turns memory turns = _list.turnsOf(1);
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        assertLt(_list.entryOf(turns.first).stake, STAKE);
        assertLt(_list.entryOf(turns.second).stake, STAKE);
        assertEq(_oracle.creditOf(_asker), order.terms.fee);
    }

    function test_three_passes_in_a_row_drop_it() external {
        _miss(0);
        _miss(0);
        _serve(0);
        assertEq(_list.entryOf(_entries[0]).misses, 0, "serving begins anew");
        _miss(0);
        _miss(0);
        assertEq(_list.listOf(_modelId).length, 3);
        _miss(0);
        assertEq(uint8(_list.entryOf(_entries[0]).state), uint8(EntryState.Leaving));
        assertEq(_list.listOf(_modelId).length, 2);
        uint256 stake = _list.entryOf(_entries[0]).stake;
        skip(_list.DELAY());
        vm.prank(_people[0]);
        assertEq(_list.withdrawStake(_entries[0], _people[0]), stake);
    }

    /// @dev One operator was named with more requests than a count has room for, and is offline.
    /// The last of them is refunded, and one that somebody else answers is answered.
    function test_any_number_of_missed_turns_stops_no_request() external {
        Order[] memory orders = new Order[](258);
        for (uint256 i = 0; i < orders.length; ++i) {
            orders[i] = _requestFrom(_entries[0]);
        }
        skip(ANSWER_TIME);
        _claim(orders[0], STRANGER, ANSWER, 5);
        skip(1);
        for (uint256 i = 1; i < orders.length; ++i) {
            uint256 credit = _oracle.creditOf(_asker);
            _oracle.expire(orders[i]);
            assertEq(_oracle.creditOf(_asker), credit + orders[i].terms.fee);
        }
        assertEq(_list.entryOf(_entries[0]).misses, _list.MISSES());
        assertEq(uint8(_list.entryOf(_entries[0]).state), uint8(EntryState.Leaving));
    }

    /// @dev A penalty that cannot be sent away stays, and is nobody's.
    function test_a_chain_that_refuses_to_burn_stops_no_request() external {
        Order memory order = _requestFrom(_entries[0]);
        Order memory unanswered = _requestFrom(_entries[0]);
        vm.etch(address(0), hex"fe");
        skip(ANSWER_TIME);
        uint256 held = address(_list).balance;
        _claim(order, STRANGER, ANSWER, 5);
        skip(1);
        _oracle.expire(unanswered);
        assertEq(address(_list).balance, held);
        assertLt(_list.entryOf(_entries[0]).stake, STAKE);
    }

    /// @dev A model so expensive that a missed turn costs more than the stake: only the stake is
    /// burnt, and the entry is dropped.
    function test_a_penalty_is_never_more_than_the_stake() external {
        Registration memory model = _registration();
        model.salt = "dear";
        model.pricing.basePrice = 10 ether;
        _modelId = _registry.register(model);
        uint32 entry = _join(_people[0], _modelId);
        skip(_list.DELAY());
        _list.activate(entry);
        Order memory order = _ask(_noCallback());
        skip(SLOT);
        uint256 others = 3 * STAKE;
        _claim(order, STRANGER, ANSWER, 5);
        assertEq(_list.entryOf(entry).stake, 0);
        assertEq(uint8(_list.entryOf(entry).state), uint8(EntryState.Leaving));
        assertEq(address(_list).balance, others);
    }

    // Joining and leaving

    function test_joining_takes_a_delay() external {
        uint32 entry = _join(STRANGER, _modelId);
        uint256 time = block.timestamp + _list.DELAY();
        skip(_list.DELAY() - 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorList.TooSoon.selector, time));
        _list.activate(entry);
        skip(1);
        _list.activate(entry);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorList.WrongState.selector, entry, EntryState.Active)
        );
        _list.activate(entry);
        assertEq(_list.listOf(_modelId).length, 4);
    }

    /// @dev An operator that is drawn and leaves is still charged: the stake stays longer than any
    /// request waits.
    function test_leaving_is_no_way_out_of_a_turn() external {
        Order memory order = _requestFrom(_entries[0]);
        vm.startPrank(_people[0]);
        _list.resign(_entries[0]);
        skip(ANSWER_TIME + 1);
        vm.expectPartialRevert(IOperatorList.TooSoon.selector);
        _list.withdrawStake(_entries[0], _people[0]);
        vm.stopPrank();
        _oracle.expire(order);
        assertLt(_list.entryOf(_entries[0]).stake, STAKE);

        skip(1 days);
        uint256 left = _list.entryOf(_entries[0]).stake;
        vm.startPrank(_people[0]);
        assertEq(_list.withdrawStake(_entries[0], STRANGER), left);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorList.WrongState.selector, _entries[0], EntryState.Unknown
            )
        );
        _list.withdrawStake(_entries[0], STRANGER);
    }

    /// @dev A refused stake is not lost.
    function test_a_stake_that_is_refused_stays() external {
        vm.startPrank(_people[0]);
        _list.resign(_entries[0]);
        skip(_list.DELAY());
        vm.expectRevert(IOperatorList.TransferFailed.selector);
        _list.withdrawStake(_entries[0], address(_registry));
        assertEq(_list.entryOf(_entries[0]).stake, STAKE);
        vm.expectEmit();
        emit IOperatorList.StakeWithdrawn(_entries[0], STRANGER, STAKE);
        assertEq(_list.withdrawStake(_entries[0], STRANGER), STAKE);
    }

    /// @dev The log alone says who operates a model: who joined, became active, left or missed a
    /// turn.
    function test_the_log_tells_who_operates() external {
        vm.expectEmit();
        emit IOperatorList.Joined(_modelId, 4, STRANGER);
        uint32 entry = _join(STRANGER, _modelId);
        skip(_list.DELAY());
        vm.expectEmit();
        emit IOperatorList.Activated(_modelId, entry);
        _list.activate(entry);
        vm.expectEmit();
        emit IOperatorList.Left(_modelId, entry, false);
        vm.prank(STRANGER);
        _list.resign(entry);

        Order memory order = _requestFrom(_entries[0]);
        skip(SLOT);
        uint256 price = 0.001 ether + 21 * (1e10 + 7) + 64 * (1e12 + 13);
        vm.expectEmit();
        emit IOperatorList.TurnPassed(order.request.id, _entries[0], price * 3333 / 10_000 / 2);
        _claim(order, _ownerOf(_list.turnsOf(order.request.id).second), ANSWER, 5);
    }

    function test_who_left_may_still_take_its_turn() external {
        Order memory order = _requestFrom(_entries[0]);
        vm.prank(_people[0]);
        _list.resign(_entries[0]);
        _claim(order, _people[0], ANSWER, 5);
        assertEq(_list.entryOf(_entries[0]).stake, STAKE);
    }

    function test_only_its_operator_moves_an_entry() external {
        bytes memory reason =
            abi.encodeWithSelector(IOperatorList.NotOperator.selector, _entries[0], address(this));
        vm.expectRevert(reason);
        _list.resign(_entries[0]);
        vm.prank(_people[0]);
        _list.resign(_entries[0]);
        skip(_list.DELAY());
        vm.expectRevert(reason);
        _list.withdrawStake(_entries[0], address(this));
        vm.prank(_people[0]);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorList.WrongState.selector, _entries[0], EntryState.Leaving
            )
        );
        _list.resign(_entries[0]);
    }

    function test_an_entry_costs_exactly_the_stake() external {
        bytes4 wrongStake = IOperatorList.WrongStake.selector;
        vm.expectRevert(abi.encodeWithSelector(wrongStake, STAKE - 1, STAKE));
        _list.join{ value: STAKE - 1 }(_modelId);
    }

    function test_only_the_oracle_draws_and_settles() external {
        bytes memory reason =
            abi.encodeWithSelector(IOperatorList.NotOracle.selector, address(this));
        vm.expectRevert(reason);
        _list.draw(9, _modelId, 1, block.timestamp + 100, 0);
        vm.expectRevert(reason);
        _list.settle(1, address(0), 1 ether);
    }

    /// @dev Any order of coming and going: the list has exactly the active entries, and the
    /// contract the stakes.
    function testFuzz_the_list_is_who_is_active(uint256 seed) external {
        uint256 active = 3;
        for (uint256 i = 0; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint32[] memory list = _list.listOf(_modelId);
            if (seed % 2 == 0 && list.length > 0) {
                uint32 leaver = list[(seed >> 8) % list.length];
                vm.prank(_ownerOf(leaver));
                _list.resign(leaver);
                --active;
            } else {
                uint32 entry = _join(_people[seed % 3], _modelId);
                skip(_list.DELAY());
                _list.activate(entry);
                ++active;
            }
            list = _list.listOf(_modelId);
            assertEq(list.length, active);
            for (uint256 j = 0; j < list.length; ++j) {
                assertEq(_list.entryOf(list[j]).index, j);
                assertEq(uint8(_list.entryOf(list[j]).state), uint8(EntryState.Active));
            }
        }
        assertEq(address(_list).balance, _list.entryCount() * STAKE);
    }

    // Helpers

    function _join(address operator, bytes32 modelId) private returns (uint32) {
        vm.prank(operator);
        return _list.join{ value: STAKE }(modelId);
    }

    function _ownerOf(uint32 entry) private view returns (address) {
        return _list.entryOf(entry).operator;
    }

    function _first() private view returns (address) {
        return _ownerOf(_list.turnsOf(1).first);
    }

    function _requestFrom(uint32 entry) private returns (Order memory) {
        vm.recordLogs();
        vm.prank(_asker);
        _oracle.requestFrom{ value: 1 ether }(
            _question(), "Who was Ada Lovelace?", _noCallback(), entry
        );
        return _orderFromLogs();
    }

    /// @dev Names an operator that keeps silent.
    function _miss(uint256 who) private {
        Order memory order = _requestFrom(_entries[who]);
        skip(SLOT);
        _claim(order, _ownerOf(_list.turnsOf(order.request.id).second), ANSWER, 5);
    }

    function _serve(uint256 who) private {
        _claim(_requestFrom(_entries[who]), _people[who], ANSWER, 5);
    }

    function _expectMay(address first, address second, bool one, bool two, bool all) private view {
        assertEq(_list.mayClaim(1, first), one);
        assertEq(_list.mayClaim(1, second), two);
        assertEq(_list.mayClaim(1, STRANGER), all);
    }

    function _refuseClaim(Order memory order, address claimant) private {
        bytes memory evidence = _evidence(ANSWER, 5, "");
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorList.NotTheTurnOf.selector, claimant, order.request.id)
        );
        vm.prank(claimant);
        _oracle.claim{ value: BOND }(order, ANSWER, 5, evidence);
    }
}
