// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { Phase, Side, Turn } from "../../src/dispute/Turn.sol";

/// @dev Chess clocks against a model that keeps what each side has used.
contract TurnTest is Test {
    uint256 private constant BEGIN = 1_800_000_000;

    /// A game of moves that all come in time, each after any part of what its side has left.
    function testFuzz_clocks_only_fall_but_for_the_extension(
        uint32 clock,
        uint32 extension,
        uint16[20] calldata parts
    ) external {
        clock = uint32(bound(clock, 1, 90 days));
        extension = uint32(bound(extension, 1, clock));
        vm.warp(BEGIN);
        Turn memory turn = _turn(clock);
        uint256[2] memory left = [uint256(clock), clock];
        uint256 used;
        for (uint256 i = 0; i < parts.length; ++i) {
            uint256 mover = uint256(turn.toMove());
            assertEq(turn.deadline(), block.timestamp + left[mover], "deadline");
            assertGe(left[mover], i < 2 ? clock : extension, "time to answer");
            assertLe(left[mover], clock, "never more than the clock");

            uint256 spent = left[mover] * parts[i] / type(uint16).max;
            used += spent;
            skip(spent);
            left[mover] -= spent;
            if (left[1 - mover] < extension) left[1 - mover] = extension;
            turn.pass(extension, 10);
            assertEq(turn.claimantLeft, left[0]);
            assertEq(turn.challengerLeft, left[1]);
            assertEq(turn.ply, i + 1);
            assertEq(turn.since, block.timestamp);
            assertEq(uint256(turn.author), mover, "the sides take turns");
        }
        assertEq(turn.challengerGas, 10 * parts.length / 2, "of the challenger's moves alone");
        assertLe(used, 2 * uint256(clock) + parts.length * extension, "a game ends");
    }

    function testFuzz_every_field_but_the_clocks_makes_the_position(uint256 field) external view {
        Turn memory turn = _turn(100);
        Turn memory other = _turn(100);
        bytes32 position = turn.position("game", "digest");
        other.since += 1;
        (other.claimantLeft, other.challengerLeft, other.challengerGas) = (1, 2, 3);
        assertEq(other.position("game", "digest"), position, "the same in a later block");

        field %= 8;
        if (field == 0) other.phase = Phase.Dissected;
        if (field == 1) other.author = Side.Claimant;
        if (field == 2) other.lengthLog2 = 1;
        if (field == 3) other.ply = 1;
        if (field == 4) other.node = 1;
        if (field == 5) other.start = 1;
        bytes32 changed = other.position(
            field == 6 ? bytes32("other") : bytes32("game"),
            field == 7 ? bytes32("other") : bytes32("digest")
        );
        assertNotEq(changed, position);
    }

    function _turn(uint32 clock) private view returns (Turn memory) {
        return Turn({
            phase: Phase.Opening,
            author: Side.Challenger,
            lengthLog2: 0,
            ply: 0,
            node: 0,
            start: 0,
            challengerGas: 0,
            claimantLeft: clock,
            challengerLeft: clock,
            since: uint40(block.timestamp)
        });
    }
}
