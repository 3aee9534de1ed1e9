// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What holders can decide.
enum BallotKind {
    /// The price factor, in units of 2^-32, from half to double of the present one.
    Price,
    /// The id of a model with the same receiver that takes this model's place.
    Successor,
    /// A contract that holds tokens and cannot claim. What it earns from then on goes to the drip,
    /// and so back to all holders. It keeps what it earned before, and can undo the redirection
    /// itself.
    Redirect
}

/// @notice A question to the holders of a model's token.
/// @dev Four words: modelId; data; from the lowest bit epoch 32 | voteEpoch 32 | end 40 | kind 8 |
/// executed 8 | yes 96; no 96.
struct Ballot {
    bytes32 modelId;
    /// The factor, the successor's id, or the account to redirect.
    bytes32 data;
    /// The epoch of the token that the proposal began, or found on its day.
    uint32 epoch;
    /// The epoch that began with the votes; 0 before. What an account held at both counts.
    uint32 voteEpoch;
    /// Last second to vote.
    uint40 end;
    BallotKind kind;
    bool executed;
    uint96 yes;
    uint96 no;
}

/// @title What holders can decide about a model
/// @notice Nobody decides anything else. A holder of 1 % of the supply proposes. Votes begin at a
/// midnight (UTC), one to two days after the proposal, and last seven days. A ballot passes with
/// more yes than no and with yes of 10 % of the supply. Anyone can execute a passed ballot, from
/// two to sixteen days after the vote's end.
///
/// What an account held at two epochs counts, the lesser of its balances: at one of the proposal's
/// day, and at one that begins with the votes. Whoever picks the first does not know what anybody
/// will hold at the second; and whoever picks the second can only take weight away. So tokens that
/// are borrowed or bought for one moment do not count. A holder can open one ballot of a kind for a
/// token in 14 days.
///
/// Holders decide about the model that their token was launched with, and about a successor that
/// names the same token, once they have voted for it. Anyone can register other models that name
/// the token; these have no ballots, and their price never changes.
interface IModelBallots {
    /// @notice Holders are asked. They vote from second `start` until second `end`. Nobody's vote
    /// weighs more than its balance at `epoch`.
    event BallotOpened(
        uint256 indexed ballot,
        bytes32 indexed modelId,
        address indexed token,
        address proposer,
        BallotKind kind,
        bytes32 data,
        uint256 epoch,
        uint256 start,
        uint256 end
    );
    /// @notice Votes began. Nobody's vote weighs more than its balance at `epoch`.
    event VotingBegan(uint256 indexed ballot, address indexed token, uint256 epoch);
    /// @notice `voter` voted with `weight`, the lesser of its balances at the ballot's epochs.
    event Voted(uint256 indexed ballot, address indexed voter, bool yes, uint256 weight);
    /// @notice A decision is in force.
    event BallotExecuted(
        uint256 indexed ballot,
        bytes32 indexed modelId,
        address indexed token,
        BallotKind kind,
        bytes32 data
    );

    /// @notice Thrown for a model that no holders decide about: it names no token, or it is neither
    /// the token's launch nor an elected successor.
    error NoToken(bytes32 modelId);
    /// @notice Thrown while transfers are closed: nobody holds anything yet.
    error TokenNotOpen(address token);
    /// @notice Thrown when the proposer opened a ballot of this kind less than 14 days ago. It can
    /// open the next one at `time`.
    error BallotTooSoon(uint256 time);
    /// @notice Thrown when the caller held too few tokens at the ballot's epochs to propose or to
    /// vote.
    error TooFewTokens(uint256 held, uint256 needed);
    /// @notice Thrown for a price below half or above double the present one.
    error FactorOutOfRange(uint256 factor, uint256 least, uint256 most);
    /// @notice Thrown when the price moved less than ten days ago. It can move again at `time`.
    error PriceTooSoon(uint256 time);
    /// @notice Thrown for a successor that pays another receiver, or that is the model itself.
    error NotASuccessor(bytes32 modelId);
    /// @notice Thrown for an account that seems able to claim: it has no code of its own, or it has
    /// a recipient.
    error NotRedirectable(address account);
    /// @notice Thrown for a token whose opener has no recipient: there is no drip to redirect to.
    error NoDrip(address token);
    /// @notice Thrown for a ballot that does not exist.
    error UnknownBallot(uint256 ballot);
    /// @notice Thrown for a vote before second `start`.
    error VotingNotBegun(uint256 start);
    /// @notice Thrown for a vote after second `end`.
    error VotingOver(uint256 end);
    /// @notice Thrown for a second vote of an account.
    error VotedBefore(address voter);
    /// @notice Thrown for an execution outside of its time, which is after `from` and until `to`.
    error NotExecutable(uint256 from, uint256 to);
    /// @notice Thrown for a ballot that did not pass.
    error NotPassed(uint256 yes, uint256 no, uint256 needed);
    /// @notice Thrown for a second execution.
    error ExecutedBefore(uint256 ballot);

    /// @notice Asks the holders of a model's token. The caller must have held 1 % of the supply
    /// before the first ballot of the day (UTC).
    /// @param modelId The model.
    /// @param kind What is to be decided.
    /// @param data The factor, the successor's id, or the account to redirect.
    /// @return ballot The number of the ballot, from 1.
    function propose(bytes32 modelId, BallotKind kind, bytes32 data)
        external
        returns (uint256 ballot);

    /// @notice Takes the balances that begin the votes. The first vote does the same. Anyone can
    /// call this once votes are taken, and so leave the moment to nobody else.
    /// @param ballot The ballot.
    function begin(uint256 ballot) external;

    /// @notice Votes, once, with all tokens that the caller held at both of the ballot's epochs.
    /// @param ballot The ballot.
    /// @param yes Whether the caller agrees.
    function vote(uint256 ballot, bool yes) external;

    /// @notice Puts a decision into force, for later requests. Anyone can call this.
    /// @param ballot The ballot.
    function execute(uint256 ballot) external;

    /// @notice A ballot as it stands.
    /// @param ballot The ballot.
    /// @return The ballot; all 0 if it does not exist.
    function ballotOf(uint256 ballot) external view returns (Ballot memory);
    /// @notice Whether an account has voted.
    /// @param ballot The ballot.
    /// @param account The account.
    /// @return True if it has.
    function hasVoted(uint256 ballot, address account) external view returns (bool);
    /// @notice The factor that the model's prices are multiplied by.
    /// @param modelId The model.
    /// @return The factor, in units of 2^-32.
    function factorOf(bytes32 modelId) external view returns (uint256);
    /// @notice The model that takes this model's place.
    /// @param modelId The model.
    /// @return The successor's id; 0 if there is none.
    function successorOf(bytes32 modelId) external view returns (bytes32);
}
