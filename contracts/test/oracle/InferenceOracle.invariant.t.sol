// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { Entry, EntryState, IOperatorList } from "../../src/interfaces/IOperatorList.sol";
import { OperatorList } from "../../src/oracle/OperatorList.sol";
import { IVerifier } from "../../src/interfaces/IVerifier.sol";
import { BurningConsumer, EagerConsumer, HostileReceiver } from "./Consumers.sol";
import { Game } from "../../src/types/Game.sol";
import { IPurse } from "../../src/interfaces/IPurse.sol";
import "./OracleFixture.sol";

/// forge-config: default.invariant.depth = 128
/// @dev Whatever requesters, operators, challengers, receivers and verifiers do, each wei is
/// somebody's.
contract InferenceOracleInvariantTest is Test {
    OracleHandler private _handler;

    function setUp() external {
        _handler = new OracleHandler();
        targetContract(address(_handler));
        // Senders are given ETH; the contracts under test must not be among them.
        targetSender(makeAddr("sender"));
        bytes4[] memory actions = new bytes4[](14);
        actions[0] = OracleHandler.ask.selector;
        actions[1] = OracleHandler.answer.selector;
        actions[2] = OracleHandler.challenge.selector;
        actions[3] = OracleHandler.wait.selector;
        actions[4] = OracleHandler.drop.selector;
        actions[5] = OracleHandler.finish.selector;
        actions[6] = OracleHandler.deliver.selector;
        actions[7] = OracleHandler.expire.selector;
        actions[8] = OracleHandler.withdraw.selector;
        actions[9] = OracleHandler.pay.selector;
        actions[10] = OracleHandler.join.selector;
        actions[11] = OracleHandler.resign.selector;
        actions[12] = OracleHandler.deliverEarly.selector;
        actions[13] = OracleHandler.lie.selector;
        targetSelector(FuzzSelector(address(_handler), actions));
    }

    function invariant_each_wei_is_somebodys() external view {
        (uint256 held, uint256 fees, uint256 reserves, uint256 credits, uint256 owed) =
            _handler.books();
        assertEq(held, fees + reserves + credits + owed, "held is owed");
        assertEq(_handler.received() + owed, _handler.receiversParts(), "by the log, receivers'");
        assertEq(held + _handler.withdrawn() + _handler.received(), _handler.came(), "came");

        (uint256 bonds, uint256 bonded) = _handler.bonds();
        assertEq(bonds, bonded, "bonds");
        (uint256 staked, uint256 stakes) = _handler.stakes();
        assertEq(staked, stakes, "stakes");
        assertFalse(_handler.rejectedWon(), "a rejected claim became the answer");
    }

    /// @dev A suite that does nothing would hold too. Shrunk sequences of a failure are short.
    function afterInvariant() external view {
        if (_handler.total() < 60) return;
        assertGt(_handler.calls("ask"), 0);
        uint256 answers = _handler.calls("answer") + _handler.calls("lie");
        assertGt(answers + _handler.calls("expire"), 0);
    }
}

/// @dev Acts for four people and keeps its own books. Actions that find nothing to act on do
/// nothing, and are not counted.
contract OracleHandler is OracleFixture {
    uint256 public came;
    uint256 public withdrawn;
    /// @dev As the logs of finalizations have it.
    uint256 public receiversParts;
    bool public rejectedWon;
    mapping(string action => uint256) public calls;
    uint256 public total;

    bytes[] private _orders;
    mapping(uint256 id => bytes[]) private _claims;
    /// @dev Last second for a claim, once one was dropped.
    mapping(uint256 id => uint256) private _deadlines;
    mapping(uint256 id => uint256) private _reserves;
    /// @dev What became final.
    mapping(uint256 id => bytes) private _answers;
    bytes32[] private _claimIds;
    Game[] private _games;
    uint256 private _burnt;
    uint32 private _joined;
    address[4] private _people;
    bytes32[3] private _models;
    LyingVerifier private _liar = new LyingVerifier();
    HostileReceiver private _hostile = new HostileReceiver(false);
    EagerConsumer private _eager = new EagerConsumer();
    BurningConsumer private _burning = new BurningConsumer();

    constructor() {
        setUp();
        _people = [_operator, _rival, _asker, address(this)];
        _models[0] = _modelId;
        Registration memory model = _registration();
        model.receiver = address(_hostile);
        model.salt = "hostile";
        _models[1] = _registry.register(model);
        (model.receiver, model.verifier) = (address(_splitter), address(_liar));
        _models[2] = _registry.register(model);
        _join(_operator, _modelId);
        _join(_rival, _modelId);
        skip(OperatorList(address(_oracle.operators())).DELAY());
        _oracle.operators().activate(1);
        _oracle.operators().activate(2);
    }

    receive() external payable { }

    function ask(uint256 seed, uint256 extra, uint32 units) external {
        Question memory question = _question();
        question.modelId = _models[seed / 3 % 3];
        question.maxUnits = uint32(bound(units, 1, 1000));
        Callback memory callback;
        if (seed % 3 == 1) callback = Callback(address(_eager), 300_000, "data");
        if (seed % 3 == 2) callback = Callback(address(_burning), 100_000, "");
        address person = _people[seed / 7 % 4];
        uint256 fee = _oracle.quote(question, 1, callback.gasLimit, block.basefee);
        uint256 credit = _oracle.creditOf(person);
        uint256 least = credit < fee ? fee - credit : 0;
        uint256 value = bound(extra, least, fee + 1 ether);
        vm.recordLogs();
        vm.prank(person);
        _oracle.request{ value: value }(question, "?", callback);
        _orders.push(abi.encode(_orderFromLogs()));
        came += value;
        _count("ask");
    }

    function answer(uint256 seed, uint32 units) external {
        (bool found, Order memory order) = _pick(seed, RequestStatus.Requested);
        if (!found || block.timestamp > _deadlineOf(order)) return;
        units = uint32(bound(units, 0, order.request.maxUnits));
        address claimant = _people[seed % 2];
        if (!_oracle.operators().mayClaim(order.request.id, claimant)) return;
        bytes memory text = abi.encode(_claims[order.request.id].length);
        ClaimedAnswer memory claimed = _claim(order, claimant, text, units);
        _claims[order.request.id].push(abi.encode(claimed));
        _claimIds.push(_idOf(order, claimed));
        _count("answer");
    }

    function challenge(uint256 seed, bool rightAway) external {
        (bool found, Order memory order) = _pick(seed, RequestStatus.Requested);
        if (!found) return;
        (bool any, ClaimedAnswer memory claimed, bytes memory text) = _pickClaim(seed, order);
        bytes32 claimId = _idOf(order, claimed);
        if (!any || block.timestamp > _verifier.claimOf(claimId).windowEnd) return;
        if (_verifier.statusOf(claimId) != ClaimStatus.Pending) return;
        Game memory game = _challenge(order, claimed, text);
        _games.push(game);
        skip(rightAway ? 12 hours + 1 : 1);
        if (rightAway) _timeout(game);
        _count("challenge");
    }

    function wait(uint256 seconds_) external {
        skip(bound(seconds_, 1, 12 hours));
        _count("wait");
    }

    function drop(uint256 seed) external {
        (bool found, Order memory order) = _pick(seed, RequestStatus.Requested);
        if (!found) return;
        (bool any, ClaimedAnswer memory claimed,) = _pickClaim(seed, order);
        if (!any || _statusOf(order, claimed) != ClaimStatus.Rejected) return;
        try _oracle.dropClaim(order, claimed) {
            _prolong(order);
            _count("drop");
        } catch {
            _count("dropped before");
        }
    }

    function finish(uint256 seed, bool later) external {
        if (later) skip(WINDOW + 1);
        (bool found, Order memory order) = _pick(seed, RequestStatus.Requested);
        if (!found) return;
        (bool any, ClaimedAnswer memory claimed, bytes memory text) = _pickClaim(seed, order);
        if (!any) return;
        ClaimStatus status = _statusOf(order, claimed);
        bool proven = status == ClaimStatus.Proven;
        vm.recordLogs();
        if (proven && seed % 2 == 0 && order.callback.target != address(0)) {
            _oracle.finalizeAndDeliver(order, claimed, text);
            _reserveFromLogs();
            _count("finish and deliver");
            return;
        }
        _answers[order.request.id] = text;
        try _oracle.finalize(order, claimed) {
            if (status == ClaimStatus.Rejected) rejectedWon = true;
            _reserves[order.request.id] = _reserveFromLogs();
            _count("finish");
        } catch {
            assertNotEq(uint8(status), uint8(ClaimStatus.Proven), "a proven claim is final");
            _count("not proven");
        }
    }

    function deliver(uint256 seed) external {
        (bool found, Order memory order) = _pickOf(seed, RequestStatus.Final, seed % 2 == 0);
        if (!found || _reserves[order.request.id] == 0) return;
        vm.txGasPrice(bound(seed, 0, 10 gwei));
        vm.prank(_people[seed % 4]);
        _oracle.deliver(order, _answers[order.request.id]);
        _reserves[order.request.id] = 0;
        _count("deliver");
    }

    /// @dev A verifier that lies in each field that it is trusted with. The claim that it calls
    /// proven or rejected may be one that nobody made, with any length of the answer.
    function lie(uint256 seed, ClaimedAnswer memory claimed, uint16 length, bool honestly)
        external
    {
        _liar.set(seed);
        (bool found, Order memory order) = _pickOf(seed, RequestStatus.Requested, true);
        if (!found) return;
        uint256 id = order.request.id;
        bytes memory text = new bytes(bound(length, 0, 24_575));
        claimed.claimant = _people[seed % 4];
        claimed.answerHash = keccak256(text);
        if (honestly) claimed.answerLength = uint32(text.length);
        claimed.unitsUsed = uint32(bound(claimed.unitsUsed, 0, order.request.maxUnits));
        if (block.timestamp <= _deadlineOf(order)) {
            vm.prank(claimed.claimant);
            _oracle.claim(order, text, claimed.unitsUsed, "");
            _claims[id].push(abi.encode(claimed));
            _count("lie");
        }
        vm.txGasPrice(bound(seed, 0, 10 gwei));
        vm.recordLogs();
        vm.startPrank(_people[seed / 5 % 4]);
        if (seed % 7 == 0) {
            try _oracle.dropClaim(order, claimed) {
                _prolong(order);
                _count("drop a lie");
            } catch { }
        } else if (seed % 2 == 0 && order.callback.target != address(0)) {
            try _oracle.finalizeAndDeliver(order, claimed, text) {
                _reserveFromLogs();
                _count("finish and deliver a lie");
            } catch { }
        } else {
            try _oracle.finalize(order, claimed) {
                _answers[id] = text;
                _reserves[id] = _reserveFromLogs();
                _count("finish a lie");
            } catch { }
        }
        vm.stopPrank();
    }

    /// @dev Whoever offers an answer early moves no money.
    function deliverEarly(uint256 seed) external {
        (bool found, Order memory order) = _pick(seed, RequestStatus.Requested);
        if (!found || order.callback.target == address(0)) return;
        (bool any, ClaimedAnswer memory claimed, bytes memory text) = _pickClaim(seed, order);
        if (!any) return;
        uint256 held = address(_oracle).balance;
        try _oracle.deliverEarly(order, claimed, text) {
            assertEq(address(_oracle).balance, held);
            _count("deliver early");
        } catch {
            bool isRejected = _statusOf(order, claimed) == ClaimStatus.Rejected;
            assertTrue(isRejected, "what stands is offered");
            _count("rejected");
        }
    }

    function expire(uint256 seed) external {
        (bool found, Order memory order) = _pickOf(seed, RequestStatus.Requested, seed % 2 == 0);
        if (!found) return;
        try _oracle.expire(order) {
            _count("expire");
        } catch {
            bool early = block.timestamp <= _deadlineOf(order);
            assertTrue(early || _claims[order.request.id].length != 0, "refunded when unanswered");
            _count("too early");
        }
    }

    function withdraw(uint256 seed) external {
        address person = _people[seed % 4];
        if (_oracle.creditOf(person) == 0) return;
        vm.prank(person);
        withdrawn += _oracle.withdraw(person);
        _count("withdraw");
    }

    function pay(uint256 seed) external {
        address receiver = seed % 2 == 0 ? address(_splitter) : address(_hostile);
        if (_oracle.owedTo(receiver) == 0) return;
        if (seed % 5 == 0) _hostile.setOpen();
        try _oracle.payReceiver(receiver) {
            _count("pay");
        } catch {
            assertFalse(_hostile.open());
            _count("refused");
        }
    }

    /// @dev Six entries at most; one that has waited is activated.
    function join(uint256 seed) external {
        IOperatorList list = _oracle.operators();
        for (uint32 number = 1; number <= _joined; ++number) {
            Entry memory entry = list.entryOf(number);
            bool waited = block.timestamp >= entry.since + OperatorList(address(list)).DELAY();
            if (entry.state == EntryState.Waiting && waited) list.activate(number);
        }
        if (_joined == 6) return;
        _join(_people[seed % 3], _models[seed % 2]);
        _count("join");
    }

    function resign(uint256 seed) external {
        if (_joined == 0) return;
        IOperatorList list = _oracle.operators();
        uint32 number = uint32(1 + seed % _joined);
        Entry memory entry = list.entryOf(number);
        if (entry.state == EntryState.Unknown) return;
        vm.startPrank(entry.operator);
        if (entry.state != EntryState.Leaving) {
            list.resign(number);
            _count("resign");
        } else if (block.timestamp >= entry.since + OperatorList(address(list)).DELAY()) {
            list.withdrawStake(number, entry.operator);
            _count("withdraw stake");
        }
        vm.stopPrank();
    }

    // Books

    function stakes() external view returns (uint256 held, uint256 owed) {
        IOperatorList list = _oracle.operators();
        held = address(list).balance;
        for (uint32 entry = 1; entry <= _joined; ++entry) {
            owed += list.entryOf(entry).stake;
        }
    }

    function books()
        external
        view
        returns (uint256 held, uint256 fees, uint256 reserves, uint256 credits, uint256 owed)
    {
        held = address(_oracle).balance;
        for (uint256 i = 0; i < _orders.length; ++i) {
            uint256 id = i + 1;
            bool open = _oracle.statusOf(id) == RequestStatus.Requested;
            if (open) fees += abi.decode(_orders[i], (Order)).terms.fee;
            reserves += _reserves[id];
        }
        for (uint256 i = 0; i < 4; ++i) {
            credits += _oracle.creditOf(_people[i]);
        }
        owed = _oracle.owedTo(address(_splitter)) + _oracle.owedTo(address(_hostile));
    }

    function received() external view returns (uint256) {
        return address(_splitter).balance + _drip.balance + address(_hostile).balance;
    }

    function bonds() external view returns (uint256 held, uint256 owed) {
        held = address(_verifier).balance;
        for (uint256 i = 0; i < _claimIds.length; ++i) {
            owed += _verifier.claimOf(_claimIds[i]).bond;
        }
        for (uint256 i = 0; i < _games.length; ++i) {
            if (_verifier.positionOf(_games[i].id()) != 0) owed += _games[i].bond;
        }
        for (uint256 i = 0; i < 4; ++i) {
            owed += _verifier.creditOf(_people[i]);
        }
        owed += _burnt;
    }

    // Helpers

    /// @dev Long, so that a window passes in it.
    function _answerTime() internal pure override returns (uint32) {
        return 5 days;
    }

    /// @dev Half of the bond, and more, stays with the verifier for ever.
    function _timeout(Game memory game) private {
        vm.recordLogs();
        _verifier.timeout(game);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IPurse.Burnt.selector) continue;
            _burnt += abi.decode(logs[i].data, (uint256));
        }
    }

    function _deadlineOf(Order memory order) private view returns (uint256) {
        uint256 deadline = _deadlines[order.request.id];
        return deadline == 0 ? order.terms.expiry : deadline;
    }

    /// @dev What a dropped claim does to the time for the next one.
    function _prolong(Order memory order) private {
        uint256 limit = order.terms.expiry + 180 days;
        uint256 deadline = block.timestamp + _answerTime();
        _deadlines[order.request.id] = deadline < limit ? deadline : limit;
    }

    function _count(string memory action) private {
        ++calls[action];
        ++total;
    }

    function _join(address operator, bytes32 modelId) private {
        IOperatorList list = _oracle.operators();
        vm.prank(operator);
        _joined = list.join{ value: 0.1 ether }(modelId);
    }

    function _pick(uint256 seed, RequestStatus status)
        private
        view
        returns (bool found, Order memory order)
    {
        return _pickOf(seed, status, false);
    }

    /// @dev The first request in `status`, from a place that `seed` names, whose verifier lies or
    /// does not.
    function _pickOf(uint256 seed, RequestStatus status, bool lies)
        private
        view
        returns (bool found, Order memory order)
    {
        uint256 count = _orders.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 index = (seed % count + i) % count;
            if (_oracle.statusOf(index + 1) != status) continue;
            order = abi.decode(_orders[index], (Order));
            if ((order.terms.verifier == address(_liar)) == lies) return (true, order);
        }
        delete order;
    }

    function _pickClaim(uint256 seed, Order memory order)
        private
        view
        returns (bool found, ClaimedAnswer memory claimed, bytes memory text)
    {
        bytes[] storage claims = _claims[order.request.id];
        if (claims.length == 0) return (false, claimed, text);
        uint256 index = seed / 5 % claims.length;
        return (true, abi.decode(claims[index], (ClaimedAnswer)), abi.encode(index));
    }

    function _statusOf(Order memory order, ClaimedAnswer memory claimed)
        private
        view
        returns (ClaimStatus)
    {
        return _verifier.statusOf(_idOf(order, claimed));
    }

    function _reserveFromLogs() private returns (uint256 reserve) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IInferenceOracle.Finalized.selector) continue;
            uint256 owed;
            (,, owed, reserve,) =
                abi.decode(logs[i].data, (bytes32, uint256, uint256, uint256, uint256));
            receiversParts += owed;
        }
    }
}

/// @dev Says whatever comes to its mind, and takes no bond.
contract LyingVerifier is IVerifier {
    uint256 private _mind;

    function set(uint256 mind) external {
        _mind = mind;
    }

    function submit(Submission calldata, bytes calldata) external payable returns (bytes32) {
        return keccak256(abi.encode(_mind));
    }

    function bond(bytes32) external view returns (uint256) {
        return _mind;
    }

    /// @dev Mostly proven.
    function statusOf(bytes32) external view returns (ClaimStatus) {
        uint256 draw = _mind / 35 % 8;
        return draw < 4 ? ClaimStatus(draw) : ClaimStatus.Proven;
    }

    function limits(bytes32) external view returns (uint32, uint32) {
        return (uint32(_mind | 1), uint32(_mind >> 32));
    }
}
