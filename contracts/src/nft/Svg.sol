// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LibString } from "solady/utils/LibString.sol";
import { Line, Lines } from "./Lines.sol";

/// @notice What a picture shows. All texts are well-formed UTF-8.
struct Page {
    /// One line above the text.
    bytes head;
    bytes text;
    /// The two ends of the line below it, of printable ASCII.
    string name;
    string status;
}

/// @title Sets a text as an SVG of 512 by 512 pixels
/// @notice Marketplaces show it as the picture of a work. The text has the largest of three sizes
/// at which all of it fits; at the smallest, the rest gives way to an ellipsis. Each line is a
/// `text` element, which every renderer knows, and lines that read from right to left begin on the
/// right.
/// @dev Anybody can choose the bytes of the texts. They appear only as character data: escaped, and
/// without the characters that XML forbids.
library Svg {
    /// @dev In pixels. Letters are 3/5 as wide as high, and lines 4/3.
    uint256 private constant TEXT_WIDTH = 448;
    uint256 private constant TEXT_HEIGHT = 376;
    uint256 private constant TEXT_TOP = 72;
    uint256 private constant HEAD_BASE = 44;
    uint256 private constant SMALLEST = 14;
    string private constant FOOT_BASE = "480";
    string private constant LEFT = "32";
    string private constant RIGHT = "480";

    string private constant BEGIN = '<svg xmlns="http://www.w3.org/2000/svg" '
        'width="512" height="512" viewBox="0 0 512 512" font-family="monospace" '
        'xml:space="preserve"><rect width="512" height="512" fill="#14161a"/>'
        '<g font-size="14" fill="#8f959e">';
    string private constant END = ' text-anchor="end"';
    bytes3 private constant ELLIPSIS = 0xe280a6;
    /// @dev U+202B. Renderers that do not know the attribute `direction` know it.
    bytes3 private constant EMBED_RTL = 0xe280ab;

    /// @notice The picture of a page.
    function draw(Page memory page) internal pure returns (string memory) {
        string memory small = string.concat(
            _line(page.head, SMALLEST, HEAD_BASE),
            _text(bytes(page.name), LEFT, FOOT_BASE, ""),
            _text(bytes(page.status), RIGHT, FOOT_BASE, END)
        );
        return string.concat(BEGIN, small, "</g>", _body(page.text), "</svg>");
    }

    /// @dev The text in the size in which it fits.
    function _body(bytes memory text) private pure returns (string memory) {
        text = _clean(text);
        uint8[3] memory sizes = [24, 18, uint8(SMALLEST)];
        for (uint256 i = 0;; ++i) {
            uint256 size = sizes[i];
            (uint256 columns, uint256 rows) = (_columns(size), _rows(size));
            bool mayFit = text.length <= Lines.capacity(columns, rows) || size == SMALLEST;
            if (!mayFit) continue;
            (Line[] memory lines, bool isWhole) = Lines.wrap(text, columns, rows);
            if (isWhole || size == SMALLEST) return _lines(text, size, lines, isWhole);
        }
    }

    function _lines(bytes memory text, uint256 size, Line[] memory lines, bool isWhole)
        private
        pure
        returns (string memory drawn)
    {
        drawn = string.concat('<g font-size="', LibString.toString(size), '" fill="#f4f1e8">');
        for (uint256 i = 0; i < lines.length; ++i) {
            bool isCut = !isWhole && i + 1 == lines.length;
            uint256 y = TEXT_TOP + size + i * _height(size);
            drawn = string.concat(drawn, _drawn(text, lines[i], y, isCut));
        }
        return string.concat(drawn, "</g>");
    }

    /// @dev The first line of a text.
    function _line(bytes memory text, uint256 size, uint256 y)
        private
        pure
        returns (string memory)
    {
        text = _clean(text);
        (Line[] memory lines, bool isWhole) = Lines.wrap(text, _columns(size), 1);
        return lines.length == 0 ? "" : _drawn(text, lines[0], y, !isWhole);
    }

    function _drawn(bytes memory text, Line memory line, uint256 y, bool isCut)
        private
        pure
        returns (string memory)
    {
        while (line.end > line.start && text[line.end - 1] == " ") --line.end;
        if (line.end == line.start && !isCut) return "";
        bytes memory part = bytes(LibString.slice(string(text), line.start, line.end));
        if (isCut) part = bytes.concat(part, ELLIPSIS);
        string memory top = LibString.toString(y);
        if (line.isRtl) return _text(bytes.concat(EMBED_RTL, part), RIGHT, top, END);
        return _text(part, LEFT, top, "");
    }

    /// @dev An element whose content is `text`, escaped.
    function _text(bytes memory text, string memory x, string memory y, string memory attribute)
        private
        pure
        returns (string memory)
    {
        string memory escaped = LibString.escapeHTML(string(text));
        return string.concat('<text x="', x, '" y="', y, '"', attribute, ">", escaped, "</text>");
    }

    /// @dev The first bytes of a text, as many as can be seen, with line feeds for its ends of
    /// lines, spaces for other control characters, and U+FFFD for what else XML forbids.
    function _clean(bytes memory text) private pure returns (bytes memory cleaned) {
        uint256 most = Lines.capacity(_columns(SMALLEST), _rows(SMALLEST)) + 1;
        cleaned = bytes(LibString.slice(string(text), 0, most));
        for (uint256 i = 0; i < cleaned.length; ++i) {
            bytes1 char = cleaned[i];
            if (char >= 0x20 && char < 0x7f || char == 0x0a) continue;
            if (char == 0x0d) {
                bool isPair = i + 1 < cleaned.length && cleaned[i + 1] == 0x0a;
                cleaned[i] = isPair ? bytes1(" ") : bytes1("\n");
            } else if (char < 0x80) {
                cleaned[i] = " ";
            } else if (char == 0xef && i + 2 < cleaned.length && cleaned[i + 1] == 0xbf) {
                // Of U+FFC0 to U+FFFF, the last two.
                if (cleaned[i + 2] > 0xbd) cleaned[i + 2] = 0xbd;
            }
        }
    }

    function _columns(uint256 size) private pure returns (uint256) {
        return TEXT_WIDTH * 5 / (size * 3);
    }

    function _rows(uint256 size) private pure returns (uint256) {
        return TEXT_HEIGHT / _height(size);
    }

    function _height(uint256 size) private pure returns (uint256) {
        return size * 4 / 3;
    }
}
