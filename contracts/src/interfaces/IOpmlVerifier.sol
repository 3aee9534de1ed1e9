// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimRecord } from "../types/ClaimRecord.sol";
import { Game } from "../types/Game.sol";
import { Program } from "../types/Program.sol";
import { Request } from "../types/Request.sol";
import { PackedTurn, Side } from "../types/Turn.sol";
import { IPurse } from "./IPurse.sol";
import { IVerifier } from "./IVerifier.sol";

/// @notice The fields of a claim. Their hash, with chain and verifier, is the claim's id, in which
/// delegate and trace root stand as `keccak256(abi.encode(delegate, traceRoot))`.
struct ClaimPreimage {
    address host;
    bytes32 requestDigest;
    bytes32 contentId;
    address claimant;
    /// `keccak256(abi.encode(answerLength, answerHash, unitsUsed))`.
    bytes32 outputDigest;
    /// Can move for the claimant; 0 for nobody.
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

/// @notice A section of the opponent's dissection, and the player's own states for it.
struct Narrowing {
    /// The section.
    uint256 index;
    /// The section's first state, as the opponent stated it.
    bytes32 start;
    /// The section's last state, as the opponent stated it.
    bytes32 end;
    /// Siblings of the pair (start, end) under the opponent's digest.
    bytes32[] proof;
    /// The player's states at the ends of all sections but the last.
    bytes32[] states;
    /// The player's last state, which differs from `end`.
    bytes32 last;
}

/// @notice A step of the last dissection that is wrong.
struct Conviction {
    /// The section, which is one step.
    uint256 index;
    /// The state after the step, as it was stated. The witness has the state before it.
    bytes32 end;
    /// Siblings of the pair of states under the digest.
    bytes32[] proof;
    /// Root of the claim's input memory, as proven; 0 if the step loads nothing from there.
    bytes32 inputRoot;
    /// The step's witness (docs/spec/vm.md).
    bytes witness;
}

/// @title opML: claims that stand unless somebody convicts them
/// @notice A host (the oracle) submits a claim: the claimant says that a program, run on an image
/// and a request, gives this answer and this trace. Anyone who recomputes the trace and finds a
/// wrong node can open a game against the claimant, with a bond. The two dissect the run of that
/// node until one step is left, which the stepper executes on chain. A claim that no game convicts
/// within its window is proven. Several games can run against one claim; the claim loses if it
/// loses one of them.
///
/// The chain keeps only the hash of a game, its position. Every move brings the game as the logs
/// tell it, and so names the position that it answers. Only its player can know whether `pick`,
/// `state`, `dissect` or `concede` is right, so these moves come from the player, from the
/// claimant's delegate, or with the EIP-712 (or ERC-1271) signature of one of them over
/// `Move(bytes32 position,bytes32 payload)`; otherwise `signature` is empty. Anyone can send the
/// other moves. Rules and layouts are in docs/spec/game.md. Amounts in wei, times in seconds.
interface IOpmlVerifier is IVerifier, IPurse {
    /// @notice A program was registered.
    event ProgramRegistered(bytes32 indexed programId, Program program);
    /// @notice An image was registered for a program.
    event ContentRegistered(
        bytes32 indexed contentId, bytes32 imageRoot, uint64 imageLength, bytes32 indexed programId
    );
    /// @notice A claim was submitted with `bond`. Games can be opened until second `windowEnd`.
    event ClaimSubmitted(
        bytes32 indexed claim,
        bytes32 indexed contentId,
        address indexed host,
        ClaimPreimage preimage,
        string traceUri,
        uint256 bond,
        uint256 windowEnd
    );
    /// @notice The root of a claim's input memory is known.
    event InputProven(bytes32 indexed claim, bytes32 inputRoot);
    /// @notice A game began, with the claimant and delegate of the claim. `siblings` are those of
    /// the disputed slot; there are none when the trace is withheld.
    event Challenged(
        bytes32 indexed claim,
        bytes32 indexed game,
        address indexed challenger,
        uint64 salt,
        uint256 bond,
        bytes32 digest,
        bytes32[] siblings
    );
    /// @notice The claimant revealed the children of a subtree of the trace.
    event Revealed(bytes32 indexed game, bytes32[] children);
    /// @notice The challenger picked a revealed child.
    event Picked(bytes32 indexed game, uint256 index);
    /// @notice The claimant stated its run of the disputed node.
    event Stated(bytes32 indexed game, bytes32 firstState, Statement statement);
    /// @notice A player took a section of the opponent's dissection apart.
    event Dissected(
        bytes32 indexed game, uint256 index, bytes32 start, bytes32[] states, bytes32 last
    );
    /// @notice A move was made, or the game was opened. The new digest follows from the event
    /// before: unchanged after a reveal; otherwise the picked child or the root over the pairs of
    /// states.
    event Moved(bytes32 indexed game, PackedTurn turn);
    /// @notice A game ended.
    event Resolved(bytes32 indexed claim, bytes32 indexed game, Side winner, Ending ending);
    /// @notice A claim lost a game.
    event ClaimRejected(bytes32 indexed claim);
    /// @notice The bond of a proven claim was paid back.
    event ClaimSettled(bytes32 indexed claim);
    /// @notice A game against a rejected claim was closed.
    event GameClosed(bytes32 indexed game);

    /// @notice How a game ended.
    enum Ending {
        /// A step was shown to be wrong.
        Conviction,
        /// The side to move gave up.
        Concession,
        /// The side to move let its clock run out.
        Timeout
    }

    /// @notice Thrown when a piece of the program's code is not stored with the stepper.
    error CodeNotStored(bytes32 codeRoot);
    /// @notice Thrown for a program that is not registered.
    error UnknownProgram(bytes32 programId);
    /// @notice Thrown for a content that is not registered.
    error UnknownContent(bytes32 contentId);
    /// @notice Thrown for an image of more bytes than the machine can address.
    error ImageTooLong(uint64 length);
    /// @notice Thrown when the same claim is submitted again.
    error AlreadySubmitted(bytes32 claim);
    /// @notice Thrown for a claim that was never submitted.
    error UnknownClaim(bytes32 claim);
    /// @notice Thrown for a request that the claim does not answer. The digest is the given
    /// request's.
    error NotTheRequest(bytes32 requestDigest);
    /// @notice Thrown for an input root that was not proven for the claim.
    error NotTheInput(bytes32 inputRoot);
    /// @notice Thrown for an answer of more bytes than the program can give.
    error AnswerTooLong(uint256 length, uint256 limit);
    /// @notice Thrown when the last slot of the trace does not hold the submitted answer.
    error WrongEmitSlot();
    /// @notice Thrown when the disputed slot is not the one in the claim's trace.
    error WrongSlot();
    /// @notice Thrown when a game is not open (`kept` is 0) or its position is another one.
    error NotThePosition(bytes32 position, bytes32 kept);
    /// @notice Thrown when the challenger has a game with this salt already. Another salt gives
    /// another game.
    error GameIsOpen(bytes32 game);
    /// @notice Thrown for a move that does not fit the game's phase.
    error WrongPhase();
    /// @notice Thrown for a move that the side to move neither sent nor signed.
    error NotThePlayer(address sender);
    /// @notice Thrown for a move after the mover's clock ran out, at second `deadline`.
    error TooLate(uint256 deadline);
    /// @notice Thrown for a timeout while the mover's clock still runs, until second `deadline`.
    error TooEarly(uint256 deadline);
    /// @notice Thrown for children that do not lead to the committed hash.
    error WrongChildren();
    /// @notice Thrown when a section of a single step is to be dissected: convict it instead.
    error SectionIsOneStep();
    /// @notice Thrown when a section of several steps is to be convicted: dissect it first.
    error SectionIsLonger();
    /// @notice Thrown when a player dissects a section whose end it agrees with.
    error SameEnd();
    /// @notice Thrown when the named step is right. Nothing else follows from that.
    error StepIsRight();

    /// @notice Registers a program. Anyone can; registering it again is no error. The stepper must
    /// hold all of its code (`IStepper.storeCode`), so that no step of a claim lacks its
    /// instruction.
    /// @param program The program.
    /// @return programId `keccak256(abi.encode("imo.program.v1", program))`.
    function registerProgram(Program calldata program) external returns (bytes32 programId);

    /// @notice Registers an image for a program. Anyone can; registering it again is no error.
    /// @param imageRoot Root of the image (docs/spec/commitments.md).
    /// @param imageLength Bytes of the image.
    /// @param programId The program.
    /// @return contentId `keccak256(abi.encode("imo.content.v1", imageRoot, imageLength,
    /// programId))`.
    function registerContent(bytes32 imageRoot, uint64 imageLength, bytes32 programId)
        external
        returns (bytes32 contentId);

    /// @notice Computes the root of a claim's input memory from the request and its input. Steps
    /// that load input can be convicted only after this. Anyone can call this; again changes
    /// nothing.
    /// @param preimage The claim.
    /// @param request The request that it answers.
    /// @param input The request's input.
    function proveInput(
        ClaimPreimage calldata preimage,
        Request calldata request,
        bytes calldata input
    ) external;

    /// @notice Opens a game on a node of a trace that the caller has. The value must be at least
    /// `challengeBond()`; the excess is sent back.
    /// @param preimage The claim.
    /// @param salt Distinguishes this game from the caller's other games against the claim.
    /// @param node The node whose slot is wrong.
    /// @param slotRoot Root of the slot.
    /// @param siblings Siblings of the slot under the trace root, bottom-up.
    /// @return game The game.
    function challenge(
        ClaimPreimage calldata preimage,
        uint64 salt,
        uint32 node,
        bytes32 slotRoot,
        bytes32[] calldata siblings
    ) external payable returns (Game memory game);

    /// @notice Opens a game on a trace that its claimant withholds. The claimant then has to reveal
    /// the path to a node of the challenger's choice. The value is that of `challenge`.
    /// @param preimage The claim.
    /// @param salt Distinguishes this game from the caller's other games against the claim.
    /// @return game The game.
    function challengeWithheld(ClaimPreimage calldata preimage, uint64 salt)
        external
        payable
        returns (Game memory game);

    /// @notice Reveals the children of the committed subtree. Anyone can send this move.
    /// @param game The game as it stands.
    /// @param children Their hashes.
    function reveal(Game calldata game, bytes32[] calldata children) external;

    /// @notice Picks the revealed child that is wrong.
    /// @param game The game as it stands.
    /// @param index The child.
    /// @param child Its hash.
    /// @param siblings Its siblings under the root of the revealed children, bottom-up.
    /// @param signature The player's, or empty.
    function pick(
        Game calldata game,
        uint256 index,
        bytes32 child,
        bytes32[] calldata siblings,
        bytes calldata signature
    ) external;

    /// @notice States the claimant's run of the node. Here and in `convict`, the game's claim,
    /// claimant and delegate are taken from the preimage; the call is cheaper when they are 0 in
    /// `game`.
    /// @param game The game as it stands.
    /// @param preimage The claim.
    /// @param statement The run.
    /// @param signature The player's, or empty.
    function state(
        Game calldata game,
        ClaimPreimage calldata preimage,
        Statement calldata statement,
        bytes calldata signature
    ) external;

    /// @notice Takes a section of the opponent's dissection apart.
    /// @param game The game as it stands.
    /// @param narrowing The section and the player's own states for it.
    /// @param signature The player's, or empty.
    function dissect(Game calldata game, Narrowing calldata narrowing, bytes calldata signature)
        external;

    /// @notice Shows that a single step of the last dissection is wrong, so that its author loses.
    /// Anyone can send this move. Reverts when the step is right.
    /// @param game The game as it stands.
    /// @param preimage The claim.
    /// @param conviction The step.
    function convict(
        Game calldata game,
        ClaimPreimage calldata preimage,
        Conviction calldata conviction
    ) external;

    /// @notice Gives up the game for the side to move.
    /// @param game The game as it stands.
    /// @param signature The player's, or empty.
    function concede(Game calldata game, bytes calldata signature) external;

    /// @notice Ends a game whose side to move let its clock run out. Anyone can call this.
    /// @param game The game as it stands.
    function timeout(Game calldata game) external;

    /// @notice Gives bond and gas back to the challenger of an open game against a rejected claim.
    /// Anyone can call this.
    /// @param game The game as it stands.
    function closeGame(Game calldata game) external;

    /// @notice Gives the bond of a proven claim back. Anyone can call this.
    /// @param preimage The claim.
    function settleClaim(ClaimPreimage calldata preimage) external;

    /// @notice The present bond of a challenge.
    /// @return The bond, in wei.
    function challengeBond() external view returns (uint256);

    /// @notice A registered program.
    /// @param programId Its id.
    /// @return The program; all 0 if it is not registered.
    function programOf(bytes32 programId) external view returns (Program memory);

    /// @notice What is stored about a claim.
    /// @param claim Its id.
    /// @return The record; all 0 if the claim is unknown.
    function claimOf(bytes32 claim) external view returns (ClaimRecord memory);

    /// @notice The root of a claim's input memory.
    /// @param claim The claim.
    /// @return The root; 0 as long as it is not proven.
    function inputRootOf(bytes32 claim) external view returns (bytes32);

    /// @notice The position of an open game, which is the game's hash.
    /// @param game The game.
    /// @return The hash; 0 if the game is over or was never opened.
    function positionOf(bytes32 game) external view returns (bytes32);
}
