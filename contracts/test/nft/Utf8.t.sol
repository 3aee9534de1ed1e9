// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { Utf8 } from "../../src/nft/Utf8.sol";

/// @dev Against the Unicode standard's table 3-7, row by row.
contract Utf8Test is Test {
    /// @dev Lead and second byte, from and to, and how many bytes; third and fourth are 80 to bf.
    struct Row {
        uint8 lead;
        uint8 lastLead;
        uint8 second;
        uint8 lastSecond;
        uint8 size;
    }

    Row[] private _table;

    function setUp() external {
        _table.push(Row(0x00, 0x7f, 0x00, 0xff, 1));
        _table.push(Row(0xc2, 0xdf, 0x80, 0xbf, 2));
        _table.push(Row(0xe0, 0xe0, 0xa0, 0xbf, 3));
        _table.push(Row(0xe1, 0xec, 0x80, 0xbf, 3));
        _table.push(Row(0xed, 0xed, 0x80, 0x9f, 3));
        _table.push(Row(0xee, 0xef, 0x80, 0xbf, 3));
        _table.push(Row(0xf0, 0xf0, 0x90, 0xbf, 4));
        _table.push(Row(0xf1, 0xf3, 0x80, 0xbf, 4));
        _table.push(Row(0xf4, 0xf4, 0x80, 0x8f, 4));
    }

    function test_all_leads_agree_with_the_table() external view {
        for (uint256 lead = 0; lead < 256; ++lead) {
            this.agreesAfter(uint8(lead));
        }
    }

    /// @dev All second bytes at the edges of the table, with third and fourth ones at theirs. In a
    /// call whose memory is its own.
    function agreesAfter(uint8 lead) external view {
        bytes memory second = hex"7f808f909fa0bfc0";
        bytes memory later = hex"7f80bfc0";
        _agrees(abi.encodePacked(lead));
        for (uint256 i = 0; i < second.length; ++i) {
            _agrees(abi.encodePacked(lead, second[i]));
            for (uint256 j = 0; j < later.length; ++j) {
                _agrees(abi.encodePacked(lead, second[i], later[j]));
                _agrees(abi.encodePacked(lead, second[i], later[j], bytes1(0x80)));
                _agrees(abi.encodePacked(lead, second[i], bytes1(0x80), later[j]));
            }
        }
    }

    function test_any_bytes_agree_with_the_table(bytes calldata text) external view {
        _agrees(text);
    }

    /// @dev Random bytes are seldom text; these are made of a few characters of each length, whole
    /// and cut.
    function test_mixed_text_agrees_with_the_table(bytes calldata choices) external view {
        string[8] memory pieces = [
            "a",
            unicode"é",
            unicode"€",
            unicode"🙂",
            "\x00",
            "plain text of some length",
            "",
            "\n"
        ];
        bytes memory text;
        for (uint256 i = 0; i < choices.length; ++i) {
            bytes memory piece = bytes(pieces[uint8(choices[i]) % 8]);
            bool cut = uint8(choices[i]) > 240 && piece.length > 1;
            if (cut) piece[piece.length - 1] = "?";
            text = bytes.concat(text, piece);
        }
        _agrees(text);
    }

    function test_each_stray_byte_is_replaced() external pure {
        assertEq(Utf8.repair(hex"61e28262"), bytes(unicode"a��b"));
        assertEq(Utf8.repair(hex"eda080"), bytes(unicode"���"));
        assertEq(Utf8.repair(unicode"é€🙂"), bytes(unicode"é€🙂"));
        assertEq(Utf8.repair(hex"f09f99"), bytes(unicode"���"), "cut at the end");
        assertEq(Utf8.repair(""), "");
    }

    function _agrees(bytes memory text) private view {
        bytes memory expected;
        bool whole = true;
        for (uint256 i = 0; i < text.length;) {
            uint256 size = _sizeByTable(text, i);
            if (size == 0) {
                whole = false;
                expected = bytes.concat(expected, unicode"�");
                ++i;
            }
            for (; size > 0; --size) {
                expected = bytes.concat(expected, text[i]);
                ++i;
            }
        }
        assertEq(Utf8.isWellFormed(text), whole, vm.toString(text));
        assertEq(Utf8.repair(text), expected, vm.toString(text));
    }

    function _sizeByTable(bytes memory text, uint256 i) private view returns (uint256) {
        for (uint256 r = 0; r < _table.length; ++r) {
            Row memory row = _table[r];
            bool isLead = uint8(text[i]) >= row.lead && uint8(text[i]) <= row.lastLead;
            if (!isLead) continue;
            if (row.size == 1) return 1;
            if (i + row.size > text.length) return 0;
            uint8 second = uint8(text[i + 1]);
            bool fits = second >= row.second && second <= row.lastSecond;
            for (uint256 j = 2; j < row.size; ++j) {
                fits = fits && uint8(text[i + j]) >> 6 == 2;
            }
            return fits ? row.size : 0;
        }
        return 0;
    }
}
