// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A program of the virtual machine, with the shapes of its memories (docs/spec/vm.md).
/// @dev Depths count levels of 128-byte leaves.
struct Program {
    /// Root of the code (docs/spec/commitments.md).
    bytes32 codeRoot;
    /// First address of the code; a multiple of 128.
    uint32 codeBase;
    /// Address of the first instruction.
    uint32 entry;
    uint8 codeDepth;
    uint8 memoryDepth;
    uint8 inputDepth;
    /// A trace has 2^nodesLog2 slots.
    uint8 nodesLog2;
    /// A slot has 2^slotLog2 bytes.
    uint8 slotLog2;
    /// Most steps of a run, as a power of two.
    uint8 stepsLog2;
    /// Address in memory where a node leaves its slot; a multiple of the slot's size.
    uint32 outputAddress;
    /// Most bytes of a request's input.
    uint32 inputLimit;
    /// Most bytes of an answer.
    uint32 outputLimit;
    /// Version of the virtual machine.
    uint8 vmVersion;
}

using ProgramShape for Program global;

/// @title The parameters of a program: their bounds, and what follows from them
/// @notice The verifier checks a program once, when it is registered, and computes the shapes of
/// traces from it in disputes.
library ProgramShape {
    /// @notice The version of the virtual machine that the verifier knows.
    uint8 internal constant VM_VERSION = 1;

    /// @notice Levels of the deepest trace: 2^31 slots.
    uint256 internal constant MAX_NODES_LOG2 = 31;
    /// @notice The longest run of a node: 2^40 steps.
    uint256 internal constant MAX_STEPS_LOG2 = 40;

    /// @dev Bytes of a leaf, as a power of two and as they are.
    uint256 private constant LEAF_LOG2 = 7;
    uint256 private constant LEAF_BYTES = 1 << LEAF_LOG2;
    /// @dev Bytes of the input memory before the input: ten words (docs/spec/request.md).
    uint256 private constant HEADER_BYTES = 320;

    /// @notice Thrown when a parameter is outside of its range in docs/spec/vm.md. Names the
    /// parameter.
    error ProgramOutOfRange(string parameter);

    /// @notice The id of a program.
    function id(Program memory self) internal pure returns (bytes32) {
        return keccak256(abi.encode(bytes32("imo.program.v1"), self));
    }

    /// @notice Reverts unless every parameter is in its range.
    function check(Program memory self) internal pure {
        if (self.vmVersion != VM_VERSION) revert ProgramOutOfRange("vmVersion");
        if (self.codeBase % LEAF_BYTES != 0) revert ProgramOutOfRange("codeBase");
        if (self.codeDepth > 17) revert ProgramOutOfRange("codeDepth");
        if (self.memoryDepth > 23) revert ProgramOutOfRange("memoryDepth");
        if (self.inputDepth > 22) revert ProgramOutOfRange("inputDepth");
        if (self.nodesLog2 > MAX_NODES_LOG2) revert ProgramOutOfRange("nodesLog2");
        if (self.slotLog2 < LEAF_LOG2 || self.slotLog2 > 20) revert ProgramOutOfRange("slotLog2");
        if (self.stepsLog2 > MAX_STEPS_LOG2) revert ProgramOutOfRange("stepsLog2");

        uint256 slot = 1 << self.slotLog2;
        uint256 size = 1 << (self.memoryDepth + LEAF_LOG2);
        bool fits = self.outputAddress % slot == 0 && self.outputAddress + slot <= size;
        if (!fits) revert ProgramOutOfRange("outputAddress");

        uint256 end = self.codeBase + (1 << (self.codeDepth + LEAF_LOG2));
        bool runs = self.entry % 4 == 0 && self.entry >= self.codeBase && self.entry < end;
        if (!runs) revert ProgramOutOfRange("entry");

        bool asks = self.inputLimit != 0
            && HEADER_BYTES + self.inputLimit <= 1 << (self.inputDepth + LEAF_LOG2);
        if (!asks) revert ProgramOutOfRange("inputLimit");
        if (self.outputLimit == 0) revert ProgramOutOfRange("outputLimit");
    }

    /// @notice Depth of a trace's tree.
    function traceDepth(Program memory self) internal pure returns (uint8) {
        return self.nodesLog2 + self.slotDepth();
    }

    /// @notice Depth of a slot's subtree.
    function slotDepth(Program memory self) internal pure returns (uint8) {
        return self.slotLog2 - uint8(LEAF_LOG2);
    }
}
