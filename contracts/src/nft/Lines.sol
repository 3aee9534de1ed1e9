// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Numbers } from "../libraries/Numbers.sol";
import { Utf8 } from "./Utf8.sol";

/// @notice Part of a text, from byte `start` to byte `end`, that stands on a line of its own.
struct Line {
    uint256 start;
    uint256 end;
    /// Whether it reads from right to left.
    bool isRtl;
}

/// @title Breaks a text into lines, for letters of one width
/// @notice Lines end at line feeds, after spaces and before wide characters; words that are longer
/// than a line are cut. Widths are those of a terminal: 2 columns for East Asian characters and
/// emoji, none for marks and joiners, 1 for the rest. The sum is rather too large than too small.
/// @dev The text must be well-formed UTF-8.
library Lines {
    /// @dev Where the next line begins, and the direction of its paragraph.
    struct Cursor {
        uint256 next;
        Direction direction;
    }

    /// @dev That of a paragraph is the direction of its first letter.
    enum Direction {
        Unknown,
        LeftToRight,
        RightToLeft
    }

    /// @dev Most bytes of a line, for each of its columns. Marks have no width, so columns alone do
    /// not bound a line.
    uint256 private constant BYTES_PER_COLUMN = 6;
    uint256 private constant JOINER = 0x200d;

    /// @notice Most bytes of a text that `rows` lines of `columns` columns can hold.
    function capacity(uint256 columns, uint256 rows) internal pure returns (uint256) {
        // A line may end with a character that begins within its bytes, or with a line feed.
        return rows * (columns * BYTES_PER_COLUMN + 4);
    }

    /// @notice The first lines of a text.
    /// @param text The text.
    /// @param columns The width of a line.
    /// @param rows Most lines.
    /// @return lines The lines.
    /// @return isWhole Whether they hold all of the text.
    function wrap(bytes memory text, uint256 columns, uint256 rows)
        internal
        pure
        returns (Line[] memory lines, bool isWhole)
    {
        lines = new Line[](rows);
        uint256 count = 0;
        Cursor memory cursor;
        for (; count < rows && cursor.next < text.length; ++count) {
            lines[count] = _lineAt(text, columns, cursor);
        }
        assembly ("memory-safe") {
            mstore(lines, count)
        }
        isWhole = cursor.next >= text.length;
    }

    /// @dev The line at the cursor, which moves on behind it.
    function _lineAt(bytes memory text, uint256 columns, Cursor memory cursor)
        private
        pure
        returns (Line memory line)
    {
        uint256 start = cursor.next;
        uint256 limit = Numbers.min(text.length, start + columns * BYTES_PER_COLUMN);
        Direction direction = cursor.direction;
        (uint256 end, uint256 breakAt, uint256 width, uint256 last) = (start, start, 0, 0);
        while (end < limit) {
            (uint256 point, uint256 size) = Utf8.pointAt(text, end);
            if (point == 0x0a) break;
            uint256 wide = _width(point);
            // INVARIANT: end < limit + 4, and width is at most 2 for each byte.
            unchecked {
                if (wide == 2 && last != JOINER) breakAt = end;
                // A line's last spaces may hang over its end.
                if (width + wide > (point == 0x20 ? 2 * columns : columns)) {
                    if (breakAt > start) end = breakAt;
                    break;
                }
                end += size;
                width += wide;
            }
            if (point == 0x20) breakAt = end;
            else if (direction == Direction.Unknown) direction = _direction(point);
            last = point;
        }
        line = Line(start, end, direction == Direction.RightToLeft);
        bool endsParagraph = end < text.length && text[end] == "\n";
        cursor.next = endsParagraph ? end + 1 : end;
        cursor.direction = endsParagraph ? Direction.Unknown : direction;
    }

    /// @dev Columns of a character.
    function _width(uint256 point) private pure returns (uint256) {
        if (point < 0x300) return 1;
        if (_isMark(point)) return 0;
        if (point < 0x1100) return 1;
        if (point < 0x10000) return _isWide(point) ? 2 : 1;
        return 2;
    }

    /// @dev Whether a character adds nothing to a line's width: marks, joiners, variants, the
    /// colours of emoji, and characters without a shape.
    function _isMark(uint256 point) private pure returns (bool) {
        if (point < 0x2000) {
            return point <= 0x36f || (point >= 0x591 && point <= 0x5bd)
                || (point >= 0x64b && point <= 0x65f);
        }
        if (point < 0x10000) {
            return (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e)
                || (point >= 0x2060 && point <= 0x206f) || (point >= 0x20d0 && point <= 0x20ff)
                || (point >= 0xfe00 && point <= 0xfe0f) || point == 0xfeff;
        }
        return (point >= 0x1f3fb && point <= 0x1f3ff) || point >= 0xe0000;
    }

    /// @dev Whether a character of 3 bytes has 2 columns. Of the symbols, some are emoji.
    function _isWide(uint256 point) private pure returns (bool) {
        if (point < 0x2e80) {
            return point <= 0x115f || (point >= 0x2300 && point <= 0x23ff)
                || (point >= 0x2600 && point <= 0x27bf) || (point >= 0x2b00 && point <= 0x2bff);
        }
        return point <= 0xa4cf || (point >= 0xac00 && point <= 0xd7a3)
            || (point >= 0xf900 && point <= 0xfaff) || (point >= 0xfe30 && point <= 0xfe6f)
            || (point >= 0xff01 && point <= 0xff60) || (point >= 0xffe0 && point <= 0xffe6);
    }

    /// @dev The direction that a character gives to its paragraph. Digits, punctuation and symbols
    /// give none.
    function _direction(uint256 point) private pure returns (Direction) {
        bool isRtl = (point >= 0x590 && point <= 0x8ff) || (point >= 0xfb1d && point <= 0xfdff)
            || (point >= 0xfe70 && point <= 0xfefe) || (point >= 0x10800 && point <= 0x10fff)
            || (point >= 0x1e800 && point <= 0x1efff);
        if (isRtl) return Direction.RightToLeft;
        uint256 lower = point | 0x20;
        bool isLatin = lower >= 0x61 && lower <= 0x7a;
        bool isOther = (point >= 0xc0 && point < 0x2000) || (point >= 0x2e80 && point < 0xfe00);
        return isLatin || isOther ? Direction.LeftToRight : Direction.Unknown;
    }
}
