// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Entry, EntryState, IOperatorList, Turns } from "../interfaces/IOperatorList.sol";
import { Calls } from "../libraries/Calls.sol";

/// @title Operators who take turns (docs/spec/oracle.md)
/// @notice The oracle deploys one list for all models, draws turns for each request, and reports
/// who claimed first. The interface explains turns and stakes.
/// @dev INVARIANT: the contract holds the stakes of all entries, and nothing else on purpose. Turns
/// name entries, and an entry outlives its place in a list, so changes of a list never change the
/// turns of a request.
contract OperatorList is IOperatorList {
    using Calls for address;

    /// @notice The stake of an entry, in wei.
    uint256 public constant STAKE = 0.1 ether;
    /// @notice Missed turns in a row after which an entry is dropped.
    uint256 public constant MISSES = 3;
    /// @dev Seconds of a slot without units. A slot is at most a quarter of the time to answer.
    uint256 private constant SLOT_SECONDS = 60;
    /// @dev Units for which a slot gets a second more.
    uint256 private constant UNITS_PER_SECOND = 4;

    /// @notice The oracle, which deployed the list.
    address public immutable ORACLE;
    /// @notice Seconds between joining and activation, and between leaving and the return of the
    /// stake. Longer than any request waits for its first claim, which ends the turns.
    uint256 public immutable DELAY;

    /// @notice The number of entries so far, which is the number of the newest.
    uint32 public entryCount;
    mapping(uint32 entry => Entry) private _entries;
    mapping(bytes32 modelId => uint32[]) private _lists;
    mapping(uint256 request => Turns) private _turns;

    /// @dev Only the oracle can call.
    modifier onlyOracle() {
        if (msg.sender != ORACLE) revert NotOracle(msg.sender);
        _;
    }

    /// @dev The oracle deploys it.
    constructor(uint256 delay) {
        (ORACLE, DELAY) = (msg.sender, delay);
    }

    // Operators

    /// @inheritdoc IOperatorList
    function join(bytes32 modelId) external payable returns (uint32 entry) {
        if (msg.value != STAKE) revert WrongStake(msg.value, STAKE);
        entry = ++entryCount;
        _entries[entry] = Entry({
            operator: msg.sender,
            since: uint40(block.timestamp),
            index: 0,
            misses: 0,
            state: EntryState.Waiting,
            stake: uint96(msg.value),
            modelId: modelId
        });
        emit Joined(modelId, entry, msg.sender);
    }

    /// @inheritdoc IOperatorList
    function activate(uint32 entry) external {
        Entry storage self = _inState(entry, EntryState.Waiting);
        _waited(self);
        uint32[] storage list = _lists[self.modelId];
        self.state = EntryState.Active;
        self.index = uint32(list.length);
        list.push(entry);
        emit Activated(self.modelId, entry);
    }

    /// @inheritdoc IOperatorList
    function resign(uint32 entry) external {
        Entry storage self = _entries[entry];
        if (self.operator != msg.sender) revert NotOperator(entry, msg.sender);
        if (self.state == EntryState.Leaving) revert WrongState(entry, self.state);
        _remove(entry, false);
    }

    /// @inheritdoc IOperatorList
    function withdrawStake(uint32 entry, address to) external returns (uint256 amount) {
        Entry storage self = _inState(entry, EntryState.Leaving);
        if (self.operator != msg.sender) revert NotOperator(entry, msg.sender);
        _waited(self);
        amount = self.stake;
        delete _entries[entry];
        emit StakeWithdrawn(entry, to, amount);
        if (!to.trySend(amount, gasleft())) revert TransferFailed();
    }

    // Turns

    /// @inheritdoc IOperatorList
    function draw(uint256 request, bytes32 modelId, uint32 maxUnits, uint256 expiry, uint32 named)
        external
        onlyOracle
        returns (bool)
    {
        if (_lists[modelId].length == 0) return false;
        Turns memory turns = _pick(request, modelId, named);
        uint256 slot = SLOT_SECONDS + maxUnits / UNITS_PER_SECOND;
        uint256 most = (expiry - block.timestamp) / 4;
        turns.start = uint40(block.timestamp);
        turns.slot = uint32(slot < most ? slot : most);
        _turns[request] = turns;
        emit TurnsDrawn(request, modelId, turns);
        return true;
    }

    /// @inheritdoc IOperatorList
    function settle(uint256 request, address claimant, uint256 penalty) external onlyOracle {
        Turns memory turns = _turns[request];
        if (claimant != address(0) && !_mayClaim(turns, claimant)) {
            revert NotTheTurnOf(claimant, request);
        }
        delete _turns[request];
        uint256 over = _slotsOver(turns);
        _settleOne(request, turns.first, claimant, over >= 1, penalty);
        _settleOne(request, turns.second, claimant, over >= 2, penalty);
    }

    // Views

    /// @inheritdoc IOperatorList
    function mayClaim(uint256 request, address account) external view returns (bool) {
        return _mayClaim(_turns[request], account);
    }

    /// @inheritdoc IOperatorList
    function entryOf(uint32 entry) external view returns (Entry memory) {
        return _entries[entry];
    }

    /// @inheritdoc IOperatorList
    function turnsOf(uint256 request) external view returns (Turns memory) {
        return _turns[request];
    }

    /// @inheritdoc IOperatorList
    function listOf(bytes32 modelId) external view returns (uint32[] memory) {
        return _lists[modelId];
    }

    // Inside

    function _inState(uint32 entry, EntryState state) private view returns (Entry storage self) {
        self = _entries[entry];
        if (self.state != state) revert WrongState(entry, self.state);
    }

    function _waited(Entry storage self) private view {
        uint256 time = self.since + DELAY;
        if (block.timestamp < time) revert TooSoon(time);
    }

    function _isActive(uint32 entry, bytes32 modelId) private view returns (bool) {
        Entry storage self = _entries[entry];
        return self.state == EntryState.Active && self.modelId == modelId;
    }

    /// @dev Draws two entries. The first is the named one, or any; the second is any other. All are
    /// equally likely.
    function _pick(uint256 request, bytes32 modelId, uint32 named)
        private
        view
        returns (Turns memory turns)
    {
        uint32[] storage list = _lists[modelId];
        uint256 count = list.length;
        uint256 seed = uint256(keccak256(abi.encode(block.prevrandao, request, modelId)));
        uint256 first = _isActive(named, modelId) ? _entries[named].index : seed % count;
        turns.first = list[first];
        if (count == 1) return turns;
        turns.second = list[(first + 1 + (seed >> 128) % (count - 1)) % count];
    }

    /// @dev Whole slots since the request. More than 2 mean the same as 2.
    function _slotsOver(Turns memory turns) private view returns (uint256) {
        return (block.timestamp - turns.start) / turns.slot;
    }

    function _mayClaim(Turns memory turns, address account) private view returns (bool) {
        if (turns.first == 0) return true;
        uint256 over = _slotsOver(turns);
        if (over >= 2 || _entries[turns.first].operator == account) return true;
        if (over == 0) return false;
        return turns.second == 0 || _entries[turns.second].operator == account;
    }

    /// @dev Resets the misses of an entry that answered, and burns stake of one that missed its
    /// turn.
    function _settleOne(
        uint256 request,
        uint32 entry,
        address claimant,
        bool passed,
        uint256 penalty
    ) private {
        Entry storage self = _entries[entry];
        if (self.state == EntryState.Unknown) return;
        if (self.operator == claimant) {
            self.misses = 0;
        } else if (passed) {
            uint256 stake = self.stake;
            uint256 burnt = penalty < stake ? penalty : stake;
            self.stake = uint96(stake - burnt);
            emit TurnPassed(request, entry, burnt);
            // The count goes no further than is asked, so it never overflows: turns that were drawn
            // before an entry was dropped end long after.
            if (self.misses < MISSES) ++self.misses;
            bool unfit = self.misses == MISSES || stake - burnt < STAKE / 2;
            if (unfit && self.state == EntryState.Active) _remove(entry, true);
            // What address 0 does not take stays here and is nobody's, so it is gone as well. A
            // chain that refuses the payment must not keep a request from ending.
            address(0).trySend(burnt, 0);
        }
    }

    /// @dev Takes an entry out of its list, if it is in it. The last entry of the list takes its
    /// place.
    function _remove(uint32 entry, bool dropped) private {
        Entry storage self = _entries[entry];
        if (self.state == EntryState.Active) {
            uint32[] storage list = _lists[self.modelId];
            uint32 last = list[list.length - 1];
            list[self.index] = last;
            _entries[last].index = self.index;
            list.pop();
        }
        self.state = EntryState.Leaving;
        self.since = uint40(block.timestamp);
        emit Left(self.modelId, entry, dropped);
    }
}
