// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import {
    CollectionParams,
    CollectionTerms,
    ContentStatus
} from "../../src/interfaces/IAigcCollection.sol";
import { ClaimedAnswer, Order } from "../../src/interfaces/IInferenceOracle.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { OracleFixture } from "../oracle/OracleFixture.sol";

/// @dev The collection with the real oracle, registry, verifier and splitter: what a mint pays, and
/// where each wei of it goes.
contract AigcCollectionOracleTest is OracleFixture {
    uint96 private constant MINT_FEE = 0.01 ether;
    string private constant TEXT = "A haiku about proofs";

    AigcCollection private _collection;
    address private _ann = makeAddr("ann");

    function setUp() public override {
        super.setUp();
        CollectionTerms memory terms = CollectionTerms(
            "Works", "W", MINT_FEE, 500, 256, bytes32(uint256(1 << 15) << 224), true
        );
        _collection = AigcCollection(
            Clones.cloneWithImmutableArgs(
                address(new AigcCollection()),
                abi.encode(CollectionParams(_modelId, address(_oracle), address(_splitter), terms))
            )
        );
        _splitter.setCollection(address(_collection));
        vm.deal(_ann, 100 ether);
    }

    function test_from_mint_to_final_content() external {
        bytes memory answer = "Each step can be checked";
        uint256 before = _ann.balance;
        (uint256 id, Order memory order) = _mint();
        uint256 paid = before - _ann.balance;
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 9);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        _oracle.payReceiver(address(_splitter));
        uint256 usage = _drip.balance;
        assertGt(usage, 0);
        assertTrue(_collection.locked(id));
        _oracle.deliver(order, answer);
        assertFalse(_collection.locked(id));

        bytes memory prompt = bytes(_collection.prompt(id));
        assertTrue(_collection.verify(prompt, answer, ""));
        _collection.addAigcData(id, prompt, answer, "");
        assertEq(_collection.contentOf(id), answer);
        // 10 % to the creator and 2 % to the protocol.
        assertEq(_drip.balance - usage, MINT_FEE * 88 / 100);

        uint256 unused = _collection.withdrawable(_ann);
        assertGt(unused, 0, "247 tokens that were paid for and not used");
        vm.prank(_ann);
        assertEq(_collection.withdraw(_ann), unused);
        assertEq(_ann.balance, before - paid + unused);
        assertEq(address(_collection).balance, 0);
    }

    function test_the_longest_answer_is_delivered_in_the_gas_that_was_paid_for() external {
        bytes memory answer = new bytes(24_575);
        (uint256 id, Order memory order) = _mint();
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 256);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        _oracle.deliver(order, answer);
        assertEq(_collection.digestOf(id), keccak256(answer));
    }

    /// @dev The oracle compares 26 bytes of a hash. When `settle` took a hash, anyone could record
    /// another one with the same 26 bytes, and no content fitted the work any more.
    function test_a_work_settled_by_anyone_has_the_digest_of_its_answer() external {
        bytes memory answer = "Each step can be checked";
        (uint256 id, Order memory order) = _mint();
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 9);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        bytes32 forged = keccak256(answer) ^ bytes32(uint256(1));
        assertTrue(_oracle.isAnswer(order.request.id, forged));
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.settle(id, bytes.concat(forged));
        _collection.settle(id, answer);
        assertEq(_collection.digestOf(id), keccak256(answer));
        bytes memory prompt = bytes(_collection.prompt(id));
        assertTrue(_collection.verify(prompt, answer, ""));
        _collection.addAigcData(id, prompt, answer, "");
    }

    function test_an_expired_mint_costs_nothing() external {
        uint256 before = _ann.balance;
        (uint256 id, Order memory order) = _mint();
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        _collection.void(id);
        vm.prank(_ann);
        _collection.withdraw(_ann);
        assertEq(_ann.balance, before);
    }

    /// @dev From the real oracle: early and marked, then corrected.
    function test_an_early_answer_is_corrected_by_the_final_one() external {
        bytes memory lie = "Nobody said this";
        bytes memory answer = "Each step can be checked";
        (uint256 id, Order memory order) = _mint();
        ClaimedAnswer memory wrong = _claim(order, _rival, lie, 3);
        ClaimedAnswer memory right = _claim(order, _operator, answer, 9);
        _oracle.deliverEarly(order, wrong, lie);
        assertEq(_collection.digestOf(id), 0, "nobody wanted it");
        vm.prank(_ann);
        _collection.takeEarly(id);
        _oracle.deliverEarly(order, wrong, lie);
        bytes memory prompt = bytes(_collection.prompt(id));
        _collection.addAigcData(id, prompt, lie, "");
        assertEq(uint8(_collection.statusOf(id)), uint8(ContentStatus.Early));

        _reject(order, wrong, lie);
        skip(WINDOW + 1);
        _oracle.finalizeAndDeliver(order, right, answer);
        assertFalse(_collection.locked(id));
        assertEq(uint8(_collection.statusOf(id)), uint8(ContentStatus.Final));
        assertEq(_collection.contentOf(id), "", "the lie is gone");
        _collection.update(prompt, answer);
        assertEq(_collection.contentOf(id), answer);
        assertEq(uint8(_collection.statusOf(id)), uint8(ContentStatus.Final));
    }

    /// @dev A wrong answer whose claim lost its game never reaches the token.
    function test_a_rejected_answer_leaves_the_mint_to_expire() external {
        uint256 before = _ann.balance;
        bytes memory lie = "Nobody said this";
        (uint256 id, Order memory order) = _mint();
        ClaimedAnswer memory claimed = _claim(order, _operator, lie, 3);
        _reject(order, claimed, lie);
        _oracle.dropClaim(order, claimed);
        skip(ANSWER_TIME + 1);
        _oracle.expire(order);
        assertFalse(_collection.verify(bytes(_collection.prompt(id)), lie, ""));
        _collection.void(id);
        vm.prank(_ann);
        _collection.withdraw(_ann);
        assertEq(_ann.balance, before);
    }

    /// @dev As a wallet's call without a gas price sees it, at a base fee of 0.
    function test_the_price_of_a_mint_follows_the_base_fee_that_it_is_given() external {
        vm.fee(0);
        uint256 price = _collection.mintPrice(bytes(TEXT).length, 1 gwei);
        vm.fee(1 gwei);
        assertEq(_collection.mintPrice(bytes(TEXT).length, block.basefee), price);
        vm.prank(_ann);
        _collection.mint{ value: price }(TEXT, 2);
        assertEq(_collection.withdrawable(_ann), 0, "exact");
    }

    /// forge-config: default.isolate = true
    function test_gas() external {
        _mint();
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.prank(_ann);
        _collection.mint{ value: price }(TEXT, 2);
        vm.snapshotGasLastCall(
            "AigcCollection", "mint, 20 bytes of text, with the oracle's request"
        );
    }

    function _mint() private returns (uint256 id, Order memory order) {
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.recordLogs();
        vm.prank(_ann);
        id = _collection.mint{ value: price }(TEXT, 1);
        order = _orderFromLogs();
        assertEq(order.request.id, _collection.requestOf(id));
        assertEq(order.terms.requester, _collection.requesterOf(_ann));
    }
}
