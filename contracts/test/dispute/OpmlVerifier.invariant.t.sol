// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { ClaimRecord, ClaimState } from "../../src/types/ClaimRecord.sol";
import { Game } from "../../src/types/Game.sol";
import { Side } from "../../src/types/Turn.sol";
import { IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
import { ClaimStatus } from "../../src/types/ClaimStatus.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { View } from "./GameLog.sol";
import { Segments, Toy } from "./Toy.sol";

/// @dev Right and wrong claims, honest and sham games, in any order and at any base fee.
contract OpmlVerifierInvariantTest is Test {
    GameHandler private _handler;

    function setUp() external {
        _handler = new GameHandler();
        targetContract(address(_handler));
        bytes4[] memory actions = new bytes4[](10);
        actions[0] = _handler.claim.selector;
        actions[1] = _handler.challenge.selector;
        actions[2] = _handler.play.selector;
        actions[3] = _handler.wait.selector;
        actions[4] = _handler.timeout.selector;
        actions[5] = _handler.close.selector;
        actions[6] = _handler.settle.selector;
        actions[7] = _handler.withdraw.selector;
        actions[8] = _handler.baseFee.selector;
        actions[9] = _handler.refuse.selector;
        targetSelector(FuzzSelector(address(_handler), actions));
    }

    function invariant_bonds_paid_out_never_exceed_bonds_paid_in() external {
        _handler.checkMoney();
    }

    function invariant_every_open_game_has_one_side_to_move_and_other_games_none() external {
        _handler.checkGames();
    }

    function invariant_honest_players_never_lose_and_verdicts_never_change() external {
        _handler.checkHonest();
    }

    /// @dev A suite that does nothing would hold too: by the same actions every kind of end is
    /// reached.
    function test_the_handler_reaches_every_end() external {
        uint256 seed = 7;
        for (uint256 i = 0; i < 500; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 argument = seed >> 8;
            uint256 action = seed % 12;
            if (action == 0) {
                _handler.claim(argument % 3 != 0, uint32(argument >> 8), argument >> 40);
            } else if (action == 1) {
                bool withheld = argument & 1 != 0;
                bool sham = argument & 2 != 0;
                _handler.challenge(
                    argument >> 72, withheld, sham, uint32(argument >> 8), argument >> 40
                );
            } else if (action < 6) {
                _handler.play(argument, argument >> 64);
            } else if (action == 6) {
                _handler.wait(argument);
            } else if (action == 7) {
                _handler.timeout(argument);
            } else if (action == 8) {
                _handler.close(argument);
            } else if (action == 9) {
                _handler.settle(argument);
            } else if (action == 10) {
                _handler.refuse(argument);
            } else {
                _handler.withdraw(argument);
            }
        }
        string[8] memory ends = [
            "claim",
            "challenge",
            "convicted",
            "conceded",
            "timeout",
            "closed",
            "settled",
            "withdrawn"
        ];
        for (uint256 i = 0; i < ends.length; ++i) {
            assertGt(_handler.calls(ends[i]), 0, ends[i]);
        }
        _handler.checkMoney();
        _handler.checkGames();
        _handler.checkHonest();
    }
}

/// @dev Ann claims what is right, Eve what is wrong; Bob challenges what is wrong, Mal what is
/// right, or Eve's claims as a friend.
contract GameHandler is GameFixture {
    struct Claimed {
        bytes32 id;
        bool lies;
        uint32 node;
        uint256 step;
        ClaimStatus last;
    }

    struct Played {
        bytes32 id;
        uint256 claim;
        bool sham;
        uint32 node;
        uint256 step;
    }

    address private immutable MAL = makeAddr("mal");

    mapping(string action => uint256) public calls;
    uint256 private _paidIn;
    uint256 private _withdrawn;
    address private immutable _purse = makeAddr("purse");
    Claimed[] private _claims;
    Played[] private _games;
    mapping(address claimant => Segments) private _cached;

    constructor() {
        setUp();
        _cached[ANN] = _segments(ANN, PROMPT);
        _cached[EVE] = _segments(EVE, PROMPT);
    }

    // Actions

    function claim(bool lies, uint32 node, uint256 step) external {
        if (_claims.length == 16) return;
        Claimed memory claimed = Claimed({
            id: 0, lies: lies, node: node % Toy.NODES, step: step % 24, last: ClaimStatus.Pending
        });
        _paidIn += _verifier.bond(_contentId);
        // A delegate of its own makes each claim another one.
        address delegate = address(uint160(0xDE1E0000 + _claims.length));
        Player memory claimant = _claimant(claimed);
        claimed.id = _submit(claimant.who, claimant.trace, delegate);
        _proveInput(claimed.id);
        _claims.push(claimed);
        ++calls["claim"];
    }

    function challenge(uint256 which, bool withheld, bool sham, uint32 node, uint256 step)
        external
    {
        if (_claims.length == 0 || _games.length == 24) return;
        // One of the latest, whose windows are open.
        which = _claims.length - 1 - which % _least(_claims.length, 4);
        Claimed memory claimed = _claims[which];
        ClaimRecord memory record = _verifier.claimOf(claimed.id);
        if (record.state != ClaimState.Pending || block.timestamp > record.windowEnd) return;
        // Nobody honest has a quarrel with what is right; a friend of Eve's plays her own lie.
        if (!claimed.lies) sham = true;
        (node, step) = claimed.lies ? (claimed.node, claimed.step) : (node % Toy.NODES, step % 24);
        _paidIn += _verifier.challengeBond();
        bytes memory trace = _claimant(claimed).trace;
        address who = sham ? MAL : BOB;
        bytes32 game = withheld
            ? _challengeWithheld(claimed.id, who)
            : _challenge(claimed.id, who, trace, node);
        _games.push(Played(game, which, sham, node, step));
        ++calls["challenge"];
    }

    function play(uint256 which, uint256 moves) external {
        if (_games.length == 0) return;
        which %= _games.length;
        for (uint256 i = 0; i <= moves % 8; ++i) {
            if (!_advance(which)) return;
        }
    }

    /// Time passes; honest players have moved before.
    function wait(uint256 time) external {
        for (uint256 i = 0; i < _games.length; ++i) {
            while (_isOpen(i) && _isHonest(i, _toMove(_games[i].id))) {
                assertTrue(_advance(i), "an honest player has a move");
            }
        }
        skip(time % 4 hours);
    }

    function timeout(uint256 which) external {
        if (_games.length == 0) return;
        which %= _games.length;
        if (!_isOpen(which) || block.timestamp <= _views[_games[which].id].deadline) return;
        _verifier.timeout(_views[_games[which].id].game);
        _read();
        ++calls["timeout"];
    }

    /// Closes the first game after one that can be closed.
    function close(uint256 which) external {
        for (uint256 i = 0; i < _games.length; ++i) {
            Played memory played = _games[(which % _games.length + i) % _games.length];
            bytes32 claimId = _claims[played.claim].id;
            bool rejected = _verifier.statusOf(claimId) == ClaimStatus.Rejected;
            if (!rejected || !_isHeld(played.id)) continue;
            _verifier.closeGame(_views[played.id].game);
            _read();
            ++calls["closed"];
            return;
        }
    }

    function settle(uint256 which) external {
        if (_claims.length == 0) return;
        bytes32 id = _claims[which % _claims.length].id;
        bool pending = _verifier.claimOf(id).state == ClaimState.Pending;
        if (!pending || _verifier.statusOf(id) != ClaimStatus.Proven) return;
        _verifier.settleClaim(_preimages[id]);
        _read();
        ++calls["settled"];
    }

    /// Somebody takes no ether for a while, or takes it again.
    function refuse(uint256 which) external {
        address who = _people()[which % 4];
        vm.etch(who, who.code.length == 0 ? bytes(hex"5f5ffd") : bytes(""));
    }

    function withdraw(uint256 which) external {
        address who = _people()[which % 4];
        if (_verifier.creditOf(who) == 0) return;
        vm.prank(who);
        _withdrawn += _verifier.withdraw(_purse);
        ++calls["withdrawn"];
    }

    function baseFee(uint256 fee) external {
        vm.fee(fee % 200 gwei);
    }

    // Checks

    function checkMoney() external {
        _read();
        uint256 owed;
        uint256 had;
        for (uint256 i = 0; i < 4; ++i) {
            owed += _verifier.creditOf(_people()[i]);
            had += _people()[i].balance;
        }
        for (uint256 i = 0; i < _claims.length; ++i) {
            owed += _verifier.claimOf(_claims[i].id).bond;
        }
        for (uint256 i = 0; i < _games.length; ++i) {
            if (_isHeld(_games[i].id)) owed += _views[_games[i].id].game.bond;
        }
        assertEq(address(_verifier).balance, owed + _burnt, "held is what is owed or burnt");
        assertEq(owed + _burnt + had + _withdrawn, _paidIn, "each wei is accounted for");
    }

    function checkGames() external {
        uint256[] memory open = new uint256[](_claims.length);
        for (uint256 i = 0; i < _games.length; ++i) {
            Played memory played = _games[i];
            View storage view_ = _views[played.id];
            Game memory game = view_.game;
            if (!_isHeld(played.id)) {
                // Over for good: no call finds it.
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IOpmlVerifier.NotThePosition.selector, game.position(), 0
                    )
                );
                _verifier.timeout(game);
                continue;
            }
            ++open[played.claim];
            assertFalse(view_.over, "a game that ended is gone");
            bool pending = _verifier.claimOf(_claims[played.claim].id).state == ClaimState.Pending;
            if (!pending || block.timestamp > view_.deadline) continue;
            // The author of the last move cannot move, its opponent can.
            address claimant = _claims[played.claim].lies ? EVE : ANN;
            address challenger = played.sham ? MAL : BOB;
            bool claimants = view_.turn.author == Side.Challenger;
            vm.prank(claimants ? challenger : claimant);
            vm.expectPartialRevert(IOpmlVerifier.NotThePlayer.selector);
            _verifier.concede(game, "");
            uint256 before = vm.snapshotState();
            vm.prank(claimants ? claimant : challenger);
            _verifier.concede(game, "");
            vm.revertToState(before);
            vm.getRecordedLogs();
        }
        for (uint256 i = 0; i < _claims.length; ++i) {
            assertEq(_verifier.claimOf(_claims[i].id).openGames, open[i], "open games");
        }
    }

    function checkHonest() external {
        for (uint256 i = 0; i < _games.length; ++i) {
            View storage view_ = _views[_games[i].id];
            if (!view_.over) continue;
            bool claimants = view_.winner == Side.Claimant;
            assertFalse(_isHonest(i, claimants ? Side.Challenger : Side.Claimant), "honest lost");
        }
        for (uint256 i = 0; i < _claims.length; ++i) {
            Claimed storage claimed = _claims[i];
            ClaimStatus status = _verifier.statusOf(claimed.id);
            if (claimed.last != ClaimStatus.Pending) {
                assertEq(uint256(status), uint256(claimed.last));
            }
            if (!claimed.lies) assertNotEq(uint256(status), uint256(ClaimStatus.Rejected));
            claimed.last = status;
        }
    }

    // Players

    function _advance(uint256 which) private returns (bool moved) {
        Played memory played = _games[which];
        if (!_isOpen(which) || block.timestamp > _views[played.id].deadline) return false;
        Player memory claimant = _claimant(_claims[played.claim]);
        bool claimants = _toMove(played.id) == Side.Claimant;
        Player memory player = claimants ? claimant : _challenger(played);
        moved = _move(played.id, player, claimant.trace);
        if (!_views[played.id].over) return moved;
        bool convicted = _views[played.id].ending == IOpmlVerifier.Ending.Conviction;
        ++calls[convicted ? "convicted" : "conceded"];
    }

    function _claimant(Claimed memory claimed) private view returns (Player memory player) {
        player = _playerOn(claimed.lies ? EVE : ANN, _cached[claimed.lies ? EVE : ANN]);
        if (claimed.lies) {
            (player.trace, player.lieAt) = (_wrongAt(player.trace, claimed.node), claimed.step);
        }
    }

    function _challenger(Played memory played) private view returns (Player memory player) {
        address claimant = _claims[played.claim].lies ? EVE : ANN;
        player = _playerOn(played.sham ? MAL : BOB, _cached[claimant]);
        if (played.sham) {
            (player.trace, player.lieAt) = (_wrongAt(player.trace, played.node), played.step);
        }
    }

    function _isHonest(uint256 which, Side side) private view returns (bool) {
        Played memory played = _games[which];
        return side == Side.Claimant ? !_claims[played.claim].lies : !played.sham;
    }

    /// Can still be played.
    function _isOpen(uint256 which) private view returns (bool) {
        Played memory played = _games[which];
        bytes32 claimId = _claims[played.claim].id;
        return _isHeld(played.id) && _verifier.claimOf(claimId).state == ClaimState.Pending;
    }

    function _isHeld(bytes32 game) private view returns (bool) {
        return _verifier.positionOf(game) != 0;
    }

    function _people() private view returns (address[4] memory) {
        return [ANN, BOB, EVE, MAL];
    }
}
