// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { PackedTurn, Phase, Side, Turn } from "../../src/types/Turn.sol";

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

    function testFuzz_a_turn_is_one_word(uint256 word) external pure {
        // There are few phases and sides, and the highest byte is unused.
        word = (word % 2) << 8 | (word >> 240) % 5 | (word >> 16) << 16;
        word = (word << 8) >> 8;
        Turn memory turn = PackedTurn.wrap(word).unpack();
        assertEq(PackedTurn.unwrap(turn.pack()), word);
        bytes memory clocks = abi.encodePacked(
            turn.since, turn.challengerLeft, turn.claimantLeft, turn.challengerGas
        );
        bytes memory place = abi.encodePacked(turn.start, turn.node, turn.ply);
        bytes memory kind = abi.encodePacked(turn.lengthLog2, turn.author, turn.phase);
        bytes memory fields = bytes.concat(hex"00", clocks, place, kind);
        assertEq(fields, abi.encodePacked(word), "the first field in the lowest bits");
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
