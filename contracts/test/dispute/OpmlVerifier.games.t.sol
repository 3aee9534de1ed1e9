// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Side } from "../../src/types/Turn.sol";
import { IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
import { IStepper, Machine } from "../../src/interfaces/IStepper.sol";
import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { MachineState } from "../../src/vm/MachineState.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { Run, Segments, Toy } from "./Toy.sol";

/// @dev Whole games about a real program, against liars of many kinds, for several k.
contract OpmlVerifierGamesTest is GameFixture {
    function test_the_toy_runs_as_the_contract_steps() external {
        IStepper stepper = IStepper(deployCode("RiscvStepper.sol:RiscvStepper"));
        Segments memory segments = _segments(ANN, PROMPT);
        stepper.storeCode(Toy.rootOf(segments.code), 0, 0, segments.code, new bytes32[](0));
        uint32[3] memory nodes = [uint32(0), 3, Toy.EMIT];
        uint256[3] memory lengths = [uint256(44), 24, 154];
        for (uint256 i = 0; i < nodes.length; ++i) {
            Machine memory machine = _machine(segments, nodes[i]);
            Run memory run = Toy.run(segments, nodes[i], Toy.HONEST);
            for (uint256 step = 0; step <= lengths[i]; ++step) {
                bytes memory witness = Toy.witness(segments, nodes[i], step);
                (bytes32 pre, bytes32 post) = stepper.step(machine, witness);
                assertEq(pre, run.states[step], "pre-state");
                assertEq(post, run.states[step + 1], "post-state");
            }
            assertEq(uint8(run.last[176]), MachineState.HALTED);
            assertEq(run.states[lengths[i]], run.states[Toy.CAP], "halted");
            assertNotEq(run.states[lengths[i] - 1], run.states[Toy.CAP], "and not before");
        }
    }

    function _machine(Segments memory segments, uint32 node) private pure returns (Machine memory) {
        return Machine({
            codeRoot: Toy.rootOf(segments.code),
            modelRoot: Toy.rootOf(segments.model),
            inputRoot: Toy.rootOf(segments.input),
            traceRoot: Toy.rootOf(segments.trace),
            codeBase: Toy.CODE,
            codeDepth: 0,
            memoryDepth: 1,
            inputDepth: 2,
            modelDepth: 0,
            traceDepth: Toy.NODES_LOG2,
            traceLimit: node * 128
        });
    }

    /// forge-config: default.fuzz.runs = 96
    function testFuzz_an_honest_challenger_wins_against_every_liar(uint256 seed) external {
        _deploy(_anyK(seed));
        uint32 node = uint32(_draw(seed, "node", Toy.NODES));
        Player memory liar = _anyLiar(seed, ANN, node);
        bytes32 claim = _submit(liar);
        _proveInput(claim);
        bytes32 game = _anyChallenge(seed, claim, BOB, liar.trace, node);
        _play(game, liar, _honest(BOB, ANN));
        assertEq(uint256(_views[game].winner), uint256(Side.Challenger));
        assertEq(uint256(_verifier.statusOf(claim)), uint256(ClaimStatus.Rejected));
    }

    /// forge-config: default.fuzz.runs = 96
    function testFuzz_an_honest_claimant_wins_against_every_liar(uint256 seed) external {
        _deploy(_anyK(seed));
        uint32 node = uint32(_draw(seed, "node", Toy.NODES));
        Player memory honest = _honest(ANN, ANN);
        bytes32 claim = _submit(honest);
        _proveInput(claim);
        bytes32 game = _anyChallenge(seed, claim, BOB, honest.trace, node);
        _play(game, honest, _anyLiar(seed, BOB, node));
        assertEq(uint256(_views[game].winner), uint256(Side.Claimant));
        vm.warp(block.timestamp + WINDOW + 1);
        assertEq(uint256(_verifier.statusOf(claim)), uint256(ClaimStatus.Proven));
    }

    /// @dev The stated count decides whose dissection ends in single steps: that side is convicted,
    /// or the other gives up.
    function test_both_parities_of_the_last_move() external {
        for (uint8 stated = 5; stated <= Toy.CAP_LOG2; ++stated) {
            _deploy(1);
            uint32 node = 3;
            Player memory honest = _honest(ANN, ANN);
            Player memory liar = _liar(BOB, ANN, node, 17);
            honest.stepsLog2 = stated;
            bytes32 claim = _submit(honest);
            _proveInput(claim);
            bytes32 game = _challenge(claim, BOB, honest.trace, node);
            _play(game, honest, liar);
            assertEq(uint256(_views[game].winner), uint256(Side.Claimant));
            // The claimant authors the dissections of 2^stated, 2^(stated-2) … steps.
            bool claimantIsLast = stated % 2 == 1;
            IOpmlVerifier.Ending expected =
                claimantIsLast ? IOpmlVerifier.Ending.Timeout : IOpmlVerifier.Ending.Conviction;
            assertEq(uint256(_views[game].ending), uint256(expected));
        }
    }

    function test_every_lie_of_a_run_is_convicted() external {
        for (uint256 step = 0; step < 32; ++step) {
            // A call of its own, so that memory is given back.
            this.convictLie(step);
        }
    }

    function convictLie(uint256 step) external {
        _deploy(2);
        Player memory liar = _liar(ANN, ANN, 3, step);
        bytes32 claim = _submit(liar);
        _proveInput(claim);
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        _play(game, liar, _honest(BOB, ANN));
        assertEq(uint256(_views[game].winner), uint256(Side.Challenger));
        assertEq(uint256(_views[game].ending), uint256(IOpmlVerifier.Ending.Conviction));
    }

    function test_a_withheld_trace_is_opened_down_to_the_wrong_node() external {
        for (uint8 kLog2 = 1; kLog2 <= 4; ++kLog2) {
            _deploy(kLog2);
            Player memory liar = _liar(ANN, ANN, 6, 3);
            bytes32 claim = _submit(liar);
            _proveInput(claim);
            bytes32 game = _challengeWithheld(claim, BOB);
            _play(game, liar, _honest(BOB, ANN));
            assertEq(_views[game].turn.node, 6);
            assertEq(uint256(_views[game].winner), uint256(Side.Challenger));
        }
    }

    // Draws

    function _draw(uint256 seed, string memory what, uint256 below) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what))) % below;
    }

    function _anyK(uint256 seed) private pure returns (uint8) {
        return [1, 2, 4][_draw(seed, "k", 3)];
    }

    function _anyLiar(uint256 seed, address who, uint32 node)
        private
        view
        returns (Player memory liar)
    {
        liar = _liar(who, ANN, node, _draw(seed, "step", 32));
        liar.stepsLog2 = _draw(seed, "stated", 3 * NEEDED);
        liar.babbles = _draw(seed, "babbles", 4) == 0;
        if (_draw(seed, "silent", 4) == 0) liar.silentFrom = _draw(seed, "from", 12);
    }

    function _anyChallenge(
        uint256 seed,
        bytes32 claim,
        address challenger,
        bytes memory trace,
        uint32 node
    ) private returns (bytes32) {
        return _draw(seed, "withheld", 2) == 0
            ? _challenge(claim, challenger, trace, node)
            : _challengeWithheld(claim, challenger);
    }
}
