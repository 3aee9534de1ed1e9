// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title UTF-8 as the Unicode standard defines it (table 3-7)
/// @notice Prompts must be well-formed, and metadata repairs answers that are not. Well-formed text
/// has the shortest forms, no surrogates, and nothing above U+10FFFF.
library Utf8 {
    /// @dev U+FFFD, in the highest bytes of a word.
    uint256 private constant REPLACEMENT = 0xefbfbd << 232;
    /// @dev The bits that are 0 in a word of ASCII.
    uint256 private constant HIGH_BITS =
        0x8080808080808080808080808080808080808080808080808080808080808080;

    /// @notice Whether all of `text` is well-formed.
    function isWellFormed(bytes memory text) internal pure returns (bool) {
        uint256 length = text.length;
        for (uint256 i = 0; i < length;) {
            uint256 word = _load(text, i);
            unchecked {
                if (length - i >= 32 && word & HIGH_BITS == 0) {
                    i += 32;
                    continue;
                }
                uint256 size = _size(word);
                if (size == 0 || size > length - i) return false;
                i += size;
            }
        }
        return true;
    }

    /// @notice `text` with U+FFFD in place of each byte that belongs to no character.
    function repair(bytes memory text) internal pure returns (bytes memory repaired) {
        if (isWellFormed(text)) return text;

        uint256 length = text.length;
        repaired = new bytes(3 * length + 32);
        uint256 written = 0;
        for (uint256 i = 0; i < length;) {
            uint256 word = _load(text, i);
            uint256 size = _size(word);
            // INVARIANT: written <= 3 i, so every stored word lies within `repaired`.
            unchecked {
                if (size == 0 || size > length - i) {
                    _store(repaired, written, REPLACEMENT);
                    written += 3;
                    i += 1;
                } else {
                    _store(repaired, written, word);
                    written += size;
                    i += size;
                }
            }
        }
        assembly ("memory-safe") {
            mstore(repaired, written)
        }
    }

    /// @notice The character that begins at a byte of well-formed text, and its bytes.
    function pointAt(bytes memory text, uint256 offset)
        internal
        pure
        returns (uint256 point, uint256 size)
    {
        uint256 head = _load(text, offset) >> 224;
        if (head < 0x80000000) return (head >> 24, 1);
        uint256 last = head >> 8 & 0x3f;
        uint256 second = head >> 16 & 0x3f;
        if (head < 0xe0000000) return ((head >> 24 & 0x1f) << 6 | second, 2);
        if (head < 0xf0000000) return ((head >> 24 & 0x0f) << 12 | second << 6 | last, 3);
        return ((head >> 24 & 0x07) << 18 | second << 12 | last << 6 | head & 0x3f, 4);
    }

    /// @dev Bytes of the character with which `word` begins; 0 if it begins with none.
    function _size(uint256 word) private pure returns (uint256) {
        uint256 head = word >> 224;
        if (head < 0x80000000) return 1;
        if (head & 0xe0c00000 == 0xc0800000) {
            bool overlong = head & 0x1e000000 == 0;
            return overlong ? 0 : 2;
        }
        if (head & 0xf0c0c000 == 0xe0808000) {
            uint256 top = head & 0x0f200000;
            bool overlong = top == 0;
            bool surrogate = top == 0x0d200000;
            return overlong || surrogate ? 0 : 3;
        }
        if (head & 0xf8c0c0c0 == 0xf0808080) {
            uint256 top = head & 0x07300000;
            bool overlong = top == 0;
            bool tooLarge = top > 0x04000000;
            return overlong || tooLarge ? 0 : 4;
        }
        return 0;
    }

    function _load(bytes memory text, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(text, 32), offset))
        }
    }

    function _store(bytes memory text, uint256 offset, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(add(text, 32), offset), word)
        }
    }
}
