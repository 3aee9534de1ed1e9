// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { Role, part } from "../../src/types/Conversation.sol";
import { TextForm, TextParameters } from "../../src/types/TextParameters.sol";

/// Conversations as docs/spec/request.md lays them out.
contract ConversationTest is Test {
    function test_a_part_is_role_length_and_text() external pure {
        assertEq(part(Role.System, "Be brief."), "\x00\x00\x00\x00\x09Be brief.");
        assertEq(part(Role.User, "?"), "\x01\x00\x00\x00\x01?");
        assertEq(part(Role.Assistant, new bytes(0x010203)).length, 5 + 0x010203);
        assertEq(bytes5(part(Role.Assistant, new bytes(0x010203))), bytes5(hex"0200010203"));
    }

    function test_the_worked_example_of_the_spec() external pure {
        TextParameters memory wanted;
        wanted.form = TextForm.Conversation;
        wanted.stop[0] = "\n";
        (bytes32 parameters, bytes memory stops) = wanted.pack();
        bytes memory input = bytes.concat(
            part(Role.System, "Be brief."),
            part(Role.User, "Name a colour."),
            part(Role.Assistant, "Blue"),
            part(Role.User, "And another?"),
            stops
        );
        assertEq(
            bytes.concat(parameters),
            bytes.concat(hex"00000000000000000000000000000100000002", bytes13(0))
        );
        assertEq(
            input,
            bytes.concat(
                "\x00\x00\x00\x00\x09Be brief.\x01\x00\x00\x00\x0eName a colour.",
                "\x02\x00\x00\x00\x04Blue\x01\x00\x00\x00\x0cAnd another?\n"
            )
        );
        assertEq(input.length, 60);
    }

    function testFuzz_a_parser_finds_every_part(uint8[] memory codes, bytes[] memory texts)
        external
        pure
    {
        uint256 count = codes.length < texts.length ? codes.length : texts.length;
        bytes memory list;
        for (uint256 i = 0; i < count; ++i) {
            list = bytes.concat(list, part(Role(codes[i] % 3), texts[i]));
        }
        uint256 at = 0;
        for (uint256 i = 0; i < count; ++i) {
            assertEq(_number(list, at, 1), codes[i] % 3);
            bytes memory text = new bytes(_number(list, at + 1, 4));
            for (uint256 j = 0; j < text.length; ++j) {
                text[j] = list[at + 5 + j];
            }
            assertEq(text, texts[i]);
            at += 5 + text.length;
        }
        assertEq(at, list.length);
    }

    /// The big-endian number of `count` bytes.
    function _number(bytes memory list, uint256 at, uint256 count)
        private
        pure
        returns (uint256 number)
    {
        for (uint256 i = 0; i < count; ++i) {
            number = number << 8 | uint8(list[at + i]);
        }
    }
}
