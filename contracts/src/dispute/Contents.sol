// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IOpmlVerifier } from "../interfaces/IOpmlVerifier.sol";
import { IStepper, Machine } from "../interfaces/IStepper.sol";
import { IVerifier } from "../interfaces/IVerifier.sol";
import { Merkle } from "../libraries/Merkle.sol";
import { Program } from "../types/Program.sol";

/// @notice An image for a program, with the program's parameters.
/// @dev Three words: imageRoot; codeRoot; and from the lowest bit codeBase 32 | entry 32 |
/// codeDepth 8 | memoryDepth 8 | inputDepth 8 | modelDepth 8 | nodesLog2 8 | slotLog2 8 | stepsLog2
/// 8 | vmVersion 8 | outputAddress 32 | inputLimit 32 | outputLimit 32. Most calls read only the
/// last word.
struct Content {
    bytes32 imageRoot;
    bytes32 codeRoot;
    uint32 codeBase;
    uint32 entry;
    uint8 codeDepth;
    uint8 memoryDepth;
    uint8 inputDepth;
    uint8 modelDepth;
    uint8 nodesLog2;
    uint8 slotLog2;
    uint8 stepsLog2;
    uint8 vmVersion;
    uint32 outputAddress;
    uint32 inputLimit;
    uint32 outputLimit;
}

/// @title The programs and images whose runs a verifier can judge
/// @notice Anyone registers a program, then images for it; an image for a program is a content. A
/// claim names the content that it ran. In a dispute, the content gives the machine on which the
/// step is executed.
abstract contract Contents is IOpmlVerifier {
    /// @dev Greatest depth of a packed model's tree that the machine can read.
    uint256 private constant MAX_MODEL_DEPTH = 40;

    /// @notice The contract that executes steps.
    IStepper public immutable STEPPER;

    mapping(bytes32 programId => Program) private _programs;
    mapping(bytes32 contentId => Content) private _contents;

    constructor(IStepper stepper) {
        STEPPER = stepper;
    }

    /// @inheritdoc IOpmlVerifier
    function registerProgram(Program calldata program) external returns (bytes32 programId) {
        program.check();
        programId = program.id();
        if (_programs[programId].vmVersion != 0) return programId;
        if (!STEPPER.hasCode(program.codeRoot, program.codeDepth)) {
            revert CodeNotStored(program.codeRoot);
        }
        _programs[programId] = program;
        emit ProgramRegistered(programId, program);
    }

    /// @inheritdoc IOpmlVerifier
    function registerContent(bytes32 imageRoot, uint64 imageLength, bytes32 programId)
        external
        returns (bytes32 contentId)
    {
        Program memory program = _programs[programId];
        if (program.vmVersion == 0) revert UnknownProgram(programId);
        contentId =
            keccak256(abi.encode(bytes32("imo.content.v1"), imageRoot, imageLength, programId));
        if (_contents[contentId].vmVersion != 0) return contentId;
        uint256 modelDepth = Merkle.depthOf(imageLength);
        if (modelDepth > MAX_MODEL_DEPTH) revert ImageTooLong(imageLength);
        _contents[contentId] = Content({
            imageRoot: imageRoot,
            codeRoot: program.codeRoot,
            codeBase: program.codeBase,
            entry: program.entry,
            codeDepth: program.codeDepth,
            memoryDepth: program.memoryDepth,
            inputDepth: program.inputDepth,
            modelDepth: uint8(modelDepth),
            nodesLog2: program.nodesLog2,
            slotLog2: program.slotLog2,
            stepsLog2: program.stepsLog2,
            vmVersion: program.vmVersion,
            outputAddress: program.outputAddress,
            inputLimit: program.inputLimit,
            outputLimit: program.outputLimit
        });
        emit ContentRegistered(contentId, imageRoot, imageLength, programId);
    }

    /// @inheritdoc IVerifier
    function limits(bytes32 contentId) external view returns (uint32, uint32) {
        Content storage content = _contents[contentId];
        return (content.inputLimit, content.outputLimit);
    }

    /// @inheritdoc IOpmlVerifier
    function programOf(bytes32 programId) external view returns (Program memory) {
        return _programs[programId];
    }

    /// @dev The machine that runs a node, without the roots of input and trace, which come from a
    /// claim.
    function _machine(bytes32 contentId, uint32 node) internal view returns (Machine memory) {
        Content storage content = _contents[contentId];
        Program memory program = _shape(contentId);
        return Machine({
            codeRoot: content.codeRoot,
            modelRoot: content.imageRoot,
            inputRoot: 0,
            traceRoot: 0,
            codeBase: program.codeBase,
            codeDepth: program.codeDepth,
            memoryDepth: program.memoryDepth,
            inputDepth: program.inputDepth,
            modelDepth: content.modelDepth,
            traceDepth: program.traceDepth(),
            traceLimit: uint64(node) << program.slotLog2
        });
    }

    /// @dev A content's program without the root of its code, which only a step needs.
    function _shape(bytes32 contentId) internal view returns (Program memory) {
        Content storage content = _contents[contentId];
        if (content.vmVersion == 0) revert UnknownContent(contentId);
        return Program({
            codeRoot: 0,
            codeBase: content.codeBase,
            entry: content.entry,
            codeDepth: content.codeDepth,
            memoryDepth: content.memoryDepth,
            inputDepth: content.inputDepth,
            nodesLog2: content.nodesLog2,
            slotLog2: content.slotLog2,
            stepsLog2: content.stepsLog2,
            outputAddress: content.outputAddress,
            inputLimit: content.inputLimit,
            outputLimit: content.outputLimit,
            vmVersion: content.vmVersion
        });
    }
}
