// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { ContentStatus } from "../../src/interfaces/IAigcCollection.sol";
import { RequestStatus } from "../../src/interfaces/IInferenceOracle.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { CollectionFixture, OracleStandIn } from "./CollectionFixture.sol";

/// @dev Any order of mints, answers, refunds, voids and withdrawals leaves every wei with its
/// owner.
contract AigcCollectionInvariantTest is CollectionFixture {
    Handler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new Handler(_collection, _oracle, MINT_FEE);
        targetContract(address(_handler));
    }

    function invariant_the_collection_holds_fees_and_debts_to_the_wei() external view {
        uint256 debts;
        for (uint256 i = 0; i < _handler.MINTERS(); ++i) {
            address minter = _handler.minterOf(i);
            uint256 credit = _oracle.creditOf(_collection.requesterOf(minter));
            debts += _collection.withdrawable(minter) - credit;
        }
        assertEq(address(_collection).balance, MINT_FEE * _handler.unsettled() + debts);
        assertEq(_drip.balance, MINT_FEE * _handler.settled());
    }

    /// @dev Minters got back everything that was not earned: mint fees of final answers, and what
    /// the oracle keeps.
    function invariant_minters_pay_for_answers_only() external view {
        assertEq(
            _handler.paidIn(),
            address(_collection).balance + address(_oracle).balance + _drip.balance
                + _handler.paidOut()
        );
    }

    function invariant_tokens_are_what_their_requests_are() external view {
        for (uint256 i = 0; i < _handler.count(); ++i) {
            (uint256 id, uint256 request, bool voided) = _handler.tokens(i);
            if (voided) continue;
            RequestStatus status = _oracle.statusOf(request);
            if (!_collection.locked(id)) assertEq(uint8(status), uint8(RequestStatus.Final));
            bool isFinal = _collection.statusOf(id) == ContentStatus.Final;
            assertEq(isFinal, !_collection.locked(id), "one moment");
            bytes memory prompt = bytes(_collection.prompt(id));
            assertEq(isFinal, _collection.verify(prompt, "final", ""), "one moment");
            if (!isFinal) continue;
            bytes memory shown = _collection.contentOf(id);
            assertEq(_collection.digestOf(id), _oracle.answerHashOf(request));
            assertTrue(shown.length == 0 || keccak256(shown) == keccak256("final"));
        }
    }
}

contract Handler is Test {
    struct Minted {
        uint256 id;
        uint256 request;
        bool voided;
    }

    uint256 public constant MINTERS = 3;
    AigcCollection private immutable _collection;
    OracleStandIn private immutable _oracle;
    uint256 private immutable _mintFee;

    Minted[] public tokens;
    uint256 public unsettled;
    uint256 public settled;
    uint256 public paidIn;
    uint256 public paidOut;

    constructor(AigcCollection collection, OracleStandIn oracle, uint256 mintFee) {
        (_collection, _oracle, _mintFee) = (collection, oracle, mintFee);
        mint(0, 0);
    }

    function mint(uint256 who, uint64 excess) public {
        address minter = minterOf(who);
        uint256 value = _collection.mintPrice(3, block.basefee) + excess;
        vm.deal(minter, value);
        vm.prank(minter);
        uint256 id = _collection.mint{ value: value }("abc", uint64(tokens.length));
        tokens.push(Minted(id, _collection.requestOf(id), false));
        paidIn += value;
        ++unsettled;
    }

    function finalize(uint256 which, bool early, bool deliver) external {
        Minted storage token = tokens[which % tokens.length];
        if (_oracle.statusOf(token.request) != RequestStatus.Requested) return;
        if (early) {
            vm.prank(_collection.ownerOf(token.id));
            _collection.takeEarly(token.id);
            assertTrue(_oracle.deliverEarly(token.request, "early"));
            bytes memory prompt = bytes(_collection.prompt(token.id));
            _collection.addAigcData(token.id, prompt, "early", "");
        }
        _oracle.finalize(token.request, "final", 1000);
        if (deliver) assertTrue(_oracle.deliver(token.request, "final"));
    }

    function expire(uint256 which) external {
        Minted storage token = tokens[which % tokens.length];
        if (_oracle.statusOf(token.request) != RequestStatus.Requested) return;
        _oracle.expire(token.request);
    }

    function settle(uint256 which, bool withContent) external {
        Minted storage token = tokens[which % tokens.length];
        if (_oracle.statusOf(token.request) != RequestStatus.Final) return;
        uint256 held = address(_collection).balance;
        if (withContent) {
            bytes memory prompt = bytes(_collection.prompt(token.id));
            try _collection.addAigcData(token.id, prompt, "final", "") { } catch { }
        } else {
            _collection.settle(token.id, "final");
        }
        if (address(_collection).balance == held) return;
        assertEq(held - address(_collection).balance, _mintFee);
        --unsettled;
        ++settled;
    }

    function void(uint256 which) external {
        Minted storage token = tokens[which % tokens.length];
        bool expired = _oracle.statusOf(token.request) == RequestStatus.Expired;
        if (token.voided || !expired) return;
        _collection.void(token.id);
        token.voided = true;
        --unsettled;
    }

    function withdraw(uint256 who) external {
        address minter = minterOf(who);
        uint256 due = _collection.withdrawable(minter);
        vm.prank(minter);
        assertEq(_collection.withdraw(minter), due);
        paidOut += due;
    }

    function minterOf(uint256 who) public pure returns (address) {
        return address(uint160(0x1000 + who % MINTERS));
    }

    function count() external view returns (uint256) {
        return tokens.length;
    }
}
