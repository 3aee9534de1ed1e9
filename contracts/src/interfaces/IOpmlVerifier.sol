// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Pair } from "../dispute/Dissection.sol";
import { Side, Turn } from "../dispute/Turn.sol";
import { Program } from "../types/Program.sol";
import { Request } from "../types/Request.sol";
import { IVerifier } from "./IVerifier.sol";

/// @notice What a claim id stands for, beside chain and verifier.
struct ClaimPreimage {
    address host;
    bytes32 requestDigest;
    bytes32 contentId;
    address claimant;
    /// May move for the claimant; zero for nobody.
    address delegate;
    bytes32 traceRoot;
    /// `keccak256(abi.encode(length, keccak256(answer), tokensUsed))`.
    bytes32 outputDigest;
}

/// @notice A claim while it lives.
struct ClaimRecord {
    address claimant;
    /// Last second in which a game may be opened.
    uint40 windowEnd;
    uint32 openGames;
    ClaimState state;
    address delegate;
    /// What is held for it: its bond; once rejected, what is left for the challengers of its other games.
    uint96 bond;
}

enum ClaimState {
    Unknown,
    Pending,
    Rejected,
    /// Final, and the bond is back.
    Settled
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
    Pair pair;
    /// Siblings of the pair under the opponent's digest.
    bytes32[] proof;
    bytes32[] states;
    /// Differs from the pair's end.
    bytes32 last;
}

/// @notice A step of the last dissection that is false.
struct Conviction {
    uint256 index;
    Pair pair;
    bytes32[] proof;
    /// docs/spec/vm.md.
    bytes witness;
}

/// @title opML: claims that stand unless somebody convicts them
/// @notice Rules and layouts: docs/spec/game.md. Every move names the position that it answers. Moves that only their player can know to be
/// right (`pick`, `state`, `dissect`, `concede`) come from it, from the claimant's delegate, or with the player's
/// EIP-712 (or ERC-1271) signature over `Move(bytes32 position,bytes32 payload)`; `signature` is empty otherwise. Anyone may send the rest.
/// Money is credited, never sent, except by `withdraw`. Amounts in wei, times in seconds.
interface IOpmlVerifier is IVerifier {
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
    /// @notice A game began; `turn` and `digest` are its first position's. Siblings are those of the slot when the trace is served, else none.
    event Challenged(
        bytes32 indexed claim,
        bytes32 indexed game,
        address indexed challenger,
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
    /// @notice A move was made (or the game opened): what its answer must name, and until when.
    event Moved(bytes32 indexed game, bytes32 position, Turn turn, uint256 deadline);
    event Resolved(bytes32 indexed claim, bytes32 indexed game, Side winner, Ending ending);
    event ClaimRejected(bytes32 indexed claim);
    event ClaimSettled(bytes32 indexed claim);
    event GameClosed(bytes32 indexed game);
    event Credited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice How a game ended.
    enum Ending {
        Conviction,
        Concession,
        Timeout
    }

    error UnknownProgram(bytes32 programId);
    error UnknownContent(bytes32 contentId);
    error ImageTooLong(uint64 length);
    error AlreadySubmitted(bytes32 claim);
    error NotPending(bytes32 claim);
    error NotThePreimage(bytes32 claim);
    error NotTheRequest(bytes32 requestDigest);
    error BondTooSmall(uint256 given, uint256 needed);
    error AnswerTooLong(uint256 length, uint256 limit);
    error WrongEmitSlot();
    error WrongSlot();
    error WindowClosed(uint256 windowEnd);
    error WindowOpen(uint256 windowEnd);
    error GamesOpen(uint256 count);
    error UnknownGame(bytes32 game);
    error NotThePosition(bytes32 position);
    error WrongPhase();
    error NotThePlayer(address sender);
    error TooLate(uint256 deadline);
    error TooEarly(uint256 deadline);
    error WrongChildren();
    error TooManySteps(uint256 stepsLog2, uint256 capLog2);
    error NotHalted();
    error WrongOutput();
    error SectionIsOneStep();
    error SectionIsLonger();
    error SameEnd();
    error WrongPreState(bytes32 given, bytes32 stated);
    /// @notice The named step is as stated: nothing is ever proven right.
    error StepIsRight();
    error ClaimStands(bytes32 claim);
    error NothingToWithdraw();
    error TransferFailed();

    /// @notice Registers a program; its id is `keccak256(abi.encode("imo.program.v1", program))`. Anyone may; again is no error.
    function registerProgram(Program calldata program) external returns (bytes32 programId);

    /// @notice Registers an image for a program. Anyone may; again is no error.
    function registerContent(bytes32 imageRoot, uint64 imageLength, bytes32 programId)
        external
        returns (bytes32 contentId);

    /// @notice Says what a claim's input memory is, from the request that it answers and its text. Anyone may, once a claim. Steps that load input can be
    /// convicted only after it.
    function proveInput(
        ClaimPreimage calldata preimage,
        Request calldata request,
        bytes calldata text
    ) external;

    /// @notice Opens a game on node `node` of a trace that the caller has: its slot's root with its siblings under the trace root. The value
    /// is `challengeBond()` at least; the excess is credited.
    function challenge(
        ClaimPreimage calldata preimage,
        uint32 node,
        bytes32 slotRoot,
        bytes32[] calldata siblings
    ) external payable returns (bytes32 game);

    /// @notice Opens a game on a trace that is withheld: its claimant has to reveal it on the way to a node of the challenger's choice.
    function challengeWithheld(ClaimPreimage calldata preimage)
        external
        payable
        returns (bytes32 game);

    /// @notice Shows the children of the committed subtree. Anyone may.
    function reveal(bytes32 game, bytes32 position, bytes32[] calldata children) external;

    /// @notice Names the revealed child that is wrong, with its siblings under the revealed ones' root.
    function pick(
        bytes32 game,
        bytes32 position,
        uint256 index,
        bytes32 child,
        bytes32[] calldata siblings,
        bytes calldata signature
    ) external;

    /// @notice States the claimant's run of the node.
    function state(
        bytes32 game,
        bytes32 position,
        ClaimPreimage calldata preimage,
        Statement calldata statement,
        bytes calldata signature
    ) external;

    /// @notice Takes a section of the opponent's dissection apart.
    function dissect(
        bytes32 game,
        bytes32 position,
        Narrowing calldata narrowing,
        bytes calldata signature
    ) external;

    /// @notice Shows that a single step of the last dissection is false; its author loses. Anyone may. Reverts when the step is right.
    function convict(
        bytes32 game,
        bytes32 position,
        ClaimPreimage calldata preimage,
        Conviction calldata conviction
    ) external;

    /// @notice The side to move gives up.
    function concede(bytes32 game, bytes32 position, bytes calldata signature) external;

    /// @notice The side to move let its clock run out. Anyone may.
    function timeout(bytes32 game) external;

    /// @notice Gives the challenger of an open game against a rejected claim its bond and gas back. Anyone may.
    function closeGame(bytes32 game) external;

    /// @notice Gives the bond of a proven claim back. Anyone may.
    function settleClaim(bytes32 claim) external;

    /// @notice Pays the caller's credit to `to`.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice What a challenge must be bonded with now.
    function challengeBond() external view returns (uint256);

    function programOf(bytes32 programId) external view returns (Program memory);
    function claimOf(bytes32 claim) external view returns (ClaimRecord memory);
    function inputRootOf(bytes32 claim) external view returns (bytes32);
    /// @notice A game's claim, challenger, bond, digest and turn; zeros when it is over.
    function gameOf(bytes32 game)
        external
        view
        returns (bytes32 claim, address challenger, uint256 bond, bytes32 digest, Turn memory turn);
    /// @notice What the next move of a game must name, and the last second for it.
    function positionOf(bytes32 game) external view returns (bytes32 position, uint256 deadline);
    function creditOf(address account) external view returns (uint256);
}
