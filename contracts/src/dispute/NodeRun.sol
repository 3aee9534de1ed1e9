// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Statement } from "../interfaces/IOpmlVerifier.sol";
import { Merkle } from "../libraries/Merkle.sol";
import { Program } from "../types/Program.sol";
import { MachineState, State } from "../vm/MachineState.sol";

/// @title The first and the last state of a node's run, and the answer in the last slot
/// @notice When a claimant states its run of a disputed node, the verifier computes the first state
/// itself and checks that the last one leaves the claimed slot.
library NodeRun {
    /// @notice Thrown unless the final state is halted with exit code 0.
    error NotHalted();
    /// @notice Thrown unless the final state's memory holds the claimed slot at the output address.
    error WrongOutput();
    /// @notice Thrown for more steps than the program's maximum. Both are powers of two.
    error TooManySteps(uint256 stepsLog2, uint256 capLog2);

    /// @notice Hash of the first state of a node's run.
    function first(Program memory program, uint32 node) internal pure returns (bytes32) {
        State state = MachineState.zero();
        state.setMemoryRoot(Merkle.zero(program.memoryDepth));
        state.setPc(program.entry);
        state.setX(10, node);
        state.setX(11, program.nodesLog2);
        state.setX(12, program.slotLog2);
        return state.hash();
    }

    /// @notice Hash of the stated final state. Reverts unless it is halted with exit code 0 and
    /// holds the claimed slot at the output address.
    function last(Program memory program, Statement calldata statement, bytes32 slotRoot)
        internal
        pure
        returns (bytes32)
    {
        if (statement.stepsLog2 > program.stepsLog2) {
            revert TooManySteps(statement.stepsLog2, program.stepsLog2);
        }
        if (statement.finalState.length != MachineState.BYTES) revert NotHalted();
        State state = MachineState.copy(statement.finalState);
        if (state.status() != MachineState.HALTED || state.x(10) != 0) revert NotHalted();
        bool whole = statement.opening.length == program.memoryDepth - program.slotDepth();
        uint256 index = program.outputAddress >> program.slotLog2;
        if (!whole || Merkle.root(slotRoot, index, statement.opening) != state.memoryRoot()) {
            revert WrongOutput();
        }
        return state.hash();
    }

    /// @notice Root of the trace whose last slot begins with a submission's `output`.
    /// @param siblings Siblings of the last slot. The caller checks that there is one for each
    /// level.
    function emitRoot(Program memory program, bytes memory output, bytes32[] memory siblings)
        internal
        pure
        returns (bytes32 hash)
    {
        hash = Merkle.root(output, program.slotDepth());
        for (uint256 i = 0; i < siblings.length; ++i) {
            hash = Merkle.branch(siblings[i], hash);
        }
    }
}
