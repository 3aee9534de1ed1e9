// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

enum BallotKind {
    /// The price factor, in units of 2^-32; within half and double of the present one.
    Price,
    /// The id of a model with the same receiver, which takes this one's place.
    Successor,
    /// A contract that holds tokens and cannot claim: what it earns from then on goes to the drip, so back to all holders. What it
    /// earned before stays its own, and it may undo the rest itself.
    Redirect
}

/// @notice A question put to the holders of a model's token.
struct Ballot {
    bytes32 modelId;
    /// The factor, the successor's id, or the account to be redirected.
    bytes32 data;
    /// The token's epoch whose balances count.
    uint32 epoch;
    /// Last second to vote.
    uint40 end;
    BallotKind kind;
    bool executed;
    uint96 yes;
    uint96 no;
}

/// @title What holders may decide about a model
/// @notice Nothing else, and nobody else. One holder of 1 % of the supply proposes; seven days; it passes with more yes than no and with yes of
/// 10 % of the supply; anyone executes it, from two to sixteen days after the end. Balances count as they were before an epoch that the proposal begins (or one of the last day, which a proposal began), so
/// borrowed or bought tokens do not. A holder opens one ballot of a kind for a model in 14 days. A model without a token has its price for ever.
interface IModelBallots {
    /// @notice Holders are asked, on balances at `epoch`, until second `end`.
    event BallotOpened(
        uint256 indexed ballot,
        bytes32 indexed modelId,
        address indexed proposer,
        BallotKind kind,
        bytes32 data,
        uint256 epoch,
        uint256 end
    );
    /// @notice `voter` voted with `weight`, all it held at the ballot's epoch.
    event Voted(uint256 indexed ballot, address indexed voter, bool yes, uint256 weight);
    /// @notice What was decided is in force.
    event BallotExecuted(
        uint256 indexed ballot, bytes32 indexed modelId, BallotKind kind, bytes32 data
    );

    /// @notice Thrown for a model without a token: it has no holders.
    error NoToken(bytes32 modelId);
    /// @notice Thrown while transfers are closed: nobody holds anything yet.
    error TokenNotOpen(address token);
    /// @notice Thrown when the proposer has opened a ballot of the kind less than 14 days ago; may again at `time`.
    error BallotTooSoon(uint256 time);
    /// @notice Thrown for who held less at the ballot's epoch than proposing or voting takes.
    error TooFewTokens(uint256 held, uint256 needed);
    /// @notice Thrown for a price below half or above double the present one.
    error FactorOutOfRange(uint256 factor, uint256 least, uint256 most);
    /// @notice Thrown when a price would move less than nine days after it moved; may again at `time`.
    error PriceTooSoon(uint256 time);
    /// @notice Thrown for a model that pays another receiver, and for the model itself.
    error NotASuccessor(bytes32 modelId);
    /// @notice Thrown for an account that can claim, as far as can be seen: it has no code, is delegated, or has a recipient.
    error NotRedirectable(address account);
    /// @notice Thrown for a token whose opener has no recipient: there is no drip to redirect to.
    error NoDrip(address token);
    /// @notice Thrown for a number that no ballot has.
    error UnknownBallot(uint256 ballot);
    /// @notice Thrown on a vote after second `end`.
    error VotingOver(uint256 end);
    /// @notice Thrown on a second vote.
    error VotedBefore(address voter);
    /// @notice Thrown outside of the time to execute, in (from, to].
    error NotExecutable(uint256 from, uint256 to);
    /// @notice Thrown for a ballot with too little yes.
    error NotPassed(uint256 yes, uint256 no, uint256 needed);
    /// @notice Thrown on a second execution.
    error ExecutedBefore(uint256 ballot);

    /// @notice Asks the holders of a model's token. The caller held 1 % of it at the epoch that counts.
    /// @param modelId The model.
    /// @param kind What is decided.
    /// @param data The factor, the successor's id, or the account to be redirected.
    /// @return ballot Its number, from 1.
    function propose(bytes32 modelId, BallotKind kind, bytes32 data)
        external
        returns (uint256 ballot);

    /// @notice Votes with all that the caller held, once.
    /// @param ballot Its number.
    /// @param yes Whether the caller is for it.
    function vote(uint256 ballot, bool yes) external;

    /// @notice Puts what was decided into force, for later requests. Anyone may.
    /// @param ballot Its number.
    function execute(uint256 ballot) external;

    /// @notice A ballot as it stands; all 0 for an unknown one.
    /// @param ballot Its number.
    /// @return The ballot.
    function ballotOf(uint256 ballot) external view returns (Ballot memory);
    /// @notice Whether an account has voted.
    /// @param ballot Its number.
    /// @param account Whose vote.
    /// @return Whether it has.
    function hasVoted(uint256 ballot, address account) external view returns (bool);
    /// @notice What prices are multiplied by, in units of 2^-32.
    /// @param modelId The model.
    /// @return The factor.
    function factorOf(bytes32 modelId) external view returns (uint256);
    /// @notice The model that takes this one's place; 0: none.
    /// @param modelId The model.
    /// @return The successor's id.
    function successorOf(bytes32 modelId) external view returns (bytes32);
}
