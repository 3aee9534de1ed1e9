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

/// @title One instruction of the virtual machine, and the code that it is one of
interface IStepper {
    /// @notice Stores piece `index` of a program's code: 2^14 bytes of it, or all of a shorter one; zeros at its end may be left out.
    /// Anyone may; again is no error.
    /// @param codeRoot Root of the code, a tree of depth `codeDepth` (docs/spec/commitments.md).
    /// @param siblings Those of the piece's subtree under the root, bottom-up.
    /// @return place The contract whose code the piece is, behind a stop byte.
    function storeCode(
        bytes32 codeRoot,
        uint8 codeDepth,
        uint256 index,
        bytes calldata piece,
        bytes32[] calldata siblings
    ) external returns (address place);

    /// @notice Whether every piece of a code is stored.
    function hasCode(bytes32 codeRoot, uint8 codeDepth) external view returns (bool);

    /// @notice The contract that holds a piece of a code, or will.
    function placeOfCode(bytes32 codeRoot, uint8 codeDepth, uint256 index)
        external
        view
        returns (address);

    /// @notice Verifies a witness and takes one step.
    /// @dev Total over stored code: reverts only when the witness is malformed or does not match the machine's roots, or when the piece that the
    /// step reads is not stored.
    /// @param witness State, at most one memory proof (docs/spec/vm.md); consumed to the byte.
    /// @return preState Hash of the witness's state.
    /// @return postState Hash of its only successor.
    function step(Machine calldata machine, bytes calldata witness)
        external
        view
        returns (bytes32 preState, bytes32 postState);
}
