// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { LibString } from "solady/utils/LibString.sol";
import { Page, Svg } from "../../src/nft/Svg.sol";
import { Utf8 } from "../../src/nft/Utf8.sol";

/// @dev Pictures as an XML parser sees them. `_parse` is one for the part of XML that is used here,
/// and reverts for all else.
contract SvgTest is Test {
    string private constant SPECIAL = unicode"<>&\"'/;!-[]]>x \n\t\r﷐￼é漢🙂ש‍";

    function test_any_bytes_make_a_well_formed_picture(bytes calldata head, bytes calldata text)
        external
        pure
    {
        _parse(_draw(Utf8.repair(head), Utf8.repair(text)));
    }

    /// @dev Texts that are made of what could end an element, and of characters of all lengths.
    function test_markup_makes_a_well_formed_picture(bytes calldata seed) external pure {
        bytes memory special = bytes(SPECIAL);
        bytes memory text = new bytes(seed.length * 8);
        for (uint256 i = 0; i < text.length; ++i) {
            text[i] = special[(uint8(seed[i / 8]) + i * 7) % special.length];
        }
        text = Utf8.repair(text);
        _parse(_draw(text, text));
    }

    function test_what_the_text_says_is_what_the_picture_shows() external pure {
        assertEq(_shown("</text><script>alert(1)<script>"), "</text><script>alert(1)<script>");
        assertEq(_shown("]]>&lt; \"it's\""), "]]>&lt; \"it's\"");
        assertEq(_shown("<!DOCTYPE x [<!ENTITY y 'z'>]>"), "<!DOCTYPE x [<!ENTITY y 'z'>]>");
        assertEq(_shown("one\ntwo\r\nthree\rfour"), "one|two|three|four");
        assertEq(_shown("one\n\n\ntwo\n"), "one|two");
        assertEq(_shown("  indented\n\tonce"), "  indented| once");
        assertEq(_shown(hex"61003f1b7f62"), "a ?  b");
        assertEq(_shown(hex"efbfbeefbfbf61"), string(hex"efbfbdefbfbd61"), "forbidden in XML");
        assertEq(_shown(""), "");
    }

    function test_lines_break_between_words() external pure {
        string memory word = "0123456789 0123456789 ";
        // 31 columns in the largest size.
        assertEq(_shown("0123456789 0123456789 012345678"), "0123456789 0123456789 012345678");
        assertEq(_shown("0123456789 0123456789 0123456789"), "0123456789 0123456789|0123456789");
        assertEq(
            _shown("0123456789012345678901234567890123"), "0123456789012345678901234567890|123"
        );
        assertEq(
            _shown(string.concat(word, "          ", word)),
            string.concat("0123456789 0123456789|0123456789 0123456789")
        );
        // 15 characters of two columns.
        assertEq(
            _shown(unicode"漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢字字"),
            unicode"漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢|字字"
        );
        // Marks have no width, and a family stays together.
        assertEq(
            _shown(unicode"ééééééééééééééééééééééééééééééé"),
            unicode"ééééééééééééééééééééééééééééééé"
        );
        assertEq(
            _shown(unicode"0123456789012345678901234567👨‍👩‍👧"),
            unicode"0123456789012345678901234567|👨‍👩‍👧"
        );
    }

    function test_the_text_is_as_large_as_it_fits() external pure {
        string memory line = "0123456789 0123456789 01234567\n";
        assertTrue(LibString.contains(_of(LibString.repeat(line, 11)), 'font-size="24"'));
        assertTrue(LibString.contains(_of(LibString.repeat(line, 12)), 'font-size="18"'));
        assertTrue(LibString.contains(_of(LibString.repeat(line, 15)), 'font-size="18"'));
        assertTrue(
            LibString.contains(_of(LibString.repeat(line, 16)), '<g font-size="14" fill="#f4')
        );
        assertFalse(LibString.contains(_of(LibString.repeat(line, 20)), unicode"…"));
        string memory cut = _of(LibString.repeat(line, 21));
        assertTrue(LibString.contains(cut, unicode"0123456789 01234567…</text></g></svg>"));
    }

    /// @dev No text has more than its lines, or leaves the picture below.
    function test_a_flood_is_cut() external view {
        string[5] memory floods = ["a", " ", unicode"́", unicode"漢", "&"];
        for (uint256 i = 0; i < floods.length; ++i) {
            uint256 gas = gasleft();
            string memory svg =
                this.drawn(LibString.repeat(floods[i], 24_575 / bytes(floods[i]).length));
            assertLe(gas - gasleft(), 8_000_000, floods[i]);
            assertTrue(LibString.contains(svg, unicode"…</text></g></svg>"), floods[i]);
            string[] memory lines = LibString.split(svg, "<text");
            assertLe(lines.length, 1 + 3 + 20, floods[i]);
            _parse(svg);
        }
    }

    function test_lines_from_right_to_left_begin_on_the_right() external pure {
        string memory svg = _of(unicode"(שלום)\nhello\n1: مرحبا");
        string memory begin = string(hex"e280ab");
        string memory first =
            string.concat('y="96" text-anchor="end">', begin, unicode"(שלום)<");
        assertTrue(LibString.contains(svg, first));
        assertTrue(LibString.contains(svg, '<text x="32" y="128">hello<'));
        string memory third = string.concat('y="160" text-anchor="end">', begin, unicode"1: م");
        assertTrue(LibString.contains(svg, third));
    }

    function test_the_question_is_one_line() external pure {
        string memory head = LibString.repeat("word ", 20);
        string memory svg = _draw(bytes(head), "text");
        string memory shown = LibString.slice(LibString.repeat("word ", 10), 0, 49);
        assertTrue(
            LibString.contains(svg, string.concat('y="44">', shown, unicode"…</text>")), svg
        );
        assertTrue(LibString.contains(_draw("two\nlines", "text"), unicode'y="44">two…</text>'));
    }

    /// forge-config: default.isolate = true
    function test_random_texts_keep_their_words(uint256 seed) external pure {
        bytes memory text = new bytes(400);
        for (uint256 i = 0; i < text.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            text[i] = seed % 5 == 0 ? bytes1(" ") : bytes1(uint8(97 + (seed >> 8) % 26));
        }
        string memory shown = _shown(string(text));
        assertEq(_lettersOf(shown), _lettersOf(string(text)));
    }

    function drawn(string memory text) external pure returns (string memory) {
        return _of(text);
    }

    function _of(string memory text) private pure returns (string memory) {
        return _draw("", bytes(text));
    }

    function _draw(bytes memory head, bytes memory text) private pure returns (string memory) {
        return Svg.draw(Page(head, text, 'A "name" & more', "final"));
    }

    /// @dev The lines of the text in the middle, parted by bars.
    function _shown(string memory text) private pure returns (string memory shown) {
        string memory svg = _of(text);
        string[] memory lines = _parse(svg);
        // The first two are the name and the status.
        for (uint256 i = 2; i < lines.length; ++i) {
            shown = i == 2 ? lines[i] : string.concat(shown, "|", lines[i]);
        }
    }

    function _lettersOf(string memory text) private pure returns (string memory) {
        return LibString.replace(LibString.replace(text, " ", ""), "|", "");
    }

    /// @dev The contents of all `text` elements. Reverts unless the document is well-formed.
    function _parse(string memory svg) private pure returns (string[] memory texts) {
        assertTrue(Utf8.isWellFormed(bytes(svg)), "UTF-8");
        bytes memory all = bytes(svg);
        string[] memory open = new string[](8);
        texts = new string[](64);
        (uint256 depth, uint256 count, uint256 position) = (0, 0, 0);
        do {
            uint256 next = LibString.indexOf(svg, "<", position);
            require(next != LibString.NOT_FOUND, "an element is not closed");
            string memory content = LibString.slice(svg, position, next);
            uint256 end = LibString.indexOf(svg, ">", next);
            require(end != LibString.NOT_FOUND, "a tag is not closed");
            string memory tag = LibString.slice(svg, next + 1, end);
            position = end + 1;
            if (LibString.startsWith(tag, "/")) {
                string memory name = LibString.slice(tag, 1);
                require(LibString.eq(name, open[--depth]), "another element is closed");
                if (LibString.eq(name, "text")) texts[count++] = _characters(content);
                else require(bytes(content).length == 0, "text outside of a text element");
            } else {
                require(bytes(content).length == 0, "text outside of a text element");
                if (_checkTag(tag)) open[depth++] = LibString.split(tag, " ")[0];
            }
        } while (depth != 0);
        require(position == all.length, "something follows the root");
        assembly ("memory-safe") {
            mstore(texts, count)
        }
    }

    /// @dev Checks a tag's name and attributes. Returns whether an end tag must follow.
    function _checkTag(string memory tag) private pure returns (bool) {
        bool isEmpty = LibString.endsWith(tag, "/");
        if (isEmpty) tag = LibString.slice(tag, 0, bytes(tag).length - 1);
        string[] memory parts = LibString.split(tag, '"');
        require(parts.length % 2 == 1, "a quote is not closed");
        string[4] memory names = ["svg", "rect", "g", "text"];
        string memory name = LibString.split(tag, " ")[0];
        bool isKnown = false;
        for (uint256 i = 0; i < names.length; ++i) {
            isKnown = isKnown || LibString.eq(name, names[i]);
        }
        require(isKnown, name);
        for (uint256 i = 0; i + 1 < parts.length; i += 2) {
            require(LibString.endsWith(parts[i], "="), "an attribute has no value");
            require(!LibString.contains(parts[i + 1], "&"), "an entity in an attribute");
        }
        require(bytes(parts[parts.length - 1]).length == 0 || parts.length == 1, "loose words");
        return !isEmpty;
    }

    /// @dev Character data with its references resolved. Reverts for characters that XML 1.0
    /// forbids.
    function _characters(string memory content) private pure returns (string memory) {
        bytes memory bare = bytes(content);
        for (uint256 i = 0; i < bare.length; ++i) {
            require(uint8(bare[i]) >= 0x20, "a control character");
            if (bare[i] != "&") continue;
            string memory rest = LibString.slice(content, i);
            require(
                LibString.startsWith(rest, "&amp;") || LibString.startsWith(rest, "&lt;")
                    || LibString.startsWith(rest, "&gt;") || LibString.startsWith(rest, "&quot;")
                    || LibString.startsWith(rest, "&#39;"),
                "an unknown reference"
            );
        }
        require(!LibString.contains(content, string(hex"efbfbe")), "U+FFFE");
        require(!LibString.contains(content, string(hex"efbfbf")), "U+FFFF");
        content = LibString.replace(content, "&lt;", "<");
        content = LibString.replace(content, "&gt;", ">");
        content = LibString.replace(content, "&quot;", '"');
        content = LibString.replace(content, "&#39;", "'");
        return LibString.replace(content, "&amp;", "&");
    }
}
