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
    event BallotOpened(
        uint256 indexed ballot,
        bytes32 indexed modelId,
        address indexed proposer,
        BallotKind kind,
        bytes32 data,
        uint256 epoch,
        uint256 end
    );
    event Voted(uint256 indexed ballot, address indexed voter, bool yes, uint256 weight);
    event BallotExecuted(
        uint256 indexed ballot, bytes32 indexed modelId, BallotKind kind, bytes32 data
    );

    error NoToken(bytes32 modelId);
    error TokenNotOpen(address token);
    error BallotTooSoon(uint256 time);
    error TooFewTokens(uint256 held, uint256 needed);
    error FactorOutOfRange(uint256 factor, uint256 least, uint256 most);
    error NotASuccessor(bytes32 modelId);
    /// @notice Thrown for an account that can claim, as far as can be seen: it has no code, is delegated, or has a recipient.
    error NotRedirectable(address account);
    /// @notice Thrown for a token whose opener has no recipient: there is no drip to redirect to.
    error NoDrip(address token);
    error UnknownBallot(uint256 ballot);
    error VotingOver(uint256 end);
    error VotedBefore(address voter);
    error NotExecutable(uint256 from, uint256 to);
    error NotPassed(uint256 yes, uint256 no, uint256 needed);
    error ExecutedBefore(uint256 ballot);

    /// @notice Asks the holders of a model's token. The caller held 1 % of it at the epoch that counts.
    function propose(bytes32 modelId, BallotKind kind, bytes32 data)
        external
        returns (uint256 ballot);

    /// @notice Votes with all that the caller held, once.
    function vote(uint256 ballot, bool yes) external;

    /// @notice Puts what was decided into force, for later requests. Anyone may.
    function execute(uint256 ballot) external;

    function ballotOf(uint256 ballot) external view returns (Ballot memory);
    function hasVoted(uint256 ballot, address account) external view returns (bool);
    /// @notice What prices are multiplied by, in units of 2^-32.
    function factorOf(bytes32 modelId) external view returns (uint256);
    /// @notice The model that takes this one's place; 0: none.
    function successorOf(bytes32 modelId) external view returns (bytes32);
}
