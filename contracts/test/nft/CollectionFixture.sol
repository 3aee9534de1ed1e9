// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { Test } from "forge-std/Test.sol";
import {
    CollectionParams,
    CollectionTerms,
    ContentStatus
} from "../../src/interfaces/IAigcCollection.sol";
import { IEarlyCallback } from "../../src/interfaces/IEarlyCallback.sol";
import { Callback, Question, RequestStatus } from "../../src/interfaces/IInferenceOracle.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { SplitParams } from "../../src/interfaces/ISplitter.sol";
import { Splitter } from "../../src/revenue/Splitter.sol";

/// @dev A collection with its splitter, as the factory deploys them, and an oracle whose answers a
/// test decides.
abstract contract CollectionFixture is Test {
    uint96 internal constant MINT_FEE = 0.01 ether;
    bytes32 internal constant MODEL = keccak256("model");
    string internal constant TEXT = "A haiku about proofs";
    bytes internal constant ANSWER = "Each step can be checked";

    OracleStandIn internal _oracle = new OracleStandIn();
    AigcCollection internal _implementation = new AigcCollection();
    Splitter internal _splitter;
    AigcCollection internal _collection;
    address internal _drip = makeAddr("drip");
    address internal _ann = makeAddr("ann");
    address internal _bob = makeAddr("bob");

    function setUp() public virtual {
        (_collection, _splitter) = _deploy(_terms());
        vm.deal(_ann, 100 ether);
        vm.deal(_bob, 100 ether);
    }

    function _terms() internal pure returns (CollectionTerms memory) {
        return CollectionTerms({
            name: 'The "Smol" Works',
            symbol: "SMOLW",
            mintFee: MINT_FEE,
            royaltyBps: 500,
            maxUnits: 256,
            parameters: bytes32(uint256(1 << 15) << 224 | uint256(40) << 208),
            keepText: true
        });
    }

    function _deploy(CollectionTerms memory terms)
        internal
        returns (AigcCollection collection, Splitter splitter)
    {
        splitter = new Splitter(
            SplitParams(
                address(_oracle), _drip, address(0), makeAddr("creator"), makeAddr("protocol"), 0, 0
            )
        );
        bytes memory arguments =
            abi.encode(CollectionParams(MODEL, address(_oracle), address(splitter), terms));
        collection = AigcCollection(
            Clones.cloneDeterministicWithImmutableArgs(
                address(_implementation), arguments, keccak256(arguments)
            )
        );
        splitter.setCollection(address(collection));
    }

    function _mint(address minter, uint64 salt) internal returns (uint256 id, uint256 request) {
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.prank(minter);
        id = _collection.mint{ value: price }(TEXT, salt);
        request = _collection.requestOf(id);
    }

    /// @dev A token with a delivered final answer.
    function _minted(address minter, uint64 salt) internal returns (uint256 id) {
        uint256 request;
        (id, request) = _mint(minter, salt);
        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
    }

    /// @dev Offers the token an answer that is not final.
    function _offerEarly(uint256 id, uint256 request, bytes memory answer) internal returns (bool) {
        vm.prank(_collection.ownerOf(id));
        _collection.takeEarly(id);
        return _oracle.deliverEarly(request, answer);
    }

    function _prompt(address minter, uint64 salt) internal view returns (bytes memory) {
        return _collection.promptOf(minter, salt, TEXT);
    }

    function _isAt(uint256 id, ContentStatus status, bool locked) internal view {
        assertEq(uint8(_collection.statusOf(id)), uint8(status));
        assertEq(_collection.locked(id), locked);
    }

    function _quote() internal view returns (uint256) {
        return _collection.mintPrice(bytes(TEXT).length, block.basefee) - MINT_FEE;
    }
}

/// @dev Escrow, credits and callbacks as the oracle's interface has them; the test says what
/// becomes of a request.
contract OracleStandIn {
    struct Asked {
        address requester;
        uint256 fee;
        Question question;
        string prompt;
        Callback callback;
    }

    mapping(uint256 id => Asked) private _asked;
    mapping(uint256 id => RequestStatus) public statusOf;
    mapping(uint256 id => bytes32) public answerHashOf;
    mapping(address account => uint256) public creditOf;
    uint256 private _count;

    function request(Question calldata question, bytes calldata prompt, Callback calldata callback)
        external
        payable
        returns (uint256 id)
    {
        uint256 fee = quote(question, prompt.length, callback.gasLimit, block.basefee);
        creditOf[msg.sender] = creditOf[msg.sender] + msg.value - fee;
        id = ++_count;
        _asked[id] = Asked(msg.sender, fee, question, string(prompt), callback);
        statusOf[id] = RequestStatus.Requested;
    }

    function quote(
        Question calldata question,
        uint256 inputLength,
        uint64 callbackGas,
        uint256 baseFee
    ) public pure returns (uint256) {
        uint256 units = 1_000_000 + inputLength + question.maxUnits + callbackGas;
        return units * (1 gwei + baseFee);
    }

    function withdraw(address to) external returns (uint256 amount) {
        amount = creditOf[msg.sender];
        creditOf[msg.sender] = 0;
        (bool ok,) = to.call{ value: amount }("");
        require(ok);
    }

    function finalize(uint256 id, bytes calldata answer, uint256 unused) external {
        require(statusOf[id] == RequestStatus.Requested);
        statusOf[id] = RequestStatus.Final;
        answerHashOf[id] = keccak256(answer);
        creditOf[_asked[id].requester] += unused;
    }

    function expire(uint256 id) external {
        require(statusOf[id] == RequestStatus.Requested);
        statusOf[id] = RequestStatus.Expired;
        creditOf[_asked[id].requester] += _asked[id].fee;
    }

    function isAnswer(uint256 id, bytes32 answerHash) external view returns (bool) {
        bool same = bytes26(answerHashOf[id]) == bytes26(answerHash);
        return statusOf[id] == RequestStatus.Final && same;
    }

    function deliverEarly(uint256 id, bytes calldata answer) external returns (bool ok) {
        Callback memory callback = _asked[id].callback;
        bytes memory call = abi.encodeCall(
            IEarlyCallback.aiOracleEarlyCallback, (id, keccak256("claim"), answer, callback.data)
        );
        (ok,) = callback.target.call{ gas: callback.gasLimit }(call);
    }

    /// @dev With the gas that was paid for, and without caring for the outcome.
    function deliver(uint256 id, bytes calldata answer) external returns (bool ok) {
        Callback memory callback = _asked[id].callback;
        bytes memory call = abi.encodeWithSignature(
            "aiOracleCallback(uint256,bytes,bytes)", id, answer, callback.data
        );
        (ok,) = callback.target.call{ gas: callback.gasLimit }(call);
    }

    function askedOf(uint256 id) external view returns (Asked memory) {
        return _asked[id];
    }
}
