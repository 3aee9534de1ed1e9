// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Parameters, ParametersCheck } from "../../src/dispute/Parameters.sol";
import { Side } from "../../src/dispute/Turn.sol";
import { ClaimPreimage, IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
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

/// Tries to be paid twice.
contract Greedy {
    IOpmlVerifier private immutable VERIFIER;

    constructor(IOpmlVerifier verifier) {
        VERIFIER = verifier;
    }

    function withdraw() external {
        VERIFIER.withdraw(address(this));
    }

    receive() external payable {
        if (VERIFIER.creditOf(address(this)) != 0) VERIFIER.withdraw(address(this));
    }
}

/// @dev Bonds: what is at stake, what is burnt, and who gets the rest.
contract OpmlVerifierMoneyTest is GameFixture {
    using ParametersCheck for Parameters;

    uint256 private constant BASE_FEE = 1 gwei;
    /// What a challenge is taken to cost; see OpmlVerifier.
    uint256 private constant CHALLENGE_GAS = 150_000;

    /// forge-config: default.fuzz.runs = 48
    function testFuzz_bonds_cover_twice_the_other_sides_gas(uint256 baseFee, uint8 kLog2) external {
        baseFee = bound(baseFee, 0, 10_000 gwei);
        kLog2 = uint8(bound(kLog2, 1, 6));
        _deploy(kLog2);
        vm.fee(baseFee);
        uint256 defence = _parameters(kLog2).defenceGas() * baseFee;
        uint256 challengeBond = _verifier.challengeBond();
        assertEq(challengeBond, 2 * defence > CHALLENGE_BOND ? 2 * defence : CHALLENGE_BOND);
        assertGe(_verifier.bond(_contentId), 2 * challengeBond);
        assertGe(_verifier.bond(_contentId), CLAIM_BOND);
    }

    function test_a_challenge_is_bonded_and_the_excess_credited() external {
        ClaimPreimage memory preimage = _preimages[_submit(_honest(ANN, ANN))];
        vm.deal(BOB, 1 ether);
        vm.startPrank(BOB);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOpmlVerifier.BondTooSmall.selector, CHALLENGE_BOND - 1, CHALLENGE_BOND
            )
        );
        _verifier.challengeWithheld{ value: CHALLENGE_BOND - 1 }(preimage);
        _verifier.challengeWithheld{ value: CHALLENGE_BOND + 7 }(preimage);
        assertEq(_verifier.creditOf(BOB), 7);
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

        // The conviction counts as one more dissection.
        uint256 gas = _views[game].turn.challengerGas + 75_000;
        uint256 gasBack = _least(bond / 8, gas * closing);
        assertEq(_verifier.creditOf(BOB), challengeBond + bond / 4 + gasBack);
        assertEq(address(0).balance, bond - bond / 4 - gasBack, "with no game left all is burnt");
        assertGe(address(0).balance, bond / 2);
        _expectPaidOut();
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
        assertEq(_verifier.creditOf(ANN), challengeBond / 2);
        assertGe(_verifier.creditOf(ANN), _parameters(2).defenceGas() * baseFee);
        assertEq(address(0).balance, challengeBond - challengeBond / 2);
        vm.warp(block.timestamp + WINDOW + 1);
        _verifier.settleClaim(_preimages[claim]);
        assertEq(_verifier.creditOf(ANN), bond + challengeBond / 2);
        _expectPaidOut();
    }

    /// @dev Whoever the challengers are, whatever the base fee does, and in whatever order games are closed: of a wrong claim's
    /// bond the claimant and all its friends together see no more than half again.
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
            _verifier.closeGame(games[i]);
        }
        uint256 back = _verifier.creditOf(ANN) + _verifier.creditOf(EVE);
        assertLe(back, paidIn - (bond + 1) / 2, "half is gone");
        assertEq(address(0).balance, paidIn - back, "and nothing stays");
        _expectPaidOut();
    }

    function test_losing_to_oneself_on_purpose_costs_half_a_challenge() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 game = _challenge(claim, EVE, ann.trace, 3);
        _move(game, ann, ann.trace);
        _concede(game, _honest(EVE, ANN));
        assertEq(_verifier.creditOf(ANN) + _verifier.creditOf(EVE), CHALLENGE_BOND / 2);
        // And it shields nothing: the claim can be challenged as before.
        _challenge(claim, BOB, ann.trace, 3);
    }

    function test_games_open_at_a_rejection_get_bond_and_gas_back() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 open = _challenge(claim, BOB, liar.trace, 3);
        bytes32 game = _challenge(claim, EVE, liar.trace, 3);
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.ClaimStands.selector, claim));
        _verifier.closeGame(open);
        _play(game, liar, _honest(EVE, ANN));
        bytes32 position = _views[open].position;
        vm.warp(_views[open].deadline + 1);
        // The game is over but for the money: it can be neither played nor timed out.
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.NotPending.selector, claim));
        _verifier.timeout(open);
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.NotPending.selector, claim));
        _verifier.concede(open, position, "");
        ClaimPreimage memory preimage = _preimages[claim];
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.NotPending.selector, claim));
        _verifier.challengeWithheld{ value: 1 ether }(preimage);

        _verifier.closeGame(open);
        assertEq(_verifier.creditOf(BOB), CHALLENGE_BOND + CHALLENGE_GAS * BASE_FEE);
        assertEq(
            _verifier.claimOf(claim).bond, 0, "the rest of the pot is burnt with the last game"
        );
        vm.expectRevert(abi.encodeWithSelector(IOpmlVerifier.UnknownGame.selector, open));
        _verifier.closeGame(open);
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
        uint256 won = _verifier.creditOf(EVE) - CHALLENGE_BOND - CLAIM_BOND / 4;
        assertEq(won, CLAIM_BOND / 8, "capped");
        for (uint256 i = 0; i < 3; ++i) {
            _verifier.closeGame(open[i]);
        }
        assertEq(_verifier.creditOf(BOB), 3 * CHALLENGE_BOND + CLAIM_BOND / 8, "what was left");
        assertEq(address(0).balance, CLAIM_BOND - CLAIM_BOND / 4 - CLAIM_BOND / 4);
        _expectPaidOut();
    }

    function test_nobody_can_make_the_winners_money_get_stuck() external {
        // Neither side takes ether. Nothing is sent to anybody in a game, so neither can hold it up.
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
        vm.expectRevert(IOpmlVerifier.TransferFailed.selector);
        challenger.call(target, 0, abi.encodeCall(_verifier.withdraw, (address(challenger))));
        challenger.call(target, 0, abi.encodeCall(_verifier.withdraw, (EVE)));
        assertEq(EVE.balance, credit);
        vm.expectRevert(IOpmlVerifier.NothingToWithdraw.selector);
        challenger.call(target, 0, abi.encodeCall(_verifier.withdraw, (EVE)));
    }

    function test_credit_is_paid_once() external {
        Greedy greedy = new Greedy(_verifier);
        Player memory liar = _liar(address(greedy), address(greedy), 3, 9);
        _submit(liar);
        bytes memory other = _wrongAt(liar.trace, 4);
        bytes32 claim = _submit(address(greedy), other, address(0));
        vm.warp(block.timestamp + WINDOW + 1);
        _verifier.settleClaim(_preimages[claim]);
        greedy.withdraw();
        assertEq(address(greedy).balance, CLAIM_BOND);
        assertEq(address(_verifier).balance, CLAIM_BOND, "the other claim's");
    }

    /// What the contract holds is what it owes when no claim is left.
    function _expectPaidOut() private view {
        uint256 owed = _verifier.creditOf(ANN) + _verifier.creditOf(BOB) + _verifier.creditOf(EVE);
        assertEq(address(_verifier).balance, owed);
    }
}
