// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Entry, EntryState, IOperatorList } from "../../src/interfaces/IOperatorList.sol";
import { OperatorList } from "../../src/oracle/OperatorList.sol";
import { RevertingConsumer } from "./Consumers.sol";
import "./OracleFixture.sol";

/// @dev No counter, sum or cast can keep a request from ending, or anybody from their money:
/// whatever the counts stand at and whatever a model costs, claims, expiry, finality, delivery and
/// all payments go through, and leave nothing behind.
contract InferenceOracleLivenessTest is OracleFixture {
    bytes private constant ANSWER = "The first programmer.";
    /// @dev Where the oracle keeps requests, and the list of operators its entries.
    uint256 private constant SLOT = 1;

    OperatorList private _list;

    function setUp() public override {
        super.setUp();
        _list = OperatorList(address(_oracle.operators()));
    }

    function testFuzz_a_request_is_answered_at_any_count(
        uint8 misses,
        uint32 openClaims,
        uint256 prices,
        uint32 maxUnits,
        uint32 unitsUsed
    ) external {
        Order memory order = _askAt(misses, prices, maxUnits);
        skip(ANSWER_TIME);
        ClaimedAnswer memory wrong = _claim(order, _rival, "Wrong.", 0);
        _setOpenClaims(order.request.id, openClaims);
        unitsUsed = uint32(bound(unitsUsed, 0, order.request.maxUnits));
        ClaimedAnswer memory right = _claim(order, _operator, ANSWER, unitsUsed);
        _reject(order, wrong, "Wrong.");
        // Where the poked count says that there is one.
        if (openClaims != 0) _oracle.dropClaim(order, wrong);
        skip(WINDOW + 1);
        if (openClaims % 2 == 0) {
            _oracle.finalize(order, right);
            vm.prank(_rival);
            _oracle.deliver(order, ANSWER);
        } else {
            _oracle.finalizeAndDeliver(order, right, ANSWER);
        }
        if (_oracle.owedTo(address(_splitter)) != 0) _oracle.payReceiver(address(_splitter));
        _allLeave();
    }

    function testFuzz_a_request_is_refunded_at_any_count(
        uint8 misses,
        uint32 openClaims,
        uint256 prices,
        uint32 maxUnits
    ) external {
        Order memory order = _askAt(misses, prices, maxUnits);
        _setOpenClaims(order.request.id, openClaims);
        skip(ANSWER_TIME + 1);
        if (openClaims != 0) skip(180 days);
        uint256 had = _asker.balance;
        _oracle.expire(order);
        _allLeave();
        assertEq(_asker.balance, had + order.terms.fee);
    }

    // Helpers

    /// @dev Asks a model with two operators, which have missed some turns, and with any prices of
    /// which somebody can have the money.
    function _askAt(uint8 misses, uint256 prices, uint32 maxUnits)
        private
        returns (Order memory order)
    {
        Registration memory model = _registration();
        model.salt = "any";
        model.pricing.basePrice = uint128(bound(uint128(prices), 0, 1e30));
        model.pricing.bytePrice = uint64(prices >> 128);
        model.pricing.unitPrice = uint64(prices >> 192);
        model.pricing.operatorBps = uint16(prices % 10_001);
        _modelId = _registry.register(model);
        for (uint32 entry = 1; entry <= 2; ++entry) {
            vm.prank(entry == 1 ? _operator : _rival);
            _list.join{ value: 0.1 ether }(_modelId);
            skip(_list.DELAY());
            _list.activate(entry);
            _setMisses(entry, misses);
        }
        vm.deal(_asker, 1e40);
        Question memory question = _question();
        question.maxUnits = uint32(bound(maxUnits, 1, type(uint32).max));
        order = _askFor(question, Callback(address(new RevertingConsumer()), 100_000, "data"));
    }

    /// @dev Everybody takes what is theirs, and nothing is left.
    function _allLeave() private {
        address[4] memory people = [_operator, _rival, _asker, address(this)];
        for (uint256 i = 0; i < people.length; ++i) {
            vm.startPrank(people[i]);
            if (_oracle.creditOf(people[i]) != 0) _oracle.withdraw(people[i]);
            vm.stopPrank();
        }
        assertEq(address(_oracle).balance, 0, "fees");
        for (uint32 entry = 1; entry <= 2; ++entry) {
            vm.startPrank(people[entry - 1]);
            if (_list.entryOf(entry).state != EntryState.Leaving) _list.resign(entry);
            skip(_list.DELAY());
            _list.withdrawStake(entry, people[entry - 1]);
            vm.stopPrank();
        }
        assertEq(address(_list).balance, 0, "stakes");
    }

    receive() external payable { }

    function _setMisses(uint32 entry, uint8 misses) private {
        bytes32 place = keccak256(abi.encode(entry, SLOT));
        _set(address(_list), place, 232, type(uint8).max, misses);
        assertEq(_list.entryOf(entry).misses, misses, "the place in the word");
    }

    function _setOpenClaims(uint256 id, uint32 openClaims) private {
        bytes32 place = keccak256(abi.encode(id, SLOT));
        _set(address(_oracle), place, 216, type(uint32).max, openClaims);
    }

    /// @dev Puts a number into a word.
    function _set(address account, bytes32 place, uint256 offset, uint256 mask, uint256 number)
        private
    {
        uint256 word = uint256(vm.load(account, place)) & ~(mask << offset);
        vm.store(account, place, bytes32(word | number << offset));
    }
}
