// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test, Vm } from "forge-std/Test.sol";
import "../../src/interfaces/IInferenceOracle.sol";
import { IModelRegistry } from "../../src/interfaces/IModelRegistry.sol";
import { Registration } from "../../src/interfaces/IModelRegistrar.sol";
import { ClaimPreimage, IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
import { IAIOracle } from "../../src/interfaces/external/IAIOracle.sol";
import { Game } from "../../src/types/Game.sol";
import { IStepper } from "../../src/interfaces/IStepper.sol";
import { Parameters } from "../../src/dispute/Parameters.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { ModelRegistry } from "../../src/oracle/ModelRegistry.sol";
import { SplitParams } from "../../src/interfaces/ISplitter.sol";
import { Splitter } from "../../src/revenue/Splitter.sol";
import { Program } from "../../src/types/Program.sol";
import { Submission } from "../../src/types/Submission.sol";

/// @dev The oracle with the real registry, verifier and splitter, and a made-up program of
/// SmolLM2's shape. Orders come from logs, as a node gets them.
abstract contract OracleFixture is Test {
    uint256 internal constant GAS_PRICE = 3 gwei;
    uint64 internal constant TIP = 1 gwei;
    uint32 internal constant ANSWER_TIME = 1 hours;
    uint32 internal constant WINDOW = 1 days;
    uint256 internal constant BOND = 0.2 ether;
    uint8 internal constant NODES_LOG2 = 19;
    uint8 internal constant SLOT_LOG2 = 12;

    IModelRegistry internal _registry = new ModelRegistry();
    IInferenceOracle internal _oracle;
    IAIOracle internal _ora;
    IOpmlVerifier internal _verifier;
    Splitter internal _splitter;
    bytes32 internal _contentId;
    uint64 private _salt;
    bytes32 internal _modelId;
    address internal _drip = makeAddr("drip");
    address internal _creator = makeAddr("creator");
    address internal _operator = makeAddr("operator");
    address internal _rival = makeAddr("rival");
    address internal _asker = makeAddr("asker");

    function setUp() public virtual {
        vm.chainId(31_337);
        vm.warp(1_800_000_000);
        vm.fee(1 gwei);
        vm.txGasPrice(2 gwei);
        IStepper stepper = IStepper(deployCode("RiscvStepper.sol:RiscvStepper"));
        stepper.storeCode(_program().codeRoot, 0, 0, "code", new bytes32[](0));
        _verifier = IOpmlVerifier(
            deployCode(
                "OpmlVerifier.sol:OpmlVerifier",
                abi.encode(
                    stepper, Parameters(4, WINDOW, 12 hours, 30 minutes, uint96(BOND), 0.1 ether)
                )
            )
        );
        _oracle = IInferenceOracle(_deployOracle(address(_registry), TIP, _answerTime()));
        _ora = IAIOracle(address(_oracle));
        _splitter = new Splitter(
            SplitParams(
                address(_oracle), _drip, address(0), _creator, makeAddr("protocol"), 1000, 200
            )
        );
        _contentId = _verifier.registerContent(
            keccak256("image"), 90 << 20, _verifier.registerProgram(_program())
        );
        _modelId = _registry.register(_registration());
        address[3] memory people = [_operator, _rival, _asker];
        for (uint256 i = 0; i < people.length; ++i) {
            vm.deal(people[i], 1e6 ether);
        }
        vm.deal(address(this), 1e6 ether);
    }

    function _deployOracle(address registry, uint64 tip, uint32 answerTime)
        internal
        returns (address)
    {
        return deployCode(
            "InferenceOracle.sol:InferenceOracle", abi.encode(registry, tip, answerTime)
        );
    }

    function _answerTime() internal pure virtual returns (uint32) {
        return ANSWER_TIME;
    }

    function _program() internal pure returns (Program memory) {
        return Program({
            codeRoot: Merkle.root("code", 0),
            codeBase: 0x40000000,
            entry: 0x40000000,
            codeDepth: 0,
            memoryDepth: 16,
            inputDepth: 8,
            nodesLog2: NODES_LOG2,
            slotLog2: SLOT_LOG2,
            stepsLog2: 28,
            outputAddress: 0,
            inputLimit: 16_384,
            outputLimit: 30_000,
            vmVersion: 1
        });
    }

    function _registration() internal view returns (Registration memory model) {
        model.contentId = _contentId;
        model.verifier = address(_verifier);
        model.receiver = address(_splitter);
        model.pricing.basePrice = 0.001 ether;
        model.pricing.bytePrice = 1e10 + 7;
        model.pricing.unitPrice = 1e12 + 13;
        model.pricing.unitBytes = 8;
        model.pricing.operatorBps = 3333;
        model.pricing.defaultUnits = 100;
        model.pricing.defaultBytes = 1000;
        model.provenance.sourceUri = "https://example.org/model.gguf";
        model.provenance.licence = "Apache-2.0";
    }

    // The life of a request

    function _question() internal view returns (Question memory question) {
        question.modelId = _modelId;
        question.maxUnits = 64;
    }

    function _noCallback() internal pure returns (Callback memory) { }

    function _ask(Callback memory callback) internal returns (Order memory) {
        return _askFor(_question(), callback);
    }

    /// @dev Asks as `_asker`, who pays the quote exactly.
    function _askFor(Question memory question, Callback memory callback)
        internal
        returns (Order memory)
    {
        bytes memory prompt = "Who was Ada Lovelace?";
        uint256 fee = _oracle.quote(question, prompt.length, callback.gasLimit, block.basefee);
        vm.recordLogs();
        vm.prank(_asker);
        _oracle.request{ value: fee }(question, prompt, callback);
        return _orderFromLogs();
    }

    function _orderFromLogs() internal returns (Order memory order) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IInferenceOracle.Requested.selector) continue;
            (order,) = abi.decode(logs[i].data, (Order, bytes));
        }
        assertNotEq(order.request.id, 0, "no order in the logs");
    }

    function _claim(Order memory order, address claimant, bytes memory answer, uint32 units)
        internal
        returns (ClaimedAnswer memory claimed)
    {
        bytes memory evidence = _evidence(answer, units, "");
        vm.prank(claimant);
        bytes32 id = _oracle.claim{ value: BOND }(order, answer, units, evidence);
        (bytes32 root,) = _trace(answer, units, "");
        claimed = ClaimedAnswer({
            claimant: claimant,
            answerHash: keccak256(answer),
            answerLength: uint32(answer.length),
            unitsUsed: units,
            details: keccak256(abi.encode(address(0), root))
        });
        assertEq(id, _idOf(order, claimed));
    }

    function _idOf(Order memory order, ClaimedAnswer memory claimed)
        internal
        view
        returns (bytes32)
    {
        return Submission({
            contentId: order.terms.contentId,
            requestDigest: order.request.digest(),
            claimant: claimed.claimant,
            answerHash: claimed.answerHash,
            answerLength: claimed.answerLength,
            unitsUsed: claimed.unitsUsed
        }).claimId(order.terms.verifier, address(_oracle), claimed.details);
    }

    /// @dev A trace whose emit slot is right; `salt` tells traces apart.
    function _evidence(bytes memory answer, uint32 units, bytes memory salt)
        internal
        pure
        returns (bytes memory)
    {
        (bytes32 root, bytes32[] memory siblings) = _trace(answer, units, salt);
        return abi.encode(root, address(0), siblings, "");
    }

    function _trace(bytes memory answer, uint32 units, bytes memory salt)
        internal
        pure
        returns (bytes32 root, bytes32[] memory siblings)
    {
        siblings = new bytes32[](NODES_LOG2);
        root = Merkle.root(abi.encode(answer.length, keccak256(answer), units), SLOT_LOG2 - 7);
        for (uint256 i = 0; i < siblings.length; ++i) {
            siblings[i] = keccak256(abi.encode(salt, i));
            root = Merkle.branch(siblings[i], root);
        }
    }

    /// @dev Challenges a claim whose claimant then keeps silent, so that it is rejected.
    function _reject(Order memory order, ClaimedAnswer memory claimed, bytes memory answer)
        internal
    {
        Game memory game = _challenge(order, claimed, answer);
        skip(12 hours + 1);
        _verifier.timeout(game);
    }

    function _challenge(Order memory order, ClaimedAnswer memory claimed, bytes memory answer)
        internal
        returns (Game memory)
    {
        (bytes32 root,) = _trace(answer, claimed.unitsUsed, "");
        ClaimPreimage memory preimage = ClaimPreimage({
            host: address(_oracle),
            requestDigest: order.request.digest(),
            contentId: _contentId,
            claimant: claimed.claimant,
            outputDigest: keccak256(
                abi.encode(claimed.answerLength, claimed.answerHash, claimed.unitsUsed)
            ),
            delegate: address(0),
            traceRoot: root
        });
        return _verifier.challengeWithheld{ value: 1 ether }(preimage, _salt++);
    }

    /// @dev From the question to a settled answer.
    function _finalized(Callback memory callback, bytes memory answer, uint32 units)
        internal
        returns (Order memory order)
    {
        order = _ask(callback);
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, units);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
    }
}
