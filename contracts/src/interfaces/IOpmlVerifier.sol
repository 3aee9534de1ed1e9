// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimRecord } from "../types/ClaimRecord.sol";
import { Game } from "../types/Game.sol";
import { PackedTurn, Side } from "../types/Turn.sol";
import { Program } from "../types/Program.sol";
import { Request } from "../types/Request.sol";
import { IPurse } from "./IPurse.sol";
import { IVerifier } from "./IVerifier.sol";

/// @notice What a claim id stands for, beside chain and verifier. Its details are `keccak256(abi.encode(delegate, traceRoot))`.
struct ClaimPreimage {
    address host;
    bytes32 requestDigest;
    bytes32 contentId;
    address claimant;
    /// `keccak256(abi.encode(length, keccak256(answer), tokensUsed))`.
    bytes32 outputDigest;
    /// May move for the claimant; zero for nobody.
    address delegate;
    bytes32 traceRoot;
}

/// @notice A claimant's run of the disputed node.
struct Statement {
    /// Number of steps, as a power of two.
    uint8 stepsLog2;
    /// The 177 bytes of the final state (docs/spec/vm.md).
    bytes finalState;
    /// Siblings of the output slot in the final state's memory, bottom-up.
    bytes32[] opening;
    /// States at the ends of all sections but the last.
    bytes32[] states;
}

/// @notice A player's own states for a section of the opponent's dissection.
struct Narrowing {
    uint256 index;
    /// The section's first and last state as the opponent stated them.
    bytes32 start;
    bytes32 end;
    /// Siblings of the pair of them under the opponent's digest.
    bytes32[] proof;
    bytes32[] states;
    /// Differs from `end`.
    bytes32 last;
}

/// @notice A step of the last dissection that is false.
struct Conviction {
    uint256 index;
    /// The state after it as stated; the one before it is the witness's.
    bytes32 end;
    /// Siblings of the pair of them under the digest.
    bytes32[] proof;
    /// Root of the claim's input memory, as proven; 0 where the step loads nothing from there.
    bytes32 inputRoot;
    /// docs/spec/vm.md.
    bytes witness;
}

/// @title opML: claims that stand unless somebody convicts them
/// @notice Rules and layouts: docs/spec/game.md. The chain keeps the hash of a game, its position; every move brings the game as its
/// logs tell it, and so names the position that it answers. Moves that only their player can know to be
/// right (`pick`, `state`, `dissect`, `concede`) come from it, from the claimant's delegate, or with the player's
/// EIP-712 (or ERC-1271) signature over `Move(bytes32 position,bytes32 payload)`; `signature` is empty otherwise. Anyone may send the rest.
/// Amounts in wei, times in seconds.
interface IOpmlVerifier is IVerifier, IPurse {
    event ProgramRegistered(bytes32 indexed programId, Program program);
    event ContentRegistered(
        bytes32 indexed contentId, bytes32 imageRoot, uint64 imageLength, bytes32 indexed programId
    );
    event ClaimSubmitted(
        bytes32 indexed claim,
        bytes32 indexed contentId,
        address indexed host,
        ClaimPreimage preimage,
        string traceUri,
        uint256 bond,
        uint256 windowEnd
    );
    event InputProven(bytes32 indexed claim, bytes32 inputRoot);
    /// @notice A game began, with the claimant and delegate of the claim. Siblings are those of the slot when the trace is served, else none.
    event Challenged(
        bytes32 indexed claim,
        bytes32 indexed game,
        address indexed challenger,
        uint64 salt,
        uint256 bond,
        bytes32 digest,
        bytes32[] siblings
    );
    event Revealed(bytes32 indexed game, bytes32[] children);
    event Picked(bytes32 indexed game, uint256 index);
    event Stated(bytes32 indexed game, bytes32 firstState, Statement statement);
    event Dissected(
        bytes32 indexed game, uint256 index, bytes32 start, bytes32[] states, bytes32 last
    );
    /// @notice A move was made (or the game opened). The digest follows from the event before: the same after a reveal, else the child
    /// picked or the root over the pairs of states.
    event Moved(bytes32 indexed game, PackedTurn turn);
    event Resolved(bytes32 indexed claim, bytes32 indexed game, Side winner, Ending ending);
    event ClaimRejected(bytes32 indexed claim);
    event ClaimSettled(bytes32 indexed claim);
    event GameClosed(bytes32 indexed game);

    /// @notice How a game ended.
    enum Ending {
        Conviction,
        Concession,
        Timeout
    }

    error CodeNotStored(bytes32 codeRoot);
    error UnknownProgram(bytes32 programId);
    error UnknownContent(bytes32 contentId);
    error ImageTooLong(uint64 length);
    error AlreadySubmitted(bytes32 claim);
    error UnknownClaim(bytes32 claim);
    error NotTheRequest(bytes32 requestDigest);
    error NotTheInput(bytes32 inputRoot);
    error AnswerTooLong(uint256 length, uint256 limit);
    error WrongEmitSlot();
    error WrongSlot();
    /// @notice The game is not open (kept is 0), or stands otherwise.
    error NotThePosition(bytes32 position, bytes32 kept);
    /// @notice The challenger has such a game already; another salt makes another.
    error GameIsOpen(bytes32 game);
    error WrongPhase();
    error NotThePlayer(address sender);
    error TooLate(uint256 deadline);
    error TooEarly(uint256 deadline);
    error WrongChildren();
    error SectionIsOneStep();
    error SectionIsLonger();
    error SameEnd();
    /// @notice The named step is as stated: nothing is ever proven right.
    error StepIsRight();

    /// @notice Registers a program; its id is `keccak256(abi.encode("imo.program.v1", program))`. Anyone may; again is no error. All of its code
    /// must be stored with the stepper (`IStepper.storeCode`), so that no step of a claim lacks its instruction.
    function registerProgram(Program calldata program) external returns (bytes32 programId);

    /// @notice Registers an image for a program. Anyone may; again is no error.
    function registerContent(bytes32 imageRoot, uint64 imageLength, bytes32 programId)
        external
        returns (bytes32 contentId);

    /// @notice Says what a claim's input memory is, from the request that it answers and its text. Anyone may; again changes nothing. Steps that load input can be
    /// convicted only after it.
    function proveInput(
        ClaimPreimage calldata preimage,
        Request calldata request,
        bytes calldata text
    ) external;

    /// @notice Opens a game on node `node` of a trace that the caller has: its slot's root with its siblings under the trace root. The value
    /// is `challengeBond()` at least; the excess is sent back.
    /// @param salt Tells this game apart from others that the caller has open against the claim.
    function challenge(
        ClaimPreimage calldata preimage,
        uint64 salt,
        uint32 node,
        bytes32 slotRoot,
        bytes32[] calldata siblings
    ) external payable returns (Game memory game);

    /// @notice Opens a game on a trace that is withheld: its claimant has to reveal it on the way to a node of the challenger's choice.
    function challengeWithheld(ClaimPreimage calldata preimage, uint64 salt)
        external
        payable
        returns (Game memory game);

    /// @notice Shows the children of the committed subtree. Anyone may.
    function reveal(Game calldata game, bytes32[] calldata children) external;

    /// @notice Names the revealed child that is wrong, with its siblings under the revealed ones' root.
    function pick(
        Game calldata game,
        uint256 index,
        bytes32 child,
        bytes32[] calldata siblings,
        bytes calldata signature
    ) external;

    /// @notice States the claimant's run of the node. Here and in `convict` the game's claim, claimant and delegate are taken from the preimage;
    /// left zero they cost less.
    function state(
        Game calldata game,
        ClaimPreimage calldata preimage,
        Statement calldata statement,
        bytes calldata signature
    ) external;

    /// @notice Takes a section of the opponent's dissection apart.
    function dissect(Game calldata game, Narrowing calldata narrowing, bytes calldata signature)
        external;

    /// @notice Shows that a single step of the last dissection is false; its author loses. Anyone may. Reverts when the step is right.
    function convict(
        Game calldata game,
        ClaimPreimage calldata preimage,
        Conviction calldata conviction
    ) external;

    /// @notice The side to move gives up.
    function concede(Game calldata game, bytes calldata signature) external;

    /// @notice The side to move let its clock run out. Anyone may.
    function timeout(Game calldata game) external;

    /// @notice Gives the challenger of an open game against a rejected claim its bond and gas back. Anyone may.
    function closeGame(Game calldata game) external;

    /// @notice Gives the bond of a proven claim back. Anyone may.
    function settleClaim(ClaimPreimage calldata preimage) external;

    /// @notice What a challenge must be bonded with now.
    function challengeBond() external view returns (uint256);

    function programOf(bytes32 programId) external view returns (Program memory);
    function claimOf(bytes32 claim) external view returns (ClaimRecord memory);
    function inputRootOf(bytes32 claim) external view returns (bytes32);
    /// @notice Hash of an open game; zero when it is over or was never opened.
    function positionOf(bytes32 game) external view returns (bytes32);
}
