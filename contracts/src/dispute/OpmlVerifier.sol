// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {
    ClaimPreimage,
    Conviction,
    IOpmlVerifier,
    Narrowing,
    Statement
} from "../interfaces/IOpmlVerifier.sol";
import { IStepper, Machine } from "../interfaces/IStepper.sol";
import { IVerifier } from "../interfaces/IVerifier.sol";
import { Merkle } from "../libraries/Merkle.sol";
import { Numbers } from "../libraries/Numbers.sol";
import { ClaimRecord, ClaimState } from "../types/ClaimRecord.sol";
import { ClaimStatus } from "../types/ClaimStatus.sol";
import { Game } from "../types/Game.sol";
import { Program } from "../types/Program.sol";
import { Request } from "../types/Request.sol";
import { ClaimKey, Submission } from "../types/Submission.sol";
import { Phase, Side, Turn } from "../types/Turn.sol";
import { Contents } from "./Contents.sol";
import { Dissection } from "./Dissection.sol";
import { InputMemory } from "./InputMemory.sol";
import { NodeRun } from "./NodeRun.sol";
import { Parameters, ParametersCheck } from "./Parameters.sol";
import { Purse } from "./Purse.sol";

/// @title opML: claims that stand unless somebody convicts them
/// @notice The interface explains the game. This contract checks who moves and when, and moves the
/// bonds; the libraries check the moves themselves.
/// @dev The contract never trusts a number from calldata that it can recompute from a committed
/// hash.
contract OpmlVerifier is Contents, Purse, EIP712 {
    using NodeRun for Program;
    using ParametersCheck for Parameters;

    /// @dev Gas that is assumed for the moves of a challenger, who gets it back after winning or
    /// being interrupted.
    uint256 private constant CHALLENGE_GAS = 100_000;
    uint256 private constant PICK_GAS = 45_000;
    uint256 private constant DISSECT_GAS = 70_000;
    uint256 private constant CONVICT_GAS = 100_000;

    /// @dev EIP-712 type of a signed move.
    bytes32 private constant MOVE_TYPEHASH = keccak256("Move(bytes32 position,bytes32 payload)");

    /// @notice Sections of a dissection and children of a reveal, as a power of two.
    uint256 public immutable K_LOG2;
    /// @notice Seconds in which a claim can be challenged.
    uint256 public immutable WINDOW;
    /// @notice Seconds that each side of a game has in all.
    uint256 public immutable CLOCK;
    /// @notice Seconds that a side has at least after a move of its opponent.
    uint256 public immutable EXTENSION;
    /// @notice Least bond of a claim, in wei.
    uint256 public immutable CLAIM_BOND;
    /// @notice Least bond of a challenge, in wei.
    uint256 public immutable CHALLENGE_BOND;
    /// @notice Most gas that a claimant spends in one game.
    uint256 public immutable DEFENCE_GAS;

    mapping(bytes32 claim => ClaimRecord) private _claims;
    /// @inheritdoc IOpmlVerifier
    mapping(bytes32 claim => bytes32) public inputRootOf;
    /// @inheritdoc IOpmlVerifier
    mapping(bytes32 game => bytes32) public positionOf;

    constructor(IStepper stepper, Parameters memory parameters)
        Contents(stepper)
        EIP712("imo opML", "1")
    {
        parameters.check();
        K_LOG2 = parameters.kLog2;
        WINDOW = parameters.window;
        CLOCK = parameters.clock;
        EXTENSION = parameters.extension;
        CLAIM_BOND = parameters.claimBond;
        CHALLENGE_BOND = parameters.challengeBond;
        DEFENCE_GAS = parameters.defenceGas();
    }

    // Claims

    /// @inheritdoc IVerifier
    function submit(Submission calldata submission, bytes calldata evidence)
        external
        payable
        returns (bytes32 claim)
    {
        (bytes32 traceRoot, address delegate, bytes32[] memory siblings, string memory traceUri) =
            abi.decode(evidence, (bytes32, address, bytes32[], string));
        Program memory program = _shape(submission.contentId);
        if (submission.answerLength > program.outputLimit) {
            revert AnswerTooLong(submission.answerLength, program.outputLimit);
        }
        bool whole = siblings.length == program.nodesLog2;
        bytes memory output = submission.output();
        if (!whole || program.emitRoot(output, siblings) != traceRoot) revert WrongEmitSlot();

        ClaimPreimage memory preimage = ClaimPreimage({
            host: msg.sender,
            requestDigest: submission.requestDigest,
            contentId: submission.contentId,
            claimant: submission.claimant,
            outputDigest: keccak256(output),
            delegate: delegate,
            traceRoot: traceRoot
        });
        claim = _claimId(preimage);
        if (_claims[claim].state != ClaimState.Unknown) revert AlreadySubmitted(claim);

        uint256 held = bond(submission.contentId);
        uint256 excess = _excess(held);
        uint256 windowEnd = block.timestamp + WINDOW;
        _claims[claim] = ClaimRecord({
            windowEnd: uint40(windowEnd),
            openGames: 0,
            state: ClaimState.Pending,
            // 96 bits hold all ether.
            bond: uint96(held)
        });
        emit ClaimSubmitted(
            claim, submission.contentId, msg.sender, preimage, traceUri, held, windowEnd
        );
        _pay(submission.claimant, excess);
    }

    /// @inheritdoc IOpmlVerifier
    function proveInput(
        ClaimPreimage calldata preimage,
        Request calldata request,
        bytes calldata input
    ) external {
        bytes32 claim = _claimId(preimage);
        if (_claims[claim].state == ClaimState.Unknown) revert UnknownClaim(claim);
        if (request.digest() != preimage.requestDigest) revert NotTheRequest(request.digest());
        uint256 depth = _shape(preimage.contentId).inputDepth;
        bytes32 root = InputMemory.root(request, preimage.claimant, input, depth);
        inputRootOf[claim] = root;
        emit InputProven(claim, root);
    }

    /// @inheritdoc IOpmlVerifier
    function settleClaim(ClaimPreimage calldata preimage) external {
        bytes32 claim = _claimId(preimage);
        ClaimRecord memory record = _claims[claim];
        uint256 held = record.settle(claim);
        _claims[claim] = record;
        emit ClaimSettled(claim);
        _pay(preimage.claimant, held);
    }

    // Games

    /// @inheritdoc IOpmlVerifier
    function challenge(
        ClaimPreimage calldata preimage,
        uint64 salt,
        uint32 node,
        bytes32 slotRoot,
        bytes32[] calldata siblings
    ) external payable returns (Game memory) {
        if (siblings.length != _shape(preimage.contentId).nodesLog2) {
            revert WrongSlot();
        }
        if (Merkle.root(slotRoot, node, siblings) != preimage.traceRoot) revert WrongSlot();
        Turn memory turn = _firstTurn(Phase.Opening);
        turn.node = node;
        return _open(preimage, salt, turn, slotRoot, siblings);
    }

    /// @inheritdoc IOpmlVerifier
    function challengeWithheld(ClaimPreimage calldata preimage, uint64 salt)
        external
        payable
        returns (Game memory)
    {
        Turn memory turn = _firstTurn(Phase.Committed);
        turn.lengthLog2 = _shape(preimage.contentId).nodesLog2;
        bytes32[] calldata none;
        assembly ("memory-safe") {
            none.offset := 0
            none.length := 0
        }
        return _open(preimage, salt, turn, preimage.traceRoot, none);
    }

    /// @inheritdoc IOpmlVerifier
    function reveal(Game memory game, bytes32[] calldata children) external {
        (bytes32 id, Turn memory turn) = _begin(game, Phase.Committed);
        bool complete = children.length == 1 << Numbers.min(K_LOG2, turn.lengthLog2);
        if (!complete || Merkle.join(children) != game.digest) revert WrongChildren();
        emit Revealed(id, children);
        turn.phase = Phase.Revealed;
        _end(id, game, turn, game.digest, 0);
    }

    /// @inheritdoc IOpmlVerifier
    function pick(
        Game memory game,
        uint256 index,
        bytes32 child,
        bytes32[] calldata siblings,
        bytes calldata signature
    ) external {
        (bytes32 id, Turn memory turn) = _begin(game, Phase.Revealed);
        _checkPlayer(id, game, turn, signature);
        uint256 opened = Numbers.min(K_LOG2, turn.lengthLog2);
        bool fits = siblings.length == opened && Merkle.root(child, index, siblings) == game.digest;
        if (!fits) revert WrongChildren();
        emit Picked(id, index);
        turn.node = uint32((uint256(turn.node) << opened) + index);
        turn.lengthLog2 -= uint8(opened);
        turn.phase = turn.lengthLog2 == 0 ? Phase.Opening : Phase.Committed;
        _end(id, game, turn, child, PICK_GAS);
    }

    /// @inheritdoc IOpmlVerifier
    function state(
        Game memory game,
        ClaimPreimage calldata preimage,
        Statement calldata statement,
        bytes calldata signature
    ) external {
        _setClaim(game, preimage);
        (bytes32 id, Turn memory turn) = _begin(game, Phase.Opening);
        _checkPlayer(id, game, turn, signature);
        Program memory program = _shape(preimage.contentId);
        bytes32 last = program.last(statement, game.digest);
        bytes32 first = program.first(turn.node);
        emit Stated(id, first, statement);

        turn.phase = Phase.Dissected;
        turn.lengthLog2 = statement.stepsLog2;
        uint256 sectionsLog2 = Numbers.min(K_LOG2, statement.stepsLog2);
        _end(id, game, turn, Dissection.digest(first, statement.states, last, sectionsLog2), 0);
    }

    /// @inheritdoc IOpmlVerifier
    function dissect(Game memory game, Narrowing calldata narrowing, bytes calldata signature)
        external
    {
        (bytes32 id, Turn memory turn) = _begin(game, Phase.Dissected);
        _checkPlayer(id, game, turn, signature);
        uint256 sectionsLog2 = Numbers.min(K_LOG2, turn.lengthLog2);
        (uint256 index, bytes32 start, bytes32 last) =
            (narrowing.index, narrowing.start, narrowing.last);
        Dissection.check(game.digest, sectionsLog2, index, start, narrowing.end, narrowing.proof);
        if (turn.lengthLog2 == sectionsLog2) revert SectionIsOneStep();
        if (last == narrowing.end) revert SameEnd();
        emit Dissected(id, index, start, narrowing.states, last);

        turn.lengthLog2 -= uint8(sectionsLog2);
        turn.start += uint40(index << turn.lengthLog2);
        sectionsLog2 = Numbers.min(K_LOG2, turn.lengthLog2);
        bytes32 digest = Dissection.digest(start, narrowing.states, last, sectionsLog2);
        _end(id, game, turn, digest, DISSECT_GAS);
    }

    /// @inheritdoc IOpmlVerifier
    function convict(
        Game memory game,
        ClaimPreimage calldata preimage,
        Conviction calldata conviction
    ) external {
        _setClaim(game, preimage);
        (bytes32 id, Turn memory turn) = _begin(game, Phase.Dissected);
        if (turn.lengthLog2 > K_LOG2) revert SectionIsLonger();
        bytes32 inputRoot = conviction.inputRoot;
        if (inputRoot != 0 && inputRoot != inputRootOf[game.claim]) revert NotTheInput(inputRoot);

        Machine memory machine = _machine(preimage.contentId, turn.node);
        // An input root of 0 means that the step loads no input: no witness leads to 0.
        (machine.inputRoot, machine.traceRoot) = (inputRoot, preimage.traceRoot);
        (bytes32 start, bytes32 end) = STEPPER.step(machine, conviction.witness);
        Dissection.check(
            game.digest, turn.lengthLog2, conviction.index, start, conviction.end, conviction.proof
        );
        if (end == conviction.end) revert StepIsRight();
        if (turn.toMove() == Side.Challenger) turn.challengerGas += uint32(CONVICT_GAS);
        _resolve(id, game, turn, turn.toMove(), Ending.Conviction);
    }

    /// @inheritdoc IOpmlVerifier
    function concede(Game memory game, bytes calldata signature) external {
        (bytes32 id, Turn memory turn) = _begin(game, Phase.None);
        _checkPlayer(id, game, turn, signature);
        _resolve(id, game, turn, turn.author, Ending.Concession);
    }

    /// @inheritdoc IOpmlVerifier
    function timeout(Game memory game) external {
        bytes32 id = _checkPosition(game);
        Turn memory turn = game.turn.unpack();
        uint256 deadline = turn.deadline();
        if (block.timestamp <= deadline) revert TooEarly(deadline);
        _resolve(id, game, turn, turn.author, Ending.Timeout);
    }

    /// @inheritdoc IOpmlVerifier
    function closeGame(Game memory game) external {
        bytes32 id = _checkPosition(game);
        ClaimRecord memory record = _claims[game.claim];
        uint256 gas = game.turn.unpack().challengerGas * block.basefee;
        (uint256 gasBack, uint256 burnt) = record.close(game.claim, gas);
        _claims[game.claim] = record;
        delete positionOf[id];
        emit GameClosed(id);
        _burn(game.claim, burnt);
        _pay(game.challenger, game.bond + gasBack);
    }

    // Views

    /// @inheritdoc IOpmlVerifier
    function challengeBond() public view returns (uint256) {
        return Numbers.max(2 * DEFENCE_GAS * block.basefee, CHALLENGE_BOND);
    }

    /// @inheritdoc IVerifier
    function bond(bytes32) public view returns (uint256) {
        return Numbers.max(2 * challengeBond(), CLAIM_BOND);
    }

    /// @inheritdoc IVerifier
    function statusOf(bytes32 claim) external view returns (ClaimStatus) {
        return _claims[claim].status();
    }

    /// @inheritdoc IOpmlVerifier
    function claimOf(bytes32 claim) external view returns (ClaimRecord memory) {
        return _claims[claim];
    }

    // The life of a game

    function _firstTurn(Phase phase) private view returns (Turn memory turn) {
        turn.phase = phase;
        turn.author = Side.Challenger;
        turn.challengerGas = uint32(CHALLENGE_GAS);
        (turn.claimantLeft, turn.challengerLeft) = (uint32(CLOCK), uint32(CLOCK));
        turn.since = uint40(block.timestamp);
    }

    function _open(
        ClaimPreimage calldata preimage,
        uint64 salt,
        Turn memory turn,
        bytes32 digest,
        bytes32[] calldata siblings
    ) private returns (Game memory game) {
        _setClaim(game, preimage);
        ClaimRecord memory record = _claims[game.claim];
        record.open(game.claim);
        _claims[game.claim] = record;

        uint256 held = challengeBond();
        uint256 excess = _excess(held);
        (game.challenger, game.salt) = (msg.sender, salt);
        // 96 bits hold all ether.
        (game.bond, game.digest, game.turn) = (uint96(held), digest, turn.pack());
        bytes32 id = game.id();
        if (positionOf[id] != 0) revert GameIsOpen(id);
        positionOf[id] = game.position();
        emit Challenged(game.claim, id, msg.sender, salt, held, digest, siblings);
        emit Moved(id, game.turn);
        _pay(msg.sender, excess);
    }

    /// @dev Begins every move. Checks that the game stands as it is given, that its phase is
    /// `phase` (any, if that is None), and that the mover's clock still runs. Whether another game
    /// has rejected the claim in the meantime is checked where a game ends.
    function _begin(Game memory game, Phase phase)
        private
        view
        returns (bytes32 id, Turn memory turn)
    {
        id = _checkPosition(game);
        turn = game.turn.unpack();
        if (phase != Phase.None && phase != turn.phase) revert WrongPhase();
        uint256 deadline = turn.deadline();
        if (block.timestamp > deadline) revert TooLate(deadline);
    }

    /// @dev Ends a move that does not end the game. `gas` counts only if the challenger moved.
    function _end(bytes32 id, Game memory game, Turn memory turn, bytes32 digest, uint256 gas)
        private
    {
        turn.pass(EXTENSION, gas);
        (game.digest, game.turn) = (digest, turn.pack());
        positionOf[id] = game.position();
        emit Moved(id, game.turn);
    }

    /// @dev Ends a game. When the challenger loses, the claimant gets half of its bond: a bond is
    /// twice what a defence costs.
    function _resolve(bytes32 id, Game memory game, Turn memory turn, Side winner, Ending ending)
        private
    {
        bytes32 claim = game.claim;
        ClaimRecord memory record = _claims[claim];
        record.checkPending(claim);
        delete positionOf[id];
        emit Resolved(claim, id, winner, ending);

        uint256 held = game.bond;
        if (winner == Side.Claimant) {
            --record.openGames;
            _claims[claim] = record;
            _burn(claim, held - held / 2);
            _pay(game.claimant, held / 2);
            return;
        }
        (uint256 prize, uint256 burnt) = record.reject(turn.challengerGas * block.basefee);
        _claims[claim] = record;
        emit ClaimRejected(claim);
        _burn(claim, burnt);
        _pay(game.challenger, held + prize);
    }

    // Checks

    /// @dev Reverts unless the given game is the one whose hash is stored.
    function _checkPosition(Game memory game) private view returns (bytes32 id) {
        id = game.id();
        bytes32 position = game.position();
        if (positionOf[id] != position) revert NotThePosition(position, positionOf[id]);
    }

    /// @dev Reverts unless the side to move sent or signed this call. A signature covers the
    /// position and the call's arguments.
    function _checkPlayer(bytes32 id, Game memory game, Turn memory turn, bytes calldata signature)
        private
        view
    {
        (address player, address delegate) = (game.challenger, game.challenger);
        if (turn.toMove() == Side.Claimant) {
            (player, delegate) = (game.claimant, game.delegate);
        }
        if (msg.sender == player || msg.sender == delegate) return;
        // The signature is the call's last argument. It signs everything before.
        uint256 signed;
        assembly ("memory-safe") {
            signed := sub(signature.offset, 0x20)
        }
        bytes32 payload = keccak256(msg.data[:signed]);
        bytes32 move = keccak256(abi.encode(MOVE_TYPEHASH, positionOf[id], payload));
        bytes32 digest = _hashTypedDataV4(move);
        bool right = SignatureChecker.isValidSignatureNow(player, digest, signature)
            || (delegate != address(0)
                && SignatureChecker.isValidSignatureNow(delegate, digest, signature));
        if (!right) revert NotThePlayer(msg.sender);
    }

    /// @dev Takes claim, claimant and delegate of a game from the preimage, whatever the call says.
    /// If the preimage is another claim's, no position fits.
    function _setClaim(Game memory game, ClaimPreimage calldata preimage) private view {
        game.claim = _claimId(preimage);
        (game.claimant, game.delegate) = (preimage.claimant, preimage.delegate);
    }

    function _claimId(ClaimPreimage memory preimage) private view returns (bytes32) {
        return ClaimKey({
            verifier: address(this),
            host: preimage.host,
            requestDigest: preimage.requestDigest,
            contentId: preimage.contentId,
            claimant: preimage.claimant,
            outputDigest: preimage.outputDigest,
            details: keccak256(abi.encode(preimage.delegate, preimage.traceRoot))
        }).id();
    }
}
