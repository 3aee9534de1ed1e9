// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Parameters } from "../../src/dispute/Parameters.sol";
import { Phase, Side, Turn } from "../../src/types/Turn.sol";
import {
    ClaimPreimage,
    Conviction,
    IOpmlVerifier,
    Narrowing,
    Statement
} from "../../src/interfaces/IOpmlVerifier.sol";
import { IStepper } from "../../src/interfaces/IStepper.sol";
import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { Request } from "../../src/types/Request.sol";
import { Submission } from "../../src/types/Submission.sol";
import { GameLog, View } from "./GameLog.sol";
import { Run, Segments, Toy } from "./Toy.sol";

/// A player, and how it plays.
struct Player {
    address who;
    /// The trace that it holds to be right.
    bytes trace;
    /// The input that it runs nodes on.
    bytes input;
    /// In which step its run of the disputed node lies; `Toy.HONEST` for never.
    uint256 lieAt;
    /// What it states as the number of steps, as a power of two; more than the cap for what the run
    /// needs.
    uint256 stepsLog2;
    /// Invents the states inside its dissections.
    bool babbles;
    /// Sleeps from this move of the game on.
    uint256 silentFrom;
}

/// Claims of the toy model, and games about them that are played from the logs alone.
abstract contract GameFixture is GameLog {
    uint256 internal constant WINDOW = 24 hours;
    uint256 internal constant CLOCK = 12 hours;
    uint256 internal constant EXTENSION = 30 minutes;
    uint256 internal constant CLAIM_BOND = 0.25 ether;
    uint256 internal constant CHALLENGE_BOND = 0.08 ether;
    uint256 internal constant NEEDED = 99;

    bytes internal constant ANSWER = "forty-two";
    bytes internal constant PROMPT = hex"03000000";

    address internal immutable HOST = makeAddr("host");
    address internal immutable ANN = makeAddr("ann");
    address internal immutable BOB = makeAddr("bob");
    address internal immutable EVE = makeAddr("eve");

    IStepper internal _stepper;
    uint8 internal _kLog2;
    bytes32 internal _contentId;
    uint64 internal _salt;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        vm.fee(1 gwei);
        _deploy(2);
    }

    function _deploy(uint8 kLog2) internal {
        _kLog2 = kLog2;
        _verifier = _newVerifier(_parameters(kLog2));
        bytes32 programId = _verifier.registerProgram(Toy.program());
        _contentId = _verifier.registerContent(Toy.rootOf(_model()), 128, programId);
        vm.recordLogs();
    }

    function _parameters(uint8 kLog2) internal pure returns (Parameters memory) {
        return Parameters({
            kLog2: kLog2,
            window: uint32(WINDOW),
            clock: uint32(CLOCK),
            extension: uint32(EXTENSION),
            claimBond: uint96(CLAIM_BOND),
            challengeBond: uint96(CHALLENGE_BOND)
        });
    }

    /// By name, so that the tests are not compiled as the contract has to be. The toy's code is
    /// stored.
    function _newVerifier(Parameters memory parameters) internal returns (IOpmlVerifier) {
        _stepper = IStepper(deployCode("RiscvStepper.sol:RiscvStepper"));
        _stepper.storeCode(Toy.program().codeRoot, 0, 0, Toy.code(), new bytes32[](0));
        bytes memory arguments = abi.encode(_stepper, parameters);
        return IOpmlVerifier(deployCode("OpmlVerifier.sol:OpmlVerifier", arguments));
    }

    // Request and trace

    function _request() internal view returns (Request memory) {
        return Request({
            host: HOST,
            id: 7,
            modelId: keccak256("model"),
            seed: 1,
            maxUnits: 16,
            parameters: 0,
            inputHash: keccak256(PROMPT)
        });
    }

    function _requestDigest() internal view returns (bytes32) {
        return keccak256(abi.encode(bytes32("imo.request.v3"), block.chainid, _request()));
    }

    /// The emit slot, which is all that the toy model consists of.
    function _model() internal pure returns (bytes memory) {
        return abi.encode(ANSWER.length, keccak256(ANSWER), 3, 0);
    }

    function _segments(address claimant, bytes memory prompt)
        internal
        view
        returns (Segments memory segments)
    {
        Request memory r = _request();
        bytes memory input = new bytes(512);
        bytes memory start = bytes.concat(
            abi.encode(3, block.chainid, r.host, r.id, r.modelId, claimant),
            abi.encode(r.seed, r.maxUnits, r.parameters, prompt.length),
            prompt
        );
        for (uint256 i = 0; i < start.length; ++i) {
            input[i] = start[i];
        }
        segments = Segments(Toy.code(), _model(), input, "");
        segments.trace = Toy.trace(segments);
    }

    function _honestTrace(address claimant) internal view returns (bytes memory) {
        return _segments(claimant, PROMPT).trace;
    }

    /// A bit of the node's slot is wrong; nothing reads it, so every other node fits.
    function _wrongAt(bytes memory trace, uint32 node) internal pure returns (bytes memory wrong) {
        wrong = bytes.concat(trace);
        wrong[Toy.SLOT_BYTES * node + Toy.LIE] ^= 0x01;
    }

    function _honest(address who, address claimant) internal view returns (Player memory) {
        return _playerOn(who, _segments(claimant, PROMPT));
    }

    /// Holds that node `node` is another than it is, and lies in step `step` of its run.
    function _liar(address who, address claimant, uint32 node, uint256 step)
        internal
        view
        returns (Player memory liar)
    {
        liar = _honest(who, claimant);
        (liar.trace, liar.lieAt) = (_wrongAt(liar.trace, node), step);
    }

    function _playerOn(address who, Segments memory segments)
        internal
        pure
        returns (Player memory)
    {
        return Player({
            who: who,
            trace: segments.trace,
            input: segments.input,
            lieAt: Toy.HONEST,
            stepsLog2: NEEDED,
            babbles: false,
            silentFrom: type(uint256).max
        });
    }

    // Claims and games

    /// What a trace's emit slot says.
    function _submission(address claimant, bytes memory trace)
        internal
        view
        returns (Submission memory)
    {
        bytes memory slot = Toy.slice(trace, Toy.SLOT_BYTES * Toy.EMIT, 96);
        (uint32 length, bytes32 answerHash, uint32 units) =
            abi.decode(slot, (uint32, bytes32, uint32));
        return Submission(_contentId, _requestDigest(), claimant, answerHash, length, units);
    }

    function _evidence(bytes memory trace, address delegate) internal pure returns (bytes memory) {
        return
            abi.encode(Toy.rootOf(trace), delegate, Toy.siblings(trace, Toy.EMIT), "https://trace");
    }

    function _submit(Player memory claimant) internal returns (bytes32) {
        return _submit(claimant.who, claimant.trace, address(0));
    }

    function _submit(address claimant, bytes memory trace, address delegate)
        internal
        returns (bytes32 claim)
    {
        uint256 bond = _verifier.bond(_contentId);
        hoax(HOST, bond);
        claim = _verifier.submit{ value: bond }(
            _submission(claimant, trace), _evidence(trace, delegate)
        );
        _read();
    }

    function _challenge(bytes32 claim, address challenger, bytes memory trace, uint32 node)
        internal
        returns (bytes32 game)
    {
        uint256 bond = _verifier.challengeBond();
        hoax(challenger, challenger.balance + bond);
        game = _verifier.challenge{ value: bond }(
                _preimages[claim],
                _salt++,
                node,
                Toy.subtree(trace, 0, node),
                Toy.siblings(trace, node)).id();
        _read();
    }

    function _challengeWithheld(bytes32 claim, address challenger) internal returns (bytes32 game) {
        uint256 bond = _verifier.challengeBond();
        hoax(challenger, challenger.balance + bond);
        game = _verifier.challengeWithheld{ value: bond }(_preimages[claim], _salt++).id();
        _read();
    }

    function _proveInput(bytes32 claim) internal {
        _verifier.proveInput(_preimages[claim], _request(), PROMPT);
        _read();
    }

    /// Plays to the end. A player that does not move in its turn runs out of time.
    function _play(bytes32 game, Player memory claimant, Player memory challenger) internal {
        while (!_views[game].over) {
            assertLt(_views[game].turn.ply, 40, "a game is short");
            bool claimants = _toMove(game) == Side.Claimant;
            if (_move(game, claimants ? claimant : challenger, claimant.trace)) continue;
            vm.warp(_views[game].deadline + 1);
            _verifier.timeout(_views[game].game);
            _read();
        }
    }

    function _toMove(bytes32 game) internal view returns (Side) {
        return _views[game].turn.author == Side.Claimant ? Side.Challenger : Side.Claimant;
    }

    /// The move of the player whose turn it is, about a claim's trace; false when it makes none.
    function _move(bytes32 game, Player memory player, bytes memory trace) internal returns (bool) {
        View storage view_ = _views[game];
        if (view_.turn.ply >= player.silentFrom) return false;
        Phase phase = view_.turn.phase;
        bool moved = true;
        if (phase == Phase.Committed) {
            _verifier.reveal(view_.game, _children(view_.turn, player.trace));
        } else if (phase == Phase.Revealed) {
            moved = _pick(game, player);
        } else {
            Segments memory segments = Segments(Toy.code(), _model(), player.input, trace);
            Run memory run = Toy.run(segments, view_.turn.node, player.lieAt);
            if (phase == Phase.Opening) _state(game, player, run);
            else moved = _answer(game, player, run, segments);
        }
        if (moved) _read();
        return moved;
    }

    function _children(Turn memory turn, bytes memory trace)
        internal
        view
        returns (bytes32[] memory children)
    {
        uint256 opened = _least(_kLog2, turn.lengthLog2);
        children = new bytes32[](1 << opened);
        for (uint256 i = 0; i < children.length; ++i) {
            uint256 index = (uint256(turn.node) << opened) + i;
            children[i] = Toy.subtree(trace, turn.lengthLog2 - opened, index);
        }
    }

    /// The first child that differs from its own; gives up when none does.
    function _pick(bytes32 game, Player memory player) private returns (bool) {
        View storage view_ = _views[game];
        bytes32[] memory mine = _children(view_.turn, player.trace);
        uint256 index = 0;
        while (index < mine.length && mine[index] == view_.children[index]) ++index;
        if (index == mine.length) return _concede(game, player);
        bytes32[] memory path = _path(view_.children, index);
        bytes32 child = view_.children[index];
        _send(player.who, abi.encodeCall(_verifier.pick, (view_.game, index, child, path, "")));
        return true;
    }

    function _concede(bytes32 game, Player memory player) internal returns (bool) {
        _send(player.who, abi.encodeCall(_verifier.concede, (_views[game].game, "")));
        return true;
    }

    function _state(bytes32 game, Player memory player, Run memory run) private {
        Statement memory statement = _statement(player, run);
        View storage view_ = _views[game];
        ClaimPreimage memory preimage = _preimages[view_.game.claim];
        _send(player.who, abi.encodeCall(_verifier.state, (view_.game, preimage, statement, "")));
    }

    function _statement(Player memory player, Run memory run)
        internal
        view
        returns (Statement memory)
    {
        uint256 length = player.stepsLog2;
        if (length > Toy.CAP_LOG2) length = _neededLog2(run);
        return Statement({
            stepsLog2: uint8(length),
            finalState: bytes.concat(run.last),
            opening: _one(Merkle.ZERO_LEAF),
            states: _middle(player, run, 0, length)
        });
    }

    /// Takes the first section apart whose end it does not share, or convicts its author; gives up
    /// when it shares all.
    function _answer(bytes32 game, Player memory player, Run memory run, Segments memory segments)
        private
        returns (bool)
    {
        View storage view_ = _views[game];
        Turn memory turn = view_.turn;
        uint256 sections = _least(_kLog2, turn.lengthLog2);
        uint256 length = turn.lengthLog2 - sections;
        uint256 index = 0;
        while (index < 1 << sections) {
            if (view_.states[index + 1] != _at(run, turn.start + ((index + 1) << length))) {
                break;
            }
            ++index;
        }
        if (index == 1 << sections) return _concede(game, player);
        if (length == 0) return _convict(game, index, segments);

        Narrowing memory narrowing = _narrowing(game, player, run, index);
        _send(player.who, abi.encodeCall(_verifier.dissect, (view_.game, narrowing, "")));
        return true;
    }

    /// Sends a move for its player, whose signature it may carry as its last argument.
    function _send(address who, bytes memory data) internal virtual {
        vm.prank(who);
        _call(data);
    }

    function _call(bytes memory data) internal {
        (bool ok, bytes memory reason) = address(_verifier).call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }

    /// Whether the named step of the last dissection is false, by the contract.
    function _convict(bytes32 game, uint256 index, Segments memory segments)
        internal
        returns (bool)
    {
        View storage view_ = _views[game];
        Conviction memory conviction = _conviction(game, index, segments);
        try _verifier.convict(view_.game, _preimages[view_.game.claim], conviction) {
            return true;
        } catch {
            return false;
        }
    }

    function _conviction(bytes32 game, uint256 index, Segments memory segments)
        internal
        view
        returns (Conviction memory)
    {
        View storage view_ = _views[game];
        return Conviction({
            index: index,
            end: view_.states[index + 1],
            proof: _path(_pairs(view_.states), index),
            inputRoot: _verifier.inputRootOf(view_.game.claim),
            witness: Toy.witness(segments, view_.turn.node, view_.turn.start + index)
        });
    }

    /// The player's own states for a section of the last dissection.
    function _narrowing(bytes32 game, Player memory player, Run memory run, uint256 index)
        internal
        view
        returns (Narrowing memory)
    {
        View storage view_ = _views[game];
        Turn memory turn = view_.turn;
        uint256 length = turn.lengthLog2 - _least(_kLog2, turn.lengthLog2);
        uint256 start = turn.start + (index << length);
        return Narrowing({
            index: index,
            start: view_.states[index],
            end: view_.states[index + 1],
            proof: _path(_pairs(view_.states), index),
            states: _middle(player, run, start, length),
            last: _at(run, start + (1 << length))
        });
    }

    // Runs as moves have them

    function _neededLog2(Run memory run) internal pure returns (uint256 length) {
        while (run.states[1 << length] != run.states[Toy.CAP]) ++length;
    }

    /// A run that is over stays where it is.
    function _at(Run memory run, uint256 step) private pure returns (bytes32) {
        return run.states[_least(step, Toy.CAP)];
    }

    function _middle(Player memory player, Run memory run, uint256 start, uint256 length)
        private
        view
        returns (bytes32[] memory states)
    {
        uint256 sections = _least(_kLog2, length);
        states = new bytes32[]((1 << sections) - 1);
        for (uint256 i = 0; i < states.length; ++i) {
            uint256 step = start + ((i + 1) << (length - sections));
            states[i] = player.babbles
                ? keccak256(abi.encode("invented", player.who, step))
                : _at(run, step);
        }
    }

    function _path(bytes32[] memory nodes, uint256 index)
        internal
        pure
        returns (bytes32[] memory path)
    {
        uint256 height = 0;
        while (1 << height < nodes.length) ++height;
        path = new bytes32[](height);
        for (uint256 t = 0; t < height; ++t) {
            bytes32[] memory part = new bytes32[](1 << t);
            for (uint256 i = 0; i < part.length; ++i) {
                part[i] = nodes[(((index >> t) ^ 1) << t) + i];
            }
            path[t] = Merkle.join(part);
        }
    }

    function _one(bytes32 word) internal pure returns (bytes32[] memory words) {
        words = new bytes32[](1);
        words[0] = word;
    }

    function _least(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    // How it should stand

    function _run(Player memory player, bytes memory trace, uint32 node)
        internal
        pure
        returns (Run memory)
    {
        Segments memory segments = Segments(Toy.code(), _model(), player.input, trace);
        return Toy.run(segments, node, player.lieAt);
    }

    function _expectStatus(bytes32 claim, ClaimStatus status) internal view {
        assertEq(uint256(_verifier.statusOf(claim)), uint256(status), "status");
    }

    function _expectEnd(bytes32 game, Side winner, IOpmlVerifier.Ending ending) internal view {
        assertTrue(_views[game].over, "over");
        assertEq(uint256(_views[game].winner), uint256(winner), "winner");
        assertEq(uint256(_views[game].ending), uint256(ending), "ending");
    }
}
