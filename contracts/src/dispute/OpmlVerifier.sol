// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import "../interfaces/IOpmlVerifier.sol";
import { IStepper, Machine } from "../interfaces/IStepper.sol";
import { ClaimStatus, IVerifier, Submission } from "../interfaces/IVerifier.sol";
import { Merkle } from "../libraries/Merkle.sol";
import { Program } from "../types/Program.sol";
import { Request } from "../types/Request.sol";
import { MachineState, State } from "../vm/MachineState.sol";
import { Dissection } from "./Dissection.sol";
import { InputMemory } from "./InputMemory.sol";
import { Parameters, ParametersCheck } from "./Parameters.sol";
import { Phase, Side, Turn } from "./Turn.sol";

/// @notice An image for a program.
struct Content {
    bytes32 imageRoot;
    bytes32 programId;
    uint8 modelDepth;
}

/// @notice A game; gone when it is over.
struct Game {
    bytes32 claim;
    address challenger;
    uint96 bond;
    bytes32 digest;
    Turn turn;
}

/// @title opML: claims that stand unless somebody convicts them
/// @dev The contract never trusts a number from calldata that it can recompute from a committed hash.
contract OpmlVerifier is IOpmlVerifier, EIP712 {
    using ParametersCheck for Parameters;

    /// @dev Gas that a move is taken to cost its sender, for what a winning or interrupted challenger gets back.
    uint256 private constant CHALLENGE_GAS = 150_000;
    uint256 private constant PICK_GAS = 60_000;
    uint256 private constant DISSECT_GAS = 75_000;
    /// @dev Deepest tree of a packed model that the machine reads.
    uint256 private constant MODEL_DEPTH = 40;

    bytes32 private constant MOVE_TYPE = keccak256("Move(bytes32 position,bytes32 payload)");

    IStepper public immutable STEPPER;
    /// @notice Sections of a dissection and children of a reveal: 2^this.
    uint256 public immutable K_LOG2;
    uint256 public immutable WINDOW;
    uint256 public immutable CLOCK;
    uint256 public immutable EXTENSION;
    uint256 public immutable CLAIM_BOND;
    uint256 public immutable CHALLENGE_BOND;
    /// @notice Most gas that a claimant spends in one game.
    uint256 public immutable DEFENCE_GAS;

    mapping(bytes32 programId => Program) private _programs;
    mapping(bytes32 contentId => Content) private _contents;
    mapping(bytes32 claim => ClaimRecord) private _claims;
    /// @dev How many games a challenger opened: of a game's id only the challenger's own doings are part, so that a reorg that
    /// moves those of others leaves it as it is.
    mapping(address challenger => uint256) private _gamesOf;
    mapping(bytes32 claim => bytes32) public inputRootOf;
    mapping(bytes32 game => Game) private _games;
    mapping(address account => uint256) public creditOf;

    constructor(IStepper stepper, Parameters memory parameters) EIP712("imo opML", "1") {
        parameters.check();
        STEPPER = stepper;
        K_LOG2 = parameters.kLog2;
        WINDOW = parameters.window;
        CLOCK = parameters.clock;
        EXTENSION = parameters.extension;
        CLAIM_BOND = parameters.claimBond;
        CHALLENGE_BOND = parameters.challengeBond;
        DEFENCE_GAS = parameters.defenceGas();
    }

    // ------------------------------------------------------------------------------------------ registry

    /// @inheritdoc IOpmlVerifier
    function registerProgram(Program calldata program) external returns (bytes32 programId) {
        program.check();
        programId = program.id();
        if (_programs[programId].vmVersion != 0) return programId;
        _programs[programId] = program;
        emit ProgramRegistered(programId, program);
    }

    /// @inheritdoc IOpmlVerifier
    function registerContent(bytes32 imageRoot, uint64 imageLength, bytes32 programId)
        external
        returns (bytes32 contentId)
    {
        if (_programs[programId].vmVersion == 0) revert UnknownProgram(programId);
        contentId =
            keccak256(abi.encode(bytes32("imo.content.v1"), imageRoot, imageLength, programId));
        if (_contents[contentId].programId != 0) return contentId;
        uint256 modelDepth = Merkle.depthOf(imageLength);
        if (modelDepth > MODEL_DEPTH) revert ImageTooLong(imageLength);
        _contents[contentId] = Content(imageRoot, programId, uint8(modelDepth));
        emit ContentRegistered(contentId, imageRoot, imageLength, programId);
    }

    // -------------------------------------------------------------------------------------------- claims

    /// @inheritdoc IVerifier
    function submit(Submission calldata submission, bytes calldata evidence)
        external
        payable
        returns (bytes32 claim)
    {
        (bytes32 traceRoot, address delegate, bytes32[] memory siblings, string memory traceUri) =
            abi.decode(evidence, (bytes32, address, bytes32[], string));
        Program memory program = _program(submission.contentId);
        if (submission.answerLength > program.outputLimit) {
            revert AnswerTooLong(submission.answerLength, program.outputLimit);
        }
        if (_rootOfEmit(program, submission, siblings) != traceRoot) revert WrongEmitSlot();

        ClaimPreimage memory preimage = ClaimPreimage({
            host: msg.sender,
            requestDigest: submission.requestDigest,
            contentId: submission.contentId,
            claimant: submission.claimant,
            delegate: delegate,
            traceRoot: traceRoot,
            outputDigest: keccak256(
                abi.encode(submission.answerLength, submission.answerHash, submission.tokensUsed)
            )
        });
        claim = _claimId(preimage);
        if (_claims[claim].state != ClaimState.Unknown) revert AlreadySubmitted(claim);

        uint256 held = bond(submission.contentId);
        _takeBond(held, submission.claimant);
        uint256 windowEnd = block.timestamp + WINDOW;
        _claims[claim] = ClaimRecord({
            claimant: submission.claimant,
            windowEnd: uint40(windowEnd),
            openGames: 0,
            state: ClaimState.Pending,
            delegate: delegate,
            bond: uint96(held)
        });
        emit ClaimSubmitted(
            claim, submission.contentId, msg.sender, preimage, traceUri, held, windowEnd
        );
    }

    /// @inheritdoc IOpmlVerifier
    function proveInput(
        ClaimPreimage calldata preimage,
        Request calldata request,
        bytes calldata text
    ) external {
        bytes32 claim = _claimId(preimage);
        if (_claims[claim].state == ClaimState.Unknown) revert NotPending(claim);
        if (request.digest() != preimage.requestDigest) revert NotTheRequest(request.digest());
        uint256 depth = _program(preimage.contentId).inputDepth;
        bytes32 root = InputMemory.root(request, preimage.claimant, text, depth);
        inputRootOf[claim] = root;
        emit InputProven(claim, root);
    }

    /// @inheritdoc IOpmlVerifier
    function settleClaim(bytes32 claim) external {
        ClaimRecord storage record = _claims[claim];
        if (record.state != ClaimState.Pending) revert NotPending(claim);
        if (block.timestamp <= record.windowEnd) revert WindowOpen(record.windowEnd);
        if (record.openGames != 0) revert GamesOpen(record.openGames);
        uint256 held = record.bond;
        record.state = ClaimState.Settled;
        record.bond = 0;
        _credit(record.claimant, held);
        emit ClaimSettled(claim);
    }

    // --------------------------------------------------------------------------------------------- games

    /// @inheritdoc IOpmlVerifier
    function challenge(
        ClaimPreimage calldata preimage,
        uint32 node,
        bytes32 slotRoot,
        bytes32[] calldata siblings
    ) external payable returns (bytes32 game) {
        bytes32 claim = _claimId(preimage);
        if (siblings.length != _program(preimage.contentId).nodesLog2) revert WrongSlot();
        if (Merkle.root(slotRoot, node, siblings) != preimage.traceRoot) revert WrongSlot();
        game = _open(claim, Phase.Opening, node, 0, slotRoot, siblings);
    }

    /// @inheritdoc IOpmlVerifier
    function challengeWithheld(ClaimPreimage calldata preimage)
        external
        payable
        returns (bytes32 game)
    {
        bytes32 claim = _claimId(preimage);
        uint8 levels = _program(preimage.contentId).nodesLog2;
        bytes32[] calldata none;
        assembly ("memory-safe") {
            none.offset := 0
            none.length := 0
        }
        game = _open(claim, Phase.Committed, 0, levels, preimage.traceRoot, none);
    }

    /// @inheritdoc IOpmlVerifier
    function reveal(bytes32 game, bytes32 position, bytes32[] calldata children) external {
        (Game storage self, Turn memory turn) = _begin(game, position, Phase.Committed);
        bool complete = children.length == 1 << _least(K_LOG2, turn.lengthLog2);
        if (!complete || Merkle.join(children) != self.digest) revert WrongChildren();
        emit Revealed(game, children);
        turn.phase = Phase.Revealed;
        _end(game, self, turn, self.digest, 0);
    }

    /// @inheritdoc IOpmlVerifier
    function pick(
        bytes32 game,
        bytes32 position,
        uint256 index,
        bytes32 child,
        bytes32[] calldata siblings,
        bytes calldata signature
    ) external {
        (Game storage self, Turn memory turn) = _begin(game, position, Phase.Revealed);
        _checkPlayer(self, turn, position, signature);
        uint256 opened = _least(K_LOG2, turn.lengthLog2);
        bool known = siblings.length == opened && Merkle.root(child, index, siblings) == self.digest;
        if (!known) revert WrongChildren();
        emit Picked(game, index);
        turn.node = uint32((uint256(turn.node) << opened) + index);
        turn.lengthLog2 -= uint8(opened);
        turn.phase = turn.lengthLog2 == 0 ? Phase.Opening : Phase.Committed;
        _end(game, self, turn, child, PICK_GAS);
    }

    /// @inheritdoc IOpmlVerifier
    function state(
        bytes32 game,
        bytes32 position,
        ClaimPreimage calldata preimage,
        Statement calldata statement,
        bytes calldata signature
    ) external {
        (Game storage self, Turn memory turn) = _begin(game, position, Phase.Opening);
        _checkPlayer(self, turn, position, signature);
        _checkPreimage(self.claim, preimage);
        Program memory program = _program(preimage.contentId);
        if (statement.stepsLog2 > program.stepsLog2) {
            revert TooManySteps(statement.stepsLog2, program.stepsLog2);
        }
        bytes32 last = _checkFinalState(program, statement, self.digest);
        bytes32 first = _firstState(program, turn.node);
        emit Stated(game, first, statement);

        turn.phase = Phase.Dissected;
        turn.lengthLog2 = statement.stepsLog2;
        uint256 sectionsLog2 = _least(K_LOG2, statement.stepsLog2);
        bytes32 digest = Dissection.digest(first, statement.states, last, sectionsLog2);
        _end(game, self, turn, digest, 0);
    }

    /// @inheritdoc IOpmlVerifier
    function dissect(
        bytes32 game,
        bytes32 position,
        Narrowing calldata narrowing,
        bytes calldata signature
    ) external {
        (Game storage self, Turn memory turn) = _begin(game, position, Phase.Dissected);
        _checkPlayer(self, turn, position, signature);
        uint256 sectionsLog2 = _least(K_LOG2, turn.lengthLog2);
        Pair calldata pair = narrowing.pair;
        Dissection.check(self.digest, sectionsLog2, narrowing.index, pair, narrowing.proof);
        if (turn.lengthLog2 == sectionsLog2) revert SectionIsOneStep();
        if (narrowing.last == pair.end) revert SameEnd();
        emit Dissected(game, narrowing.index, pair.start, narrowing.states, narrowing.last);

        turn.lengthLog2 -= uint8(sectionsLog2);
        turn.start += uint40(narrowing.index << turn.lengthLog2);
        sectionsLog2 = _least(K_LOG2, turn.lengthLog2);
        bytes32 digest =
            Dissection.digest(pair.start, narrowing.states, narrowing.last, sectionsLog2);
        _end(game, self, turn, digest, DISSECT_GAS);
    }

    /// @inheritdoc IOpmlVerifier
    function convict(
        bytes32 game,
        bytes32 position,
        ClaimPreimage calldata preimage,
        Conviction calldata conviction
    ) external {
        (Game storage self, Turn memory turn) = _begin(game, position, Phase.Dissected);
        if (turn.lengthLog2 > K_LOG2) revert SectionIsLonger();
        Pair calldata pair = conviction.pair;
        Dissection.check(self.digest, turn.lengthLog2, conviction.index, pair, conviction.proof);

        bytes32 claim = self.claim;
        _checkPreimage(claim, preimage);
        Machine memory machine = _machine(preimage, turn.node, inputRootOf[claim]);
        (bytes32 pre, bytes32 post) = STEPPER.step(machine, conviction.witness);
        if (pre != pair.start) revert WrongPreState(pre, pair.start);
        if (post == pair.end) revert StepIsRight();
        if (turn.toMove() == Side.Challenger) turn.challengerGas += uint32(DISSECT_GAS);
        _resolve(game, self, turn, turn.toMove(), Ending.Conviction);
    }

    /// @inheritdoc IOpmlVerifier
    function concede(bytes32 game, bytes32 position, bytes calldata signature) external {
        (Game storage self, Turn memory turn) = _begin(game, position, Phase.None);
        _checkPlayer(self, turn, position, signature);
        _resolve(game, self, turn, turn.author, Ending.Concession);
    }

    /// @inheritdoc IOpmlVerifier
    function timeout(bytes32 game) external {
        Game storage self = _game(game);
        Turn memory turn = self.turn;
        _checkPending(self.claim);
        uint256 deadline = turn.deadline();
        if (block.timestamp <= deadline) revert TooEarly(deadline);
        _resolve(game, self, turn, turn.author, Ending.Timeout);
    }

    /// @inheritdoc IOpmlVerifier
    function closeGame(bytes32 game) external {
        Game storage self = _game(game);
        ClaimRecord storage record = _claims[self.claim];
        if (record.state != ClaimState.Rejected) revert ClaimStands(self.claim);
        uint256 pot = record.bond;
        uint256 gasBack = _least(pot, self.turn.challengerGas * block.basefee);
        uint256 burnt = --record.openGames == 0 ? pot - gasBack : 0;
        record.bond = uint96(pot - gasBack - burnt);
        emit GameClosed(game);
        _credit(self.challenger, self.bond + gasBack);
        delete _games[game];
        _burn(burnt);
    }

    // --------------------------------------------------------------------------------------------- money

    /// @inheritdoc IOpmlVerifier
    function withdraw(address to) external returns (uint256 amount) {
        amount = creditOf[msg.sender];
        if (amount == 0) revert NothingToWithdraw();
        creditOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool sent,) = to.call{ value: amount }("");
        if (!sent) revert TransferFailed();
    }

    /// @inheritdoc IOpmlVerifier
    function challengeBond() public view returns (uint256) {
        uint256 defence = 2 * DEFENCE_GAS * block.basefee;
        return defence > CHALLENGE_BOND ? defence : CHALLENGE_BOND;
    }

    /// @inheritdoc IVerifier
    function bond(bytes32) public view returns (uint256) {
        uint256 needed = 2 * challengeBond();
        return needed > CLAIM_BOND ? needed : CLAIM_BOND;
    }

    // --------------------------------------------------------------------------------------------- views

    /// @inheritdoc IVerifier
    function statusOf(bytes32 claim) external view returns (ClaimStatus) {
        ClaimRecord storage record = _claims[claim];
        ClaimState s = record.state;
        if (s == ClaimState.Unknown) return ClaimStatus.Unknown;
        if (s == ClaimState.Rejected) return ClaimStatus.Rejected;
        bool stands = block.timestamp > record.windowEnd && record.openGames == 0;
        return s == ClaimState.Settled || stands ? ClaimStatus.Proven : ClaimStatus.Pending;
    }

    /// @inheritdoc IVerifier
    function limits(bytes32 contentId) external view returns (uint32, uint32) {
        Program storage program = _programs[_contents[contentId].programId];
        return (program.promptLimit, program.outputLimit);
    }

    /// @inheritdoc IOpmlVerifier
    function programOf(bytes32 programId) external view returns (Program memory) {
        return _programs[programId];
    }

    /// @inheritdoc IOpmlVerifier
    function claimOf(bytes32 claim) external view returns (ClaimRecord memory) {
        return _claims[claim];
    }

    /// @inheritdoc IOpmlVerifier
    function gameOf(bytes32 game)
        external
        view
        returns (bytes32, address, uint256, bytes32, Turn memory)
    {
        Game storage self = _games[game];
        return (self.claim, self.challenger, self.bond, self.digest, self.turn);
    }

    /// @inheritdoc IOpmlVerifier
    function positionOf(bytes32 game) external view returns (bytes32, uint256) {
        Game storage self = _game(game);
        Turn memory turn = self.turn;
        return (turn.position(game, self.digest), turn.deadline());
    }

    // -------------------------------------------------------------------------------------- the life of a game

    function _open(
        bytes32 claim,
        Phase phase,
        uint32 node,
        uint8 levels,
        bytes32 digest,
        bytes32[] calldata siblings
    ) private returns (bytes32 game) {
        ClaimRecord storage record = _claims[claim];
        if (record.state != ClaimState.Pending) revert NotPending(claim);
        if (block.timestamp > record.windowEnd) revert WindowClosed(record.windowEnd);
        ++record.openGames;

        uint256 held = challengeBond();
        _takeBond(held, msg.sender);
        game = keccak256(
            abi.encode(
                bytes32("imo.game.v1"),
                block.chainid,
                address(this),
                claim,
                msg.sender,
                _gamesOf[msg.sender]++
            )
        );
        Turn memory turn = Turn({
            phase: phase,
            author: Side.Challenger,
            lengthLog2: levels,
            ply: 0,
            node: node,
            start: 0,
            challengerGas: uint32(CHALLENGE_GAS),
            claimantLeft: uint32(CLOCK),
            challengerLeft: uint32(CLOCK),
            since: uint40(block.timestamp)
        });
        _games[game] = Game(claim, msg.sender, uint96(held), digest, turn);
        emit Challenged(claim, game, msg.sender, held, digest, siblings);
        emit Moved(game, turn.position(game, digest), turn, turn.deadline());
    }

    /// @dev Every move begins here: the game is open, the position is the one named, its phase (None for any) fits, the clock runs.
    function _begin(bytes32 game, bytes32 position, Phase phase)
        private
        view
        returns (Game storage self, Turn memory turn)
    {
        self = _game(game);
        turn = self.turn;
        if (turn.position(game, self.digest) != position) revert NotThePosition(position);
        if (phase != Phase.None && phase != turn.phase) revert WrongPhase();
        _checkPending(self.claim);
        uint256 deadline = turn.deadline();
        if (block.timestamp > deadline) revert TooLate(deadline);
    }

    /// @dev A move that does not end the game ends here. `gas` counts only when the challenger made it.
    function _end(bytes32 game, Game storage self, Turn memory turn, bytes32 digest, uint256 gas)
        private
    {
        turn.pass(EXTENSION, gas);
        self.digest = digest;
        self.turn = turn;
        emit Moved(game, turn.position(game, digest), turn, turn.deadline());
    }

    /// @dev Half of the loser's bond is burnt. Of a claimant's, the winner gets a quarter, and a quarter waits for the challengers of the
    /// claim's other games; of a challenger's, the claimant gets the half that its bond was sized to cover a defence with.
    function _resolve(bytes32 game, Game storage self, Turn memory turn, Side winner, Ending ending)
        private
    {
        bytes32 claim = self.claim;
        address challenger = self.challenger;
        uint256 held = self.bond;
        ClaimRecord storage record = _claims[claim];
        uint32 left = --record.openGames;
        delete _games[game];
        emit Resolved(claim, game, winner, ending);

        if (winner == Side.Claimant) {
            _credit(record.claimant, held / 2);
            _burn(held - held / 2);
            return;
        }
        uint256 slashed = record.bond;
        uint256 prize = slashed / 4;
        uint256 gasBack = _least(slashed / 8, turn.challengerGas * block.basefee);
        uint256 pot = left == 0 ? 0 : slashed / 4 - gasBack;
        record.state = ClaimState.Rejected;
        record.bond = uint96(pot);
        emit ClaimRejected(claim);
        _credit(challenger, held + prize + gasBack);
        _burn(slashed - prize - gasBack - pot);
    }

    // ------------------------------------------------------------------------------------------------ checks

    /// @dev The side to move sent or signed this call. A signature covers the position and the call's arguments.
    function _checkPlayer(
        Game storage self,
        Turn memory turn,
        bytes32 position,
        bytes calldata signature
    ) private view {
        address player = self.challenger;
        address delegate = player;
        if (turn.toMove() == Side.Claimant) {
            ClaimRecord storage record = _claims[self.claim];
            (player, delegate) = (record.claimant, record.delegate);
        }
        if (msg.sender == player || msg.sender == delegate) return;
        // The signature is the call's last argument, so everything before it is what was signed.
        uint256 signed;
        assembly ("memory-safe") {
            signed := sub(signature.offset, 0x20)
        }
        bytes32 payload = keccak256(msg.data[:signed]);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(MOVE_TYPE, position, payload)));
        bool right = SignatureChecker.isValidSignatureNow(player, digest, signature)
            || (delegate != address(0)
                && SignatureChecker.isValidSignatureNow(delegate, digest, signature));
        if (!right) revert NotThePlayer(msg.sender);
    }

    function _checkPending(bytes32 claim) private view {
        if (_claims[claim].state != ClaimState.Pending) revert NotPending(claim);
    }

    function _checkPreimage(bytes32 claim, ClaimPreimage calldata preimage) private view {
        if (_claimId(preimage) != claim) revert NotThePreimage(claim);
    }

    /// @dev Halted with code 0, the claimed slot at the output address; returns its hash.
    function _checkFinalState(
        Program memory program,
        Statement calldata statement,
        bytes32 slotRoot
    ) private pure returns (bytes32) {
        if (statement.finalState.length != MachineState.BYTES) revert NotHalted();
        State last = MachineState.copy(statement.finalState);
        if (last.status() != MachineState.HALTED || last.x(10) != 0) revert NotHalted();
        uint256 slotDepth = program.slotDepth();
        bool whole = statement.opening.length == program.memoryDepth - slotDepth;
        uint256 index = program.outputAddress >> program.slotLog2;
        if (!whole || Merkle.root(slotRoot, index, statement.opening) != last.memoryRoot()) {
            revert WrongOutput();
        }
        return last.hash();
    }

    // ----------------------------------------------------------------------------------- what claims commit to

    function _firstState(Program memory program, uint32 node) private pure returns (bytes32) {
        State first = MachineState.zero();
        first.setMemoryRoot(Merkle.zero(program.memoryDepth));
        first.setPc(program.entry);
        first.setX(10, node);
        first.setX(11, program.nodesLog2);
        first.setX(12, program.slotLog2);
        return first.hash();
    }

    function _machine(ClaimPreimage calldata preimage, uint32 node, bytes32 inputRoot)
        private
        view
        returns (Machine memory)
    {
        Content storage content = _contents[preimage.contentId];
        Program memory program = _programs[content.programId];
        return Machine({
            codeRoot: program.codeRoot,
            modelRoot: content.imageRoot,
            // Zero until proven: no witness leads there, so a step that loads input cannot be convicted before.
            inputRoot: inputRoot,
            traceRoot: preimage.traceRoot,
            codeBase: program.codeBase,
            codeDepth: program.codeDepth,
            memoryDepth: program.memoryDepth,
            inputDepth: program.inputDepth,
            modelDepth: content.modelDepth,
            traceDepth: program.traceDepth(),
            traceLimit: uint64(node) << program.slotLog2
        });
    }

    /// @dev Root that the emit slot of a submission leads to: the last slot, in words as docs/spec/request.md says.
    function _rootOfEmit(
        Program memory program,
        Submission calldata submission,
        bytes32[] memory siblings
    ) private pure returns (bytes32 hash) {
        if (siblings.length != program.nodesLog2) revert WrongEmitSlot();
        bytes memory slot =
            abi.encode(submission.answerLength, submission.answerHash, submission.tokensUsed);
        hash = Merkle.root(slot, program.slotDepth());
        for (uint256 i = 0; i < siblings.length; ++i) {
            hash = Merkle.branch(siblings[i], hash);
        }
    }

    function _claimId(ClaimPreimage memory preimage) private view returns (bytes32) {
        return
            keccak256(abi.encode(bytes32("imo.claim.v1"), block.chainid, address(this), preimage));
    }

    function _program(bytes32 contentId) private view returns (Program memory program) {
        bytes32 programId = _contents[contentId].programId;
        if (programId == 0) revert UnknownContent(contentId);
        program = _programs[programId];
    }

    function _game(bytes32 game) private view returns (Game storage self) {
        self = _games[game];
        if (self.turn.phase == Phase.None) revert UnknownGame(game);
    }

    // ------------------------------------------------------------------------------------------- money, inside

    function _takeBond(uint256 needed, address giver) private {
        if (msg.value < needed) revert BondTooSmall(msg.value, needed);
        if (msg.value > needed) _credit(giver, msg.value - needed);
    }

    function _credit(address account, uint256 amount) private {
        creditOf[account] += amount;
        emit Credited(account, amount);
    }

    /// @dev No code can be at address 0, so nothing runs and nothing fails.
    function _burn(uint256 amount) private {
        if (amount != 0) payable(address(0)).transfer(amount);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
