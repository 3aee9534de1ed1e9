// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The fixed context of a run (docs/spec/vm.md). Depths count levels of 128-byte leaves.
struct Machine {
    bytes32 codeRoot;
    bytes32 modelRoot;
    bytes32 inputRoot;
    bytes32 traceRoot;
    /// First address of the code.
    uint32 codeBase;
    uint8 codeDepth;
    uint8 memoryDepth;
    uint8 inputDepth;
    uint8 modelDepth;
    uint8 traceDepth;
    /// Bytes of the trace that the node may read: node * slot size.
    uint64 traceLimit;
}

/// @title Executes one instruction of the virtual machine, and keeps the code of programs
/// @notice A dispute ends with one step. The verifier asks the stepper what state follows from the
/// state in a witness. The stepper knows no claims and no money. It keeps the code of programs as
/// contracts, so that a witness need not prove the instruction.
interface IStepper {
    /// @notice Stores a piece of a program's code: 2^14 bytes, or all of a shorter code. Zeros at
    /// its end can be left out. Anyone can store code; storing it again is no error.
    /// @param codeRoot Root of the code (docs/spec/commitments.md).
    /// @param codeDepth Depth of the code's tree.
    /// @param index The piece, from 0.
    /// @param piece Its bytes.
    /// @param siblings Siblings of the piece's subtree under the root, bottom-up.
    /// @return place The contract whose code is the piece, after a stop byte.
    function storeCode(
        bytes32 codeRoot,
        uint8 codeDepth,
        uint256 index,
        bytes calldata piece,
        bytes32[] calldata siblings
    ) external returns (address place);

    /// @notice Whether every piece of a code is stored.
    /// @param codeRoot Root of the code.
    /// @param codeDepth Depth of the code's tree.
    /// @return True if it is.
    function hasCode(bytes32 codeRoot, uint8 codeDepth) external view returns (bool);

    /// @notice The address of a piece of a code, whether it is stored yet or not.
    /// @param codeRoot Root of the code.
    /// @param codeDepth Depth of the code's tree.
    /// @param index The piece, from 0.
    /// @return The address.
    function placeOfCode(bytes32 codeRoot, uint8 codeDepth, uint256 index)
        external
        view
        returns (address);

    /// @notice Verifies a witness and takes one step.
    /// @dev Total over stored code: reverts only if the witness is malformed, if it does not match
    /// the machine's roots, or if the piece of code that the step reads is not stored.
    /// @param machine The context of the run.
    /// @param witness The state and at most one memory proof (docs/spec/vm.md), and not a byte
    /// more.
    /// @return preState Hash of the witness's state.
    /// @return postState Hash of its only successor.
    function step(Machine calldata machine, bytes calldata witness)
        external
        view
        returns (bytes32 preState, bytes32 postState);
}
