// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What an entry of the list can be.
enum EntryState {
    /// There is no such entry.
    Unknown,
    /// Joined, and waits to be activated.
    Waiting,
    /// Can be drawn.
    Active,
    /// Left or was dropped, and is no longer drawn.
    Leaving
}

/// @notice An operator's place in a model's list. An account can have several, each with its own
/// stake.
/// @dev Three words: from the lowest bit operator 160 | since 40 | index 32 | misses 8 | state 8;
/// stake 96; modelId.
struct Entry {
    address operator;
    /// Time at which it joined or left, in seconds.
    uint40 since;
    /// Its place in the model's list while it is active.
    uint32 index;
    /// Turns in a row that it missed; three at most.
    uint8 misses;
    EntryState state;
    /// The rest of its stake, in wei.
    uint96 stake;
    bytes32 modelId;
}

/// @notice Which entries go first with a request; 0 for none.
/// @dev From the lowest bit: first 32 | second 32 | start 40 | slot 32.
struct Turns {
    uint32 first;
    uint32 second;
    uint40 start;
    /// Seconds for which the first has the turn alone, and then both.
    uint32 slot;
}

/// @title Operators who take turns
/// @notice It is a waste to run a model more than once for one answer. So operators join a model's
/// list with a stake, and the list draws two of them for each request. For one slot only the first
/// can post the first claim; for another slot the second can too; then anyone can. An operator
/// needs no transaction to take its turn. One that misses a turn loses a part of its stake, and
/// after three misses in a row it is dropped. While a list is empty, anyone can claim at once.
interface IOperatorList {
    /// @notice An operator joined a model's list with a stake, and waits.
    event Joined(bytes32 indexed modelId, uint32 indexed entry, address indexed operator);
    /// @notice An entry can be drawn from now on.
    event Activated(bytes32 indexed modelId, uint32 indexed entry);
    /// @notice An entry left, or was dropped because it missed turns.
    event Left(bytes32 indexed modelId, uint32 indexed entry, bool dropped);
    /// @notice An operator got back the rest of a stake, in wei.
    event StakeWithdrawn(uint32 indexed entry, address indexed to, uint256 amount);
    /// @notice The turns of a request were drawn.
    event TurnsDrawn(uint256 indexed request, bytes32 indexed modelId, Turns turns);
    /// @notice An entry missed its turn, and `burnt` wei of its stake were burnt.
    event TurnPassed(uint256 indexed request, uint32 indexed entry, uint256 burnt);

    /// @notice Thrown when anyone but the oracle calls.
    error NotOracle(address caller);
    /// @notice Thrown when anyone but the entry's operator calls.
    error NotOperator(uint32 entry, address caller);
    /// @notice Thrown when the value sent is not the stake. Amounts in wei.
    error WrongStake(uint256 given, uint256 stake);
    /// @notice Thrown when the entry is in a state that does not allow the call.
    error WrongState(uint32 entry, EntryState state);
    /// @notice Thrown before the entry has waited, until second `time`.
    error TooSoon(uint256 time);
    /// @notice Thrown when `account` claims first while it is the turn of others.
    error NotTheTurnOf(address account, uint256 request);
    /// @notice Thrown when the receiver of a stake refuses it.
    error TransferFailed();

    /// @notice Joins a model's list. The value must be exactly `STAKE`. The entry counts once it is
    /// activated, after a delay.
    /// @param modelId The model.
    /// @return entry The number of the new entry.
    function join(bytes32 modelId) external payable returns (uint32 entry);

    /// @notice Puts an entry that has waited into its list. Anyone can call this.
    /// @param entry The entry.
    function activate(uint32 entry) external;

    /// @notice Takes the caller's entry out of its list. The stake stays until every turn that the
    /// entry was drawn for is over.
    /// @param entry The entry.
    function resign(uint32 entry) external;

    /// @notice Pays the rest of the stake of the caller's entry, which has left its list.
    /// @param entry The entry.
    /// @param to The account to pay.
    /// @return amount The payment, in wei.
    function withdrawStake(uint32 entry, address to) external returns (uint256 amount);

    /// @notice Draws the turns of a new request. Only the oracle can call this.
    /// @param request The request.
    /// @param modelId Its model.
    /// @param maxUnits Most units of its answer.
    /// @param expiry Last second in which a claim can be posted.
    /// @param named Goes first if it is an active entry of the model; 0 for none.
    /// @return drawn False if the list is empty.
    function draw(uint256 request, bytes32 modelId, uint32 maxUnits, uint256 expiry, uint32 named)
        external
        returns (bool drawn);

    /// @notice Ends the turns of a request, at its first claim or at its expiry. Reverts when it is
    /// not the claimant's turn. Only the oracle can call this.
    /// @param request The request.
    /// @param claimant The first claimant; 0 if the request expired without a claim.
    /// @param penalty Wei to burn from the stake of each entry that missed its turn.
    function settle(uint256 request, address claimant, uint256 penalty) external;

    /// @notice Whether `account` can post the first claim of a request now.
    /// @param request The request.
    /// @param account The account.
    /// @return True if it is the account's turn, or anyone's.
    function mayClaim(uint256 request, address account) external view returns (bool);

    /// @notice An entry.
    /// @param entry Its number.
    /// @return The entry; all 0 if there is none.
    function entryOf(uint32 entry) external view returns (Entry memory);

    /// @notice The turns of a request that waits for its first claim.
    /// @param request The request.
    /// @return The turns; all 0 if there are none.
    function turnsOf(uint256 request) external view returns (Turns memory);

    /// @notice The active entries of a model.
    /// @param modelId The model.
    /// @return Their numbers.
    function listOf(bytes32 modelId) external view returns (uint32[] memory);
}
