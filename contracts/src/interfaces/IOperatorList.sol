// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

enum EntryState {
    Unknown,
    /// Joined; is drawn once it was activated.
    Waiting,
    Active,
    /// Left or dropped; is drawn no more.
    Leaving
}

/// @notice An operator's place in a model's list. One account may have several, each with its stake.
struct Entry {
    address operator;
    /// When it joined, or left.
    uint40 since;
    /// Place in the model's list while it is active.
    uint32 index;
    /// Turns that it let pass in a row.
    uint8 misses;
    EntryState state;
    /// What is left of its stake, in wei.
    uint96 stake;
    bytes32 modelId;
}

/// @notice Who goes first with a request. 0: nobody.
struct Turns {
    uint32 first;
    uint32 second;
    uint40 start;
    /// How long the first goes alone, and then both.
    uint32 slot;
}

/// @title Operators who take turns
/// @notice Running a model more than once for one answer is waste. Who joins a model's list with a stake is drawn for its requests: for one
/// slot only the first drawn may post the first claim, then the second as well, then anyone. Taking a turn needs no transaction. Who lets
/// one pass has a part of its stake burnt, and after three in a row is dropped. While nobody has joined, anyone may claim at once.
interface IOperatorList {
    event Joined(bytes32 indexed modelId, uint32 indexed entry, address indexed operator);
    event Activated(bytes32 indexed modelId, uint32 indexed entry);
    /// @notice An entry left, or was dropped because it let turns pass.
    event Left(bytes32 indexed modelId, uint32 indexed entry, bool dropped);
    event StakeWithdrawn(uint32 indexed entry, address indexed to, uint256 amount);
    event TurnsDrawn(uint256 indexed request, bytes32 indexed modelId, Turns turns);
    event TurnPassed(uint256 indexed request, uint32 indexed entry, uint256 burnt);

    error NotOracle(address caller);
    error NotOperator(uint32 entry, address caller);
    error WrongStake(uint256 given, uint256 stake);
    error WrongState(uint32 entry, EntryState state);
    error TooSoon(uint256 time);
    error NotTheTurnOf(address account, uint256 request);
    error TransferFailed();

    /// @notice Joins a model's list; the value is `STAKE` exactly. Counts from `activate` on, a delay later.
    function join(bytes32 modelId) external payable returns (uint32 entry);

    /// @notice Puts an entry that has waited into its list. Anyone may.
    function activate(uint32 entry) external;

    /// @notice Takes the caller's entry out of its list. Its stake stays until every turn that it was drawn for is over.
    function resign(uint32 entry) external;

    /// @notice Pays what is left of the stake of an entry that left to `to`.
    function withdrawStake(uint32 entry, address to) external returns (uint256 amount);

    /// @notice Draws the turns of a new request. Only the oracle.
    /// @param named Goes first, when it is an active entry of that model; 0: nobody is named.
    /// @return drawn Whether there is anybody.
    function draw(uint256 request, bytes32 modelId, uint32 maxTokens, uint256 expiry, uint32 named)
        external
        returns (bool drawn);

    /// @notice The first claim of a request came from `claimant`, or (0) none ever will. Reverts when it is not its turn. Only the oracle.
    /// @param penalty Burnt from the stake of each that let its turn pass, in wei.
    function settle(uint256 request, address claimant, uint256 penalty) external;

    /// @notice Whether `account` may post the first claim of a request now.
    function mayClaim(uint256 request, address account) external view returns (bool);

    function entryOf(uint32 entry) external view returns (Entry memory);
    function turnsOf(uint256 request) external view returns (Turns memory);
    /// @notice Active entries of a model.
    function listOf(bytes32 modelId) external view returns (uint32[] memory);
}
