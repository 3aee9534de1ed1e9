// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimRecords } from "../../src/types/ClaimRecord.sol";
import { Game } from "../../src/types/Game.sol";
import { Parameters, ParametersCheck } from "../../src/dispute/Parameters.sol";
import { Side } from "../../src/types/Turn.sol";
import { ClaimPreimage, IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
import { IPurse } from "../../src/interfaces/IPurse.sol";
import { GameFixture, Player } from "./GameFixture.sol";

/// Plays, but takes no ether.
contract Moneyless {
    function call(address target, uint256 value, bytes calldata data) external {
        (bool ok, bytes memory reason) = target.call{ value: value }(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}

/// Withdraws once more whenever ether comes, and notes what came of that, which takes more gas than
/// a payment brings.
contract Greedy {
    IPurse private immutable PURSE;
    uint256 public payments;
    bytes public reason;

    constructor(IPurse purse) {
        PURSE = purse;
    }

    function withdraw() external {
        PURSE.withdraw(address(this));
    }

    receive() external payable {
        ++payments;
        try PURSE.withdraw(address(this)) {
            reason = "paid twice";
        } catch (bytes memory data) {
            reason = data;
        }
    }
}

/// Makes a call when ether comes, with what gas comes with it: so the call lies in transient
/// storage.
contract Reentrant {
    address private immutable TARGET;
    uint256 private transient _length;
    bool public transient called;
    bytes32 public transient reason;

    constructor(address target) {
        TARGET = target;
    }

    function arm(bytes calldata data) external {
        _length = data.length;
        for (uint256 at = 0; at < data.length; at += 32) {
            assembly {
                tstore(add(0x1000, at), calldataload(add(data.offset, at)))
            }
        }
    }

    receive() external payable {
        (address target, uint256 length) = (TARGET, _length);
        bytes32 answer;
        assembly {
            for { let at := 0 } lt(at, length) { at := add(at, 0x20) } {
                mstore(add(0x80, at), tload(add(0x1000, at)))
            }
            pop(call(gas(), target, 0, 0x80, length, 0, 0x20))
            answer := mload(0)
        }
        (called, reason) = (true, answer);
    }
}

/// Burns what gas it gets, or fills the caller's memory.
contract Spiteful {
    bool private immutable RETURNS;

    constructor(bool returns_) {
        RETURNS = returns_;
    }

    receive() external payable {
        bool returns_ = RETURNS;
        assembly {
            if returns_ { return(0, 100000) }
            invalid()
        }
    }
}

/// @dev Bonds: what is at stake, what is burnt, and who gets the rest.
contract OpmlVerifierMoneyTest is GameFixture {
    using ParametersCheck for Parameters;

    uint256 private constant BASE_FEE = 1 gwei;
    /// Gas that OpmlVerifier assumes for the challenger's moves.
    uint256 private constant CHALLENGE_GAS = 100_000;
    uint256 private constant PICK_GAS = 45_000;
    uint256 private constant DISSECT_GAS = 70_000;
    uint256 private constant CONVICT_GAS = 100_000;

    /// forge-config: default.fuzz.runs = 48
    function testFuzz_bonds_cover_twice_the_other_sides_gas(uint256 baseFee, uint8 kLog2) external {
        baseFee = bound(baseFee, 0, 10_000 gwei);
        kLog2 = uint8(bound(kLog2, 1, 6));
        _deploy(kLog2);
        vm.fee(baseFee);
        uint256 defence = _parameters(kLog2).defenceGas() * baseFee;
        uint256 challengeBond = _verifier.challengeBond();
        assertEq(challengeBond, 2 * defence > CHALLENGE_BOND ? 2 * defence : CHALLENGE_BOND);
        uint256 claimBond = 2 * challengeBond > CLAIM_BOND ? 2 * challengeBond : CLAIM_BOND;
        assertEq(_verifier.bond(_contentId), claimBond);
    }

    function test_a_challenge_is_bonded_and_the_excess_sent_back() external {
        ClaimPreimage memory preimage = _preimages[_submit(_honest(ANN, ANN))];
        vm.deal(BOB, 1 ether);
        vm.startPrank(BOB);
        vm.expectRevert(
            abi.encodeWithSelector(IPurse.BondTooSmall.selector, CHALLENGE_BOND - 1, CHALLENGE_BOND)
        );
        _verifier.challengeWithheld{ value: CHALLENGE_BOND - 1 }(preimage, 0);
        _verifier.challengeWithheld{ value: CHALLENGE_BOND + 7 }(preimage, 0);
        assertEq(BOB.balance, 1 ether - CHALLENGE_BOND);
    }

    /// forge-config: default.fuzz.runs = 48
    function testFuzz_half_of_a_lost_claim_bond_is_burnt(uint256 opening, uint256 closing)
        external
    {
        (opening, closing) = (bound(opening, 0, 1000 gwei), bound(closing, 0, 1000 gwei));
        vm.fee(opening);
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        uint256 bond = address(_verifier).balance;
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        uint256 challengeBond = address(_verifier).balance - bond;
        vm.fee(closing);
        _play(game, liar, _honest(BOB, ANN));

        uint256 gas = _views[game].turn.challengerGas + CONVICT_GAS;
        uint256 gasBack = _least(bond / 8, gas * closing);
        assertEq(BOB.balance, challengeBond + bond / 4 + gasBack);
        assertEq(_burnt, bond - bond / 4 - gasBack, "with no game left all is burnt");
        assertGe(_burnt, bond / 2);
        _expectPaidOut();
    }

    function test_each_move_of_the_challenger_adds_its_gas() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        Player memory bob = _honest(BOB, ANN);
        bytes32 game = _challengeWithheld(_submit(liar), BOB);
        // Two reveals and picks, the statement, and a dissection by each side.
        uint256[8] memory gas = [CHALLENGE_GAS, 0, PICK_GAS, 0, PICK_GAS, 0, DISSECT_GAS, 0];
        uint256 sum;
        for (uint256 ply = 0; ply < gas.length; ++ply) {
            sum += gas[ply];
            assertEq(_views[game].turn.ply, ply);
            assertEq(_views[game].turn.challengerGas, sum);
            _move(game, _toMove(game) == Side.Claimant ? liar : bob, liar.trace);
        }
        _expectEnd(game, Side.Challenger, IOpmlVerifier.Ending.Conviction);
        sum += CONVICT_GAS;
        assertEq(BOB.balance, CHALLENGE_BOND + CLAIM_BOND / 4 + sum * BASE_FEE);
    }

    function test_the_log_tells_where_the_money_of_a_rejected_claim_goes() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 open = _challenge(claim, EVE, liar.trace, 3);
        bytes32 game = _challenge(claim, BOB, liar.trace, 3);
        Game memory standing = _views[game].game;
        uint256 gas = CHALLENGE_GAS * BASE_FEE;
        vm.prank(ANN);
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.Resolved(claim, game, Side.Challenger, IOpmlVerifier.Ending.Concession);
        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.ClaimRejected(claim);
        vm.expectEmit(address(_verifier));
        emit IPurse.Burnt(claim, CLAIM_BOND / 2);
        vm.expectEmit(address(_verifier));
        emit IPurse.Paid(BOB, CHALLENGE_BOND + CLAIM_BOND / 4 + gas);
        _verifier.concede(standing, "");
        assertEq(_verifier.claimOf(claim).bond, CLAIM_BOND / 4 - gas, "kept for the other game");

        vm.expectEmit(address(_verifier));
        emit IOpmlVerifier.GameClosed(open);
        vm.expectEmit(address(_verifier));
        emit IPurse.Burnt(claim, CLAIM_BOND / 4 - 2 * gas);
        vm.expectEmit(address(_verifier));
        emit IPurse.Paid(EVE, CHALLENGE_BOND + gas);
        _verifier.closeGame(_views[open].game);
    }

    /// forge-config: default.fuzz.runs = 48
    function testFuzz_a_lost_challenge_pays_the_defence_and_burns_half(uint256 baseFee) external {
        baseFee = bound(baseFee, 0, 1000 gwei);
        vm.fee(baseFee);
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        uint256 bond = address(_verifier).balance;
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        uint256 challengeBond = address(_verifier).balance - bond;
        _play(game, ann, _liar(BOB, ANN, 3, 9));
        assertEq(ANN.balance, challengeBond / 2);
        assertGe(ANN.balance, _parameters(2).defenceGas() * baseFee);
        assertEq(_burnt, challengeBond - challengeBond / 2);
        vm.warp(block.timestamp + WINDOW + 1);
        _verifier.settleClaim(_preimages[claim]);
        assertEq(ANN.balance, bond + challengeBond / 2);
        _expectPaidOut();
    }

    /// @dev Whoever the challengers are, whatever the base fee does, and in whatever order games
    /// are closed: the claimant of a wrong claim and all its friends together get back
    /// at most half of the bond.
    ///
    /// forge-config: default.fuzz.runs = 96
    function testFuzz_a_self_challenge_never_pays(uint64[8] calldata fees, uint256 friends)
        external
    {
        friends = bound(friends, 0, 6);
        vm.fee(fees[0] % 1000 gwei);
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        uint256 bond = address(_verifier).balance;
        bytes32[] memory games = new bytes32[](friends);
        for (uint256 i = 0; i < friends; ++i) {
            games[i] = _challengeWithheld(claim, EVE);
        }
        bytes32 game = _challenge(claim, EVE, liar.trace, 3);
        uint256 paidIn = address(_verifier).balance;
        vm.fee(fees[1] % 100_000 gwei);
        _concede(game, liar);
        for (uint256 i = 0; i < friends; ++i) {
            vm.fee(fees[2 + i] % 100_000 gwei);
            _verifier.closeGame(_views[games[i]].game);
        }
        _read();
        uint256 back = ANN.balance + EVE.balance;
        assertLe(back, paidIn - (bond + 1) / 2, "half is gone");
        assertEq(_burnt, paidIn - back, "and nothing stays");
        _expectPaidOut();
    }

    function test_losing_to_oneself_on_purpose_costs_half_a_challenge() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 game = _challenge(claim, EVE, ann.trace, 3);
        _move(game, ann, ann.trace);
        _concede(game, _honest(EVE, ANN));
        assertEq(ANN.balance + EVE.balance, CHALLENGE_BOND / 2);
        // And it shields nothing: the claim can be challenged as before.
        _challenge(claim, BOB, ann.trace, 3);
    }

    function test_games_open_at_a_rejection_get_bond_and_gas_back() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 open = _challenge(claim, BOB, liar.trace, 3);
        bytes32 game = _challenge(claim, EVE, liar.trace, 3);
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.ClaimStands.selector, claim));
        _verifier.closeGame(_views[open].game);
        _play(game, liar, _honest(EVE, ANN));
        Game memory standing = _views[open].game;
        // Only the money of the game is left: nobody can lose or win it any more.
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.NotPending.selector, claim));
        _verifier.concede(standing, "");
        vm.warp(_views[open].deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.NotPending.selector, claim));
        _verifier.timeout(standing);
        ClaimPreimage memory preimage = _preimages[claim];
        vm.expectRevert(abi.encodeWithSelector(ClaimRecords.NotPending.selector, claim));
        _verifier.challengeWithheld{ value: 1 ether }(preimage, 0);

        _verifier.closeGame(standing);
        _read();
        assertEq(BOB.balance, CHALLENGE_BOND + CHALLENGE_GAS * BASE_FEE);
        assertEq(
            _verifier.claimOf(claim).bond, 0, "the rest of the pot is burnt with the last game"
        );
        vm.expectPartialRevert(IOpmlVerifier.NotThePosition.selector);
        _verifier.closeGame(standing);
        _expectPaidOut();
    }

    function test_gas_back_is_at_most_a_quarter_of_the_claim_bond_in_all() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32[3] memory open;
        for (uint256 i = 0; i < 3; ++i) {
            open[i] = _challenge(claim, BOB, liar.trace, 3);
        }
        bytes32 game = _challenge(claim, EVE, liar.trace, 3);
        vm.fee(300 gwei);
        _play(game, liar, _honest(EVE, ANN));
        uint256 won = EVE.balance - CHALLENGE_BOND - CLAIM_BOND / 4;
        assertEq(won, CLAIM_BOND / 8, "capped");
        for (uint256 i = 0; i < 3; ++i) {
            _verifier.closeGame(_views[open[i]].game);
        }
        _read();
        assertEq(BOB.balance, 3 * CHALLENGE_BOND + CLAIM_BOND / 8, "what was left");
        assertEq(_burnt, CLAIM_BOND - CLAIM_BOND / 4 - CLAIM_BOND / 4);
        _expectPaidOut();
    }

    function test_nobody_can_make_the_winners_money_get_stuck() external {
        // Neither side takes ether. Refused payments are kept, so neither can hold a game up.
        Moneyless claimant = new Moneyless();
        Moneyless challenger = new Moneyless();
        Player memory liar = _liar(address(claimant), address(claimant), 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 game = _challenge(claim, address(challenger), liar.trace, 3);
        _play(game, liar, _honest(address(challenger), address(claimant)));
        assertEq(uint256(_views[game].winner), uint256(Side.Challenger));

        address target = address(_verifier);
        uint256 credit = _verifier.creditOf(address(challenger));
        assertGt(credit, CHALLENGE_BOND);
        vm.expectRevert(IPurse.TransferFailed.selector);
        challenger.call(target, 0, abi.encodeCall(_verifier.withdraw, (address(challenger))));
        challenger.call(target, 0, abi.encodeCall(_verifier.withdraw, (EVE)));
        assertEq(EVE.balance, credit);
        vm.expectRevert(IPurse.NothingToWithdraw.selector);
        challenger.call(target, 0, abi.encodeCall(_verifier.withdraw, (EVE)));
    }

    function test_a_winner_can_neither_stop_a_game_nor_make_it_dear() external {
        uint256 plain = _lossGas(BOB);
        address burns = address(new Spiteful(false));
        assertLt(_lossGas(burns), plain + 55_000, "a payment's gas, and a credit");
        uint256 prize = CHALLENGE_BOND + CLAIM_BOND / 4 + CHALLENGE_GAS * BASE_FEE;
        assertEq(_verifier.creditOf(burns), prize);
        address returns_ = address(new Spiteful(true));
        assertLt(_lossGas(returns_), plain + 31_000, "a payment's gas");
        assertEq(returns_.balance, prize);
    }

    /// Gas of a concession that pays `challenger`.
    function _lossGas(address challenger) private returns (uint256 used) {
        _deploy(2);
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 game = _challenge(_submit(liar), challenger, liar.trace, 3);
        Game memory standing = _views[game].game;
        vm.prank(ANN);
        used = gasleft();
        _verifier.concede(standing, "");
        used -= gasleft();
    }

    function test_a_credit_is_paid_once() external {
        Greedy greedy = new Greedy(_verifier);
        Player memory liar = _liar(address(greedy), address(greedy), 3, 9);
        _submit(liar);
        bytes32 claim = _submit(address(greedy), _wrongAt(liar.trace, 4), address(0));
        vm.warp(block.timestamp + WINDOW + 1);
        _verifier.settleClaim(_preimages[claim]);
        assertEq(_verifier.creditOf(address(greedy)), CLAIM_BOND, "it was not taken");
        greedy.withdraw();
        assertEq(address(greedy).balance, CLAIM_BOND);
        assertEq(greedy.payments(), 1);
        assertEq(bytes4(greedy.reason()), IPurse.NothingToWithdraw.selector);
        assertEq(address(_verifier).balance, CLAIM_BOND, "the other claim's");
    }

    function test_a_bond_that_is_paid_back_is_paid_once() external {
        Reentrant reentrant = new Reentrant(address(_verifier));
        Player memory liar = _liar(address(reentrant), address(reentrant), 3, 9);
        _submit(liar);
        bytes32 claim = _submit(address(reentrant), _wrongAt(liar.trace, 4), address(0));
        vm.warp(block.timestamp + WINDOW + 1);
        reentrant.arm(abi.encodeCall(_verifier.settleClaim, (_preimages[claim])));
        _verifier.settleClaim(_preimages[claim]);
        assertTrue(reentrant.called());
        assertEq(bytes4(reentrant.reason()), ClaimRecords.NotPending.selector);
        assertEq(address(reentrant).balance, CLAIM_BOND);
        assertEq(address(_verifier).balance, CLAIM_BOND, "the other claim's");
    }

    function test_a_winner_that_reenters_finds_the_game_over() external {
        Reentrant reentrant = new Reentrant(address(_verifier));
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 game = _challenge(claim, address(reentrant), liar.trace, 3);
        bytes32 other = _challenge(claim, EVE, liar.trace, 3);
        reentrant.arm(abi.encodeCall(_verifier.closeGame, (_views[game].game)));
        _concede(game, liar);
        _read();
        assertEq(
            address(reentrant).balance, CHALLENGE_BOND + CLAIM_BOND / 4 + CHALLENGE_GAS * BASE_FEE
        );
        assertTrue(reentrant.called());
        assertEq(bytes4(reentrant.reason()), IOpmlVerifier.NotThePosition.selector);
        _verifier.closeGame(_views[other].game);
        _read();
        _expectPaidOut();
    }

    /// @dev What the contract holds is what it owes, and what is burnt, when no claim is left.
    function _expectPaidOut() private view {
        uint256 owed = _verifier.creditOf(ANN) + _verifier.creditOf(BOB) + _verifier.creditOf(EVE);
        assertEq(address(_verifier).balance, owed + _burnt);
    }
}
