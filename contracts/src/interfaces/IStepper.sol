// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The fixed context of a run (docs/spec/vm.md). Depths count levels of 128-byte leaves.
struct Machine {
    bytes32 codeRoot;
    bytes32 modelRoot;
    bytes32 inputRoot;
    bytes32 traceRoot;
    uint32 codeBase;
    uint8 codeDepth;
    uint8 memoryDepth;
    uint8 inputDepth;
    uint8 modelDepth;
    uint8 traceDepth;
    /// Bytes of the trace that the node may read: node * slot size.
    uint64 traceLimit;
}

/// @title One instruction of the virtual machine
interface IStepper {
    /// @notice Verifies a witness and takes one step.
    /// @dev Total: reverts only when the witness is malformed or does not match the machine's roots.
    /// @param witness State, instruction proof, at most one memory proof (docs/spec/vm.md); consumed to the byte.
    /// @return preState Hash of the witness's state.
    /// @return postState Hash of its only successor.
    function step(Machine calldata machine, bytes calldata witness)
        external
        pure
        returns (bytes32 preState, bytes32 postState);
}
